"""Adding networks, from somebody's file to a trained model: in limited processes, and seen by nobody else."""

import json
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers

import tlcore
from tests.conftest import finish
from tests.networks.small import SIDE, small_network, small_tflite
from tests.small import write_small_folder
from tlcore.api.comparison import make_configs
from tlcore.cli.main import main
from tlcore.config import defaults_for
from tlcore.errors import UserError
from tlcore.exports.finished_networks import finished_networks
from tlcore.models.backbones import backbone_title, find_backbone, known_title, list_backbones
from tlcore.models.imported.candidate import Choices
from tlcore.models.imported.stored import clean_title, list_networks, network_id, short_name
from tlcore.models.registry import BACKBONES, BUILT_IN, check_image_size, possible_strategies
from tlcore.models.scalings import SCALING_VALUES
from tlcore.networks.adding import Source, add_network
from tlcore.networks.fetching import file_name, is_address
from tlcore.networks.proposing import best_scaling
from tlcore.networks.reading import NetworkReader, ReadingStopped
from tlcore.serving.bundle import load_bundle
from tlcore.storage import trash
from tlcore.storage.usage import usage

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")


@pytest.fixture(scope="module")
def lite(tmp_path_factory) -> Path:
    """The small network as a LiteRT file that does not say how its images are scaled."""
    path = tmp_path_factory.mktemp("lite") / "My Café net.tflite"
    path.write_bytes(small_tflite(scaled=False))
    return path


def added(workspace, path: Path, visitor: str = "", **choices):
    """The network of a file, added."""
    return finish(add_network(workspace, Source(path), Choices(**choices), visitor))[1]


def test_a_keras_network_is_added_in_a_process_of_its_own(workspace, tmp_path):
    small_network().save(tmp_path / "cats.keras")
    network = added(workspace, tmp_path / "cats.keras")
    spec = find_backbone("cats", workspace)
    assert spec == network.spec and spec.can_unfreeze and possible_strategies(spec)[1] == "hybrid"
    assert network.proposed["scaling"] == {"value": "inside", "basis": "file"}
    assert {path.name for path in network.folder.iterdir()} == {"network.keras", "network.json"}


def test_a_lite_network_trains_predicts_and_stays_the_owners(workspace, lite, tmp_path):
    network = added(workspace, lite, scaling="-1..1")
    assert short_name(network.id) == "my-caf-net" and backbone_title(network.id, workspace) == "My Café net"
    tlcore.train(
        write_small_folder(tmp_path / "photos", 8),
        backbone="my-caf-net",
        workspace=workspace,
        epochs=5,
        image_size=SIDE,
        cross_validation="never",
        progress=False,
    )
    bundle = tlcore.list_runs(workspace)[0].folder / "bundle"
    info = json.loads((bundle / "model.json").read_text())
    assert info["backbone"]["title"] == "My Café net" and info["config"]["backbone"] == network.id
    tlcore.remove_backbone("my-caf-net", workspace=workspace)
    again = tlcore.load_model(bundle)
    assert again.predict(next((tmp_path / "photos").rglob("*.png"))).label in again.labels, "without the network too"
    with pytest.raises(UserError, match="no network “my-caf-net”"):
        find_backbone("my-caf-net", workspace)
    trash.restore(workspace, network.id)
    assert find_backbone(network.id, workspace) == network.spec


def test_an_added_network_races_alone_and_beside_another(workspace, lite, tmp_path):
    added(workspace, lite, scaling="-1..1")
    photos = write_small_folder(tmp_path / "photos", 8)
    networks = [BUILT_IN.name, "my-caf-net", [BUILT_IN.name, "my-caf-net"]]
    quick = {"image_size": SIDE, "epochs": 2, "cross_validation": "never", "progress": False}
    found = tlcore.compare(photos, ["feature-extraction"], networks, workspace=workspace, **quick)
    assert list(found.names.values()) == ["EfficientNet-Lite0", "My Café net", "EfficientNet-Lite0 + My Café net"]
    assert len(found.results) == 3 and found.verdicts and not found.failures
    both = found.runs[-1]
    bundle = load_bundle(both.folder)
    for kind in ("keras", "notebook", "savedmodel"):
        with pytest.raises(UserError, match="not possible with My Café net"):
            tlcore.load_model(both.id, workspace=workspace).export(kind, tmp_path / "x.zip")
    assert finished_networks(workspace, bundle.info) == ("My Café net",)
    assert finished_networks(workspace, {"config": {"backbone": f"{BUILT_IN.name}+gone-0a1b2c3d"}}) == ("gone",)
    assert finished_networks(workspace, {"config": {"backbone": BUILT_IN.name}}) == ()
    configs = make_configs(["feature-extraction", "hybrid"], networks, {}, workspace)
    assert [config.strategy for config in configs] == ["feature-extraction", "hybrid", *["feature-extraction"] * 2]
    with pytest.raises(UserError, match="can’t be fine-tuned"):
        make_configs(["hybrid", "fine-tuning"], ["my-caf-net"], {}, workspace)


def test_what_is_frozen_is_not_fine_tuned(workspace, lite):
    network = added(workspace, lite, scaling="0..1")
    assert possible_strategies(network.spec) == ("feature-extraction",)
    with pytest.raises(UserError, match="can’t be fine-tuned.*Choose feature extraction"):
        tlcore.train("emoji", strategy="hybrid", backbone=network.id, workspace=workspace)
    with pytest.raises(UserError, match="doesn’t take images of 64 pixels.*image size of 32 pixels"):
        check_image_size(64, replace(network.spec, least_image_size=SIDE, most_image_size=SIDE))


def test_nobody_chooses_from_the_networks_of_others(workspace, lite):
    """Ids end in digits of the content and of whose it is: the same file of two visitors is two networks."""
    ann, bob, own = "a" * 32, "b" * 32, ""
    ids = {visitor: added(workspace, lite, visitor, scaling="0..1").id for visitor in (ann, bob, own)}
    assert len(set(ids.values())) == 3
    for visitor, an_id in ids.items():
        mine = [spec.name for spec in list_backbones(workspace, visitor)][len(BACKBONES) :]
        assert mine == [an_id]
    assert find_backbone("my-caf-net", workspace).name == ids[own], "a short name means the owner's"
    assert usage(workspace, ann).networks == 1 and usage(workspace, ann).bytes > 1000
    assert added(workspace, lite, ann, scaling="0..1").id == ids[ann] and len(list_networks(workspace)) == 3, "once"
    assert added(workspace, lite, ann, scaling="torch").id != ids[ann], "other choices, other features"


@pytest.mark.parametrize("title", ["../../etc", "", "…", "a" * 500, "Ärger ß", "CON", "efficientnet-lite0"])
def test_a_title_never_becomes_a_path_nor_a_name_of_the_table(title):
    name = network_id(title, "f", "")
    assert name.isascii() and "/" not in name and "." not in name and len(name) < 80
    assert name not in {spec.name for spec in BACKBONES} and known_title(name) == short_name(name)


@pytest.mark.parametrize(
    ("given", "title"),
    [
        ("my_resnet v2.1", "my resnet v2.1"),
        ("<script>x</script>", "script x /script"),
        ("[a](b) :red[x] $y$ **z**", "a (b) red x y z"),
        ("Блатт (叶)", "Блатт (叶)"),
        ("  - 1. ", "1."),
        ("***", "Network"),
    ],
)
def test_a_title_means_nothing_in_markdown_or_html(given, title):
    assert clean_title(given) == title


def test_a_stop_leaves_nothing(workspace, lite):
    with pytest.raises(ReadingStopped), NetworkReader("tflite", lite, lambda: True) as reader:
        reader.read()
    events, network = finish(add_network(workspace, Source(lite), Choices(), should_stop=lambda: True))
    assert network is None and not list_networks(workspace) and not list(workspace.networks.rglob("*.*"))


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("x.tflite", b"\x1c\0\0\0TFL3" + bytes(500), "damaged"),
        ("x.jpg", b"\xff\xd8", "not a network that can be added"),
    ],
)
def test_a_file_that_is_no_network_ends_in_a_sentence(workspace, tmp_path, name, data, message):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(UserError, match=message):
        added(workspace, tmp_path / name)


def test_a_network_that_was_never_trained_is_refused(workspace, tmp_path):
    """Its features are the same for every photo, and no head can learn from that."""
    image = keras.Input((SIDE, SIDE, 3))
    value = layers.Conv2D(4, 3, kernel_initializer="zeros", activation="relu")(image)
    from tlcore.models.convert import convert_to_tflite

    model = keras.Model(image, {"x": layers.Dense(3)(layers.GlobalAveragePooling2D()(value))})
    (tmp_path / "zero.tflite").write_bytes(convert_to_tflite(model, SIDE, float16=False))
    with pytest.raises(UserError, match="the same for every photo"):
        added(workspace, tmp_path / "zero.tflite", scaling="0..1")


def test_the_scaling_by_which_photos_are_told_apart_is_proposed():
    random = np.random.default_rng(0)
    classes = np.repeat([0, 1], 20)
    useless = random.normal(size=(len(SCALING_VALUES), 40, 8)).astype(np.float32)
    clear = useless.copy()
    clear[list(SCALING_VALUES).index("torch"), classes == 1] += 4
    assert best_scaling(clear, classes, "0..1").value == "torch"
    same = np.repeat(clear[3:4], len(SCALING_VALUES), axis=0)
    assert best_scaling(same, classes, "0..1").value == "0..1", "without a difference, the usual one stays"
    broken = replace_row(clear, list(SCALING_VALUES).index("torch"))
    assert best_scaling(broken, classes, "0..1").value != "torch", "numbers that are none help nobody"


def replace_row(features: np.ndarray, row: int) -> np.ndarray:
    found = features.copy()
    found[row] = np.nan
    return found


def test_the_terminal_adds_lists_and_removes(workspace, lite, capsys):
    place = ["--workspace", str(workspace.root)]
    assert main(["backbones", "add", str(lite), "--scaling", "0..1", "--name", "Cats", "--json", *place]) == 0
    found = json.loads(capsys.readouterr().out)["backbone"]
    assert found["title"] == "Cats" and found["added"]["proposed"]["scaling"]["basis"] == "person"
    assert main(["backbones", *place]) == 0
    assert found["name"] in capsys.readouterr().out
    assert main(["backbones", "remove", "cats", *place]) == 0
    assert not list_networks(workspace)


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://a.org/x/My%20net.tflite?download=1", "My net.tflite"),
        ("http://a.org/", "network"),
        ("https://a.org/../../..%2f..%2fetc%2fpasswd", "passwd"),
    ],
)
def test_an_address_never_names_a_place_on_the_disk(url, name):
    assert is_address(url) and file_name(url) == name


def test_a_config_knows_nothing_of_it():
    """A run's settings hold the id alone, so old versions read them as they read any other name."""
    assert defaults_for("feature-extraction", backbone="cats-0123abcd").backbone == "cats-0123abcd"
    assert replace(defaults_for("hybrid"), backbone="x").to_dict()["backbone"] == "x"
