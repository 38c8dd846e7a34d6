"""One file of several classifiers gives what they give together, and has in it once what they share."""

import numpy as np
import pytest

from tlcore.errors import UserError
from tlcore.evaluation.ensemble import AVERAGE, VOTE, combine, combine_familiarity
from tlcore.evaluation.prototypes import unit
from tlcore.models.litert_runtime import LiteModel
from tlcore.models.registry import BACKBONES
from tlcore.models.tflite_file import unpack
from tlcore.models.weights import asset_path
from tlcore.serving.graft import graft_head
from tlcore.serving.merge import merge_classifiers

SIZE, WEIGHTS = 64, (0.5, 0.3, 0.2)
OUTPUTS = ("probabilities", "familiarity")


@pytest.fixture(scope="module")
def heads():
    """Three classifiers on the same network; the first two have the same prototypes."""
    backbone, random = asset_path(BACKBONES[0]).read_bytes(), np.random.default_rng(0)
    width, files = BACKBONES[0].feature_size, []
    prototypes = [unit(random.normal(size=(4, width)).astype(np.float32)) for _ in range(2)]
    for number in range(3):
        weights = random.normal(scale=0.2, size=(width, 5)).astype(np.float32)
        files.append(
            graft_head(backbone, [(weights, np.zeros(5, np.float32))], SIZE, prototypes=prototypes[number // 2])
        )
    return files


def noise(number: int) -> np.ndarray:
    return np.random.default_rng(number).uniform(0, 255, (number, SIZE, SIZE, 3)).astype(np.float32)


@pytest.mark.parametrize("method", [AVERAGE, VOTE])
@pytest.mark.parametrize("photos", [1, 3])
def test_it_gives_what_they_give_together(heads, method, photos):
    merged = LiteModel(merge_classifiers(heads, WEIGHTS, method))
    given = [LiteModel(data).run_all(noise(photos), OUTPUTS) for data in heads]
    probabilities, familiarity = merged.run_all(noise(photos), OUTPUTS)
    assert probabilities == pytest.approx(combine([each for each, _ in given], WEIGHTS, method), abs=1e-5)
    assert familiarity == pytest.approx(combine_familiarity([each for _, each in given], WEIGHTS), abs=1e-5)


def test_the_network_and_equal_prototypes_are_in_it_once(heads):
    merged = merge_classifiers(heads, WEIGHTS, AVERAGE)
    per_head = BACKBONES[0].feature_size * 5 * 4
    per_prototypes = BACKBONES[0].feature_size * 4 * 4
    assert len(merged) < len(heads[0]) + 2 * per_head + per_prototypes + 10_000
    convolutions = [len(unpack(data)[0].subgraphs[0].operators) for data in (heads[0], merged)]
    assert convolutions[1] - convolutions[0] < 40, "no layer of the network is computed twice"


def test_networks_that_differ_are_both_in_it(heads):
    other = bytearray(heads[1])
    model, _ = unpack(bytes(other))
    largest = max((buffer.data for buffer in model.buffers if buffer.data is not None), key=len)
    place = heads[1].find(bytes(largest[:64]))
    other[place : place + 2] = heads[1][place + 2 : place + 4]  # one weight of a layer
    merged = merge_classifiers([heads[0], bytes(other)], (0.5, 0.5), AVERAGE)
    given = [LiteModel(bytes(data)).run(noise(1), "probabilities") for data in (heads[0], other)]
    found = LiteModel(merged).run(noise(1), "probabilities")
    assert found == pytest.approx(combine(given, (0.5, 0.5)), abs=1e-5)


def test_without_familiarity_the_file_has_one_output(heads):
    assert LiteModel(merge_classifiers(heads, WEIGHTS, AVERAGE, False)).output_names == ("probabilities",)


def test_what_is_no_model_is_refused(heads):
    with pytest.raises(UserError):
        merge_classifiers([heads[0], b"no model at all"], (0.5, 0.5), AVERAGE)
