"""What the system says of its processor, read as it stands in /proc/cpuinfo."""

import sys
from pathlib import Path

import pytest

from tlcore.processor import features, has_bfloat16

CPUINFO: dict[str, tuple[str, set[str], bool]] = {
    "a processor with AMX": (
        "model name\t: Xeon\nflags\t\t: avx2 avx512f amx_bf16\n",
        {"avx2", "avx512f", "amx_bf16"},
        True,
    ),
    "AVX-512-BF16 alone": ("flags : avx2 avx512f avx512_bf16\n", {"avx2", "avx512f", "avx512_bf16"}, True),
    "AVX2 alone": ("flags\t: fpu avx2\n", {"fpu", "avx2"}, False),
    "only what all cores have counts": ("flags: avx2 amx_bf16\n\nflags: avx2\n", {"avx2"}, False),
    "ARM calls the line otherwise": ("Features\t: asimd bf16\n", {"asimd", "bf16"}, False),
    "a line that only begins alike": ("vmx flags\t: amx_bf16\nflags: sse\n", {"sse"}, False),
    "nothing of the kind": ("processor\t: 0\n", set(), False),
    "empty": ("", set(), False),
}


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux has /proc/cpuinfo")
@pytest.mark.parametrize(("text", "expected", "bfloat16"), CPUINFO.values(), ids=CPUINFO)
def test_features_are_read_as_the_system_names_them(tmp_path, text, expected, bfloat16):
    file = tmp_path / "cpuinfo"
    file.write_text(text, encoding="utf-8")
    assert features(file) == expected
    assert has_bfloat16(file) is bfloat16


def test_a_system_that_does_not_tell_has_none(tmp_path):
    assert features(Path(tmp_path, "none")) == frozenset()
