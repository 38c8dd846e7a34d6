"""A stranger with Pillow, NumPy and LiteRT who follows docs/run-format.md gets what the program says."""

import io
import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.photos import encode, heic, make_halves, make_image
from tests.pictures import png, rgb_profile
from tlcore.data.images import decode_input
from tlcore.data.wanted import Wanted
from tlcore.serving.bundle import Bundle, load_bundle
from tlcore.serving.predict import ImageClassifier

DOCS = Path(__file__).parents[2] / "docs" / "run-format.md"
BLOCKS = DOCS.read_text(encoding="utf-8").split("```python\n")
CODE = next(block.split("```")[0] for block in BLOCKS if "def read_input" in block)
FUNCTION, SCRIPT = CODE.split("\n\n\nwith open(")
AGREED = 0.005
RANGES = {"uint16": [7_000.0, 9_000.0]}


def textured(seed: int, size=(2_000, 1_500)) -> Image.Image:
    """A photo with edges and grain, as a camera makes it."""
    random = np.random.default_rng(seed)
    pixels = np.asarray(make_image(seed, (400, 300)).resize(size, Image.Resampling.BICUBIC), np.float32)
    return Image.fromarray(np.clip(pixels + random.normal(0, 12, pixels.shape[:2])[..., None], 0, 255).astype(np.uint8))


def turned() -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = 6
    return exif


def transparent() -> Image.Image:
    image = make_image(5, (300, 200)).convert("RGBA")
    image.putalpha(Image.linear_gradient("L").resize(image.size))
    return image


PHOTOS = {
    "3 megapixels": lambda: encode(textured(1), "JPEG", quality=90),
    "3 megapixels, progressive": lambda: encode(textured(2), "JPEG", quality=90, progressive=True),
    "odd sides, turned": lambda: encode(textured(3, (1_999, 1_333)), "JPEG", quality=90, exif=turned()),
    "upright": lambda: encode(textured(4, (900, 1_601)), "JPEG", quality=90),
    "grey": lambda: encode(textured(5, (1_600, 1_200)).convert("L"), "JPEG", quality=90),
    "of inks": lambda: encode(textured(6, (800, 600)).convert("CMYK"), "JPEG", quality=90),
    "display p3": lambda: encode(textured(7, (1_200, 900)), "JPEG", quality=90, icc_profile=rgb_profile()),
    "display p3, turned png": lambda: encode(textured(8, (500, 400)), "PNG", icc_profile=rgb_profile(), exif=turned()),
    "smaller than the input": lambda: encode(make_image(9, (60, 40)), "PNG"),
    "transparent": lambda: encode(transparent(), "PNG"),
    "halves": lambda: make_halves(5),
    "16 bits": lambda: png(np.random.default_rng(0).integers(6_500, 9_500, (300, 400)).astype(np.uint16)),
    "webp": lambda: encode(textured(10, (900, 700)), "WEBP", quality=90),
}


def deep(span: int) -> np.ndarray:
    """uint16 (600, 800): values from 1,000 on."""
    return np.random.default_rng(18).integers(1_000, 1_000 + span, (600, 800)).astype(np.uint16)


LARGE = {
    "jpeg of 3 megapixels": PHOTOS["3 megapixels"],
    "jpeg of 8 megapixels, turned": lambda: encode(textured(11, (3_264, 2_448)), "JPEG", quality=85, exif=turned()),
    "jpeg of 12 megapixels, 4:4:4": lambda: encode(textured(12, (4_032, 3_024)), "JPEG", quality=80, subsampling=0),
    "png": lambda: encode(textured(13, (1_201, 800)), "PNG", compress_level=1),
    "tiff, turned": lambda: encode(textured(14, (1_200, 801)), "TIFF", compression="tiff_lzw", exif=turned()),
    "tiff of 16 bits": lambda: encode(Image.fromarray(deep(9_000)), "TIFF"),
    "tiff of all 16 bits": lambda: encode(Image.fromarray(deep(60_000)), "TIFF"),
    "avif, turned": lambda: encode(textured(15, (1_000, 750)), "AVIF", quality=80, speed=10, exif=turned()),
    "heic": lambda: heic(textured(16, (640, 480)), quality=60),
    "heic, turned": lambda: heic(textured(17, (640, 480)), quality=60, exif=turned().tobytes()),
}


@pytest.fixture(scope="module")
def bundle(trained) -> Bundle:
    found = load_bundle(trained[2].folder)
    return replace(found, info=found.info | {"input": found.info["input"] | {"data_ranges": RANGES}})


@pytest.fixture(scope="module")
def read_input():
    tables = [Image.OPEN, Image.MIME, Image.EXTENSION, Image.SAVE, Image.SAVE_ALL]
    before, ids = [dict(table) for table in tables], list(Image.ID)
    names: dict = {}
    exec(FUNCTION, names)
    yield names["read_input"]
    Image.ID[:] = ids  # the program must not need what the recipe registers
    for table, values in zip(tables, before):
        table.clear()
        table.update(values)


@pytest.mark.parametrize("policy", ["center-crop", "squash"])
@pytest.mark.parametrize("name", PHOTOS)
def test_the_recipe_gives_what_the_program_sees(bundle, read_input, name, policy, tmp_path):
    info = bundle.info | {"input": bundle.info["input"] | {"resize": policy}}
    ours = replace(bundle, info=info)
    photo = PHOTOS[name]()
    (tmp_path / "photo").write_bytes(photo)
    theirs = read_input(tmp_path / "photo", info)
    seen = decode_input(photo, ours.wanted)
    assert theirs.dtype == np.float32 and theirs.shape == seen.shape
    assert np.abs(theirs - seen).max() <= 2, "as profiles are rounded; all others are equal"
    classifier = ImageClassifier(ours)
    by_recipe = classifier._model.run(theirs[np.newaxis], "probabilities")[0]
    assert np.abs(by_recipe - classifier.probabilities(photo)).max() <= AGREED


@pytest.mark.parametrize("name", LARGE)
def test_at_every_size_the_recipe_gives_the_same_pixels(read_input, name, tmp_path):
    """The same pixels give the same probabilities, whatever the model."""
    data = LARGE[name]()
    (tmp_path / "photo").write_bytes(data)
    for size in (96, 160, 224):
        for policy in ("center-crop", "squash"):
            info = {"input": {"size": size, "resize": policy, "data_ranges": None}}
            assert (read_input(tmp_path / "photo", info) == decode_input(data, Wanted(size, policy))).all(), (
                size,
                policy,
            )


def test_the_whole_script_runs_beside_a_bundle(trained, tmp_path, monkeypatch, capsys):
    folder = trained[2].folder / "bundle"
    for name in ("model.tflite", "model.json"):
        shutil.copy(folder / name, tmp_path)
    (tmp_path / "photo.jpg").write_bytes(PHOTOS["3 megapixels"]())
    monkeypatch.chdir(tmp_path)
    exec(CODE, {})
    label, probability = capsys.readouterr().out.rsplit(" ", 1)
    found = ImageClassifier(load_bundle(folder)).predict_photo(PHOTOS["3 megapixels"]())
    assert label == found.label and float(probability) == pytest.approx(found.probability, abs=AGREED)


def test_a_bundle_of_an_earlier_version_reads_photos_as_that_did(trained):
    found = load_bundle(trained[2].folder)
    values = {key: value for key, value in found.info["input"].items() if key not in ("pixels", "data_ranges")}
    old = replace(found, info=json.loads(json.dumps(found.info | {"input": values})))
    assert old.wanted.version == 1 and old.wanted.data_ranges is None
    image = Image.open(io.BytesIO(PHOTOS["display p3"]()))
    image.draft(None, (96, 96))
    side, (width, height) = min(image.size), image.size
    left, top = (width - side) // 2, (height - side) // 2
    expected = image.resize((96, 96), Image.Resampling.BILINEAR, box=(left, top, left + side, top + side))
    assert (decode_input(PHOTOS["display p3"](), old.wanted) == np.asarray(expected)).all()
    assert decode_input(PHOTOS["16 bits"](), old.wanted).max() < 40, "taken as 16 bits, of which they are a small part"


@pytest.mark.parametrize("values", [{"pixels": 3}, {"pixels": "2"}, {"pixels": 0}, {"data_ranges": {"uint16": [2, 1]}}])
def test_a_bundle_that_asks_for_what_is_not_known_is_refused(trained, tmp_path, values):
    from tlcore.errors import UserError

    shutil.copytree(trained[2].folder / "bundle", tmp_path / "bundle")
    info = json.loads((tmp_path / "bundle" / "model.json").read_text())
    info.pop("checksum", None)
    info["input"] |= values
    (tmp_path / "bundle" / "model.json").write_text(json.dumps(info))
    with pytest.raises(UserError, match="damaged"):
        load_bundle(tmp_path / "bundle")
