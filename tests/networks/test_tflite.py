"""LiteRT files that people bring: what is read from them, what is put around them, and what is refused."""

import flatbuffers
import keras
import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

from tests.networks.small import SIDE, noise, small_network, small_tflite
from tlcore.errors import UserError
from tlcore.models.frozen_files import ACTIVATION, POOLED
from tlcore.models.imported.candidate import Choices, complete
from tlcore.models.imported.kinds import recognise
from tlcore.models.imported.tflite_form import FILE
from tlcore.models.imported.tflite_metadata import BUFFER, read_metadata, scaling_by_numbers
from tlcore.models.imported.tflite_reader import READER, read_tflite, save_tflite
from tlcore.models.litert_runtime import LiteModel
from tlcore.models.scalings import SCALING_VALUES, scale_pixels
from tlcore.models.tflite_file import pack

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")


@pytest.fixture(scope="module")
def data() -> bytes:
    """The small network, scaling inside."""
    return small_tflite()


@pytest.fixture(scope="module")
def bare() -> bytes:
    """The small network without scaling."""
    return small_tflite(scaled=False)


def changed(data: bytes, change) -> bytes:
    """A file with something in it changed."""
    model = schema.ModelT.InitFromPackedBuf(data)
    change(model)
    return pack(model)


def test_what_stands_in_the_file_is_read(data, bare, tmp_path):
    path = tmp_path / "cats.tflite"
    path.write_bytes(data)
    assert recognise(path) == "tflite"
    candidate = READER.read(path)
    assert candidate.embeddings[0].shape == (8, 8, 12) and candidate.embeddings[-1].shape == (3,)
    assert (candidate.image_size.value, candidate.least_image_size, candidate.most_image_size) == (SIDE, SIDE, 0)
    assert (candidate.scaling.value, candidate.scaling.basis) == ("inside", "file"), "it begins with arithmetic"
    assert not candidate.can_be_keras and candidate.num_parameters > 1000
    assert read_tflite(bare, "x", "tflite").scaling.value == "", "nothing tells, so it is tried on photos"


@pytest.mark.parametrize("scaling", SCALING_VALUES)
def test_the_stored_network_gives_what_the_file_gives(bare, tmp_path, scaling):
    choices = complete(read_tflite(bare, "x", "tflite"), Choices(scaling=scaling))
    saved = save_tflite(bare, "x", choices, tmp_path)
    given = small_network(scaled=False)
    expected = keras.Model(given.input, given.get_layer("pool").output)(scale_pixels(noise(), scaling))
    model = LiteModel(tmp_path / FILE)
    np.testing.assert_allclose(model.run(noise(), POOLED), expected, atol=1e-4)
    assert model.run(noise(), ACTIVATION).shape == (4, 8, 8, 12) and saved.feature_size == 12
    assert (saved.scaling, saved.blocks) == ("inside", ()), "frozen, and nothing is left to do"


def test_a_network_of_bytes_gets_floats_around_it(bare, tmp_path):
    """Its input as bytes of −1…1, as old converters made them: the numbers tell the scaling."""

    def quantise(model: schema.ModelT) -> None:
        graph = model.subgraphs[0]
        image = int(graph.inputs[0])
        tensor = schema.TensorT(shape=graph.tensors[image].shape, type=schema.TensorType.UINT8, name=b"bytes", buffer=0)
        tensor.quantization = schema.QuantizationParametersT(scale=np.array([2 / 255], "f4"), zeroPoint=np.array([128]))
        graph.tensors.append(tensor)
        model.operatorCodes.append(schema.OperatorCodeT(deprecatedBuiltinCode=6, builtinCode=6, version=2))
        floats = schema.OperatorT(
            opcodeIndex=len(model.operatorCodes) - 1, inputs=[len(graph.tensors) - 1], outputs=[image]
        )
        graph.operators.insert(0, floats)
        graph.inputs = [len(graph.tensors) - 1]
        model.signatureDefs = []

    candidate = read_tflite(changed(bare, quantise), "x", "tflite")
    assert (candidate.scaling.value, candidate.scaling.basis) == ("-1..1", "file")
    save_tflite(changed(bare, quantise), "x", complete(candidate, Choices()), tmp_path)
    given = small_network(scaled=False)
    expected = keras.Model(given.input, given.get_layer("pool").output)(scale_pixels(noise(), "-1..1"))
    np.testing.assert_allclose(LiteModel(tmp_path / FILE).run(noise(), POOLED), expected, rtol=0.05, atol=0.05)


@pytest.mark.parametrize(
    ("mean", "deviation", "expected"),
    [
        ([127.5], [127.5], "-1..1"),
        ([0.0], [255.0], "0..1"),
        ([0.0], [1.0], "inside"),
        ([123.675, 116.28, 103.53], [58.395, 57.12, 57.375], "torch"),
        ([10.0], [3.0], ""),
        ([127.5], [0.0], ""),
    ],
)
def test_metadata_tells_the_scaling(data, mean, deviation, expected):
    def note(model: schema.ModelT) -> None:
        model.buffers.append(schema.BufferT(data=np.frombuffer(metadata(mean, deviation), np.uint8)))
        model.metadata = [schema.MetadataT(name=BUFFER, buffer=len(model.buffers) - 1)]

    found = read_metadata(metadata(mean, deviation))
    assert (found.scaling, found.name, found.licence) == (expected, "Cats", "MIT")
    candidate = read_tflite(changed(data, note), "x", "tflite")
    assert candidate.title == "Cats" and candidate.licence == "MIT"
    assert candidate.scaling.value == (expected or "inside")


def metadata(mean: list[float], deviation: list[float]) -> bytes:
    """TensorFlow Lite's metadata with a name, a licence and a normalisation, as its writer lays it out."""
    builder = flatbuffers.Builder(0)

    def floats(values: list[float]) -> int:
        builder.StartVector(4, len(values), 4)
        for value in reversed(values):
            builder.PrependFloat32(value)
        return builder.EndVector()

    def table(slots: int, **offsets: int) -> int:
        builder.StartObject(slots)
        for slot, offset in offsets.items():
            builder.PrependUOffsetTRelativeSlot(int(slot[1:]), offset, 0)
        return builder.EndObject()

    def vector(offset: int) -> int:
        builder.StartVector(4, 1, 4)
        builder.PrependUOffsetTRelative(offset)
        return builder.EndVector()

    options = table(2, _0=floats(mean), _1=floats(deviation))
    builder.StartObject(2)
    builder.PrependUint8Slot(0, 1, 0)
    builder.PrependUOffsetTRelativeSlot(1, options, 0)
    unit = builder.EndObject()
    graph = table(3, _2=vector(table(6, _4=vector(unit))))
    name, licence = builder.CreateString("Cats"), builder.CreateString("MIT")
    builder.Finish(table(6, _0=name, _3=vector(graph), _5=licence), file_identifier=b"M001")
    return bytes(builder.Output())


def test_numbers_that_are_no_usual_scaling_are_none():
    assert scaling_by_numbers(np.array([1 / 255]), np.array([0.5])) == ""


def custom(model: schema.ModelT) -> None:
    model.operatorCodes[0].customCode, model.operatorCodes[0].builtinCode = b"FlexReadFile", 32


def loop(model: schema.ModelT) -> None:
    model.operatorCodes[0].builtinCode = schema.BuiltinOperator.WHILE


def nowhere(model: schema.ModelT) -> None:
    model.subgraphs[0].operators[0].inputs = [10_000, -1, -1]


def grey(model: schema.ModelT) -> None:
    model.subgraphs[0].tensors[int(model.subgraphs[0].inputs[0])].shape = np.array([1, 32, 32, 1], np.int32)


def oblong(model: schema.ModelT) -> None:
    model.subgraphs[0].tensors[int(model.subgraphs[0].inputs[0])].shape = np.array([1, 32, 48, 3], np.int32)


def programs(model: schema.ModelT) -> None:
    model.subgraphs.append(model.subgraphs[0])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (custom, "an operator that is not allowed here .“FlexReadFile”"),
        (loop, "“WHILE”"),
        (nowhere, "damaged"),
        (grey, "not a colour image"),
        (oblong, "48 × 32"),
        (programs, "several programs"),
    ],
)
def test_what_is_refused(data, change, message):
    with pytest.raises(UserError, match=message):
        read_tflite(changed(data, change), "x.tflite", "tflite")


def test_damaged_files_end_in_a_sentence(data):
    """Cut anywhere. The interpreter itself is never given such a file: the look before it fails."""
    for length in range(0, 400, 13):
        with pytest.raises(UserError, match="damaged"):
            read_tflite(data[:length], "x.tflite", "tflite")
