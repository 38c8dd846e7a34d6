"""How much memory there is, where a control group gives less than the machine has."""

from pathlib import Path

import psutil
import pytest

from tlcore.machine import total_memory

ALL = int(psutil.virtual_memory().total)
GB = 1_000_000_000
UNLIMITED = 9_223_372_036_854_771_712  # what version 1 writes for no limit

GROUPS: dict[str, tuple[str, dict[str, str], int]] = {
    "no groups at all": ("", {}, ALL),
    "version 2, a container sees its own as the topmost": ("0::/", {"memory.max": str(GB)}, GB),
    "version 2, a service": ("0::/system.slice/app.service", {"system.slice/app.service/memory.max": str(GB)}, GB),
    "version 2, the group around it has less": (
        "0::/a/b",
        {"a/memory.max": str(GB), "a/b/memory.max": str(2 * GB)},
        GB,
    ),
    "version 2, no limit": ("0::/a", {"a/memory.max": "max"}, ALL),
    "version 2, another's limit": ("0::/a", {"b/memory.max": str(GB)}, ALL),
    "version 1": ("4:memory:/a\n0::/", {"memory/a/memory.limit_in_bytes": str(GB)}, GB),
    "version 1 with others": ("4:cpu,memory:/a", {"memory/a/memory.limit_in_bytes": str(GB)}, GB),
    "version 1, no limit": ("4:memory:/a", {"memory/a/memory.limit_in_bytes": str(UNLIMITED)}, ALL),
    "not a number": ("0::/", {"memory.max": "a lot"}, ALL),
}


@pytest.mark.parametrize(("membership", "files", "expected"), GROUPS.values(), ids=GROUPS)
def test_the_least_of_machine_and_groups_counts(tmp_path, membership, files, expected):
    groups = tmp_path / "cgroup"
    for name, text in files.items():
        (groups / name).parent.mkdir(parents=True, exist_ok=True)
        (groups / name).write_text(f"{text}\n")
    own = tmp_path / "membership"
    own.write_text(f"{membership}\n")
    assert total_memory(groups, own) == expected


def test_another_system_has_no_groups(tmp_path):
    assert total_memory(tmp_path / "none", Path(tmp_path, "none")) == ALL
