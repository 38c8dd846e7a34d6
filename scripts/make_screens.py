"""Make docs/screens/: a picture of every page, light, as wide as a desk and as a phone; the README shows one of them.

    python scripts/make_screens.py [--to FOLDER]

Makes a workspace of its own with the built-in emoji, a finished run and a race of two, shows it to Debian's chromium
(as the browser tests do), and writes PAGE-1280.png and PAGE-390.png with 256 colours each. Needs two minutes.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

from PIL import Image

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY))

from benchmarks.server import CHROMIUM, FLAGS, serving, wait_until_it_answers  # noqa: E402
from tlcore.data.samples import EMOJI  # noqa: E402

SIZES = {1280: 900, 390: 844}
TALLEST = 1800
"""Of a picture, in CSS pixels; what is below that is left out."""
COLOURS = 256
NEW_PHOTOS = ("animals", "food", "vehicles")
SETTLED = '[data-testid="stApp"][data-test-script-state="notRunning"]'


def main() -> int:
    """Make the workspace, show it, write the pictures."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--to", type=Path, default=REPOSITORY / "docs" / "screens", metavar="FOLDER")
    target = options.parse_args().to
    if CHROMIUM is None:
        print("There is no chromium on this machine: install Debian's package “chromium”.", file=sys.stderr)
        return 2
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        home = Path(scratch, "home")
        places = make_workspace(home)
        with serving(home) as (process, address):
            wait_until_it_answers(process, address)
            photograph(address, places, target, new_photos(Path(scratch)))
    return 0


def make_workspace(home: Path) -> dict[str, str]:
    """A data set, a run and a race in that workspace; the path and query of each page, by the name of its picture."""
    trained = _command(home, "train", "emoji")
    race = _command(home, "race", trained["dataset"], "--image-size", "96", "--epochs", "5", "--fine-tune-epochs", "3")
    dataset = f"dataset={trained['dataset']}"
    ids = f"{dataset}&run={trained['run']}"
    return {
        "welcome": "/",
        "data-new": "/data?more=1",
        "data": f"/data?{dataset}",
        "train": f"/train?{dataset}",
        "trained": f"/train?{ids}",
        "evaluate": f"/evaluate?{ids}",
        "predict": f"/predict?{ids}",
        "compare": f"/compare?race={race['race']}&{dataset}",
        "learn": f"/learn?{ids}",
    }


def _command(home: Path, *words: str) -> dict[str, str]:
    """What a command of `tlcore` prints as its last line with --json."""
    done = subprocess.run(
        [sys.executable, "-m", "tlcore", *words, "--json", "--workspace", str(home)],
        cwd=REPOSITORY,
        env=os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=True,
        text=True,
    )
    values: dict[str, str] = json.loads(done.stdout.splitlines()[-1])
    return values


def new_photos(folder: Path) -> list[Path]:
    """Pictures out of the built-in set, for the Predict page."""
    paths = []
    with zipfile.ZipFile(EMOJI) as archive:
        for label in NEW_PHOTOS:
            name = next(name for name in archive.namelist() if f"{label}/" in name)
            paths.append(folder / f"{label}.png")
            paths[-1].write_bytes(archive.read(name))
    return paths


def photograph(address: str, places: Mapping[str, str], target: Path, photos: list[Path]) -> None:
    """Open every page at every size and write what is seen."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for width, height in SIZES.items():
            context = browser.new_context(viewport={"width": width, "height": height}, reduced_motion="reduce")
            tab = context.new_page()
            for name, place in places.items():
                tab.goto(address + place)
                tab.locator("#root").get_by_role("heading", level=1).wait_for()
                if name == "predict":
                    tab.locator("#root input[type=file]").first.set_input_files(photos)
                    tab.wait_for_timeout(2000)
                tab.locator(SETTLED).wait_for()
                tab.wait_for_timeout(1500)  # charts and pictures
                whole = tab.evaluate("document.querySelector('.stMain').scrollHeight")
                tab.set_viewport_size({"width": width, "height": min(max(whole, height), TALLEST)})
                tab.wait_for_timeout(500)
                write(tab.screenshot(), target / f"{name}-{width}.png")
                tab.set_viewport_size({"width": width, "height": height})
            context.close()
        browser.close()


def write(screenshot: bytes, path: Path) -> None:
    """Write a picture with `COLOURS` colours."""
    with Image.open(BytesIO(screenshot)) as image:
        few = image.convert("RGB").quantize(COLOURS, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    few.save(path, optimize=True)
    print(f"{path.name}: {few.width} × {few.height}, {path.stat().st_size / 1e3:,.0f} kB")


if __name__ == "__main__":
    sys.exit(main())
