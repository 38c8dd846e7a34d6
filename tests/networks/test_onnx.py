"""ONNX files that people bring: what is read from them, what is put around them, what is refused, what is trained."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

import tlcore
from tests.conftest import finish
from tests.networks.small import noise
from tests.networks.small_onnx import SIDE, WIDTH, small_onnx
from tests.small import write_small_folder
from tlcore.errors import UserError
from tlcore.models.imported.candidate import Choices, complete
from tlcore.models.imported.kinds import recognise
from tlcore.models.imported.onnx_file import READER
from tlcore.models.onnx.checked import parse_checked
from tlcore.models.onnx.embeddings import run_at
from tlcore.models.onnx_backbone import FILE
from tlcore.models.onnx_runtime import OnnxModel, onnx_pool
from tlcore.models.registry import BUILT_IN
from tlcore.models.scalings import SCALING_VALUES, scale_pixels
from tlcore.models.several import side_by_side
from tlcore.networks.adding import Source, add_network
from tlcore.serving.bundle import Bundle, load_bundle
from tlcore.serving.explain import Explainer
from tlcore.serving.graft_onnx import graft_onnx
from tlcore.serving.predict import ImageClassifier
from tlcore.serving.probe import probe


def written(path, model: onnx.ModelProto):
    path.write_bytes(model.SerializeToString())
    return path


def stored(folder, model: onnx.ModelProto, **choices):
    """A network in our form, as the reader writes it: the file, and what the reader tells of it."""
    path = written(folder / "net.onnx", model)
    candidate = READER.read(path)
    saved = READER.save(path, candidate, complete(candidate, Choices(**choices)), folder)
    return OnnxModel(folder / FILE), saved


@pytest.mark.parametrize(
    ("arguments", "layout", "scaling", "sizes"),
    [
        ({}, "NCHW", ("torch", "usual"), (SIDE, SIDE, SIDE)),
        ({"layout": "NHWC", "scales": True}, "NHWC", ("inside", "file"), (SIDE, SIDE, SIDE)),
        ({"side": "s"}, "NCHW", ("torch", "usual"), (224, 32, 0)),
    ],
)
def test_what_stands_in_the_file_is_read(tmp_path, arguments, layout, scaling, sizes):
    path = written(tmp_path / "net.onnx", small_onnx(**arguments))
    assert recognise(path) == "onnx"
    candidate = READER.read(path)
    assert [each.name for each in candidate.embeddings] == ["vector", "pool", "classes"], "before the classifier first"
    assert candidate.embeddings[0].shape == (WIDTH,)
    assert (candidate.layout.value, candidate.layout.basis) == (layout, "file")
    assert (candidate.scaling.value, candidate.scaling.basis) == scaling
    assert (candidate.image_size.value, candidate.least_image_size, candidate.most_image_size) == sizes
    assert not candidate.can_be_keras


@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
@pytest.mark.parametrize("scaling", SCALING_VALUES)
def test_the_stored_network_gives_what_the_file_gives(tmp_path, layout, scaling):
    model, images = small_onnx(layout), noise()
    stored_model, saved = stored(tmp_path, model, scaling=scaling)
    scaled = scale_pixels(images, scaling).astype(np.float32)
    (expected,) = run_at(model, ("vector",), scaled.transpose(0, 3, 1, 2) if layout == "NCHW" else scaled)
    np.testing.assert_allclose(stored_model.run(images, "pooled"), expected, rtol=1e-4, atol=1e-4)
    assert (saved.form, saved.scaling, saved.layout, saved.feature_size) == ("onnx", "inside", "NHWC", WIDTH)
    assert saved.multiply_adds == 16 * 16 * 8 * 27 + 8 * 8 * WIDTH * 72


@pytest.mark.parametrize(
    ("end", "shape", "axes"), [("map", (WIDTH, 8, 8), (2, 3)), ("tokens", (64, WIDTH), (1,))], ids=["map", "tokens"]
)
def test_a_map_and_tokens_are_averaged(tmp_path, end, shape, axes):
    model = small_onnx(end=end)
    stored_model, saved = stored(tmp_path, model, scaling="inside")
    images = noise()
    (given,) = run_at(model, (model.graph.output[0].name,), images.transpose(0, 3, 1, 2))
    assert given.shape[1:] == shape and saved.feature_size == WIDTH
    np.testing.assert_allclose(stored_model.run(images, "pooled"), given.mean(axis=axes), rtol=1e-4, atol=1e-4)


def test_a_network_of_one_image_at_a_time_answers_for_many(tmp_path):
    one, _ = stored(tmp_path, small_onnx(batch=1), scaling="torch")
    images = noise(5)
    (tmp_path / "many").mkdir()
    many, _ = stored(tmp_path / "many", small_onnx(), scaling="torch")
    np.testing.assert_allclose(one.run(images, "pooled"), many.run(images, "pooled"), rtol=1e-5, atol=1e-5)
    pool = onnx_pool(tmp_path / FILE, ("pooled",))
    np.testing.assert_array_equal(pool.open().predict(images)[0], one.run(images, "pooled"))


def node(kind: str, inputs: list[str], output: str = "extra", **attributes):
    """A change that adds an operation before all others."""

    def change(model: onnx.ModelProto) -> None:
        model.graph.node.insert(0, helper.make_node(kind, inputs, [output], **attributes))

    return change


def external(model: onnx.ModelProto) -> None:
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="../../../etc/passwd")


def by_pixels(model: onnx.ModelProto) -> None:
    """Reserves as much memory as a pixel says."""
    node("ConstantOfShape", ["chosen"])(model)
    node("Cast", ["input"], "chosen", to=TensorProto.INT64)(model)


def subgraph(model: onnx.ModelProto) -> None:
    inner = helper.make_graph([], "inner", [], [])
    model.graph.node[0].attribute.append(helper.make_attribute("body", inner))


def claims(*dims: int):
    def change(model: onnx.ModelProto) -> None:
        model.graph.initializer[0].dims[:] = dims

    return change


def claims_in_a_list(model: onnx.ModelProto) -> None:
    model.graph.initializer.append(TensorProto(name="x", dims=[10**6, 10**6], data_type=1, float_data=[1.0]))


def hidden_weights(model: onnx.ModelProto) -> None:
    tensor = numpy_helper.from_array(np.zeros(4, np.float32))
    tensor.data_location = TensorProto.EXTERNAL
    node("Constant", [], value=tensor)(model)


def two_inputs(model: onnx.ModelProto) -> None:
    model.graph.input.append(helper.make_tensor_value_info("second", TensorProto.FLOAT, [1]))


def functions(model: onnx.ModelProto) -> None:
    model.functions.append(helper.make_function("own", "f", ["x"], ["y"], [], []))


def sides(*shape: int):
    def change(model: onnx.ModelProto) -> None:
        del model.graph.input[:]
        model.graph.input.append(helper.make_tensor_value_info("input", TensorProto.FLOAT, shape))

    return change


def opset(model: onnx.ModelProto) -> None:
    model.opset_import[0].version = 99


REFUSED = {
    "weights in another file": (external, "lie in another file"),
    "weights of a constant in another file": (hidden_weights, "lie in another file"),
    "an operator of its own": (node("Exec", ["input"], domain="evil.ops"), "not one of ONNX’s own"),
    "an operator of one runtime": (node("FusedConv", ["input", "w1"], domain="com.microsoft"), "not one of ONNX’s own"),
    "a classifier of another kind": (node("SVMClassifier", ["input"], domain="ai.onnx.ml"), "not one of ONNX’s own"),
    "a loop": (node("Loop", ["", ""]), "Loop .it decides on its way"),
    "a branch": (node("If", ["input"]), "If .it decides on its way"),
    "chance": (node("RandomNormalLike", ["input"]), "draws at random"),
    "an unknown operation": (node("NonZero", ["input"]), "operation NonZero"),
    "a network in an operation": (subgraph, "network of its own"),
    "functions": (functions, "functions of its own"),
    "arrays as large as a pixel says": (by_pixels, "by the pixels of a photo"),
    "operations out of order": (lambda model: model.graph.node.append(model.graph.node.pop(0)), "out of order"),
    "one name twice": (node("Relu", ["input"], "map"), "out of order"),
    "a tensor larger than the file": (claims(10**6, 10**6), "not as large as it claims"),
    "a tensor larger than its list": (claims_in_a_list, "not as large as it claims"),
    "a tensor of a negative side": (claims(-1, 27), "impossible shape"),
    "a version of the future": (opset, "version 99 of ONNX"),
    "two inputs": (two_inputs, "has 2 inputs"),
    "grey images": (sides(1, 1, SIDE, SIDE), "doesn’t take colour images"),
    "no image": (sides(1, 3), "doesn’t take a colour image"),
    "oblong images": (sides(1, 3, 32, 64), "64 × 32 pixels"),
    "another number of colours than its weights": (sides(1, SIDE, SIDE, 3), "can’t be run on images of 32"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_networks_never_have_ends_in_a_sentence(tmp_path, case):
    change, phrase = REFUSED[case]
    model = small_onnx()
    change(model)
    with pytest.raises(UserError, match=phrase) as caught:
        READER.read(written(tmp_path / "net.onnx", model))
    assert caught.value.fix


@pytest.mark.parametrize("data", [b"", b"onnx, honestly", b"\x08", small_onnx().SerializeToString()[:-200]])
def test_what_is_damaged_ends_in_a_sentence(data):
    with pytest.raises(UserError, match="damaged or cut off|not as large"):
        parse_checked(data, "net.onnx")


def grafted(folder, batch: int | str = "n"):
    """A classifier of two classes, and what it is made of."""
    random = np.random.default_rng(5)
    layers = [
        (random.normal(size=(WIDTH, 7)), random.normal(size=7)),
        (random.normal(size=(7, 2)), random.normal(size=2)),
    ]
    prototypes = random.normal(size=(4, WIDTH)).astype(np.float32)
    prototypes /= np.linalg.norm(prototypes, axis=1, keepdims=True)
    stored(folder, small_onnx(batch=batch), scaling="torch")
    return graft_onnx((folder / FILE).read_bytes(), layers, SIDE, prototypes), layers, prototypes


@pytest.mark.parametrize("batch", ["n", 1])
def test_a_grafted_head_computes_what_it_should(tmp_path, batch):
    data, layers, prototypes = grafted(tmp_path, batch)
    images = noise(3)
    features = OnnxModel(tmp_path / FILE).run(images, "pooled")
    hidden = np.maximum(features @ layers[0][0] + layers[0][1], 0)
    logits = hidden @ layers[1][0] + layers[1][1]
    likeness = features / np.linalg.norm(features, axis=1, keepdims=True) @ prototypes.T
    probabilities, familiarity = OnnxModel(data).run_all(images, ("probabilities", "familiarity"))
    softmax = np.exp(logits - logits.max(axis=1, keepdims=True))
    np.testing.assert_allclose(probabilities, softmax / softmax.sum(axis=1, keepdims=True), atol=1e-5)
    np.testing.assert_allclose(familiarity, np.maximum(likeness.max(axis=1, keepdims=True), 0), atol=1e-5)


def test_a_foreign_bundle_is_looked_through_before_it_runs(tmp_path):
    data, _, _ = grafted(tmp_path)
    info = {"input": {"size": SIDE, "resize": "center-crop"}}
    model = onnx.ModelProto.FromString(data)
    node("RandomNormalLike", ["image"])(model)
    with pytest.raises(UserError, match="draws at random"):
        probe(Bundle(model.SerializeToString(), ("a", "b"), info))


def test_a_network_is_added_trained_explained_and_exported(workspace, tmp_path):
    path = written(tmp_path / "Café net.onnx", small_onnx())
    network = finish(add_network(workspace, Source(path), Choices()))[1]
    assert not network.spec.can_unfreeze and network.spec.imported.form == "onnx"
    with pytest.raises(UserError, match="is an ONNX network"):
        side_by_side([BUILT_IN, network.spec])
    model = tlcore.train(
        write_small_folder(tmp_path / "photos", 8),
        backbone=network.id,
        workspace=workspace,
        epochs=5,
        image_size=SIDE,
        cross_validation="never",
        progress=False,
    )
    folder = tlcore.list_runs(workspace)[0].folder
    bundle = load_bundle(folder)
    assert bundle.network_file == "model.onnx" and bundle.info["versions"]["onnxruntime"]
    with pytest.raises(UserError, match="uses an ONNX network"):
        bundle.tflite  # noqa: B018
    photo = next((tmp_path / "photos").rglob("*.png"))
    saved = model.save(tmp_path / "saved.zip")
    assert tlcore.load_model(saved).predict(photo).probabilities == model.predict(photo).probabilities
    image = ImageClassifier(bundle).read(photo.read_bytes())
    assert Explainer(bundle).explain(image, bundle.labels[0]).method == "occlusion", "no gradients, so it is asked"
    made = model.export("onnx", tmp_path / "export")
    assert made.check.largest_difference <= 1e-4
    assert (tmp_path / "export" / "model.onnx").read_bytes() == bundle.network, "as it is"
    assert "onnxruntime" in (tmp_path / "export" / "requirements.txt").read_text()
    with pytest.raises(UserError, match="not possible with an ONNX network.*python, service, space, onnx"):
        model.export("html", tmp_path / "page.html")
