"""What does not fit into the memory is refused before it begins."""

from types import SimpleNamespace

import pytest

from tlcore.config import defaults_for
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
        memory.check_head_memory(num_rows, row_bytes)
        return
    with pytest.raises(UserError) as refused:
        memory.check_head_memory(num_rows, row_bytes)
    assert "1.0 GB is free" in refused.value.what and f"{num_rows:,} photos" in refused.value.what, reason


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


@pytest.mark.parametrize(
    ("limit", "used", "files", "free", "reason"),
    [
        (2_000_000_000, 1_900_000_000, (300_000_000, 500_000_000), 900_000_000, "files that were read count as free"),
        (2_000_000_000, 400_000_000, (300_000_000, 500_000_000), FREE, "more files than in use: never below nothing"),
    ],
)
def test_files_that_linux_keeps_in_memory_are_not_in_the_way(monkeypatch, tmp_path, limit, used, files, free, reason):
    monkeypatch.setattr(memory.psutil, "virtual_memory", lambda: SimpleNamespace(available=FREE))
    stat = f"anon 5\nactive_file {files[0]}\ninactive_file {files[1]}\n"
    for name, text in (("memory.max", limit), ("memory.current", used), ("memory.stat", stat)):
        (tmp_path / name).write_text(str(text))
    assert memory.free_memory(tmp_path) == free, reason


@pytest.mark.parametrize(
    ("membership", "folder", "files", "reason"),
    [
        ("0::/system.slice/lab.service", "system.slice/lab.service", ("memory.max", "memory.current"), "version 2"),
        ("4:memory:/lab\n0::/", "memory/lab", ("memory.limit_in_bytes", "memory.usage_in_bytes"), "version 1"),
        ("0::/system.slice/lab.service", "system.slice", ("memory.max", "memory.current"), "the group around it"),
    ],
)
def test_a_service_may_have_less_than_the_machine(monkeypatch, tmp_path, membership, folder, files, reason):
    monkeypatch.setattr(memory.psutil, "virtual_memory", lambda: SimpleNamespace(available=FREE, total=FREE))
    (tmp_path / folder).mkdir(parents=True)
    for name, number in zip(files, (600_000_000, 500_000_000), strict=True):
        (tmp_path / folder / name).write_text(f"{number}\n")
    own = tmp_path / "membership"
    own.write_text(membership)
    assert memory.free_memory(tmp_path, own) == 100_000_000, reason
    assert memory.total_memory(tmp_path, own) == 600_000_000, reason


@pytest.mark.parametrize(
    ("outputs_mb", "weights_mb", "measured_mb", "reason"),
    [
        (144, 11, 192, "upper third of EfficientNet-Lite0, 160 px"),
        (1316, 13, 952, "all of it, 160 px"),
        (2579, 13, 1545, "all of it, 224 px"),
        (630, 2, 438, "MobileNetV2 × 0.35, all, 160 px"),
    ],
)
def test_the_estimate_for_fine_tuning_never_refuses_what_was_seen_to_work(outputs_mb, weights_mb, measured_mb, reason):
    demand = memory.Demand(int(outputs_mb * 1e6 / 4), int(weights_mb * 1e6 / 4), memory.SLOTS["adam"])
    assert 0.5 * measured_mb < demand.bytes / 1e6 <= measured_mb, reason


@pytest.mark.parametrize(
    ("strategy", "fix"), [("hybrid", "fine-tune fewer layers"), ("fine-tuning", "choose hybrid"), ("scratch", "hybrid")]
)
def test_fine_tuning_that_does_not_fit_is_refused_with_what_to_do(monkeypatch, strategy, fix):
    config = defaults_for(strategy, image_size=160)
    demand = memory.Demand(300_000_000, 3_000_000, 2)
    monkeypatch.setattr(memory, "free_memory", lambda: demand.bytes)
    memory.check_fine_tune_memory(demand, config)
    monkeypatch.setattr(memory, "free_memory", lambda: demand.bytes - 1)
    with pytest.raises(UserError) as refused:
        memory.check_fine_tune_memory(demand, config)
    assert all(words in refused.value.what for words in ("batch size of 32", "160 pixels", "696 MB"))
    assert fix in refused.value.fix and "smaller batch" in refused.value.fix
