"""The table of backbones says what is true of the files behind it."""

import hashlib

import pytest

from tlcore.errors import UserError
from tlcore.models.backbones import find_backbone
from tlcore.models.registry import BACKBONES, BUILT_IN, TABLE, find_block, usual_image_size
from tlcore.models.weights import asset_path, fingerprint, keras_weights_path, load_labels
from tlcore.workspace import open_workspace

MEGABYTE = 10**6


def test_names_are_unique_and_found():
    names = [spec.name for spec in BACKBONES]
    assert len(set(names)) == len(names)
    assert [TABLE[name] for name in names] == list(BACKBONES)


def test_an_unknown_name_is_refused_with_what_is_allowed(tmp_path):
    with pytest.raises(UserError, match="resnet-99.*Choose one of: .*efficientnet-lite0"):
        find_backbone("resnet-99", open_workspace(tmp_path))


def test_blocks_are_found_by_name():
    assert find_block(BUILT_IN, "block7a").layer == "block6d_add"
    with pytest.raises(UserError, match="EfficientNet-Lite0 has no block “block99”.*Choose one of: head, block7a"):
        find_block(BUILT_IN, "block99")


@pytest.mark.parametrize("spec", [BUILT_IN], ids=lambda spec: spec.name)
def test_fingerprint_is_that_of_the_file(spec):
    assert fingerprint(spec) == hashlib.sha256(asset_path(spec).read_bytes()).hexdigest()


@pytest.mark.parametrize("spec", [BUILT_IN], ids=lambda spec: spec.name)
def test_assets_stay_small_and_carry_their_licence(spec):
    folder = asset_path(spec).parent
    assert sum(path.stat().st_size for path in folder.iterdir()) < 19.5 * MEGABYTE
    assert "Apache License" in (folder / "LICENSE").read_text(encoding="utf-8")


@pytest.mark.parametrize("spec", [BUILT_IN], ids=lambda spec: spec.name)
def test_source_page_names_the_files_as_they_are(spec):
    page = (asset_path(spec).parent / "SOURCE.md").read_text(encoding="utf-8")
    for path in (asset_path(spec), keras_weights_path(spec)):
        assert hashlib.sha256(path.read_bytes()).hexdigest() in page


@pytest.mark.parametrize("spec", [BUILT_IN], ids=lambda spec: spec.name)
def test_labels_are_the_thousand_imagenet_classes(spec):
    labels = load_labels(spec)
    assert len(labels) == 1000
    known = {0: "tench", 3: "tiger shark", 207: "golden retriever", 999: "toilet tissue"}
    assert {index: labels[index] for index in known} == known


def test_missing_file_is_a_plain_sentence(monkeypatch, tmp_path):
    monkeypatch.setattr("tlcore.models.weights._ASSETS", tmp_path)
    with pytest.raises(UserError, match=r"missing .efficientnet-lite0\.tflite"):
        asset_path(BACKBONES[0])


@pytest.mark.parametrize(
    ("strategy", "backbone", "size", "reason"),
    [
        ("feature-extraction", "efficientnet-lite0", 224, "the network's own"),
        ("feature-extraction", "xception", 299, "the network's own, not that of the built-in one"),
        ("hybrid", "efficientnet-lite0", 224, "the network's own"),
        ("hybrid", "xception", 224, "fine-tuning costs more with every pixel"),
        ("fine-tuning", "xception", 160, "the more of it is open, the more"),
        ("scratch", "efficientnet-lite0", 96, "only to compare with"),
    ],
)
def test_the_image_size_is_right_for_strategy_and_network(strategy, backbone, size, reason):
    assert usual_image_size(strategy, TABLE[backbone]) == size, reason
