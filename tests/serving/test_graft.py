"""A grafted file computes what the backbone and the head compute, and nothing else is left in it."""

import subprocess
import sys

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter

from tlcore.errors import UserError
from tlcore.evaluation.prototypes import familiarity, unit
from tlcore.models.registry import BACKBONES
from tlcore.models.weights import asset_path
from tlcore.serving.graft import graft_head

SIZE, NUM_CLASSES = 96, 5


@pytest.fixture(scope="module")
def backbone():
    return asset_path(BACKBONES[0]).read_bytes()


@pytest.fixture(scope="module")
def head():
    random = np.random.default_rng(0)
    weights = random.normal(scale=0.1, size=(BACKBONES[0].feature_size, NUM_CLASSES)).astype(np.float32)
    return weights, random.normal(size=NUM_CLASSES).astype(np.float32)


@pytest.fixture(scope="module")
def grafted(backbone, head):
    return graft_head(backbone, [head], SIZE)


def noise(count: int, size: int = SIZE) -> np.ndarray:
    return np.random.default_rng(1).uniform(0, 255, (count, size, size, 3)).astype(np.float32)


def softmax(logits: np.ndarray) -> np.ndarray:
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    return exponentials / exponentials.sum(axis=1, keepdims=True)


def expected_probabilities(backbone, head, images):
    pooled = Interpreter(model_content=backbone).get_signature_runner()(image=images)["pooled"]
    weights, bias = head
    return softmax(pooled @ weights + bias)


@pytest.mark.parametrize(
    ("size", "num_classes", "count"),
    [(96, 2, 1), (160, 5, 1), (224, 300, 1), (96, 5, 4)],
    ids=["two classes", "160 px", "224 px and 300 classes", "four photos at once"],
)
def test_equals_features_times_head(backbone, size, num_classes, count):
    random = np.random.default_rng(2)
    head = (
        random.normal(scale=0.1, size=(BACKBONES[0].feature_size, num_classes)).astype(np.float32),
        random.normal(size=num_classes).astype(np.float32),
    )
    images = noise(count, size)
    runner = Interpreter(model_content=graft_head(backbone, [head], size)).get_signature_runner()
    received = runner(image=images)["probabilities"]
    expected = expected_probabilities(backbone, head, images)
    assert received.shape == (count, num_classes) and expected.std() > 0
    np.testing.assert_allclose(received, expected, atol=1e-5)


def test_a_bare_interpreter_needs_no_resizing(backbone, head, grafted):
    interpreter = Interpreter(model_content=grafted)
    interpreter.allocate_tensors()
    (image,), (probabilities,) = interpreter.get_input_details(), interpreter.get_output_details()
    assert (image["name"], image["shape"].tolist(), image["dtype"]) == ("image", [1, SIZE, SIZE, 3], np.float32)
    assert (probabilities["name"], probabilities["shape"].tolist()) == ("probabilities", [1, NUM_CLASSES])
    photo = noise(1)
    interpreter.set_tensor(image["index"], photo)
    interpreter.invoke()
    received = interpreter.get_tensor(probabilities["index"])
    np.testing.assert_allclose(received, expected_probabilities(backbone, head, photo), atol=1e-5)


def test_signature_is_photo_in_probabilities_out(grafted):
    signatures = Interpreter(model_content=grafted).get_signature_list()
    assert signatures == {"serving_default": {"inputs": ["image"], "outputs": ["probabilities"]}}


def test_what_is_not_needed_is_gone(backbone, grafted):
    imagenet_classifier = BACKBONES[0].feature_size * 1000 * 2
    assert len(backbone) - len(grafted) > 0.95 * imagenet_classifier
    model = schema.ModelT.InitFromPackedBuf(grafted)
    graph = model.subgraphs[0]
    used = {int(index) for operator in graph.operators for index in (*operator.inputs, *operator.outputs)}
    assert used == set(range(len(graph.tensors)))
    holders = [*graph.tensors, *model.metadata]
    assert {holder.buffer for holder in holders} | {0} == set(range(len(model.buffers)))
    assert {operator.opcodeIndex for operator in graph.operators} == set(range(len(model.operatorCodes)))
    assert all(1000 not in tensor.shape for tensor in graph.tensors)


def test_buffers_lie_on_16_byte_borders(grafted):
    model = schema.Model.GetRootAs(grafted, 0)
    buffers = [model.Buffers(index) for index in range(model.BuffersLength())]
    starts = [buffer._tab.Vector(buffer._tab.Offset(4)) for buffer in buffers if buffer.DataLength()]
    assert len(starts) > 100 and all(start % 16 == 0 for start in starts)


def test_same_head_same_file(backbone, head, grafted):
    assert graft_head(backbone, [head], SIZE) == grafted


@pytest.mark.parametrize(
    ("weights_shape", "bias_shape"),
    [((1279, 3), (3,)), ((3, 1280), (3,)), ((1280, 3), (4,)), ((1280,), ())],
    ids=["another backbone's features", "transposed", "bias of other classes", "no class axis"],
)
def test_a_head_that_does_not_fit_is_refused(backbone, weights_shape, bias_shape):
    with pytest.raises(ValueError, match="Allowed: .1280, outputs."):
        graft_head(backbone, [(np.zeros(weights_shape, np.float32), np.zeros(bias_shape, np.float32))], SIZE)


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 not a model"], ids=["empty", "another format"])
def test_a_file_that_is_no_backbone_is_refused(data, head):
    with pytest.raises(UserError, match="not a LiteRT file"):
        graft_head(data, [head], SIZE)


def test_a_model_without_features_is_refused(grafted, head):
    with pytest.raises(UserError, match="pooled"):
        graft_head(grafted, [head], SIZE)


def test_needs_no_tensorflow():
    code = "import sys, tlcore.serving.graft; sys.exit('tensorflow' in sys.modules or 'keras' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.filterwarnings("ignore:.*tf.lite.Interpreter is deprecated")
def test_tensorflows_own_interpreter_reads_it(backbone, head, grafted):
    tensorflow = pytest.importorskip("tensorflow")
    photo = noise(1)
    runner = tensorflow.lite.Interpreter(model_content=grafted).get_signature_runner()
    received = runner(image=photo)["probabilities"]
    np.testing.assert_allclose(received, expected_probabilities(backbone, head, photo), atol=1e-5)


@pytest.mark.parametrize("count", [1, 3])
def test_familiarity_is_the_cosine_to_the_nearest_prototype_for_any_batch(backbone, head, count):
    images = np.concatenate([noise(count), np.zeros((1, SIZE, SIZE, 3), np.float32)])[-count:]
    pooled = Interpreter(model_content=backbone).get_signature_runner()(image=images)["pooled"]
    random = np.random.default_rng(3)
    near, far = pooled[:1] + 0.1 * random.normal(size=pooled[:1].shape), random.normal(size=(4, pooled.shape[1]))
    prototypes = unit(np.concatenate([near, far]))
    received = Interpreter(model_content=graft_head(backbone, [head], SIZE, prototypes=prototypes))
    outputs = received.get_signature_runner()(image=images)
    assert outputs["familiarity"].shape == (count, 1)
    np.testing.assert_allclose(outputs["familiarity"][:, 0], familiarity(pooled, prototypes), atol=1e-5)
    np.testing.assert_allclose(outputs["probabilities"], expected_probabilities(backbone, head, images), atol=1e-5)
    opposite = Interpreter(model_content=graft_head(backbone, [head], SIZE, prototypes=-prototypes[:1]))
    assert opposite.get_signature_runner()(image=images)["familiarity"][0, 0] == 0, "below 0 is 0"


def test_prototypes_of_other_features_are_refused(backbone, head):
    with pytest.raises(ValueError, match="Allowed: .n, 1280."):
        graft_head(backbone, [head], SIZE, prototypes=np.ones((2, 3), np.float32))
