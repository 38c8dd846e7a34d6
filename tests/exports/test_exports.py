"""Each kind of export is made of a trained model and run in the environment that it is for."""

import json
import shutil
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.photos import make_image
from tlcore.api.model import Model, load_model
from tlcore.errors import UserError
from tlcore.exports import keras_model, onnx_model
from tlcore.exports.exporter import KINDS, ExportSource, offered_kinds
from tlcore.exports.file_names import export_file_name
from tlcore.exports.program import answer_of, write_program
from tlcore.exports.samples import Answer, Samples, largest_difference, make_samples
from tlcore.exports.templates.predict import Classifier
from tlcore.serving.bundle import load_bundle


@pytest.fixture(scope="module")
def model(trained) -> Model:
    return load_model(trained[2].id, workspace=trained[0].root)


@pytest.fixture(scope="module")
def program(model, tmp_path_factory) -> Path:
    made = model.export("python", tmp_path_factory.mktemp("python") / "program")
    assert made.check.photos == 5
    assert made.check.largest_difference <= made.check.tolerance
    return made.path


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *arguments], cwd=folder, capture_output=True, text=True, timeout=60)


def test_the_python_program_answers_as_the_model_does_on_photos_it_has_never_seen(model, program, tmp_path):
    photos = []
    for number in range(10):
        photos.append(tmp_path / f"ü {number}.{'jpg' if number % 2 else 'png'}")
        make_image(number, (300 + 170 * number, 400)).save(photos[-1])
    done = run(program, "predict.py", "--json", *map(str, photos))
    assert done.returncode == 0, done.stderr
    for photo, line in zip(photos, done.stdout.splitlines(), strict=True):
        found, wanted = json.loads(line), model.predict(photo)
        assert found["label"] == wanted.label and found["known"] == wanted.known
        assert found["probabilities"] == pytest.approx(wanted.probabilities, abs=1e-4)
        assert found["familiarity"] == pytest.approx(wanted.familiarity, abs=1e-4)


def test_the_check_that_travels_with_it_passes_and_fails_where_another_model_lies_there(program, tmp_path):
    assert "5 samples" in run(program, "predict.py", "--check").stdout
    other = tmp_path / "other"
    shutil.copytree(program, other)
    expected = other / "samples" / "expected.json"
    values = json.loads(expected.read_text())
    values["samples"][3]["probabilities"] = np.roll(values["samples"][3]["probabilities"], 1).tolist()
    expected.write_text(json.dumps(values))
    done = run(other, "predict.py", "--check")
    assert done.returncode == 1 and "answers differently" in done.stderr


def test_samples_are_drawings_unless_photos_may_travel(model, trained):
    drawn = make_samples(load_bundle(model.path), model.path)
    assert [photo.data for photo in drawn.photos] == [
        p.data for p in make_samples(load_bundle(model.path), model.path).photos
    ]
    photos = make_samples(load_bundle(model.path), model.path, include_photos=True)
    thumbnails = trained[1].thumbnails
    own = {thumbnails.read(sha256) for sha256 in model.report.predictions["sha256"]}
    assert {photo.data for photo in photos.photos} <= own
    assert not own & {photo.data for photo in drawn.photos}
    assert len({photo.name for photo in photos.photos}) == len(photos.photos) == 5


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (lambda a: Answer((*a.probabilities[:-1], float("nan")), a.familiarity), "not a number"),
        (lambda a: Answer(a.probabilities[:-1], a.familiarity), "a class is missing"),
        (lambda a: Answer(a.probabilities, None), "the familiarity is missing"),
        (lambda a: Answer(a.probabilities, a.familiarity + 0.5), "another familiarity"),
        (lambda a: Answer(tuple(np.roll(a.probabilities, 1)), a.familiarity), "classes in another order"),
    ],
)
def test_an_export_that_answers_otherwise_is_noticed(model, given, why):
    samples = make_samples(load_bundle(model.path), model.path)
    same = [photo.answer for photo in samples.photos]
    assert largest_difference(samples, same) == 0
    assert largest_difference(samples, [*same[:4], given(same[4])]) > 1e-3, why


def test_a_zip_has_one_folder_with_everything(model, tmp_path):
    made = model.export("python", tmp_path / "to" / "take.zip")
    with zipfile.ZipFile(made.path) as archive:
        names = set(archive.namelist())
    assert {f"take/{name}" for name in ("predict.py", "requirements.txt", "README.md", "model.tflite")} <= names
    assert "take/samples/expected.json" in names
    assert [path.name for path in made.path.parent.iterdir()] == ["take.zip"]


def test_nothing_is_replaced_by_accident(model, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")
    (tmp_path / "mine.zip").write_text("dear")
    for name in ("mine", "mine.zip"):
        with pytest.raises(UserError, match="already there"):
            model.export("python", tmp_path / name)
    with pytest.raises(UserError, match="already there"):
        model.export("python", tmp_path / "mine", overwrite=True)
    assert (tmp_path / "mine" / "letter.txt").read_text() == "dear"


def test_an_unknown_kind_names_those_there_are(model, tmp_path):
    with pytest.raises(UserError, match="python"):
        model.export("papyrus", tmp_path / "x")


def test_every_kind_can_be_found(model):
    for key, kind in KINDS.items():
        assert kind.key == key and callable(kind.make) and callable(kind.answer)


GUIDE = Path(__file__).parents[2] / "docs" / "export.md"


def lines_for(heading: str) -> str:
    """The Python that docs/export.md gives in a section."""
    section = GUIDE.read_text(encoding="utf-8").split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return section.split("```python\n")[1].split("```")[0]


def test_the_lines_of_the_guide_run_as_they_stand(model, program):
    """LiteRT's too: the program has a model.tflite, as that export has."""
    make_image(3, (300, 200)).save(program / "photo.jpg")
    wanted = model.predict(program / "photo.jpg").label
    for heading in ("Python program", "LiteRT with 16 bits"):
        done = run(program, "-c", lines_for(heading))
        assert done.stdout.split()[0] == wanted, (heading, done.stderr)


def test_the_program_takes_a_folder_and_says_what_is_wrong_with_a_file(program, tmp_path):
    make_image(3, (300, 200)).save(tmp_path / "b.jpg")
    (tmp_path / "a.txt").write_text("no photo")
    (tmp_path / ".hidden").write_text("of the system")
    (tmp_path / "c.tif").write_bytes(b"II*\0\xff\xff\xff\xff")
    done = run(program, "predict.py", str(tmp_path), str(tmp_path / "gone.jpg"))
    assert done.returncode == 0 and done.stdout.startswith(f"{tmp_path / 'b.jpg'}: ")
    assert f"{tmp_path / 'a.txt'}: no photo that can be read" in done.stderr
    assert f"{tmp_path / 'gone.jpg'}: there is no such file" in done.stderr
    assert "hidden" not in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("kind", "name", "message"),
    [
        ("html", "", "is a folder.*model.html"),
        ("html", "page.zip", "Let it end in .html"),
        ("html", "page", "Let it end in .html"),
        ("html", "x" * 300 + ".html", "could not be saved: "),
    ],
)
def test_a_file_gets_a_name_that_opens_it(model, tmp_path, kind, name, message):
    with pytest.raises(UserError, match=message):
        model.export(kind, tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_a_name_is_no_markup_in_the_readme(trained, tmp_path):
    bundle = load_bundle(trained[2].folder)
    info = bundle.info | {"dataset": {"name": "<img src=x>\n# [4b](x)"}}
    write_program(ExportSource(replace(bundle, info=info), trained[2].folder), tmp_path, "# {name}\n", ())
    assert (tmp_path / "README.md").read_text() == r"# \<img src=x\> \# \[4b\](x)" + "\n"


def test_downloads_are_called_after_the_data_set():
    names = [export_file_name("Our leaves", KINDS[key]) for key in ("html", "python", "tflite-float16")]
    assert names == ["our-leaves.html", "our-leaves-python.zip", "our-leaves-tflite-float16.zip"]


def only_with(names: tuple[str, ...], place: Path) -> Path:
    """A folder with these installed packages alone, to be the only one that a Python looks into."""
    place.mkdir()
    for name in names:
        (place / name).symlink_to(Path(sys.modules["numpy"].__file__).parents[1] / name)
    return place


def test_the_python_program_needs_no_other_package_than_it_says(program, tmp_path):
    assert (program / "requirements.txt").read_text().split() == [
        "ai-edge-litert>=1.2,<3",
        "numpy>=1.26,<3",
        "pillow>=11.3,<14",
    ]
    site = only_with(("ai_edge_litert", "numpy", "numpy.libs", "PIL", "pillow.libs", "flatbuffers"), tmp_path / "site")
    done = subprocess.run(
        [sys.executable, "-S", "predict.py", "--check"],
        cwd=program,
        capture_output=True,
        text=True,
        timeout=60,
        env={"PYTHONPATH": str(site), "PATH": ""},
    )
    assert done.returncode == 0 and "5 samples: answers within 0.000" in done.stdout, done.stderr


def test_onnx_answers_the_same(trained, tmp_path):
    pytest.importorskip("tf2onnx", reason="an extra that is not installed", exc_type=ImportError)
    place = trained[2].folder
    source = ExportSource(load_bundle(place), place)
    samples = make_samples(source.bundle, place)
    onnx_model.make(source, samples, tmp_path)
    assert (tmp_path / "model.onnx").is_file() and not (tmp_path / "model.tflite").exists()
    (tmp_path / "photo.jpg").write_bytes(samples.photos[0].data)
    done = run(tmp_path, "-c", lines_for("ONNX"))
    assert done.stdout.split() == [samples.photos[0].label], done.stderr
    classifier = Classifier(tmp_path)  # in this process, where TensorFlow is already
    given = [answer_of(source, classifier.predict(photo.data)) for photo in samples.photos]
    assert largest_difference(samples, given) < 1e-3


def test_a_missing_package_is_named(model, tmp_path, monkeypatch):
    monkeypatch.setattr("tlcore.errors.find_spec", lambda name: None if name == "tf2onnx" else object())
    with pytest.raises(UserError, match=r"tf2onnx.*pip install 'transferlab\[train,onnx\]'"):
        model.export("onnx", tmp_path / "onnx")
    assert list(tmp_path.iterdir()) == []


def test_a_model_without_weights_says_so(trained, tmp_path):
    bundle = load_bundle(trained[2].folder)
    shutil.copytree(trained[2].folder / "bundle", tmp_path / "bundle", ignore=shutil.ignore_patterns("*.npz"))
    with pytest.raises(UserError, match="no weights for Keras"):
        keras_model.make(ExportSource(bundle, tmp_path / "bundle"), Samples(()), tmp_path)


def test_photos_cannot_be_promised_by_a_model_from_a_file(trained, tmp_path):
    shutil.copytree(trained[2].folder / "bundle", tmp_path / "bundle")
    with pytest.raises(UserError, match="contains no photos"):
        make_samples(load_bundle(tmp_path / "bundle"), tmp_path / "bundle", include_photos=True)


def test_an_ensemble_is_offered_what_needs_no_training():
    trained, combined = ({kind.key for kind in offered_kinds(is_trained)} for is_trained in (True, False))
    assert (
        trained - combined == {"keras", "savedmodel", "notebook"} and {"html", "python", "service", "space"} <= combined
    )
