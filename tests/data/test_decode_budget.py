"""What decoding takes is known before a pixel is made, and is told rightly."""

import json
import subprocess
import sys
from functools import cache
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests import claims, pictures
from tests.photos import encode, heic, make_halves, make_image
from tlcore.data import colours, deep, images, opening
from tlcore.data.decode_budget import DecodeBudget, opened_cost
from tlcore.data.images import PhotoRefused, decode, inspect, load_input, load_upright, thumbnail
from tlcore.data.png_texts import without_large_texts
from tlcore.data.wanted import Wanted
from tlcore.settings import HOSTED, OWN

BUDGET = DecodeBudget.of(HOSTED)
READERS = {
    "inspect": lambda data: inspect(data, BUDGET),
    "load_upright": lambda data: load_upright(data, None, BUDGET),
    "load_input": lambda data: load_input(data, 224, "center-crop", BUDGET),
    "thumbnail": lambda data: thumbnail(data, 240, BUDGET),
}


@pytest.mark.parametrize(("name", "data"), claims.HUGE, ids=[name for name, _ in claims.HUGE])
def test_what_claims_to_be_huge_is_refused_before_a_pixel_is_made(name, data, monkeypatch):
    def loaded(*_):
        raise AssertionError("a pixel was made")

    monkeypatch.setattr(images, "load_photo", loaded)
    monkeypatch.setattr(Image.core, "new", loaded)
    monkeypatch.setattr(Image.core, "fill", loaded)
    for read in READERS.values():
        with pytest.raises(PhotoRefused) as refusal:
            read(data)
        reason = refusal.value.reason
        assert "too large to open" in reason and "the limit is" in reason and "make it smaller" in reason
        assert "40 million" in reason or "200 MB" in reason


def test_webp_is_refused_before_its_decoder_is_made(monkeypatch):
    monkeypatch.setattr(opening.Image, "open", None)
    for name, data in claims.HUGE:
        if "webp" in name or name.startswith("gif"):
            with pytest.raises(PhotoRefused, match="too large"):
                inspect(data, BUDGET)


ACCEPTED = [
    # name, bytes, why it fits
    ("baseline jpeg of 60 megapixels", claims.jpeg(10_000, 6_000), "a fraction of it is decoded"),
    ("rgb png of 39 megapixels", claims.png(7_800, 5_000), "four bytes a pixel"),
    ("webp of 12 megapixels", claims.webp_lossless(4_000, 3_000), "as phones make them"),
    ("animation of 300 frames", claims.webp_canvas(500, 500, 300), "only the first is decoded"),
]


@pytest.mark.parametrize(("name", "data", "why"), ACCEPTED, ids=[case[0] for case in ACCEPTED])
def test_what_fits_once_decoded_is_not_refused_for_its_size(name, data, why):
    try:
        load_input(data, 224, "center-crop", BUDGET)
    except PhotoRefused as refusal:  # these are headers with little behind them
        assert "too large" not in refusal.reason


def test_a_large_photo_of_a_phone_costs_what_is_decoded_of_it():
    image = Image.open(BytesIO(claims.jpeg(4_000, 3_000)))
    whole, reduced = opened_cost(image, b""), opened_cost(image, b"", 224)
    assert (whole.width, whole.height, whole.num_bytes) == (4_000, 3_000, 48_000_000)
    assert (reduced.width, reduced.height, reduced.num_bytes) == (500, 375, 750_000)


def test_what_a_data_set_takes_fits_its_budget_at_every_size_of_input():
    long = claims.jpeg(50_000, 1_000)  # at an eighth it would fit, at the largest input it would not
    with pytest.raises(PhotoRefused, match="50,000 × 1,000"):
        inspect(long, BUDGET)


def test_the_own_machine_may_do_more():
    data = claims.png(9_000, 9_000)
    with pytest.raises(PhotoRefused, match="the limit is 40 million"):
        inspect(data, BUDGET)
    with pytest.raises(PhotoRefused, match="incomplete|damaged"):  # taken for a photo and found to be none
        inspect(data, DecodeBudget.of(OWN))
    with pytest.raises(PhotoRefused, match="incomplete|damaged"):
        inspect(data, DecodeBudget(0, 0))


def test_a_png_with_large_texts_is_a_photo():
    from PIL import PngImagePlugin

    texts = PngImagePlugin.PngInfo()
    texts.add_text("Comment", "x" * 1_500_000, zip=True)
    texts.add_itxt("Other", "y" * 1_500_000, zip=True)
    texts.add_text("small", "kept")
    data = encode(make_image(1), "PNG", pnginfo=texts)
    assert (np.asarray(load_upright(data)) == np.asarray(make_image(1))).all()
    assert b"kept" in without_large_texts(data) and len(without_large_texts(data)) < len(data)
    for cut in range(0, len(data), 97):  # a walk over chunks ends where they do
        without_large_texts(data[:cut])


MODES = [
    *((mode, encode(make_image(3, (97, 61)).convert(mode), "TIFF")) for mode in ("1", "L", "LA", "P", "RGBA", "CMYK")),
    *((mode, encode(make_image(3, (97, 61)).convert(mode), "PNG")) for mode in ("1", "L", "LA", "P", "RGBA", "I;16")),
    ("float", encode(Image.fromarray(np.random.default_rng(0).random((61, 97), np.float32) * 3 - 1), "TIFF")),
    ("32 bits", encode(Image.fromarray(np.arange(61 * 97, dtype=np.int32).reshape(61, 97) * 99), "TIFF")),
    ("transparent colour", encode(make_image(3, (97, 61)).convert("P"), "PNG", transparency=1)),
    ("one transparent colour", encode(make_image(3, (97, 61)), "PNG", transparency=(9, 9, 9))),
    *((f"turned {number}", make_halves(number, "PNG")) for number in (3, 6, 7)),
]


@pytest.mark.parametrize(("mode", "data"), MODES, ids=[f"{number} {mode}" for number, (mode, _) in enumerate(MODES)])
def test_strips_give_what_the_whole_gives(mode, data, monkeypatch):
    whole = np.asarray(load_upright(data))
    monkeypatch.setattr(colours, "STRIP_PIXELS", 300)
    monkeypatch.setattr(deep, "STRIP_PIXELS", 300)
    assert (np.asarray(load_upright(data)) == whole).all()


def test_one_decoding_gives_input_and_thumbnail():
    for size in ((1_000, 750), (300, 200), (100, 80)):
        data = encode(make_image(2, size), "JPEG")
        for side in (96, 224):
            photo = decode(data, Wanted(side, "center-crop", 240))
            assert (photo.input == load_input(data, side, "center-crop")).all()
            assert (photo.info.width, photo.info.height) == size
            side_seen, other = Image.open(BytesIO(photo.thumbnail)).size
            assert side_seen == other and min(160, *size) <= side_seen <= 240


@cache
def _grey() -> np.ndarray:
    return np.arange(4_000, dtype=np.uint16)[None, :].repeat(3_000, 0)


@cache
def _colours() -> Image.Image:
    return Image.effect_noise((4_000, 3_000), 30).convert("RGB")


MEASURED = {
    "rgb png": lambda: encode(_colours(), "PNG", compress_level=1),
    "rgba png": lambda: encode(_colours().convert("RGBA"), "PNG", compress_level=1),
    "16-bit png": lambda: encode(Image.fromarray(_grey()), "PNG"),
    "16-bit tiff": lambda: encode(Image.fromarray(_grey()), "TIFF"),
    "float tiff": lambda: encode(Image.fromarray(_grey().astype(np.float32)), "TIFF"),
    "deflated tiff": lambda: encode(_colours(), "TIFF", compression="tiff_deflate", strip_size=1 << 30),
    "cmyk tiff": lambda: encode(_colours().convert("CMYK"), "TIFF"),
    "transparent palette": lambda: encode(_colours().quantize(16), "PNG", transparency=bytes(16)),
    "webp": lambda: claims.webp_lossless(4_000, 3_000),
    "webp with frames": lambda: encode(
        Image.new("RGBA", (2_000, 2_000), (9, 9, 9, 9)),
        "WEBP",
        save_all=True,
        append_images=[Image.new("RGBA", (2_000, 2_000))] * 2,
        lossless=True,
    ),
    "gif": lambda: encode(_colours().quantize(8), "GIF"),
    "bmp": lambda: encode(_colours(), "BMP"),
    "turned png": lambda: encode(_colours(), "PNG", compress_level=1, exif=_turned()),
    "progressive jpeg": lambda: encode(_colours(), "JPEG", progressive=True, subsampling=0),
    "jpeg": lambda: encode(_colours(), "JPEG"),
    "heic": lambda: heic(_colours().resize((2_000, 1_500)), quality=90),
    "avif": lambda: encode(_colours().resize((2_000, 1_500)), "AVIF", quality=90, speed=10),
    "16-bit rgb png": lambda: pictures.png(_grey()[:1_500, :1_500, None].repeat(3, 2)),
}
_SCRIPT = """
import json, sys
from pathlib import Path
from tlcore.data import images
from tlcore.data.images import decode
from tlcore.data.wanted import Wanted
from tlcore.data.opening import prepare
def peak():
    return int(next(line for line in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in line).split()[1])
decode(Path(sys.argv[2]).read_bytes(), Wanted(224, "center-crop", 240))
data = Path(sys.argv[1]).read_bytes()
prepare(data)
cost, before = [], peak()
def note(each):
    cost.append(each.num_bytes)
    return images.nullcontext()
decode(data, Wanted(224, "center-crop", 240), in_turn=note)
print(json.dumps([(peak() - before) * 1024 + len(data), max(cost)]))
"""


def _turned() -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = 6
    return exif


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells the peak of a process")
@pytest.mark.parametrize("kind", MEASURED)
def test_the_cost_is_what_a_process_takes(kind, tmp_path):
    """Neither less, or the budget would be none, nor much more, or photos would be refused that fit."""
    (tmp_path / "photo").write_bytes(MEASURED[kind]())
    (tmp_path / "small").write_bytes(encode(make_image(1, (300, 300)), "JPEG"))
    arguments = [sys.executable, "-c", _SCRIPT, str(tmp_path / "photo"), str(tmp_path / "small")]
    done = subprocess.run(arguments, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2])
    taken, cost = json.loads(done.stdout)
    assert taken < cost * 1.1 + 12e6, (taken / 1e6, cost / 1e6)
    assert cost < taken * 1.5 + 12e6, (taken / 1e6, cost / 1e6)
