"""A heat map says what the model does: exact where the head is dense layers, and on the patch that decides."""

import io

import numpy as np
import pytest
from PIL import Image

from tlcore.errors import UserError
from tlcore.models.registry import BACKBONES
from tlcore.models.tflite_file import add_signature
from tlcore.models.weights import asset_path
from tlcore.serving.bundle import Bundle
from tlcore.serving.dense_head import UnknownHead, read_dense_head
from tlcore.serving.evidence import LEAST_EVIDENCE, Evidence, Method, occlusion_evidence, relative_logits
from tlcore.serving.explain import Explainer, explainer_of, heat_map
from tlcore.serving.graft import graft_head
from tlcore.serving.overlay import draw_overlay
from tlcore.serving.predict import ImageClassifier

SIZE, LABELS = 96, ("disc", "square", "stripes")
FEATURES = BACKBONES[0].feature_size


def layers(*sizes: int, seed: int = 0):
    """Random dense layers of these numbers of inputs and outputs."""
    random = np.random.default_rng(seed)
    return [
        (random.normal(scale=0.1, size=pair).astype(np.float32), random.normal(size=pair[1]).astype(np.float32))
        for pair in zip(sizes[:-1], sizes[1:], strict=True)
    ]


def bundle_of(tflite: bytes) -> Bundle:
    return Bundle(tflite, LABELS, {"input": {"size": SIZE, "resize": "center-crop"}})


@pytest.fixture(scope="module")
def backbone():
    return asset_path(BACKBONES[0]).read_bytes()


@pytest.fixture(scope="module")
def map_file(backbone):
    """The network up to its feature map, as a flattened head is put onto."""
    found = read_dense_head(graft_head(backbone, layers(FEATURES, 3), SIZE))
    return found.body


@pytest.fixture(scope="module")
def photos():
    return np.random.default_rng(3).integers(0, 256, (3, SIZE, SIZE, 3)).astype(np.uint8)


HEADS = {
    Method.CAM: lambda backbone, map_file: graft_head(backbone, layers(FEATURES, 3), SIZE),
    Method.GRAD_CAM: lambda backbone, map_file: graft_head(backbone, layers(FEATURES, 20, 3), SIZE),
    Method.HIRES_CAM: lambda backbone, map_file: graft_head(map_file, layers(9 * FEATURES, 12, 3), SIZE, "feature_map"),
}


@pytest.mark.parametrize("method", HEADS)
def test_the_mean_over_all_places_is_what_the_model_says(backbone, map_file, photos, method):
    bundle = bundle_of(HEADS[method](backbone, map_file))
    explainer, classifier = Explainer(bundle), ImageClassifier(bundle)
    assert explainer.is_quick
    for image in photos:
        found = explainer.explain(image, "disc")
        assert found.method == method
        expected = relative_logits(classifier.probabilities(image)[np.newaxis])[0]
        np.testing.assert_allclose(found.evidence.values.mean(axis=(1, 2)), expected, atol=2e-3)
        np.testing.assert_allclose(found.evidence.values.sum(axis=0), 0, atol=1e-3)


def test_each_place_of_a_class_activation_map_is_the_logit_of_a_photo_like_that_place(backbone, map_file, photos):
    ((weights, bias),) = layers(FEATURES, 3)
    explainer = Explainer(bundle_of(HEADS[Method.CAM](backbone, map_file)))
    found = explainer.explain(photos[0], "disc")
    place = explainer._members[0]._model.run(photos[:1], "feature_map")[0, 1, 2]
    logits = place @ weights + bias
    np.testing.assert_allclose(found.evidence.values[:, 1, 2], logits - logits.mean(), atol=1e-3)
    np.testing.assert_allclose(found.features, explainer.features(photos[0]), atol=1e-6)


def patched(top: int, left: int, size: int = 160) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A plain photo, one full of a pattern, and one with a patch of that pattern there, uint8 (size, size, 3)."""
    plain = np.full((size, size, 3), 120, np.uint8)
    rows, columns = np.mgrid[:size, :size]
    board = ((rows // 8 + columns // 8) % 2)[..., np.newaxis]
    full = np.where(board, (250, 40, 20), (20, 230, 240)).astype(np.uint8)
    image = plain.copy()
    image[top : top + 48, left : left + 48] = full[:48, :48]
    return plain, full, image


@pytest.mark.parametrize(
    ("top", "left"),
    [(16, 16), (16, 96), (96, 16), (96, 96)],
    ids=["upper left", "upper right", "lower left", "lower right"],
)
def test_the_patch_that_decides_is_the_hottest(backbone, top, left):
    """The head points from the features of a plain photo to those of a pattern, so only the patch decides.

    Covering parts of the photo finds the same place.
    """
    plain, full, image = patched(top, left)
    info = {"input": {"size": len(image), "resize": "center-crop"}}
    body = Explainer(Bundle(graft_head(backbone, layers(FEATURES, 3), len(image)), LABELS, info))
    away = body.features(full) - body.features(plain)
    weights = np.stack([away, -away, 0 * away], axis=1) / np.linalg.norm(away)
    middle = (body.features(full) + body.features(plain)) / 2
    head = [(weights.astype(np.float32), (-middle @ weights).astype(np.float32))]
    bundle = Bundle(graft_head(backbone, head, len(image)), LABELS, info)
    maps = [Explainer(bundle).explain(image, "disc").heat_map]
    if (top, left) == (16, 96):  # once is enough: 49 predictions
        model = ImageClassifier(bundle)
        maps.append(occlusion_evidence(lambda images: model.predict_probabilities(list(images)), image).heat_map(0))
    for found in maps:
        place = np.unravel_index(found.argmax(), found.shape)
        centre = (np.array(place) + 0.5) * len(image) / np.array(found.shape)
        assert np.abs(centre - (top + 24, left + 24)).max() <= 32, "one place of the map beside it at most"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda data: add_signature(data, ["image"], ["something"]), "no output of that name"),
        (lambda data: data[:2000], "cut off"),
        (lambda data: b"no model", "another file"),
    ],
)
def test_a_file_of_another_kind_has_no_head_that_is_known(backbone, change, why):
    with pytest.raises(UnknownHead):
        read_dense_head(change(graft_head(backbone, layers(FEATURES, 3), SIZE)))


def test_a_network_that_ends_otherwise_is_asked_with_parts_of_the_photo_covered(backbone, photos, monkeypatch):
    bundle = bundle_of(HEADS[Method.CAM](backbone, None))
    exact = Explainer(bundle).explain(photos[0], "square")
    monkeypatch.setattr("tlcore.serving.explain.read_dense_head", _unknown)
    explainer = Explainer(bundle)
    found = explainer.explain(photos[0], "square")
    assert not explainer.is_quick and found.method == "occlusion" and found.features is None
    assert found.heat_map.shape == (7, 7) and exact.heat_map.shape == (3, 3)


def _unknown(tflite):
    raise UnknownHead


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([[4, -2], [2, 0]], [[1, 0], [0.5, 0]]),  # against the class is 0
        ([[-1, -3], [-2, -4]], [[0, 0], [0, 0]]),  # nothing speaks for it
        ([[LEAST_EVIDENCE / 5, 0], [0, 0]], [[0.2, 0], [0, 0]]),  # hardly anything does: pale, not blown up
    ],
)
def test_a_heat_map_is_scaled_by_the_strongest_evidence(values, expected):
    evidence = Evidence(np.array([values, np.zeros((2, 2))], np.float32), Method.CAM)
    np.testing.assert_allclose(evidence.heat_map(0), expected)


@pytest.mark.parametrize(("strength", "expected"), [(8, 1), (4, 1), (2, 0.5), (0.4, 0.1)])
def test_the_map_of_a_class_for_which_much_less_speaks_is_pale(strength, expected):
    evidence = Evidence(np.array([[[8.0, 0]], [[0, strength]]], np.float32), Method.CAM)
    assert evidence.heat_map(1).max() == pytest.approx(expected)


def test_an_explanation_of_a_class_that_is_none_is_refused(backbone, photos):
    found = Explainer(bundle_of(HEADS[Method.CAM](backbone, None))).explain(photos[0], "disc")
    assert found.for_label("square").label == "square"
    with pytest.raises(UserError, match="no class"):
        found.for_label("cat")


def test_a_loaded_model_has_one_explainer_for_as_long_as_it_lives(backbone, photos):
    classifier = ImageClassifier(bundle_of(HEADS[Method.CAM](backbone, None)))
    assert explainer_of(classifier) is explainer_of(classifier)
    found = heat_map(classifier, photos[0], "disc")
    assert found.dtype == np.float32 and found.shape == (3, 3) and found.min() >= 0 and found.max() <= 1


def test_the_picture_is_marked_where_the_evidence_lies(tmp_path, backbone, photos):
    heat = np.zeros((4, 4), np.float32)
    heat[0, 3] = 1
    overlay = np.asarray(Image.open(io.BytesIO(draw_overlay(heat))))
    assert overlay.shape == (384, 384, 4)
    hot, cold = overlay[45, 338], overlay[338, 45]
    assert hot[3] > cold[3] > 0 and hot[:3].sum() > 3 * cold[:3].sum()
    assert (overlay[..., :3].min(axis=2) > 240).any(), "an outline, for those who see no colours"
    found = Explainer(bundle_of(HEADS[Method.CAM](backbone, None))).explain(photos[0], "disc")
    with Image.open(found.save(tmp_path / "why.png")) as saved:
        assert saved.format == "PNG" and saved.size == (512, 512) and saved.mode == "RGB"
