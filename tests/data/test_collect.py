"""Reading photos holds few of them in memory, however many and however large they are."""

import pytest

from tests.photos import make_photo, run_job
from tlcore.data import collect as collecting
from tlcore.data.collect import Collected, Reading, collect
from tlcore.data.layout import Placed, SourceFile
from tlcore.events import never


class Content(bytes):
    """The bytes of a file, of which it is known how many there are at once."""

    alive = 0
    most = 0

    def __new__(cls, data: bytes) -> "Content":
        cls.alive += 1
        cls.most = max(cls.most, cls.alive)
        return super().__new__(cls, data)

    def __del__(self) -> None:
        type(self).alive -= 1


class Reader:
    """Makes its files as they are asked for."""

    def __init__(self, padding: int) -> None:
        self.padding = padding

    def read(self, files):
        for number, file in enumerate(files):
            yield file, Content(make_photo(number) + bytes(self.padding))


@pytest.mark.parametrize(("limit", "most"), [(64_000_000, 100), (2_000_000, 5), (0, 3)])
def test_large_photos_wait_in_smaller_numbers(monkeypatch, tmp_path, limit, most):
    monkeypatch.setattr(collecting, "WAITING_BYTES", limit)
    monkeypatch.setattr(Content, "most", 0)
    placed = [Placed(SourceFile(("cats", f"{number}.jpg"), None, 1_000_000), "cats") for number in range(40)]
    (tmp_path / "photos").mkdir()
    collected = Collected()
    run_job(collect(Reader(1_000_000), placed, collected, Reading(keep=tmp_path), never))
    assert len(collected.rows) == 40
    assert Content.most <= most


@pytest.mark.parametrize(
    ("seconds", "done", "told", "reason"),
    [
        (0.5, 2, None, "the first second is no pace: processes start"),
        (1.5, 2, None, "two of 601 are none either"),
        (2.0, 100, 10.02, "enough was done"),
    ],
)
def test_no_time_is_told_before_enough_was_done(monkeypatch, seconds, done, told, reason):
    clock = collecting._Clock(601)
    begin = clock._start
    monkeypatch.setattr(collecting.time, "monotonic", lambda: begin + seconds)
    clock.done = done
    assert clock.progress().seconds_left == (told and pytest.approx(told)), reason
