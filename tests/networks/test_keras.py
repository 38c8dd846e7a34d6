"""Keras files that people bring: what is read from them, what is refused, and that nothing in them is run."""

import json
import zipfile
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest
from keras import layers

from tests.networks.small import SIDE, noise, small_network
from tlcore.errors import UserError
from tlcore.models import graph
from tlcore.models.build import build_backbone, cut_backbone
from tlcore.models.imported.candidate import Choices, complete
from tlcore.models.imported.keras_archive import open_archive
from tlcore.models.imported.keras_config import checked_config
from tlcore.models.imported.keras_file import H5, KERAS
from tlcore.models.imported.keras_form import build_keras_network
from tlcore.models.imported.kinds import recognise
from tlcore.models.registry import BUILT_IN
from tlcore.models.scalings import SCALING_VALUES, scale_pixels
from tlcore.models.spec import BackboneSpec, ImportedFiles
from tlcore.projects.carried_networks import content_digest

pytestmark = [
    pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file"),
    pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning"),
]


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> dict[str, Path]:
    """The small network as each kind, and as one that does not scale its images."""
    folder = tmp_path_factory.mktemp("files")
    found = {"keras": folder / "cats.keras", "h5": folder / "cats.h5", "bare": folder / "bare.keras"}
    model = small_network()
    model.save(found["keras"])
    model.save(found["h5"])
    small_network(scaled=False).save(found["bare"])
    return found


@pytest.mark.parametrize(("name", "reader"), [("keras", KERAS), ("h5", H5)])
def test_what_stands_in_the_file_is_read(files, name, reader):
    assert recognise(files[name]) == name
    candidate = reader.read(files[name])
    first, *others = candidate.embeddings
    assert (first.name, first.shape) == ("block2_conv", (8, 8, 12)), "the map that the classifier pools"
    assert ("classes", (3,)) in [(each.name, each.shape) for each in others]
    assert (candidate.image_size.value, candidate.least_image_size, candidate.most_image_size) == (SIDE, SIDE, 0)
    assert (candidate.scaling.value, candidate.scaling.basis) == ("inside", "file")
    assert candidate.can_be_keras and candidate.num_parameters == small_network().count_params()


@pytest.mark.parametrize(
    ("name", "value", "basis", "reason"),
    [
        ("mobilenetv2_0.35_96", "-1..1", "name", "as keras.applications calls it"),
        ("resnet50", "caffe", "name", "the first ResNets came from Caffe"),
        ("resnet50v2", "-1..1", "name", "the second ones did not"),
        ("efficientnetb0", "inside", "name", "it scales by itself, whatever its first layers are"),
        ("my_own", "", "usual", "nothing tells, so it is tried on photos"),
    ],
)
def test_a_scaling_that_stands_nowhere_is_known_by_name(tmp_path, name, value, basis, reason):
    model = small_network(scaled=False)
    keras.Model(model.input, model.output, name=name).save(tmp_path / "x.keras")
    found = KERAS.read(tmp_path / "x.keras").scaling
    assert (found.value, found.basis) == (value, basis), reason


def spec_of(folder: Path, saved) -> BackboneSpec:
    """The network in a folder as a row; all that the tests here do not need is that of another one."""
    values = {**vars(BUILT_IN), "name": "cats-00000000", "asset": "", "blocks": saved.blocks, "scaling": saved.scaling}
    return BackboneSpec(**{**values, "imported": ImportedFiles(saved.form, folder, saved.embedding)})


@pytest.mark.parametrize("scaling", SCALING_VALUES)
def test_the_stored_network_gives_what_the_file_gives(files, tmp_path, scaling):
    choices = complete(KERAS.read(files["bare"]), Choices(scaling=scaling))
    saved = KERAS.save(files["bare"], KERAS.read(files["bare"]), choices, tmp_path)
    given = keras.saving.load_model(files["bare"])
    expected = keras.Model(given.input, given.get_layer("pool").output)(scale_pixels(noise(), scaling))
    found = build_keras_network(spec_of(tmp_path, saved), SIDE, "pooled", weights=True)(noise())
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_it_can_be_cut_at_each_block_and_built_for_another_size(files, tmp_path):
    candidate = KERAS.read(files["keras"])
    saved = KERAS.save(files["keras"], candidate, complete(candidate, Choices()), tmp_path)
    spec = spec_of(tmp_path, saved)
    assert [block.name for block in saved.blocks] == ["block2"] and saved.feature_size == 12
    model = build_backbone(spec, 64)
    lower, upper = cut_backbone(model, saved.blocks[0].layer)
    np.testing.assert_allclose(upper(lower(noise(2, 64))), model(noise(2, 64)), atol=1e-5)
    assert build_backbone(spec, 64, "feature_map").output_shape == (None, 16, 16, 12)
    assert not np.allclose(build_backbone(spec, 64, weights=None)(noise(2, 64)), model(noise(2, 64)), atol=1e-3)


def test_what_was_stored_is_read_as_the_same_network_again(files, tmp_path):
    """A project file has a network as it is stored, and opening it is adding it: heads and blocks must fit it there."""
    places = [tmp_path / "here", tmp_path / "there"]
    source, found = files["keras"], []
    for place in places:
        place.mkdir()
        candidate = KERAS.read(source)
        found.append(KERAS.save(source, candidate, complete(candidate, Choices("block2_conv")), place))
        source = place / "network.keras"
    assert found[0] == found[1]
    assert content_digest("keras", places[0] / "network.keras") == content_digest("keras", source)
    other = other_weights(files, tmp_path / "other.keras")
    assert content_digest("keras", other) != content_digest("keras", files["keras"])


def test_another_output_can_be_chosen_and_one_that_is_none_is_refused(files, tmp_path):
    candidate = KERAS.read(files["keras"])
    saved = KERAS.save(files["keras"], candidate, complete(candidate, Choices(embedding="classes")), tmp_path)
    assert saved.feature_size == 3
    with pytest.raises(UserError, match="no output “nose”.*block2_conv"):
        complete(candidate, Choices(embedding="nose"))
    with pytest.raises(UserError, match="doesn’t take images of 8 pixels"):
        complete(candidate, Choices(image_size=8))


def test_a_network_whose_end_needs_one_size_takes_that_alone(tmp_path):
    image = keras.Input((SIDE, SIDE, 3))
    value = layers.Flatten()(layers.Conv2D(4, 3, strides=8)(image))
    keras.Model(image, layers.Dense(5)(layers.Dense(7, name="fc")(value))).save(tmp_path / "fixed.keras")
    candidate = KERAS.read(tmp_path / "fixed.keras")
    assert candidate.least_image_size == candidate.most_image_size == SIDE
    assert "fc" in [each.name for each in candidate.embeddings]


def rewritten(source: Path, target: Path, change) -> Path:
    """A `.keras` file with another configuration."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for entry in old.infolist():
            data = old.read(entry)
            if entry.filename == "config.json":
                config = json.loads(data)
                change(config)
                data = json.dumps(config).encode()
            new.writestr(entry, data)
    return target


def layer_of(config: dict, class_name: str) -> dict:
    """The first layer of a class."""
    return next(each for each in config["config"]["layers"] if each["class_name"] == class_name)


def as_lambda(config: dict) -> None:
    code = {"class_name": "__lambda__", "config": {"value": ["4wAAAA==", None, None]}}
    layer_of(config, "Dropout").update({"class_name": "Lambda", "config": {"name": "x", "function": code}})


REFUSED = [
    (as_lambda, "Lambda layer", "a program inside the file"),
    (
        lambda config: layer_of(config, "Dropout").update(registered_name="evil>Dropout", class_name="Evil"),
        "not Keras. own",
        "a class that somebody registered",
    ),
    (
        lambda config: layer_of(config, "Dropout").update(module="os", class_name="system"),
        "not Keras. own",
        "a name of another module",
    ),
    (
        lambda config: layer_of(config, "Dense")["config"].update(
            activation={"module": "subprocess", "class_name": "function", "config": "run", "registered_name": "run"}
        ),
        "calls a function",
        "a function of another module",
    ),
    (
        lambda config: layer_of(config, "Dense")["config"].update(
            activation={"module": "builtins", "class_name": "function", "config": "eval", "registered_name": "eval"}
        ),
        "calls a function",
        "a builtin function",
    ),
    (
        lambda config: layer_of(config, "Dropout").update(module="keras.layers", class_name="TFSMLayer"),
        "not Keras. own",
        "a layer of Keras that loads another folder",
    ),
    (lambda config: config.update(class_name="Mine", module="mine"), "not a plain Keras model", "a class of its own"),
    (
        lambda config: layer_of(config, "Dense")["config"].update(units=10**9),
        "absurdly large layer",
        "more weights than any memory has",
    ),
    (
        lambda config: config["config"].update(layers=config["config"]["layers"][1:]),
        "can’t be loaded",
        "layers without what they are called on",
    ),
]


@pytest.mark.parametrize(("change", "message", "reason"), REFUSED, ids=[reason for *_, reason in REFUSED])
def test_a_file_with_a_program_in_it_is_refused(files, tmp_path, change, message, reason):
    with pytest.raises(UserError, match=message):
        KERAS.read(rewritten(files["keras"], tmp_path / "x.keras", change))


def test_a_module_that_a_file_names_is_never_looked_up(files, tmp_path):
    """A layer of Keras is Keras' own, wherever the file says that it lies."""

    def elsewhere(config: dict) -> None:
        layer_of(config, "Dense")["module"] = "tests.no_such_module"

    assert KERAS.read(rewritten(files["keras"], tmp_path / "x.keras", elsewhere)).num_parameters


def test_how_a_model_was_trained_is_never_loaded(files, tmp_path):
    def evil(config: dict) -> None:
        config["compile_config"] = {"loss": {"module": "os", "class_name": "function", "config": "system"}}

    assert KERAS.read(rewritten(files["keras"], tmp_path / "x.keras", evil)).num_parameters


def test_a_configuration_of_absurd_depth_is_refused():
    deep: object = 1
    for _ in range(200):
        deep = [deep]
    with pytest.raises(UserError, match="absurdly large"):
        checked_config({"class_name": "Sequential", "config": {"layers": deep}})


def truncated(source: Path, target: Path) -> Path:
    data = source.read_bytes()
    target.write_bytes(data[: len(data) // 2])
    return target


@pytest.mark.parametrize(
    ("make", "message", "reason"),
    [
        (lambda files, path: truncated(files["keras"], path), "damaged", "half of the file"),
        (lambda files, path: path.write_bytes(b"PK\3\4" + bytes(100)) and path, "damaged", "no zip at all"),
        (lambda files, path: bomb(path), "absurdly much", "a few kilobytes that unpack to 100 MB"),
        (lambda files, path: without_weights(files["keras"], path), "not a whole Keras model", "no weights in it"),
        (lambda files, path: other_weights(files, path), "damaged, or those of another", "weights of another network"),
    ],
)
def test_a_keras_file_that_is_none_ends_in_a_sentence(files, tmp_path, make, message, reason):
    with pytest.raises(UserError, match=message):
        KERAS.read(make(files, tmp_path / "x.keras"))


def bomb(path: Path) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", bytes(100_000_000))
        archive.writestr("metadata.json", "{}")
        archive.writestr("model.weights.h5", b"")
    return path


def without_weights(source: Path, path: Path) -> Path:
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(path, "w") as new:
        for name in ("config.json", "metadata.json"):
            new.writestr(name, old.read(name))
    return path


def other_weights(files: dict[str, Path], path: Path) -> Path:
    small_network(classes=5).save(path)
    with zipfile.ZipFile(path) as other, zipfile.ZipFile(files["keras"]) as old:
        parts = {name: old.read(name) for name in ("config.json", "metadata.json")}
        parts["model.weights.h5"] = other.read("model.weights.h5")
    with zipfile.ZipFile(path, "w") as new:
        for name, data in parts.items():
            new.writestr(name, data)
    return path


def test_names_in_the_zip_never_become_paths(files, tmp_path):
    path = tmp_path / "x.keras"
    path.write_bytes(files["keras"].read_bytes())
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("../../escaped.txt", "x")
        archive.writestr("assets/code.py", "raise SystemExit")
    assert open_archive(path).count_params() and not (tmp_path.parent.parent / "escaped.txt").exists()


@pytest.mark.parametrize(
    ("change", "message", "reason"),
    [
        (
            lambda file: file.attrs.__delitem__("model_config"),
            "has weights alone",
            "as keras.applications publishes it",
        ),
        (lambda file: file.__setitem__("x", h5py.ExternalLink("/etc/passwd", "/")), "a link", "another file"),
        (lambda file: file.attrs.__setitem__("model_config", "{"), "damaged", "half a configuration"),
    ],
)
def test_an_h5_file_that_is_none_ends_in_a_sentence(files, tmp_path, change, message, reason):
    path = tmp_path / "x.h5"
    path.write_bytes(files["h5"].read_bytes())
    with h5py.File(path, "a") as file:
        change(file)
    with pytest.raises(UserError, match=message):
        H5.read(path)


@pytest.mark.parametrize(
    ("shape", "inputs", "message"),
    [((32, 32, 1), 1, "not a colour image"), ((32, 48, 3), 1, "48 × 32"), ((32, 32, 3), 2, "2 inputs")],
)
def test_what_takes_no_colour_image_is_refused(tmp_path, shape, inputs, message):
    images = [keras.Input(shape) for _ in range(inputs)]
    joined = layers.Concatenate()(images) if inputs > 1 else images[0]
    output = layers.GlobalAveragePooling2D()(layers.Conv2D(4, 3)(joined))
    keras.Model(images, output).save(tmp_path / "x.keras")
    with pytest.raises(UserError, match=message):
        KERAS.read(tmp_path / "x.keras")


def test_what_keras_does_inside_a_model_is_still_there():
    """graph.flatten calls what Keras calls a model with; it has no public name."""
    model = small_network()
    image = keras.Input((SIDE, SIDE, 3))
    flat = keras.Model(image, graph.flatten(model, image, lambda _: False))
    assert not any(isinstance(layer, keras.Model) for layer in flat.layers)
    np.testing.assert_allclose(flat(noise()), model(noise()), atol=1e-6)
