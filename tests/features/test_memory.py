"""What does not fit into the memory is told before it begins."""

from types import SimpleNamespace

import pytest

from tlcore.errors import UserError
from tlcore.features import memory

FREE = 1_000_000_000


@pytest.mark.parametrize(
    ("num_rows", "row_bytes", "fits", "reason"),
    [
        (60_000, 1280 * 4, True, "60,000 photos, pooled: 0.3 GB twice"),
        (40_000, 5 * 5 * 1280 * 4, False, "40,000 photos, flattened: 5 GB twice"),
        (400, 1_000_000, True, "2 × 400 MB and the rest of the training, just below what is free"),
        (401, 1_000_000, False, "just above"),
    ],
)
def test_too_many_rows_are_refused_with_an_estimate(monkeypatch, num_rows, row_bytes, fits, reason):
    monkeypatch.setattr(memory, "free_memory", lambda: FREE)
    if fits:
        memory.check_memory(num_rows, row_bytes)
        return
    with pytest.raises(UserError) as refused:
        memory.check_memory(num_rows, row_bytes)
    assert "1.0 GB are free" in refused.value.what and f"{num_rows:,} photos" in refused.value.what, reason


@pytest.mark.parametrize(
    ("limit", "used", "free", "reason"),
    [
        (None, None, FREE, "no container"),
        ("max\n", "5\n", FREE, "a container without a limit"),
        ("600000000\n", "500000000\n", 100_000_000, "a container smaller than the machine"),
        ("600000000\n", "700000000\n", 0, "one that has more than it may"),
        ("9000000000000\n", "5\n", FREE, "a limit above what the machine has"),
    ],
)
def test_a_container_may_have_less_than_the_machine(monkeypatch, tmp_path, limit, used, free, reason):
    monkeypatch.setattr(memory.psutil, "virtual_memory", lambda: SimpleNamespace(available=FREE))
    for name, text in (("memory.max", limit), ("memory.current", used)):
        if text:
            (tmp_path / name).write_text(text)
    assert memory.free_memory(tmp_path) == free, reason
