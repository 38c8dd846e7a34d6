"""Opening archives with progress and a stop: a tar has no table of contents, so all of it is read to list its files."""

from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TypeVar

from tlcore.events import Progress, ShouldStop, StageKey

Went = Callable[[int, int], None]
"""Is called while an archive is listed, with the bytes of its file that were read and those that it has."""

Opened = TypeVar("Opened")
SECONDS_BETWEEN_EVENTS = 0.3


class _Stopped(Exception):
    """Somebody stopped the listing."""


def opening(open_it: Callable[[Went], Opened], should_stop: ShouldStop) -> Generator[Progress, None, Opened | None]:
    """Do what opens archives, in a thread, and yield how far the one that is listed is; None when stopped.

    Raises whatever `open_it` does.
    """
    done, total, is_over = 0, 0, False

    def went(so_far: int, of: int) -> None:
        nonlocal done, total
        if is_over or should_stop():
            raise _Stopped
        done, total = so_far, of

    with ThreadPoolExecutor(1, thread_name_prefix="list") as pool:
        future = pool.submit(open_it, went)
        try:
            while not wait([future], SECONDS_BETWEEN_EVENTS).done:
                if total:
                    yield Progress(StageKey.LIST, done, total, unit="bytes", share=0.0)
        finally:
            is_over = True
    try:
        return future.result()
    except _Stopped:
        return None
