"""A day of a public demo in minutes: one core, 1,000 MB, visitors who come, make something, and leave.

The server runs as a host starts it (`TRANSFERLAB_HOSTED=1`) on one core, and all its processes in one control group of
1,000 MB (small_machine.py). Visitors come one after the other, AT_ONCE of them at a time, each with a part to play:

- *sample*: takes the emoji sample, trains on it, looks at the results, predicts two photos;
- *photos*: brings photos of cats and dogs onto the board, trains on them, predicts two;
- *looks*: opens pages, and predicts nothing;
- *gives up*: sends photos, and leaves before the import.

A day's ages are made minutes: things go KEEP_SECONDS after their last use, and the cleaning that a server does every
ten minutes is done every CLEANING_SECONDS, by the same function, from here.

What is reported: the most memory that all processes held together (without files that Linux can drop), the processes
that the system ended, visitors who did not come to their end; and what the second half of the day adds: the memory of
the server, and the workspace on the disk, each as the median of the day's last quarter less that of its third. Both
should stay flat. The day counts from when WARM_UP visitors have predicted: until then the server fills its caches, of
the last four models for one.

The disk goes up and down by what the visitors of a moment keep, some 5 MB each, hence its target.

Seen, two cores on which twenty other processes worked, so that six visitors predicted in twelve minutes: at most 777
MB, nothing ended by the system; server 290, 290, 290, 294 MB and disk 15, 10, 12, 22 MB by quarters.

It needs the right to make a control group; without it memory is not limited and only that of the server is reported.
"""

import asyncio
import os
import random
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from benchmarks.command import check_data, finish, parser
from benchmarks.server import serving, wait_until_it_answers
from benchmarks.small_machine import LIMIT_BYTES, Group, import_photos, limited, take_few
from benchmarks.table import Row, figure
from benchmarks.visitors import Broken, Visitor
from tlcore.errors import UserError
from tlcore.jobs.status import job_status
from tlcore.jobs.store import Job, load_import, load_run
from tlcore.jobs.worker_memory import held_memory
from tlcore.settings import HOSTED_VARIABLE, load_limits
from tlcore.storage.cleanup import clean
from tlcore.storage.usage import folder_bytes
from tlcore.workspace import Workspace, open_workspace

MINUTES, QUICK_MINUTES, AT_ONCE, WARM_UP = 12.0, 1.5, 3, 4
KEEP_SECONDS, CLEANING_SECONDS, SAMPLE_SECONDS, PATIENCE_SECONDS = 60.0, 15.0, 1.0, 900.0
EVENING_SECONDS = 30.0
PHOTOS_A_CLASS = 10
PARTS = ("sample", "looks", "photos", "gives up")
"""In this order, again and again: of four visitors two train."""
SETTINGS = f"""
keep_days = {KEEP_SECONDS / 86_400}
upload_hours = {KEEP_SECONDS / 2 / 3600}
undo_hours = {KEEP_SECONDS / 3600}
"""


@dataclass
class Day:
    """What was seen. `server`: bytes of the server alone, `disk`: of the workspace, a figure a second each."""

    warm: int = 0  # how many figures there were when the caches had been filled
    predicted: int = 0  # visitors who did
    server: list[int] = field(default_factory=list)
    disk: list[int] = field(default_factory=list)
    done: dict[str, int] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)


def main() -> int:
    """Measure, print, write."""
    options = parser("demo_day", __doc__).parse_args()
    photos = check_data(options.data)
    os.environ[HOSTED_VARIABLE] = "1"
    minutes = QUICK_MINUTES if options.quick else MINUTES
    notes: list[str] = []
    with tempfile.TemporaryDirectory() as scratch:
        few = take_few(photos / "train", Path(scratch, "photos"), PHOTOS_A_CLASS)
        with ExitStack() as stack:
            try:
                group: Group | None = stack.enter_context(limited(LIMIT_BYTES))
            except OSError as error:
                group = None
                notes.append(f"No control group can be made here ({error}): memory was not limited.")
            day = asyncio.run(_day(Path(scratch, "home"), few, minutes * 60, group))
            rows = _rows(day, group)
    notes += [f"{part}: {number} visitors" for part, number in sorted(day.done.items())]
    quarters = [_quarters(series[day.warm :]) for series in (day.server, day.disk)]
    notes.append(f"server {quarters[0]} MB, disk {quarters[1]} MB, by quarters of the day")
    notes += [f"the server when it began: {day.server[0] / 1e6:.0f} MB", *day.broken]
    return finish("A day of a public demo", rows, options, notes)


def _rows(day: Day, group: Group | None) -> list[Row]:
    rows = [
        figure("visitors who did not come to their end", len(day.broken), "<= 0", "visitors"),
        figure("visitors who predicted", day.predicted, f">= {WARM_UP}", "visitors"),
        figure("server: growth in the second half", _growth(day.server[day.warm :]), "<= 15", "MB"),
        figure("disk: growth in the second half", _growth(day.disk[day.warm :]), "<= 20", "MB"),
    ]
    if group is not None:
        rows.append(figure("most memory in use", max(group.peaks.values()) / 1e6, "<= 1000", "MB"))
        rows.append(figure("processes ended by the system", group.killed(), "<= 0", "processes"))
    return rows


def _growth(series: list[int]) -> float:
    """The median of the last quarter less that of the third, in MB."""
    quarter = max(1, len(series) // 4)
    if len(series) < 4:
        return 0.0
    return (median(series[-quarter:]) - median(series[-2 * quarter : -quarter])) / 1e6


def _quarters(series: list[int]) -> str:
    quarter = max(1, len(series) // 4)
    parts = [series[at : at + quarter] for at in range(0, 4 * quarter, quarter)]
    return ", ".join(f"{median(part) / 1e6:.0f}" for part in parts if part)


async def _day(home: Path, photos: Path, seconds: float, group: Group | None) -> Day:
    workspace, day = open_workspace(home), Day()
    (home / "settings.toml").write_text(SETTINGS)
    prefix = [*([] if sys.platform != "linux" else ["taskset", "-c", "0"]), *(group.prefix if group else [])]
    with serving(home, prefix, warm="") as (process, address):
        wait_until_it_answers(process, address)
        end = time.monotonic() + seconds
        parts = iter(PARTS * 1000)
        watching = asyncio.create_task(_watch(workspace, process.pid, day, end))

        async def come() -> None:
            while time.monotonic() < end:
                part = next(parts)
                try:
                    await _visit(workspace, address, part, photos)
                    day.done[part] = day.done.get(part, 0) + 1
                    day.predicted += part in ("sample", "photos")
                    if day.predicted == WARM_UP and not day.warm:
                        day.warm = len(day.server)
                except (Broken, UserError, OSError, RuntimeError, TimeoutError) as error:
                    day.broken.append(f"{part}: {type(error).__name__}: {error}")

        coming = [asyncio.create_task(come()) for _ in range(AT_ONCE)]
        await watching
        _, late = await asyncio.wait(coming, timeout=EVENING_SECONDS)  # who is still there goes, and counts for nothing
        for each in late:
            each.cancel()
        await asyncio.gather(*late, return_exceptions=True)
    return day


async def _watch(workspace: Workspace, server: int, day: Day, end: float) -> None:
    """Note memory and disk every second, and clean as the server does."""
    next_cleaning = time.monotonic() + CLEANING_SECONDS
    while time.monotonic() < end:
        await asyncio.sleep(SAMPLE_SECONDS)
        if time.monotonic() > next_cleaning:
            await asyncio.to_thread(clean, workspace, load_limits(workspace, hosted=True))
            next_cleaning = time.monotonic() + CLEANING_SECONDS
        day.server.append(held_memory(server, with_children=False).own)
        day.disk.append(await asyncio.to_thread(folder_bytes, workspace.root))


async def _visit(workspace: Workspace, address: str, part: str, photos: Path) -> None:
    async with Visitor(address) as visitor:
        await visitor.open()
        if part == "looks":
            for page in ("learn", "data", "train", "predict"):
                await visitor.open(page)
                await asyncio.sleep(random.uniform(0.5, 2))
            return
        await visitor.open("data", more="1")
        if part == "sample":
            await visitor.press("No photos yet? Try the emoji sample")
        else:
            await import_photos(visitor, photos, order=part != "gives up")
            if part == "gives up":
                return
        dataset = await _result(load_import(workspace, visitor.query["job"]))
        await visitor.open("train", dataset=dataset)
        await visitor.press("Train")
        run = load_run(workspace, visitor.query["run"])
        await _result(run)
        await visitor.open("evaluate", dataset=dataset, run=run.id)
        await visitor.open("predict", dataset=dataset, run=run.id)
        for path in sorted(photos.rglob("*.jpg"))[:2]:
            await visitor.upload([(path.name, path.read_bytes())])


async def _result(job: Job) -> str:
    """Wait until a job has finished; the id of what it made.

    Raises:
        Broken: it ended otherwise.
    """
    start = time.monotonic()
    while time.monotonic() - start < PATIENCE_SECONDS:
        status = job_status(job)
        if status.finished is not None:
            return status.finished.result
        if not status.active:
            raise Broken(f"The {job.kind} {status.state}: {status.error.what if status.error else status.died}")
        await asyncio.sleep(0.5)
    raise Broken(f"The {job.kind} was not over in time.")


if __name__ == "__main__":
    sys.exit(main())
