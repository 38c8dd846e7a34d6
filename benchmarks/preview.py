"""The preview of augmentation: nine variants of a photo, from a changed setting to pictures on the page.

First the making alone, on the photos given, at the size of the preview and with every change on: draw amounts, vary
nine times, pack as JPEG, write as HTML, with the photo decoded already and with another photo. Then a real browser on
the Train page: from the click on “Mirror left and right” (Options, Augmentation; hybrid) until the new pictures stand
in the page, on the built-in emoji. Outside all clocks: starting up. Without chromium the second part is left out, and
the table says so.

Expected: a millisecond or two a variant, and ten times that for the page and the way to the browser and back.
Seen on two busy cores: 10 ms (one of 20 slower than 15 ms) for the making alone, 141 ms (one
of 20 slower than 266 ms) in the browser.
"""

import sys
import tempfile
import time
from dataclasses import Field, fields, replace
from itertools import islice
from pathlib import Path

import numpy as np

from benchmarks.command import check_data, finish, parser
from benchmarks.server import PATIENCE_SECONDS, browsing, has_browser, serving, wait_until_it_answers
from benchmarks.table import Row, figure
from pages.parts.train import preview
from pages.shared import gallery
from tlcore.config import TrainConfig
from tlcore.data.augment import Augmentation
from tlcore.data.images import load_input
from tlcore.data.samples import ingest_sample
from tlcore.data.wanted import RESIZE_POLICY
from tlcore.events import run_to_end
from tlcore.workspace import open_workspace

ROUNDS, CLICKS, QUICK = 200, 30, 5
DEGREES = {"rotation": 20.0, "shear": 10.0}  # the other strengths are shares
TARGET = "< 200"  # milliseconds
FOLD, TAB, SWITCH = "Options", "Augmentation", "Mirror left and right"
STRATEGY = "Hybrid"  # photos vary for it without another setting
WATCH = """() => {
    const shown = () => document.querySelector('.tl-variants')?.innerHTML ?? '';
    document.addEventListener('click', () => {
        const start = performance.now(), before = shown();
        window.spent = undefined;
        const watcher = new MutationObserver(() => {
            if (shown() && shown() !== before) { window.spent = performance.now() - start; watcher.disconnect(); }
        });
        watcher.observe(document.body, {subtree: true, childList: true, attributes: true, characterData: true});
    }, true);
}"""


def main() -> int:
    """Measure, print, write."""
    options = parser("preview", __doc__).parse_args()
    check_data(options.data)
    files = list(islice(sorted((options.data / "train").rglob("*.jp*g")), 50))
    changed, another = _make(files, QUICK if options.quick else ROUNDS)
    rows = [*_rows("made after a change", changed), *_rows("made of another photo", another)]
    notes = []
    if has_browser():
        rows += _rows("from click to new pictures in a browser", _click(QUICK if options.quick else CLICKS))
    else:
        notes.append("No chromium or no playwright here: no page was shown.")
    return finish("The preview of augmentation", rows, options, notes)


def _make(files: list[Path], rounds: int) -> tuple[list[float], list[float]]:
    """Milliseconds of each round: with the photo decoded already, and with another photo."""
    changed, another = [], []
    strong = {change.name: _strength(change) for change in fields(Augmentation)}
    for number in range(rounds):
        config = replace(TrainConfig(seed=number), **strong)
        start = time.perf_counter()
        image = load_input(files[number % len(files)].read_bytes(), preview.SIDE, RESIZE_POLICY)
        decoded = time.perf_counter()
        made = preview.variants(image, config, "a class", f"{number:064x}")
        "".join(map(gallery.figure, made))
        end = time.perf_counter()
        changed.append(1000 * (end - decoded))
        another.append(1000 * (end - start))
    return changed, another


def _strength(change: Field) -> bool | float:
    """A strength that nobody overlooks."""
    return True if change.type is bool else DEGREES.get(change.name, 0.2)


def _click(clicks: int) -> list[float]:
    """Milliseconds of each click on the Train page of the emoji."""
    with tempfile.TemporaryDirectory() as scratch:
        dataset = run_to_end(ingest_sample(open_workspace(Path(scratch)), "emoji"))
        with browsing() as tab, serving(Path(scratch)) as (process, address):
            wait_until_it_answers(process, address)
            tab.goto(f"{address}/train?dataset={dataset.id}")
            tab.get_by_text("Why this recommendation?").wait_for()  # the recommendation is there, and the page is still
            tab.locator(".st-key-setting_strategy label").filter(has_text=STRATEGY).click()
            tab.get_by_text(FOLD, exact=True).click()
            tab.get_by_role("tab", name=TAB).click()
            tab.locator(".tl-variants img").nth(preview.VARIANTS - 1).wait_for()
            switch = tab.locator(".st-key-setting_horizontal_flip label").filter(has_text=SWITCH)
            tab.evaluate(WATCH)
            times = []
            for _ in range(clicks):
                switch.click()
                times.append(_spent(tab))
                tab.wait_for_timeout(500)  # the page has come to rest
            tab.goto("about:blank")
        return times


def _spent(tab) -> float:
    """What the watcher in the page has measured, in ms; asked for again and again, as the page forbids `eval`.

    Raises:
        RuntimeError: no new picture came.
    """
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        spent = tab.evaluate("window.spent ?? null")
        if spent is not None:
            return float(spent)
        tab.wait_for_timeout(50)
    raise RuntimeError("No new variants came after a click.")


def _rows(name: str, times: list[float]) -> list[Row]:
    return [
        figure(f"nine variants {name}, median", float(np.median(times)), TARGET, "ms"),
        figure(f"nine variants {name}, slowest of 20", float(np.percentile(times, 95)), TARGET, "ms"),
    ]


if __name__ == "__main__":
    sys.exit(main())
