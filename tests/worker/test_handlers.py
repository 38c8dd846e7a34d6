"""Importing the trainer leaves the collector of garbage and standard error as they were."""

import gc
import subprocess
import sys
from pathlib import Path

import pytest

import tlcore.pipeline
from tlcore.worker.handlers import load_trainer

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(("works", "reason"), [(True, "as ever"), (False, "an import that fails ends nothing else")])
def test_the_collector_goes_on_without_what_was_imported(monkeypatch, works, reason):
    loaded = getattr(tlcore.pipeline, "train", None)
    monkeypatch.setattr(tlcore.pipeline, "train", loaded, raising=False)  # the import sets it; it is to be as before
    monkeypatch.delitem(sys.modules, "tlcore.pipeline.train", raising=False)
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


@pytest.mark.parametrize(("options", "silent"), [("quietly=True", True), ("", False)])
def test_standard_error_is_silent_while_tensorflow_comes_and_is_there_again(options, silent):
    script = f"""
import os, sys
from tlcore.worker import handlers
class Loud:
    def find_spec(self, name, *rest):
        if name == "tlcore.pipeline.train":
            os.write(2, b"chatter ")
            raise KeyError("mine")
sys.meta_path.insert(0, Loud())
try:
    handlers.load_trainer({options})
except KeyError as error:
    print(error, file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.stderr == ("'mine'\n" if silent else "chatter 'mine'\n"), done
