"""What this machine is called where it decides which runtime is fast: its processor's name, features and cores."""

import platform
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tlcore.models.litert_runtime import usable_cores
from tlcore.processor import features

CPUINFO = Path("/proc/cpuinfo")

_LABELS = {
    "avx2": "AVX2",
    "avx512f": "AVX-512",
    "avx512_bf16": "AVX-512 bfloat16",
    "amx_bf16": "AMX bfloat16",
    "asimd": "NEON",
    "asimdhp": "NEON float16",
    "bf16": "NEON bfloat16",
}
"""Features as Linux calls them, and as people do; ARM's are in https://docs.kernel.org/arch/arm64/elf_hwcaps.html."""


@dataclass(frozen=True)
class Processor:
    """A name, what it can do that matters here (none known outside Linux), and how many cores may be used."""

    name: str
    features: tuple[str, ...]
    cores: int

    @property
    def key(self) -> str:
        """What tells machines apart on which other runtimes may be the fastest."""
        return f"{self.name}, {' '.join(self.features)}, {self.cores} cores"


@cache
def processor(cpuinfo: Path = CPUINFO) -> Processor:
    """This machine's.

    Args:
        cpuinfo: where Linux tells.
    """
    found = features(cpuinfo)
    return Processor(_name(cpuinfo), tuple(label for name, label in _LABELS.items() if name in found), usable_cores())


def _name(cpuinfo: Path) -> str:
    try:
        lines = cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    names = [
        value.strip() for name, _, value in (line.partition(":") for line in lines) if name.strip() == "model name"
    ]
    if not names and sys.platform == "darwin":  # Python only knows "arm"
        asked = ["sysctl", "-n", "machdep.cpu.brand_string"]
        try:
            names = [subprocess.run(asked, capture_output=True, text=True, timeout=5, check=True).stdout.strip()]
        except (OSError, subprocess.SubprocessError):
            names = []
    return next(filter(None, names), "") or platform.processor() or platform.machine()
