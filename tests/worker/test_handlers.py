"""Importing the trainer leaves Python's garbage collector as it was, with what came out of its sight."""

import gc
import sys

import pytest

from tlcore.worker.handlers import load_trainer


@pytest.mark.parametrize(("works", "reason"), [(True, "as ever"), (False, "an import that fails ends nothing else")])
def test_the_collector_goes_on_without_what_was_imported(monkeypatch, works, reason):
    monkeypatch.delitem(sys.modules, "tlcore.pipeline.executor", raising=False)
    if not works:
        monkeypatch.setitem(sys.modules, "tlcore.evaluation.report", None)
    seen = []
    monkeypatch.setattr(gc, "freeze", lambda: seen.append(gc.isenabled()))
    if works:
        load_trainer()
    else:
        with pytest.raises(ImportError):
            load_trainer()
    assert seen == [False] and gc.isenabled(), reason
    seen.clear()
    if works:
        load_trainer()
        assert not seen, "it is there: nothing is taken out of sight a second time"
