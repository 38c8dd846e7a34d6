"""What this machine's processor is called and can do, as far as it decides which runtime is fast."""

import platform
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tlcore.models.litert_runtime import usable_cores

_FEATURES = {
    "avx2": "AVX2",
    "avx512f": "AVX-512",
    "avx512_bf16": "AVX-512 bfloat16",
    "amx_bf16": "AMX bfloat16",
    "asimd": "NEON",
    "asimdhp": "NEON float16",
    "bf16": "NEON bfloat16",
}
"""As Linux calls them, and as people do; those of ARM are named in https://docs.kernel.org/arch/arm64/elf_hwcaps.html."""


@dataclass(frozen=True)
class Processor:
    """A name, what it can do (values of _FEATURES; none known outside Linux), and how many cores may be used."""

    name: str
    features: tuple[str, ...]
    cores: int

    @property
    def key(self) -> str:
        """What tells machines apart on which other runtimes may be the fastest."""
        return f"{self.name}, {' '.join(self.features)}, {self.cores} cores"

    def has(self, feature: str) -> bool:
        """Whether it has a feature, as _FEATURES calls it."""
        return feature in self.features


@cache
def processor(cpuinfo: Path = Path("/proc/cpuinfo")) -> Processor:
    """This machine's.

    Args:
        cpuinfo: where Linux tells.
    """
    try:
        text = cpuinfo.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return Processor(_name_elsewhere(), (), usable_cores())
    lines: dict[str, str] = {}
    for line in text.splitlines():
        name, _, value = line.partition(":")
        lines.setdefault(name.strip(), value.strip())
    flags = set(lines.get("flags", lines.get("Features", "")).split())
    name = lines.get("model name") or platform.processor() or platform.machine()
    return Processor(name, tuple(label for flag, label in _FEATURES.items() if flag in flags), usable_cores())


def _name_elsewhere() -> str:
    """Outside Linux; on a Mac, Python only knows "arm"."""
    if sys.platform == "darwin":
        asked = ["sysctl", "-n", "machdep.cpu.brand_string"]
        try:
            return subprocess.run(asked, capture_output=True, text=True, timeout=5, check=True).stdout.strip()
        except (OSError, subprocess.SubprocessError):
            pass
    return platform.processor() or platform.machine()
