"""A model in one HTML file, opened from a disk without a network: it answers as the program, whatever its names."""

import base64
import csv
import gzip
import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Error, Locator, Page, expect

from tests.e2e.ways import WAIT_MS
from tests.pictures import grey_profile, rgb_profile
from tlcore.data.images import load_input
from tlcore.data.wanted import Wanted
from tlcore.exports.exporter import ExportSource
from tlcore.exports.html_file import DECODER, PARTS, SCRIPTS, make, page_input
from tlcore.exports.samples import make_samples
from tlcore.serving.bundle import load_bundle
from tlcore.serving.predict import ImageClassifier
from tlcore.shares import percent

LABELS = ("</script><script>document.title='run'</script>", "<!--<script>", "<img src=x onerror=document.title='run'>")
EMOJI = Path(__file__).parents[2] / "tlcore" / "assets" / "emoji" / "emoji.zip"
LOSSLESS = 0.002
"""How far an answer for a lossless picture may be from the program's, in probability."""


@pytest.fixture
def source(trained) -> ExportSource:
    """The model, with names of classes and of the data set that would run if they were ever read as markup."""
    place = trained[0].runs / trained[2].id
    bundle = load_bundle(place)
    info = bundle.info | {"output": {"labels": list(LABELS)}, "dataset": bundle.info["dataset"] | {"name": LABELS[0]}}
    return ExportSource(replace(bundle, labels=LABELS, info=info), place)


@pytest.fixture
def emoji(tmp_path) -> list[Path]:
    """Five drawings with transparent ground."""
    with zipfile.ZipFile(EMOJI) as archive:
        names = [name for name in archive.namelist() if name.endswith(".png")]
        paths = [tmp_path / name.replace("/", "-") for name in names[:: len(names) // 4][:5]]
        for path, name in zip(paths, names[:: len(names) // 4]):
            path.write_bytes(archive.read(name))
    return paths


@pytest.fixture
def tab(browser) -> Iterator[Page]:
    """A tab without a network; the test fails when a script of the page does."""
    context = browser.new_context(viewport={"width": 390, "height": 800}, offline=True)
    page, errors = context.new_page(), []
    page.on("pageerror", lambda error: errors.append(str(error)))
    expect.set_options(timeout=WAIT_MS)
    yield page
    context.close()
    assert not errors, errors[:3]


def shown(card: Locator) -> list[float]:
    """The probabilities that a card's bars have, in the order of the labels."""
    rows = card.locator(".bars li").evaluate_all(
        "rows => rows.map((row) => [row.querySelector('bdi').textContent, row.querySelector('.fill').style.width])"
    )
    return [float(dict(rows)[label].rstrip("%")) / 100 for label in LABELS]


def test_it_answers_as_the_program_does_from_a_disk_without_a_network(tab, source, emoji, tmp_path):
    make(source, make_samples(source.bundle, source.place), tmp_path / "model.html")
    asked: list[str] = []
    tab.on("request", lambda request: asked.append(request.url))
    tab.goto((tmp_path / "model.html").as_uri())
    expect(tab.get_by_role("status")).to_have_text("Ready. Your photos stay on this device.")
    expect(tab.locator("#check-summary")).to_have_text(re.compile("Checked on this device: 5 of 5 answers as expected"))
    expect(tab.locator("#check")).to_have_attribute("data-state", "passed")

    tab.locator("#files").set_input_files([str(path) for path in emoji])
    cards = tab.locator("#cards > li")
    expect(cards).to_have_count(5)
    expect(tab.get_by_role("status")).to_have_text("5 photos classified.")
    expect(tab.locator("#waiting")).to_be_hidden()
    classifier = ImageClassifier(source.bundle)
    for card, path in zip(cards.all(), reversed(emoji)):  # the newest comes first
        expected = classifier.predict_photo(path.read_bytes())
        given = shown(card)
        assert given == pytest.approx([expected.probabilities[label] for label in LABELS], abs=LOSSLESS)
        words = expected.label if expected.known else "None of these"
        assert words in card.locator(".answer").inner_text()

    with tab.expect_download() as download:
        tab.get_by_role("button", name="Save as CSV").press("Enter")
    with open(download.value.path(), encoding="utf-8-sig", newline="") as file:
        head, *rows = csv.reader(file)
    assert head[3:] == list(LABELS) and [row[0] for row in rows] == [path.name for path in emoji]
    assert [float(value) for value in rows[-1][3:]] == pytest.approx(shown(cards.first), abs=1e-5)

    Image.new("I;16", (60, 60)).save(tmp_path / "deep.png")
    tab.locator("#files").set_input_files(str(tmp_path / "deep.png"))
    expect(cards.first).to_contain_text("This photo has 16 bits per channel")
    (tmp_path / "notes.txt").write_text("no photo")
    tab.locator("#files").set_input_files(str(tmp_path / "notes.txt"))
    expect(cards.first).to_contain_text("This browser can’t open it as a photo.")
    heic = {"name": "IMG_1.HEIC", "mimeType": "image/heic", "buffer": b"\0\0\0\x24ftypheic\0\0\0\0"}
    for file, words in (
        (heic, "It’s a HEIC photo"),
        (heic | {"buffer": emoji[0].read_bytes()[:60]}, "It’s damaged, or wasn’t copied whole."),
        (heic | {"buffer": b""}, "The file is empty."),
    ):
        tab.locator("#files").set_input_files(file)
        expect(cards.first).to_contain_text(words)
    tab.evaluate(
        """([name, data]) => {
            const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
            const transfer = new DataTransfer();
            transfer.items.add(new File([bytes], name, { type: "image/png" }));
            document.dispatchEvent(new DragEvent("drop", { dataTransfer: transfer, cancelable: true, bubbles: true }));
            document.dispatchEvent(new ClipboardEvent("paste", { clipboardData: transfer, bubbles: true }));
        }""",
        ["dropped.png", base64.b64encode(emoji[0].read_bytes()).decode()],
    )
    expect(cards).to_have_count(12)
    expect(cards.first).to_contain_text("dropped.png")

    tab.get_by_role("button", name="Use camera").press("Enter")
    expect(tab.locator("#live .bars li").first).to_be_visible()
    tab.get_by_role("button", name="Keep this frame").press("Enter")
    expect(cards.first).to_contain_text("Camera 1")
    tab.get_by_role("button", name="Stop camera").press("Enter")
    expect(tab.locator("#camera")).to_be_hidden()

    tab.locator("#files").set_input_files([str(path) for path in emoji] * 8)
    expect(tab.locator("#counted")).to_have_text(re.compile("of 40"))
    tab.get_by_role("button", name="Remove all").press("Enter")
    tab.locator("#files").set_input_files(str(emoji[0]))
    expect(tab.get_by_role("status")).to_contain_text(emoji[0].name)
    expect(cards).to_have_count(1)  # nothing of the 40 came after they were removed

    assert tab.title() == f"{LABELS[0]}: image classifier", "no name was run"
    assert all(url.startswith(("file:", "blob:")) for url in asked)
    assert tab.evaluate("document.documentElement.scrollWidth") == 390


def test_a_file_that_was_copied_in_part_says_so(tab, source, tmp_path):
    make(source, make_samples(source.bundle, source.place), tmp_path / "whole.html")
    whole = (tmp_path / "whole.html").read_bytes()
    for share in (0.5, 0.999):
        (tmp_path / "part.html").write_bytes(whole[: int(share * len(whole))])
        tab.goto((tmp_path / "part.html").as_uri())
        expect(tab.get_by_role("status")).to_contain_text("This file is incomplete. Copy or download it again")


def picture(width: int, height: int, mode: str = "RGB", cell: int = 8) -> Image.Image:
    """Spots of any colour of about `cell` pixels."""
    noise = np.random.default_rng(width).integers(0, 256, (height // cell + 1, width // cell + 1, len(mode)), np.uint8)
    return Image.fromarray(noise, mode).resize((width, height), Image.Resampling.BICUBIC)


def encoded(image: Image.Image, kind: str, orientation: int = 1, **options) -> bytes:
    buffer, exif = io.BytesIO(), Image.Exif()
    exif[0x0112] = orientation
    image.save(buffer, kind, quality=95, exif=exif, **options)
    return buffer.getvalue()


def linear(data: bytes) -> bytes:
    """A PNG that says that its values are light, which Pillow passes over."""
    content = b"gAMA" + struct.pack(">I", 100_000)
    return data[:33] + struct.pack(">I", 4) + content + struct.pack(">I", zlib.crc32(content)) + data[33:]


LARGE = picture(791, 805, cell=32)
PIXELS = [  # (photo, size, policy, the most that a value may differ)
    (encoded(picture(301, 200), "PNG"), 96, "center-crop", 0),  # cut at half a pixel
    (encoded(picture(301, 200), "PNG"), 96, "squash", 0),
    (encoded(picture(200, 309), "PNG"), 96, "squash", 0),  # tall: its height first
    (encoded(picture(40, 57), "PNG"), 96, "center-crop", 0),  # made larger
    (encoded(picture(96, 300), "PNG"), 96, "squash", 0),  # one side only
    (encoded(picture(200, 160, "RGBA"), "PNG"), 96, "squash", 1),  # put on white: browsers keep it premultiplied
    (linear(encoded(picture(301, 200), "PNG")), 96, "squash", 0),  # browsers would make it lighter
    (encoded(picture(301, 200), "PNG", 6, icc_profile=rgb_profile()), 96, "squash", 0),  # Display P3, turned
    (encoded(picture(301, 200).convert("L"), "PNG", icc_profile=grey_profile(1.0)), 96, "squash", 0),
    (encoded(picture(301, 200), "WEBP", 8, icc_profile=rgb_profile()), 96, "center-crop", 0),
    (encoded(picture(310, 203), "JPEG", 6), 160, "squash", 0),  # turned, not made smaller
    (encoded(picture(803, 602, cell=32), "JPEG"), 96, "center-crop", 0),  # decoded at half its size
    *((encoded(LARGE, "JPEG", turn), 96, "squash", 0) for turn in (2, 3, 4, 5, 7, 8)),  # at a quarter, with odd sides
    (encoded(LARGE, "JPEG", progressive=True, icc_profile=rgb_profile()), 96, "squash", 0),
    (encoded(LARGE.convert("L"), "JPEG", icc_profile=grey_profile(1.8)), 96, "squash", 0),
    (encoded(LARGE.convert("CMYK"), "JPEG", subsampling=0), 96, "squash", 0),
]


def test_the_network_sees_the_same_pixels(tab):
    tab.goto("about:blank")
    scripts = "".join((PARTS / name).read_text("utf-8") for name in SCRIPTS[:4])
    wasm = base64.b64encode(gzip.decompress((DECODER / "photo_decoder.wasm.gz").read_bytes())).decode()
    tab.add_script_tag(
        content=f"""{scripts}
        const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
        const loading = PhotoDecoder.load(bytes("{wasm}"));
        globalThis.seen = async (data, input) => {{
            const found = await (await loading).seen(new Blob([bytes(data)]), input);
            return [[...found.square], found.note];
        }};"""
    )

    def seen(data: bytes, size: int, policy: str) -> tuple[np.ndarray, str]:
        square, note = tab.evaluate(
            "([data, input]) => seen(data, input)",
            [base64.b64encode(data).decode(), page_input(Wanted(size, policy))],
        )
        return np.reshape(square, (size, size, 3)).astype(int), note

    for place, (data, size, policy, allowed) in enumerate(PIXELS):
        given, note = seen(data, size, policy)
        difference = np.abs(given - load_input(data, size, policy))
        assert difference.max() <= allowed and not note, (place, size, policy, difference.max(), difference.mean())
    with pytest.raises(Error, match="RuntimeError"):  # as the program: cut off, it is no photo
        seen(PIXELS[-1][0][:5000], 96, "squash")
    with pytest.raises(Error, match="could not be decoded"):  # a kind that libjpeg doesn't read is left to the browser
        seen(PIXELS[-1][0].replace(b"\xff\xc0", b"\xff\xc3"), 96, "squash")


def test_shares_are_written_as_on_the_pages(tab):
    tab.goto("about:blank")
    tab.add_script_tag(content=(PARTS / "answers.js").read_text("utf-8") + "globalThis.percent = percent;")
    shares = [0, 1e-12, 0.001, 0.004, 0.005, 0.015, 0.025, 0.5, 0.945, 0.994, 0.9949, 0.996, 0.9999, 1 - 1e-12, 1]
    assert tab.evaluate("shares => shares.map(percent)", shares) == [percent(share) for share in shares]
