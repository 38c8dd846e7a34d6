"""Many visitors at once on one small server: waiting times, memory, and whether anybody gets a wrong answer.

A real server (`streamlit run`, no waiting trainer beside it) and visitors that speak its protocol (visitors.py), all on
this machine; the visitors themselves take a tenth of its time. What is done, in this order:

- *opening*: all visitors open the Predict page at the same moment, each in a new session; until the script is over.
- *photo → answer*: each then sends ROUNDS photos, one after the other, with 2 to 6 s of thinking before each (a closed
  loop: fifty visitors send at most twelve photos a second); from the first byte until the page with the answer is
  whole. Each photo is another one, 1,600 × 1,200 pixels, and its answer was computed by `tlcore` itself before: another
  class, another percentage or another bar of any class is a wrong answer. The time at which all send their first photo
  at the same moment (a teacher says "now") is measured as well.
- *uploads*: 30 visitors send a photo of 12 megapixels at the same moment.
- *page loads*: 300 pages, ten visitors side by side; a page with another heading or an error counts.
- *trainings*: 5 visitors press “Train” at the same moment; one is worked on at a time, and all come to their end.
- *the welcome page* of another server with 3,000 runs on disk, median of ten.

Memory is the resident size of the server: before, when one visitor had one answer; after, when all had gone and the
server had sat still for some seconds. It may grow by 100 MB.

Expected, two cores: answers under 2 s and pages under 1 s (p95) with 50 visitors; the welcome page under 0.1 s.
Seen before charts were described once and lists read once, nothing else on the machine: 50 visitors: opening 0.93 s,
photo → answer 0.15 s, all at the same moment 2.4 s (48 ms of processor time each); 300 page loads 2.2 s; +31 MB; the
welcome page with 3,000 runs 454 ms; no wrong answer; five trainings one after the other.
Seen since, nothing else on the machine: 0.83 s; 0.08 s, all at the same moment 1.5 s (28 ms each); 300 page loads
0.60 s; +22 MB; 60 ms; no wrong answer.
"""

import asyncio
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles

import psutil
from PIL import Image
from streamlit.proto.Alert_pb2 import Alert

from benchmarks.command import finish, parser
from benchmarks.questions import Question, jpeg, mistakes, questions
from benchmarks.server import serving, train_small_run, wait_until_it_answers
from benchmarks.table import Row, figure
from benchmarks.visitors import Broken, Visitor
from tlcore.jobs.status import job_status
from tlcore.jobs.store import list_runs
from tlcore.workspace import open_workspace, read_json, write_json

VISITORS, QUICK_VISITORS = (10, 25, 50), (3, 6)
ROUNDS, THINKING_SECONDS = 4, (2.0, 6.0)
UPLOADS, PAGE_LOADS, SIDE_BY_SIDE, TRAININGS, RUNS, WELCOMES = 30, 300, 10, 5, 3000, 10
LARGE_PHOTO = (4000, 3000)
PAGES = {
    "": "Train an image classifier",
    "data": "Your photos",
    "train": "Feature extraction ·",
    "evaluate": "Evaluate",
    "predict": "Predict",
    "learn": "Learn",
    "compare": "Compare",
}
"""How the heading of each page begins, with a finished run in use."""
SITTING_SECONDS = 10
ANSWERS_TARGET, OPENING_TARGET, GROWTH_TARGET, WELCOME_TARGET = "< 2", "< 1", "<= 100", "< 100"


@dataclass
class Measured:
    """What a group of visitors saw: seconds to open and to an answer, and the answers that were not right."""

    opening: list[float] = field(default_factory=list)
    answers: list[float] = field(default_factory=list)
    at_once: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


def main() -> int:
    """Measure, print, write."""
    options = parser("load", __doc__).parse_args()  # --data is taken and not needed
    with tempfile.TemporaryDirectory() as scratch:
        home = Path(scratch, "home")
        ids = train_small_run(home)
        rows, notes = asyncio.run(_all(home, ids, options.quick))
        rows.append(asyncio.run(_welcome(home, Path(scratch, "many"), RUNS // 10 if options.quick else RUNS)))
    return finish("Load", rows, options, notes)


async def _all(home: Path, ids: tuple[str, str], quick: bool) -> tuple[list[Row], list[str]]:
    """Everything that one server bears, one thing after the other."""
    groups = QUICK_VISITORS if quick else VISITORS
    asked = questions(home, ids, max(groups) * ROUNDS)
    rows: list[Row] = []
    with serving(home) as (process, address):
        wait_until_it_answers(process, address)
        server = psutil.Process(process.pid)
        await _first_answer(address, ids, asked[0])
        before = _resident(server)
        notes = [f"server after the first answer: {before:.0f} MB"]
        for number in groups:
            spent = _cpu_seconds(server)
            seen = await _visit(address, ids, asked, number)
            spent = _cpu_seconds(server) - spent
            rows += _rows(number, seen, last=number == groups[-1])
            notes += seen.wrong
            each = 1000 * spent / (number * (ROUNDS + 1))
            notes.append(f"{number} visitors: {each:.0f} ms of the server's processor time an answer or opening")
        rows += await _uploads(address, ids, UPLOADS // 10 if quick else UPLOADS)
        loads, wrong = await _page_loads(address, ids, PAGE_LOADS // 10 if quick else PAGE_LOADS)
        rows, notes = rows + loads, notes + wrong
        await asyncio.sleep(SITTING_SECONDS)
        after = _resident(server)
        rows.append(figure("resident memory of the server, growth", after - before, GROWTH_TARGET, "MB"))
        notes.append(f"server after all that: {after:.0f} MB")
        rows += await _trainings(home, address, ids, 2 if quick else TRAININGS)
    return rows, notes


async def _first_answer(address: str, ids: tuple[str, str], question: Question) -> None:
    async with Visitor(address) as visitor:
        await visitor.open("predict", **_query(ids))
        await visitor.upload([("first.jpg", question.data)])


async def _visit(address: str, ids: tuple[str, str], asked: Sequence[Question], number: int) -> Measured:
    """That many visitors, each with questions of his own."""
    seen, together = Measured(), asyncio.Barrier(number)

    async def one(place: int) -> None:
        async with Visitor(address) as visitor:
            await together.wait()
            seen.opening.append(await visitor.open("predict", **_query(ids)))
            await together.wait()
            for turn, question in enumerate(asked[place * ROUNDS : (place + 1) * ROUNDS]):
                if turn:
                    await asyncio.sleep(random.uniform(*THINKING_SECONDS))
                seconds = await visitor.upload([(f"photo-{place}-{turn}.jpg", question.data)])
                (seen.answers if turn else seen.at_once).append(seconds)
                seen.wrong += mistakes(visitor, question, f"photo-{place}-{turn}.jpg")

    await asyncio.gather(*(one(place) for place in range(number)))
    return seen


def _rows(number: int, seen: Measured, last: bool) -> list[Row]:
    """The figures of a group; only the largest has targets that count, and the smaller ones the same."""
    name = f"{number} visitors"
    return [
        figure(f"{name}: opening at the same moment, p50", median(seen.opening), OPENING_TARGET, "s"),
        figure(f"{name}: opening at the same moment, p95", _p95(seen.opening), OPENING_TARGET, "s"),
        figure(f"{name}: photo → answer, p50", median(seen.answers), ANSWERS_TARGET, "s"),
        figure(f"{name}: photo → answer, p95", _p95(seen.answers), ANSWERS_TARGET, "s"),
        figure(f"{name}: photo → answer, all at the same moment, p95", _p95(seen.at_once), ANSWERS_TARGET, "s"),
        figure(f"{name}: wrong answers", len(seen.wrong), "<= 0", "answers"),
    ]


async def _uploads(address: str, ids: tuple[str, str], number: int) -> list[Row]:
    """Large photos, sent at the same moment; all must arrive."""
    data, together, seconds = (
        jpeg(Image.effect_noise(LARGE_PHOTO, 40).convert("RGB")),
        asyncio.Barrier(number),
        [],
    )

    async def one(place: int) -> None:
        async with Visitor(address) as visitor:
            await visitor.open("predict", **_query(ids))
            await together.wait()
            start = time.perf_counter()
            await visitor.send_files([(f"large-{place}.jpg", data)])
            seconds.append(time.perf_counter() - start)

    await asyncio.gather(*(one(place) for place in range(number)))
    name = f"{number} uploads of {len(data) / 1e6:.0f} MB at the same moment"
    return [
        figure(f"{name}: p95", _p95(seconds), "< 10", "s"),
        figure(f"{name}: that did not arrive", number - len(seconds), "<= 0", "uploads"),
    ]


async def _page_loads(address: str, ids: tuple[str, str], number: int) -> tuple[list[Row], list[str]]:
    """All pages in turn, a few visitors side by side, each load in a session of its own; and what was wrong."""
    seconds: list[float] = []
    waiting, wrong = list(range(number)), []

    async def one() -> None:
        while waiting:
            page, title = list(PAGES.items())[waiting.pop() % len(PAGES)]
            async with Visitor(address) as visitor:
                seconds.append(await visitor.open(page, **_query(ids)))
                wrong.extend(_faults(visitor, page, title))

    await asyncio.gather(*(one() for _ in range(SIDE_BY_SIDE)))
    name = f"{number} page loads, {SIDE_BY_SIDE} side by side"
    rows = [
        figure(f"{name}: p50", median(seconds), OPENING_TARGET, "s"),
        figure(f"{name}: p95", _p95(seconds), OPENING_TARGET, "s"),
        figure(f"{name}: another page or an error", len(wrong), "<= 0", "pages"),
    ]
    return rows, wrong


def _faults(visitor: Visitor, page: str, title: str) -> list[str]:
    """What is wrong where another page came, or an error in its place."""
    shown = visitor.title()
    errors = [each.alert.body for each in visitor.elements.values() if each.alert.format == Alert.ERROR]
    errors += [each.exception.message for each in visitor.elements.values() if each.exception.message]
    if shown.startswith(title) and not errors:
        return []
    return [f"the page {page!r} is {shown!r} in place of {title!r}. {' '.join(errors)}"]


async def _trainings(home: Path, address: str, ids: tuple[str, str], number: int) -> list[Row]:
    """Trainings that are asked for at the same moment: how many ran side by side, and how many did not finish."""
    workspace, together = open_workspace(home), asyncio.Barrier(number)
    earlier = {run.id for run in list_runs(workspace)}

    async def ask() -> None:
        async with Visitor(address) as visitor:
            await visitor.open("train", dataset=ids[0])
            await together.wait()
            await visitor.press("Train")

    start = time.perf_counter()
    await asyncio.gather(*(ask() for _ in range(number)))
    most = 0
    while True:
        states = [job_status(run).state for run in list_runs(workspace) if run.id not in earlier]
        most = max(most, states.count("running"))
        if len(states) == number and not {"queued", "running"} & set(states):
            break
        if time.perf_counter() - start > 120 * number:
            break
        await asyncio.sleep(0.1)
    return [
        figure(f"{number} trainings asked for at once: side by side", most, "<= 1", "trainings"),
        figure(f"{number} trainings: not finished", number - states.count("finished"), "<= 0", "trainings"),
        figure(f"{number} trainings: until all had ended", time.perf_counter() - start, "< 600", "s"),
    ]


async def _welcome(source: Path, home: Path, number: int) -> Row:
    """The welcome page of a server whose workspace holds that many finished runs."""
    shutil.copytree(source / "datasets", home / "datasets")
    template = next(path for path in (source / "runs").iterdir() if (path / "report.json").exists())
    job = read_json(template / "job.json")
    for place in range(number):
        folder = home / "runs" / f"20250101-0000-{place:016x}"
        folder.mkdir(parents=True)
        write_json(folder / "job.json", job | {"created": job["created"] - place})
        shutil.copy2(template / "events.jsonl", folder)
    with serving(home) as (process, address):
        wait_until_it_answers(process, address)
        seconds = []
        for _ in range(1 + WELCOMES):
            async with Visitor(address) as visitor:
                seconds.append(await visitor.open())
                if _faults(visitor, "", PAGES[""]) or "Your runs" not in visitor.texts():
                    raise Broken("The welcome page does not list the runs.")
    name = f"the welcome page with {number:,} runs on disk"
    return figure(name, 1000 * median(seconds[1:]), WELCOME_TARGET, "ms", reference=1000 * seconds[0])


def _query(ids: tuple[str, str]) -> dict[str, str]:
    return {"dataset": ids[0], "run": ids[1]}


def _p95(seconds: Sequence[float]) -> float:
    return quantiles(seconds, n=20, method="inclusive")[-1] if len(seconds) > 1 else seconds[0]


def _resident(server: psutil.Process) -> float:
    """Resident memory in MB (10⁶ bytes)."""
    return float(server.memory_info().rss / 1e6)


def _cpu_seconds(server: psutil.Process) -> float:
    """Processor time of the server and of the children that it waited for."""
    times = server.cpu_times()
    return float(times.user + times.system + times.children_user + times.children_system)


if __name__ == "__main__":
    sys.exit(main())
