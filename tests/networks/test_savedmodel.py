"""SavedModels that people bring: every operation is looked at before anything is loaded."""

import shutil
import tarfile
import zipfile
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.networks.small import SIDE, noise, small_network
from tlcore.errors import UserError
from tlcore.models.frozen_files import POOLED
from tlcore.models.imported.candidate import Choices, complete
from tlcore.models.imported.kinds import recognise
from tlcore.models.imported.savedmodel import READER, check_graph
from tlcore.models.imported.savedmodel_folder import GRAPH, savedmodel_folder
from tlcore.models.imported.tflite_form import FILE
from tlcore.models.litert_runtime import LiteModel

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def saved(folder: Path, compute) -> Path:
    """A SavedModel of a function of an image."""
    module = tf.Module()
    image = tf.TensorSpec((None, SIDE, SIDE, 3), tf.float32, name="image")
    module.compute = tf.function(compute, input_signature=[image])
    tf.saved_model.save(module, str(folder), signatures={"serving_default": module.compute})
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """The small network as `model.export` writes it."""
    place = tmp_path_factory.mktemp("saved") / "cats"
    small_network(scaled=False).export(place, verbose=False)
    return place


def test_it_is_read_and_gives_what_it_gave(folder, tmp_path):
    assert recognise(folder) == "savedmodel"
    candidate = READER.read(folder)
    assert candidate.embeddings[0].shape == (8, 8, 12) and not candidate.can_be_keras
    READER.save(folder, candidate, complete(candidate, Choices(scaling="inside")), tmp_path)
    given = small_network(scaled=False)
    expected = keras.Model(given.input, given.get_layer("pool").output)(noise())
    np.testing.assert_allclose(LiteModel(tmp_path / FILE).run(noise(), POOLED), expected, rtol=1e-3)


def zipped(folder: Path, path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for each in folder.rglob("*"):
            archive.write(each, f"net/{each.relative_to(folder)}")
        archive.writestr("net/variables/../../../escaped", "x")
        archive.writestr("net/assets/code.py", "x")
    return path


def tarred(folder: Path, path: Path) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        archive.add(folder, ".")
        link = tarfile.TarInfo("variables/variables.data-00001-of-00002")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    return path


@pytest.mark.parametrize(("pack", "name"), [(zipped, "cats.zip"), (tarred, "cats.tar.gz")])
def test_of_an_archive_only_graph_and_variables_are_taken(folder, tmp_path, pack, name):
    path = pack(folder, tmp_path / name)
    assert recognise(path) == "savedmodel"
    with savedmodel_folder(path) as unpacked:
        names = {each.relative_to(unpacked).as_posix() for each in unpacked.rglob("*") if each.is_file()}
    assert names == {GRAPH, "variables/variables.index", "variables/variables.data-00000-of-00001"}
    assert not (tmp_path.parent / "escaped").exists()


def read_file(image: tf.Tensor) -> tf.Tensor:
    return image * tf.cast(tf.strings.length(tf.io.read_file("/etc/passwd")), tf.float32)


def write_file(image: tf.Tensor) -> tf.Tensor:
    with tf.control_dependencies([tf.io.write_file("/tmp/never", "x")]):
        return tf.identity(image)


def python(image: tf.Tensor) -> tf.Tensor:
    return tf.py_function(lambda value: value, [image], tf.float32)


def loop(image: tf.Tensor) -> tf.Tensor:
    return tf.while_loop(lambda value: True, lambda value: (value + 1,), (image,))[0]


def random(image: tf.Tensor) -> tf.Tensor:
    return image + tf.random.uniform(tf.shape(image))


@pytest.mark.parametrize(
    ("compute", "operation"),
    [
        (read_file, "ReadFile"),
        (write_file, "WriteFile"),
        (python, "EagerPyFunc"),
        (loop, "While"),
        (random, "RandomUniform"),
    ],
)
def test_an_operation_that_does_not_only_calculate_is_refused(tmp_path, compute, operation):
    with pytest.raises(UserError, match=rf"not allowed here \(.*{operation}"):
        READER.read(saved(tmp_path / "net", compute))
    assert not Path("/tmp/never").exists()


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda folder: (folder / GRAPH).write_bytes(b"\xff" * 100), "damaged"),
        (lambda folder: (folder / GRAPH).write_bytes(b""), "empty, or of TensorFlow 1"),
        (lambda folder: shutil.rmtree(folder / "variables"), "can’t be converted"),
    ],
)
def test_a_damaged_one_ends_in_a_sentence(folder, tmp_path, damage, message):
    shutil.copytree(folder, tmp_path / "net")
    damage(tmp_path / "net")
    with pytest.raises(UserError, match=message):
        READER.read(tmp_path / "net")


def test_the_look_comes_before_the_load(tmp_path):
    """A graph is refused by its file alone, without its variables."""
    folder = saved(tmp_path / "net", python)
    shutil.rmtree(folder / "variables", ignore_errors=True)
    with pytest.raises(UserError, match="EagerPyFunc"):
        check_graph(folder / GRAPH, "net")
