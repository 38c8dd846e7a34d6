"""Keras' folder of weights: what is there, what is damaged, how files come, and the message without a network."""

import dataclasses
import hashlib
import http.server
import shutil
import socket
import subprocess
import sys
import threading

import h5py
import numpy as np
import pytest

from tests.conftest import finish
from tlcore.errors import UserError
from tlcore.models.registry import BUILT_IN, TABLE
from tlcore.models.weights import fingerprint
from tlcore.models.weights_cache import fetch, import_file, is_present, keras_folder, verify, weights_path

DATA = bytes(range(256)) * 4_000
SPEC = TABLE["vgg16"]


class _Handler(http.server.BaseHTTPRequestHandler):
    """Sends DATA under any name but /missing; knows ranges."""

    def _head(self) -> int:
        first = int((self.headers.get("Range") or "bytes=0-")[6:-1])
        if self.path == "/missing":
            self.send_error(404)
            return len(DATA)
        self.send_response(206 if first else 200)
        self.send_header("Content-Length", str(len(DATA) - first))
        self.end_headers()
        return first

    def do_HEAD(self):
        self._head()

    def do_GET(self):
        self.wfile.write(DATA[self._head() :])

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def address():
    """A server on this machine."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """An empty folder of Keras."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    return tmp_path / "keras" / "models"


def served(address: str, name: str = "file.h5", algorithm: str = "md5"):
    """A row whose weights are DATA."""
    return dataclasses.replace(
        SPEC, weights_url=f"{address}/{name}", weights_hash=hashlib.new(algorithm, DATA).hexdigest()
    )


def write_weights(path, damaged: bool = False):
    """A file in Keras' layout of weights, large enough that half of it is a part of an array."""
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = [b"conv"]
        file["conv/kernel"] = np.random.default_rng(0).normal(size=(64, 64))
    if damaged:
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    return path


def test_folder_follows_the_environment(folder, monkeypatch, tmp_path):
    assert keras_folder() == folder and weights_path(SPEC) == folder / SPEC.weights_file
    monkeypatch.delenv("KERAS_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert keras_folder() == tmp_path / ".keras" / "models"


def test_what_is_present(folder):
    assert is_present(BUILT_IN) and not is_present(SPEC)
    folder.mkdir(parents=True)
    weights_path(SPEC).write_bytes(b"anything")
    assert is_present(SPEC)
    with pytest.raises(ValueError, match="has no file in Keras"):
        weights_path(BUILT_IN)


@pytest.mark.parametrize("algorithm", ["md5", "sha256"])
def test_fetched_once_with_progress_and_then_there(address, algorithm, folder):
    spec = served(address, algorithm=algorithm)
    events, path = finish(fetch(spec))
    assert path == folder / "file.h5" == verify(spec) and path.read_bytes() == DATA
    assert events[-1].stage == "download" and events[-1].done == events[-1].total == len(DATA)
    assert finish(fetch(spec)) == ([], path)
    assert [item.name for item in folder.glob("*.h5*") if not item.name.endswith(".lock")] == ["file.h5"]


def test_stopping_keeps_what_was_fetched(address, folder, monkeypatch):
    monkeypatch.setattr("tlcore.data.download.SECONDS_BETWEEN_EVENTS", 0.0)
    spec = served(address)
    assert finish(fetch(spec, lambda: True))[1] is None
    assert not is_present(spec) and next(folder.glob("*.part")).stat().st_size > 0
    assert finish(fetch(spec))[1].read_bytes() == DATA


def test_nothing_is_fetched_for_the_built_in_one():
    assert finish(fetch(BUILT_IN)) == ([], None)


def refused_port() -> str:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{taken.getsockname()[1]}"


def test_without_a_network_it_says_file_folder_and_alternative(folder):
    with pytest.raises(UserError) as caught:
        finish(fetch(served(refused_port(), "some_file.h5")))
    assert "refused the connection" in caught.value.what
    for part in ("some_file.h5", "EfficientNet-Lite0", "weights import"):
        assert part in caught.value.fix


@pytest.mark.parametrize(
    ("name", "digest", "what"),
    [("missing", "", "the file is no longer there"), ("file.h5", "0" * 32, "sent another file than the weights")],
    ids=["gone from the server", "another file"],
)
def test_what_is_not_the_file_does_not_stay(address, folder, name, digest, what):
    spec = dataclasses.replace(served(address, name), weights_hash=digest)
    with pytest.raises(UserError, match=what):
        finish(fetch(spec))
    assert not is_present(spec) and not list(folder.glob("*.download"))


@pytest.mark.parametrize("weights_hash", ["0" * 64, ""], ids=["by its hash", "by reading it through"])
def test_damaged_and_missing_files_are_named(folder, weights_hash):
    spec = dataclasses.replace(SPEC, weights_hash=weights_hash)
    with pytest.raises(UserError, match="are not on this computer"):
        verify(spec)
    folder.mkdir(parents=True)
    write_weights(weights_path(spec), damaged=True)
    with pytest.raises(UserError, match=f"damaged .{spec.weights_file}"):
        verify(spec)
    with pytest.raises(UserError, match="damaged"):
        finish(fetch(spec))


def test_a_whole_file_without_a_published_hash_is_believed_and_identified_by_its_content(folder):
    spec = dataclasses.replace(SPEC, weights_hash="", fingerprint="")
    folder.mkdir(parents=True)
    path = write_weights(weights_path(spec))
    assert verify(spec) == path
    assert fingerprint(spec) == hashlib.sha256(path.read_bytes()).hexdigest()
    path.write_bytes(DATA)
    assert fingerprint(spec) == hashlib.sha256(DATA).hexdigest()
    assert fingerprint(SPEC) == SPEC.weights_hash


@pytest.mark.parametrize("name", ["file.h5", "renamed by a browser (1).h5"])
def test_a_carried_file_is_known_by_name_or_content(address, tmp_path, folder, name):
    spec = served(address)
    (tmp_path / name).write_bytes(DATA)
    assert import_file(tmp_path / name, (BUILT_IN, SPEC, spec)) == spec
    assert (folder / "file.h5").read_bytes() == DATA
    assert import_file(folder / "file.h5", (spec,)) == spec, "what is there already may be named"


@pytest.mark.parametrize(
    ("name", "data", "what"),
    [
        ("file.h5", DATA[:-1], "damaged"),
        ("holiday.h5", DATA[:-1], "not the weights file of a known network"),
        (None, None, "no file"),
    ],
)
def test_other_files_are_refused(address, tmp_path, folder, name, data, what):
    if name:
        (tmp_path / name).write_bytes(data)
    with pytest.raises(UserError, match=what):
        import_file(tmp_path / (name or "absent.h5"), (served(address),))
    assert not folder.exists() or not list(folder.iterdir())


def test_a_full_disk_is_a_sentence(address, tmp_path, monkeypatch):
    (tmp_path / "file.h5").write_bytes(DATA)

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shutil, "copyfile", full)
    with pytest.raises(UserError, match="full"):
        import_file(tmp_path / "file.h5", (served(address),))


def test_the_table_and_the_folder_need_neither_tensorflow_nor_h5py():
    code = (
        "import sys; from tlcore.models.registry import BACKBONES;"
        "from tlcore.models.weights_cache import is_present;"
        "[is_present(spec) for spec in BACKBONES];"
        "sys.exit(any(name in sys.modules for name in ('tensorflow', 'keras', 'h5py')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
