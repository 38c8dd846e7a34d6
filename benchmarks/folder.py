"""A folder of 600 photos in a real browser: until all have arrived, and until the page to train on stands.

A real server with an empty workspace and its worker warm, as `transferlab app` has it, and chromium on this machine.
600 photos of two classes, those of the benchmarks' folder as often as it takes, each with a comment of its own, so that
none is a copy. They are chosen through "Choose a folder"; "Import and continue" is pressed once the board says that
they are all uploaded. Inside the clock: from the choice until the board says so, and until the button of the Train page
stands. Median of three folders.

Expected: 3 s until they are in; the import then reads each photo once more.
Seen: 2.0 s; 6.1 s until the Train page.
"""

import sys
import tempfile
import time
from itertools import cycle, islice
from pathlib import Path
from statistics import median

from benchmarks.command import check_data, finish, parser
from benchmarks.server import browsing, has_browser, serving, wait_until_it_answers
from benchmarks.table import figure

PHOTOS, ROUNDS, ARRIVED, ON_TRAIN = 600, 3, "< 3", "< 6"


def main() -> int:
    """Measure, print, write."""
    options = parser("folder", __doc__).parse_args()
    if not has_browser():
        return finish("A folder", [], options, ["No chromium or no playwright here: nothing was measured."])
    number, rounds = (40, 1) if options.quick else (PHOTOS, ROUNDS)
    photos = sorted((check_data(options.data) / "train").rglob("*.jpg"))
    with (
        tempfile.TemporaryDirectory() as scratch,
        browsing() as tab,
        serving(Path(scratch) / "home", warm="1") as (process, address),
    ):
        wait_until_it_answers(process, address)
        folders = [write(photos, number, Path(scratch) / f"pets {turn}") for turn in range(rounds)]
        times = [bring(tab, address, folder) for folder in folders]
    rows = [
        figure(f"{number} photos: until all have arrived", median(each[0] for each in times), ARRIVED, "s"),
        figure(f"{number} photos: until the Train page stands", median(each[1] for each in times), ON_TRAIN, "s"),
    ]
    return finish("A folder", rows, options)


def write(photos: list[Path], number: int, folder: Path) -> Path:
    """A folder with class folders of so many photos, none like another."""
    for place, source in enumerate(islice(cycle(photos), number)):
        data = source.read_bytes()
        target = folder / source.parent.name / f"{place}.jpg"
        target.parent.mkdir(parents=True, exist_ok=True)
        comment = f"{folder.name} {place}".encode()
        target.write_bytes(data[:2] + b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment + data[2:])
    return folder


def bring(tab, address: str, folder: Path) -> tuple[float, float]:
    """Choose a folder on the Data page and import it: seconds until it has arrived, and until Train stands."""
    tab.goto(f"{address}/data?more=1")
    tab.get_by_role("button", name="Import and continue").wait_for()
    time.sleep(2)  # the worker is warm again, the page rests
    start = time.perf_counter()
    tab.locator(".whole input[type=file]").first.set_input_files(folder)
    tab.locator("section.board .verdict").get_by_text("uploaded.").wait_for()
    arrived = time.perf_counter() - start
    tab.get_by_role("button", name="Import and continue").click()
    tab.wait_for_url("**/train?**")
    tab.locator("#root").get_by_role("button", name="Train", exact=True).wait_for()
    return arrived, time.perf_counter() - start


if __name__ == "__main__":
    sys.exit(main())
