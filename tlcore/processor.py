"""Which instructions this machine's processor has that computing in fewer bits rests on."""

import sys
from functools import cache
from pathlib import Path

_FLAGS = ("flags", "Features")  # what Linux calls the line on x86 and on ARM


@cache
def features(cpuinfo: Path = Path("/proc/cpuinfo")) -> frozenset[str]:
    """The processor's features by Linux' own names: "avx2", "avx512f", "avx512_bf16", "amx_bf16"; on ARM "bf16", "sve".

    Those that all processors of the machine have. Empty where the system does not tell: on macOS and Windows, where
    nothing is claimed that would have to be proved by trying an instruction.

    Source: the lines "flags" (x86; arch/x86/include/asm/cpufeatures.h) and "Features" (ARM) of /proc/cpuinfo, proc(5).
    """
    if not sys.platform.startswith("linux"):
        return frozenset()
    try:
        lines = cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return frozenset()
    found = [set(value.split()) for name, _, value in (line.partition(":") for line in lines) if name.strip() in _FLAGS]
    return frozenset(set.intersection(*found)) if found else frozenset()


def has_bfloat16(cpuinfo: Path = Path("/proc/cpuinfo")) -> bool:
    """Whether it multiplies bfloat16 numbers itself, faster than it multiplies float32 (x86 only)."""
    return not features(cpuinfo).isdisjoint({"amx_bf16", "avx512_bf16"})
