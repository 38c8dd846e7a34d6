"""Model files that somebody made to do harm: each ends in a sentence, soon, and without taking the memory."""

import json
import os
import stat
import sys
import time
import zipfile
from pathlib import Path

import h5py
import numpy as np
import psutil
import pytest

import tlcore
from tests.security.networks import padding_network
from tlcore.errors import UserError
from tlcore.models.hdf5_check import check_hdf5
from tlcore.models.registry import BUILT_IN
from tlcore.models.weights import asset_path, keras_weights_path
from tlcore.serving.bundle import Bundle, load_bundle, write_bundle
from tlcore.serving.graft import graft_head
from tlcore.serving.predict import ImageClassifier
from tlcore.serving.probe import probe
from tlcore.workspace import open_workspace, read_json, write_json

LABELS = ("disc", "square", "stripes")
NAMES = ("model.tflite", "labels.txt", "model.json")


def network(bias: tuple[float, ...] = (0, 1, 2)) -> bytes:
    """A small network that works: the built-in one with a head of zeros."""
    weights = np.zeros((BUILT_IN.feature_size, len(bias)), np.float32)
    return graft_head(asset_path(BUILT_IN).read_bytes(), [(weights, np.array(bias, np.float32))], 96)


@pytest.fixture(scope="module")
def good() -> Bundle:
    info = {"format": 1, "input": {"size": 96, "resize": "center-crop"}, "output": {"labels": list(LABELS)}}
    return Bundle(network(), LABELS, info)


@pytest.fixture
def folder(tmp_path, good) -> Path:
    write_bundle(tmp_path / "model", good)
    return tmp_path / "model"


def test_the_good_one_is_good(folder, tmp_path):
    """Else none of the others would show anything."""
    model = tlcore.load_model(folder, workspace=tmp_path / "home")
    answer = model.predict(np.full((96, 96, 3), 9, np.uint8))
    assert answer.label == "stripes" and repr(model) == "Model(disc, square, stripes)" and model.run_id is None


# --- zips -------------------------------------------------------------------------------------------------------------


def pack(path: Path, folder: Path, change=lambda archive: None, leave_out=(), prefix="") -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in NAMES:
            if name not in leave_out:
                archive.write(folder / name, prefix + name)
        change(archive)
    return path


def zeros(name, size):
    def add(archive):
        with archive.open(name, "w", force_zip64=False) as entry:
            for _ in range(size // 10**6):
                entry.write(bytes(10**6))

    return add


def link(archive):
    entry = zipfile.ZipInfo("labels.txt")
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    archive.writestr(entry, "/etc/passwd")


def packed_otherwise(archive):
    archive.writestr("labels.txt", "disc\nsquare\nstripes\n", zipfile.ZIP_LZMA)


def many(archive):
    for number in range(30_000):
        archive.writestr(f"folder/{number}", b"")


def twice(archive):
    with pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr("labels.txt", "one\ntwo\nthree\n")


def second_model(archive):
    for name in NAMES:
        archive.writestr(f"other/{name}", b"")


@pytest.mark.parametrize(
    ("change", "leave_out", "prefix", "sentence", "reason"),
    [
        (
            zeros("model.tflite", 300 * 10**6),
            ("model.tflite",),
            "",
            "compressed far more than a model can be",
            "300 MB of zeros",
        ),
        (
            zeros("model.json", 60 * 10**6),
            ("model.json",),
            "",
            "model.json is too large: it has 60 MB",
            "a description of 60 MB",
        ),
        (zeros("labels.txt", 5 * 10**6), ("labels.txt",), "", "labels.txt is too large: it has 5 MB", "labels of 5 MB"),
        (many, (), "", "far too many files", "a table of contents that fills the memory"),
        (twice, (), "", "more than one trained model", "two files of one name: programs differ in which one counts"),
        (second_model, (), "one/", "more than one trained model", "two models side by side"),
        (link, ("labels.txt",), "", "is a link", "a link to a file of this machine"),
        (packed_otherwise, ("labels.txt",), "", "unusual", "a packing that unpacks without limit"),
    ],
)
def test_a_zip_is_not_believed(folder, tmp_path, change, leave_out, prefix, sentence, reason):
    path = pack(tmp_path / "model.zip", folder, change, leave_out, prefix)
    before, start = psutil.Process().memory_info().rss, time.monotonic()
    with pytest.raises(UserError, match=sentence):
        load_bundle(path)
    assert psutil.Process().memory_info().rss - before < 150e6, reason
    assert time.monotonic() - start < 60, reason


@pytest.mark.parametrize(
    ("offset", "value", "reason"),
    [(6, 1, "locked with a password"), (20, 2**31, "claims to be 2 GB when packed"), (24, 7, "is shorter than it is")],
)
def test_what_a_zip_says_of_an_entry_is_not_believed(folder, tmp_path, offset, value, reason):
    path = pack(tmp_path / "model.zip", folder)
    data = bytearray(path.read_bytes())
    entry = data.find(b"PK\x01\x02")  # the first in the table of contents: model.tflite
    width = 2 if offset == 6 else 4
    data[entry + 2 + offset : entry + 2 + offset + width] = value.to_bytes(width, "little")
    path.write_bytes(data)
    with pytest.raises(UserError):
        load_bundle(path)


def test_a_model_wrapped_in_folders_is_found(folder, tmp_path, good):
    path = pack(tmp_path / "model.zip", folder, lambda archive: archive.writestr("x/y/model.json", b"{}"), prefix="a/")
    assert load_bundle(path).labels == LABELS


# --- model.json and labels.txt ----------------------------------------------------------------------------------------


def change_info(change):
    def apply(folder):
        info = read_json(folder / "model.json")
        change(info)
        write_json(folder / "model.json", info)

    return apply


def raw_info(text):
    return lambda folder: (folder / "model.json").write_text(text)


def labels(*names):
    """Other class names, with the checksums that belong to them."""

    def apply(folder):
        bundle = load_bundle(folder)
        write_bundle(folder, Bundle(bundle.tflite, names, bundle.info | {"output": {}}))

    return apply


def size(value):
    return change_info(lambda info: info["input"].update(size=value))


@pytest.mark.parametrize(
    ("damage", "sentence", "reason"),
    [
        (size(True), "image size", "true counts as 1 in Python"),
        (size("96"), "image size", "a text"),
        (size(96.0), "image size", "a broken number"),
        (size(10**9), "image size", "would fill the memory"),
        (size(-1), "image size", "negative"),
        (size(None), "image size", "nothing"),
        (change_info(lambda info: info["input"].update(resize=["center-crop"])), "ways of resizing", "a list"),
        (change_info(lambda info: info.update(input=[96])), "image size", "another shape"),
        (change_info(lambda info: info.update(output="x")), "different classes", "another shape"),
        (change_info(lambda info: info["output"].update(labels=["a", "b", "c"])), "different classes", "other names"),
        (change_info(lambda info: info.update(files=["model.tflite"])), "changed or damaged", "another shape"),
        (change_info(lambda info: info["files"].pop("labels.txt")), "changed or damaged", "a checksum is left out"),
        (raw_info("[" * 100_000), "changed or damaged", "nested deeper than Python can go"),
        (raw_info('{"a":' * 50_000 + "1" + "}" * 50_000), "changed or damaged", "the same with objects"),
        (raw_info("[1, 2]"), "no description", "a list"),
        (raw_info('{"input": ' + "9" * 5000 + "}"), "changed or damaged", "a number that takes minutes to read"),
        (raw_info("\ud83d".encode("utf-16", "surrogatepass").decode("latin-1")), "changed or damaged", "no text"),
        (labels("disc", "square"), "2 classes need", "fewer than the network gives"),
        (labels("disc"), "different class names", "one class"),
        (labels("disc", "disc", "stripes"), "2 to .* different class names", "one twice"),
        (labels("disc", "", "stripes"), "empty", "an empty one"),
        (labels("disc", "x" * 300, "stripes"), "too long", "would fill every chart"),
        (labels("disc", "\x1b[2Jsquare", "stripes"), "invisible characters", "clears the terminal"),
        (labels("disc", "evil\u202egpj", "stripes"), "invisible characters", "turns the line around"),
        (labels("disc", "a\rb", "stripes"), "invisible characters", "overwrites the line"),
        (labels("disc", "\x9b31msquare", "stripes"), "invisible characters", "a control character of one byte"),
    ],
)
def test_values_that_cannot_be_right_are_refused(folder, tmp_path, damage, sentence, reason):
    damage(folder)
    with pytest.raises(UserError, match=sentence):
        tlcore.load_model(folder, workspace=tmp_path / "home")


@pytest.mark.parametrize(
    ("test", "reason"),
    [
        ("x", "a text"),
        ({"correct": "3", "total": 4}, "a text for a number"),
        ({"correct": 9, "total": 4, "interval_95": [0, 1], "confusion": [[9]], "per_class": []}, "more right than all"),
        ({"correct": 1, "total": 1, "interval_95": [0.9, 1], "confusion": [[1, 0, 0], [0] * 3, [0] * 3]}, "no classes"),
        ({"correct": 0, "total": 0, "interval_95": ["a", None], "confusion": [[0] * 3] * 3, "per_class": []}, "texts"),
        ({"correct": True, "total": 1, "interval_95": [0, 1], "confusion": [[True]], "per_class": []}, "no number"),
        ({"confusion": [[2**80] * 3] * 3, "correct": 1, "total": 1}, "a number that no array holds"),
    ],
)
def test_figures_that_contradict_themselves_are_not_shown(folder, tmp_path, test, reason):
    change_info(lambda info: info.update(test=test, config=["epochs"], run="../../etc"))(folder)
    model = tlcore.load_model(folder, workspace=tmp_path / "home")
    with pytest.raises(UserError, match="no valid test results"):
        _ = model.report
    with pytest.raises(UserError, match="settings"):
        _ = model.config
    assert repr(model) == "Model(disc, square, stripes)" and model.run_id is None, reason


@pytest.mark.parametrize("config", [{"epochs": "many"}, {"epochs": 10**12}, {"image_size": None}, {"backbone": ["x"]}])
def test_settings_that_are_not_allowed_are_a_sentence(folder, tmp_path, config):
    change_info(lambda info: info.update(config=config))(folder)
    model = tlcore.load_model(folder, workspace=tmp_path / "home")
    with pytest.raises(UserError):
        _ = model.config


# --- the network ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "sentence", "reason"),
    [
        (lambda: b"", "missing or damaged", "nothing"),
        (lambda: b"\x1c\0\0\0TFL3" + b"\xff" * 5000, "missing or damaged", "named like a network"),
        (lambda: network((0, 1)), r"returns \(1, 2\)", "fewer numbers than names"),
        (lambda: asset_path(BUILT_IN).read_bytes(), "doesn’t take one photo", "a network for something else"),
        (lambda: network((np.nan, 0, 0)), "doesn’t return probabilities", "not a number"),
        (lambda: padding_network(3, 4), "doesn’t return probabilities", "numbers that add up to 300"),
        (lambda: padding_network(3, 4, output="logits"), "doesn’t take one photo", "another output"),
        (lambda: padding_network(3, 30_000), "can’t be run on photos", "takes 10 GB, which only the child asks for"),
    ],
)
def test_a_network_that_is_none_of_ours_is_a_sentence(folder, tmp_path, good, make, sentence, reason):
    write_bundle(folder, Bundle(make(), LABELS, good.info))
    before = psutil.Process().memory_info().rss
    with pytest.raises(UserError, match=sentence):
        tlcore.load_model(folder, workspace=tmp_path / "home")
    assert psutil.Process().memory_info().rss - before < 150e6, reason


def test_a_network_that_never_ends_is_a_sentence(good):
    with pytest.raises(UserError, match=r"more than 0\.01 seconds for one photo"):
        probe(good, most_seconds=0.01)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the stand-in for Python is a shell script")
def test_a_network_that_ends_the_process_is_a_sentence(good, tmp_path, monkeypatch):
    dying = tmp_path / "python"
    dying.write_text("#!/bin/sh\nkill -SEGV $$\n")
    dying.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(dying))
    with pytest.raises(UserError, match="crashes, or needs more memory"):
        probe(good)


def test_an_answer_that_turns_bad_later_is_a_sentence(good):
    """The network of `probe` may answer well for grey and badly for a photo."""
    classifier = ImageClassifier(good)
    classifier._model = type("Bad", (), {"run_all": lambda *_: [np.array([[np.inf, 0, 0]], np.float32)]})()
    with pytest.raises(UserError, match="doesn’t return probabilities"):
        classifier.predict_photo(np.full((96, 96, 3), 9, np.uint8))


def test_a_run_of_the_workspace_with_checksums_is_not_tried_first(trained, monkeypatch):
    """It costs half a second; an old run, whose files nobody can check, is tried."""
    from tlcore.serving import probe as module

    workspace, _, run = trained
    tried = []
    monkeypatch.setattr(module, "probe", tried.append)
    module.load_safely(run.folder, own=True)
    assert tried == []
    module.load_safely(run.folder, own=False)
    assert len(tried) == 1


# --- HDF5 -------------------------------------------------------------------------------------------------------------


def plain(file):
    file.attrs["layer_names"] = [b"conv"]
    file.attrs["keras_version"] = "3.0"
    group = file.create_group("conv/conv")
    group.attrs["weight_names"] = np.array([], "S1")
    group["kernel"] = np.random.default_rng(0).normal(size=(64, 64)).astype("f4")
    group.create_dataset("packed", data=np.random.default_rng(0).normal(size=(64, 64)), compression="gzip")


def absurd_shape(file):
    file.create_dataset("kernel", (10**6, 10**6), "f4", chunks=(1000, 1000), compression="gzip")


def external_data(file):
    file.create_dataset("kernel", (100,), "u1", external=[("/etc/passwd", 0, 100)])


def virtual(file):
    layout = h5py.VirtualLayout((10,), "f4")
    layout[:] = h5py.VirtualSource("/etc/passwd", "x", (10,))
    file.create_virtual_dataset("kernel", layout)


def circle(file):
    file.create_group("a")["b"] = file["/"]


def deep(file):
    file.create_group("/".join("a" * 60))


def zeros_packed(file):
    file.create_dataset("kernel", data=np.zeros((4000, 4000), "f4"), compression="gzip")


HDF5 = [
    (plain, "", "weights as Keras writes them"),
    (circle, "", "a group that holds itself is looked at once"),
    (lambda file: file.__setitem__("x", h5py.ExternalLink("/etc/passwd", "/y")), "a link", "a link to another file"),
    (lambda file: file.__setitem__("x", h5py.SoftLink("/y")), "a link", "a link within the file, which may go nowhere"),
    (absurd_shape, "claims to be 1000000 × 1000000", "4 TB in 2 kB"),
    (zeros_packed, "claims to be 4000 × 4000", "packed a thousand times"),
    (external_data, "in another file", "bytes of a file of this machine"),
    (virtual, "in another file", "the same as a virtual array"),
    (lambda file: file.create_dataset("kernel", data=np.ones(9), compression="lzf"), "uncommon way", "a plug-in"),
    (lambda file: file.create_dataset("x", (3,), h5py.ref_dtype), "something else than numbers", "references"),
    (lambda file: file.create_dataset("x", data=["a", "b"]), "something else than numbers", "texts of any length"),
    (lambda file: file.attrs.create("x", file.ref, dtype=h5py.ref_dtype), "neither number nor text", "a reference"),
    (deep, "more than 30", "groups in groups"),
]


@pytest.mark.parametrize(("make", "sentence", "reason"), HDF5, ids=[reason for _, _, reason in HDF5])
def test_an_hdf5_file_is_looked_through_before_it_is_read(tmp_path, make, sentence, reason):
    path = tmp_path / "weights.h5"
    with h5py.File(path, "w") as file:
        make(file)
    if not sentence:
        check_hdf5(path)
        return
    with pytest.raises(UserError, match=sentence):
        check_hdf5(path)


def test_the_weights_that_come_with_the_program_are_fine():
    check_hdf5(keras_weights_path(BUILT_IN))


def test_the_command_refuses_such_a_file(tmp_path, monkeypatch, capsys):
    from tlcore.cli.main import main

    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    path = tmp_path / "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_224_no_top.h5"
    with h5py.File(path, "w") as file:
        file["x"] = h5py.ExternalLink("/etc/passwd", "/y")
    assert main(["weights", "import", str(path), "--workspace", str(tmp_path / "home")]) == 2
    assert "a link to another place or file" in capsys.readouterr().err
    assert not (tmp_path / "keras").exists()


# --- the terminal -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("as_json", [False, True], ids=["lines", "JSON"])
def test_names_do_not_move_the_terminals_cursor(folder, tmp_path, capsys, as_json):
    from tlcore.cli.main import main

    nasty = tmp_path / "\x1b[2J\x9b1mcat\r\nfake: 100%\u202egpj.png"
    nasty.write_bytes(b"<html>")
    home = open_workspace(tmp_path / "home")
    arguments = ["predict", str(folder), str(nasty), "--workspace", str(home.root), *(["--json"] if as_json else [])]
    assert main(arguments) == 2
    printed = capsys.readouterr()
    text = printed.out + printed.err
    assert not set(text) & {"\x1b", "\x9b", "\r", "\u202e"} and text.count("\n") == 1
    assert "cat\\u000d\\u000afake" in text or as_json
    if as_json:
        assert json.loads(text)["predictions"][0]["image"] == str(nasty), "a program gets the name as it is"
    assert main(["predict", str(tmp_path / "\x1b]0;x\x07"), "a.png", "--workspace", str(home.root)]) == 2
    assert "\x1b" not in capsys.readouterr().err
