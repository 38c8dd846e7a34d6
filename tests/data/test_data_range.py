"""Photos of more than 8 bits: one range for all of a data set, whichever way they come in and whoever reads them."""

import hashlib
import io
import json
import zipfile

import numpy as np
import pytest
from PIL import Image

from tests.photos import make_photo, run_job, write_files
from tests.pictures import png, tiff
from tlcore.data import incoming
from tlcore.data.deep import Measured, RangeFinder, measure, own_ranges, parse_ranges, to_bytes
from tlcore.data.images import PhotoRefused, decode, decode_input, load_upright
from tlcore.data.ingest import ingest_incoming, ingest_path
from tlcore.data.manifest import ORIGINAL, load_dataset
from tlcore.data.wanted import Wanted

LOW, HIGH = 7_000, 9_000
SHAPE = (30, 40)


def thermal(seed: int, warm: int = 0) -> bytes:
    """A 16-bit PNG of a few hundred of the values that all photos have together."""
    random = np.random.default_rng(seed)
    return png(random.integers(LOW + warm, LOW + 1_000 + warm, SHAPE).astype(np.uint16))


def files(classes=("cold", "warm"), number=6) -> dict[str, bytes]:
    return {
        f"{label}/{n}.png": thermal(n + 10 * i, 1_000 * i) for i, label in enumerate(classes) for n in range(number)
    }


def zipped(content: dict[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    return target.getvalue()


def imported(workspace, tmp_path, way, content, base=None):
    """The content as a data set, by a folder, a zip or an upload."""
    if way == "folder":
        return run_job(ingest_path(workspace, write_files(tmp_path / "photos", content)))[0]
    if way == "zip":
        (tmp_path / "photos.zip").write_bytes(zipped(content))
        return run_job(ingest_path(workspace, tmp_path / "photos.zip"))[0]
    area = incoming.new_incoming(workspace)
    for name, data in content.items():
        incoming.add_file(workspace, area, name.split("/")[1], data, name.split("/")[0])
    return run_job(ingest_incoming(workspace, area, "photos", base=base))[0]


@pytest.mark.parametrize("way", ["folder", "zip", "upload"])
def test_all_photos_of_a_data_set_are_stretched_by_one_range(workspace, tmp_path, way):
    content = files()
    dataset = imported(workspace, tmp_path, way, content)
    low, high = dataset.data_ranges["uint16"]
    assert LOW <= low < LOW + 20 and HIGH - 20 < high < HIGH
    means = {}
    for label, rows in dataset.photos.groupby("label"):
        pixels = [np.asarray(Image.open(io.BytesIO(dataset.read(path)))) for path in rows["path"]]
        assert all(each.dtype == np.uint8 for each in pixels)
        means[label] = np.mean(pixels)
    assert means["cold"] == pytest.approx(64, abs=6) and means["warm"] == pytest.approx(191, abs=6)
    originals = {hashlib.sha256(data).hexdigest() for data in content.values()}
    assert set(dataset.photos[ORIGINAL]) == originals
    assert (dataset.report["what"] == "changed").all() and len(dataset.report) == 12
    assert "16-bit values" in dataset.report["reason"].iloc[0]
    assert load_dataset(workspace, dataset.id).data_ranges == dataset.data_ranges
    assert json.loads((dataset.folder / "dataset.json").read_text())["data_ranges"] == {"uint16": [low, high]}
    assert all(dataset.thumbnails.read(sha256) for sha256 in dataset.photos["sha256"])
    if way == "folder":
        assert (tmp_path / "photos" / "cold" / "0.png").read_bytes() == content["cold/0.png"]


def test_training_and_prediction_read_a_photo_the_same_way(workspace, tmp_path):
    content = files() | {"cold/p.jpg": make_photo(1)}
    dataset = imported(workspace, tmp_path, "folder", content)
    wanted = Wanted(16, data_ranges=dataset.data_ranges)
    for path in ("cold/0.png", "warm/3.png", "cold/p.jpg"):
        name = next(each for each in dataset.photos["path"] if each.endswith(path))
        assert (decode_input(dataset.read(name), Wanted(16)) == decode_input(content[path], wanted)).all()
    own = decode_input(content["cold/0.png"], Wanted(16))
    assert np.abs(own.astype(int) - decode_input(content["cold/0.png"], wanted)).mean() > 20  # the range matters


@pytest.mark.parametrize("way", ["folder", "upload"])
def test_added_photos_keep_the_range(workspace, tmp_path, way):
    first = imported(workspace, tmp_path, way, files())
    more = {"cold/hot.png": thermal(77, 30_000), "cold/a.jpg": make_photo(3)}
    second = imported(workspace, tmp_path, "upload", more, base=first.id)
    assert second.data_ranges == first.data_ranges and len(second.photos) == 14
    hot = second.photos[second.photos["path"].str.endswith("hot.png")].iloc[0]
    assert np.asarray(Image.open(io.BytesIO(second.read(hot["path"])))).min() == 255
    for path in first.photos["path"]:
        assert second.read(next(each for each in second.photos["path"] if each == path)) == first.read(path)
    plain = second.photos[second.photos["path"].str.endswith("a.jpg")].iloc[0]
    assert plain[ORIGINAL] == "" and second.read(plain["path"]) == more["cold/a.jpg"]


def test_ordinary_photos_stay_as_they_are(workspace, tmp_path):
    content = {f"{label}/{n}.jpg": make_photo(n + 9 * len(label)) for label in ("cat", "horse") for n in range(5)}
    dataset = imported(workspace, tmp_path, "folder", content)
    assert dataset.data_ranges == {} and ORIGINAL not in dataset.photos and dataset.report.empty
    assert not (dataset.folder / "photos").exists()


def test_photos_of_other_kinds_of_values_have_a_range_of_their_own(workspace, tmp_path):
    content = files(("cold",)) | {
        f"float/{n}.tif": tiff(np.random.default_rng(n).uniform(-5, 5, SHAPE).astype(np.float32), {}) for n in range(6)
    }
    dataset = imported(workspace, tmp_path, "zip", content)
    assert set(dataset.data_ranges) == {"uint16", "float"}
    assert dataset.data_ranges["float"] == pytest.approx((-5, 5), abs=0.1)


RANGES = {
    # values of the photos, of which kind, the range
    "a narrow one": ([np.arange(51_241, 52_182)], "uint16", (51_241.94, 52_180.06)),
    "all of 16 bits": ([np.linspace(900, 65_000, 5_000)], "uint16", (0, 65_535)),
    "12 of 16 bits": ([np.linspace(0, 4_095, 4_096)], "uint16", (4.1, 4_090.9)),
    "one value": ([np.full(99, 300.0)], "uint16", (0, 65_535)),
    "floats from 0 to 1": ([np.linspace(0, 1, 999)], "float", (0, 1)),
    "floats": ([np.linspace(-3, 3, 10_001)], "float", (-2.994, 2.994)),
    "one float": ([np.full(99, 7.0)], "float", (6.5, 7.5)),
    "one odd value in many": ([np.r_[np.linspace(100, 200, 4_999), 60_000]], "uint16", (100.1, 199.9)),
    "two photos": ([np.linspace(100, 200, 1_000), np.linspace(1_100, 1_200, 9)], "uint16", (100.2, 1_199.8)),
    "below zero": ([np.linspace(-500, 500, 1_001)], "int16", (-499, 499)),
}


@pytest.mark.parametrize(("photos", "kind", "expected"), RANGES.values(), ids=RANGES)
def test_the_range_is_that_of_the_values_without_the_rarest(photos, kind, expected):
    finder = RangeFinder()
    for values in photos:
        finder.add(Measured(kind, tuple(np.quantile(values, np.linspace(0, 1, 1_001)))))
    assert finder.ranges()[kind] == pytest.approx(expected, rel=1e-3, abs=0.2)


def test_very_many_photos_are_measured_in_little_memory(monkeypatch):
    monkeypatch.setattr("tlcore.data.deep._MOST_PHOTOS", 8)
    finder = RangeFinder()
    for number in range(1_000):
        finder.add(Measured("uint16", tuple(float(number) for _ in range(1_001))))
    low, high = finder.ranges()["uint16"]
    assert low < 130 and high > 870 and len(finder._found["uint16"]) <= 8


def test_bytes_are_rounded_and_cut_off():
    values = np.array([-np.inf, 90, 100, 150, 200, 999, np.inf, np.nan])
    assert to_bytes(values, (100, 200)).tolist() == [0, 0, 0, 128, 255, 255, 255, 0]


@pytest.mark.parametrize(
    "values",
    [3, [], {"uint16": 3}, {"uint16": [1]}, {"uint16": [2, 1]}, {"uint16": [0, float("inf")]}, {"uint16": ["0", "1"]}],
)
def test_a_range_that_cannot_be_right_is_refused(values):
    with pytest.raises(ValueError):
        parse_ranges(values)


def test_a_photo_of_no_data_set_has_its_own_range():
    data = tiff(np.linspace(LOW, HIGH, 1_200).reshape(SHAPE).astype(np.uint16), {})
    pixels = np.asarray(load_upright(data))
    assert pixels.min() == 0 and pixels.max() == 255 and len(np.unique(pixels)) > 250
    measured = decode(data, Wanted(measure=True)).measured
    assert measured is not None and own_ranges(measured)["uint16"] == pytest.approx((LOW + 2, HIGH - 2), abs=1)
    whole = load_upright(data, data_ranges={"uint16": (0, 65_535)})
    assert np.asarray(whole).max() == round(HIGH / 257)


@pytest.mark.parametrize("wanted", [Wanted(measure=True), Wanted(8), Wanted(8, data_ranges={"float": (0.0, 1.0)})])
def test_nothing_finite_is_refused(wanted):
    data = tiff(np.full(SHAPE, np.nan, np.float32), {})
    with pytest.raises(PhotoRefused, match="none of its values is a finite number"):
        decode(data, wanted)


def test_large_pictures_are_measured_by_a_part_of_their_values(monkeypatch):
    from tlcore.data import deep, tiff_values
    from tlcore.data.tiff import find_picture
    from tlcore.data.tiff_tags import read_directories

    values = np.random.default_rng(0).integers(100, 4_000, (300, 400)).astype(np.uint16)
    data = tiff(values, {})
    read = tiff_values.read_values(data, find_picture(read_directories(data)))
    whole = np.array(measure(read).quantiles)
    monkeypatch.setattr(deep, "_MOST_MEASURED", 5_000)
    monkeypatch.setattr(deep, "STRIP_PIXELS", 4_096)
    assert np.abs(np.array(measure(read).quantiles) - whole).max() < 200


@pytest.mark.parametrize(
    ("low", "high", "words", "reason"),
    [
        (1_000, 2_000, "1,000 to 2,000 were stretched to 0–255", "the range of its like"),
        (1_800, 3_000, "1,000 to 2,000 were stretched to 0–255", "a sixth is left of it, and can be seen"),
        (60_000, 65_000, "nearly all of it is white: it may come from another camera", "all beyond"),
        (10, 500, "nearly all of it is black: it may come from another camera", "all below"),
    ],
)
def test_a_photo_that_the_range_leaves_nothing_of_is_told(low, high, words, reason):
    values = np.linspace(low, high, SHAPE[0] * SHAPE[1]).reshape(SHAPE).astype(np.uint16)
    changed = decode(tiff(values, {}), Wanted(8, data_ranges={"uint16": (1_000.0, 2_000.0)})).changed
    assert words in changed and ("nearly all" in words) == ("nearly all" in changed), reason
