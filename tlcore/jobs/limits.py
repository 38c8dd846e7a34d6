"""Limits that a process sets itself before it opens what a stranger made; where the system knows none, none."""

import os
from pathlib import Path

import psutil


def limit_process(num_bytes: int, cpu_seconds: int, written_bytes: int | None = None) -> None:
    """Let this process take no more than this from now on, and write no core; when memory is short, it goes first.

    Args:
        num_bytes: of memory, beside what it has now. cpu_seconds: of all threads together. written_bytes: of one file;
            None: no limit.
    """
    try:
        import resource
    except ImportError:  # Windows
        return
    most = psutil.Process().memory_info().vms + num_bytes
    try:
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
        resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if written_bytes is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (written_bytes, written_bytes))
        Path(f"/proc/{os.getpid()}/oom_score_adj").write_text("1000")
    except (ValueError, OSError):  # macOS knows some of them only
        return
