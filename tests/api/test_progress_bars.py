"""Progress bars: shown where a person can see them, silent elsewhere, over and closed when a job is."""

import sys
from types import SimpleNamespace

import pytest

from tlcore.api import progress_bars
from tlcore.api.progress_bars import ProgressBars, can_show_bars, showing
from tlcore.events import EpochEnd, Finished, Progress

EVENTS = (
    Progress("read", 3, 3),
    Progress("features", 1, 3),
    Progress("features", 3, 3, left=(3.0, 4.0)),
    EpochEnd(1, 1, 0.5, 0.9, 0.6, 0.75, 0.1),
    Finished("id", 1.0),
)


@pytest.mark.parametrize(
    ("progress", "listens", "seen", "shown", "reason"),
    [
        (None, False, True, True, "a person looks on"),
        (None, False, False, False, "a log file"),
        (None, True, True, False, "somebody else shows it"),
        (True, True, False, True, "asked for"),
        (False, False, True, False, "not wanted"),
    ],
)
def test_who_sees_bars(capsys, monkeypatch, progress, listens, seen, shown, reason):
    monkeypatch.setattr(progress_bars, "can_show_bars", lambda: seen)
    heard = []
    with showing(progress, heard.append if listens else None) as show:
        for event in EVENTS:
            show(event)
    printed = capsys.readouterr()
    assert ("Importing photos" in printed.err) == shown and not printed.out, reason
    assert heard == (list(EVENTS) if listens else []), "all events are heard, in order"


def test_a_bar_for_each_stage_with_time_left_and_accuracy(capsys):
    with ProgressBars(True) as bars:
        for event in EVENTS:
            bars.show(event)
        assert bars._bar is None, "the end of a job ends its bar, so that what is printed next has a line of its own"
    err = capsys.readouterr().err
    for words in ("Importing photos: 100%", "(feature extraction): 100%", "Training: 100%", "a few seconds left"):
        assert words in err
    assert "validation 75.0%" in err


@pytest.mark.parametrize(
    ("shell", "seen", "reason"),
    [
        (SimpleNamespace(kernel=object()), True, "the kernel of a notebook"),
        (SimpleNamespace(), False, "IPython in a pipe"),
        (None, False, "IPython is imported and does not run"),
    ],
)
def test_a_notebook_is_no_terminal_and_sees_bars(monkeypatch, shell, seen, reason):
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    assert can_show_bars() is seen, reason


@pytest.mark.parametrize(("stderr", "seen"), [(None, False), (SimpleNamespace(isatty=lambda: True), True)])
def test_a_program_without_a_console_has_no_standard_error(monkeypatch, stderr, seen):
    monkeypatch.setattr(sys, "stderr", stderr)
    assert can_show_bars() is seen
