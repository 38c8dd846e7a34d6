"""The route that gives photos as a zip: to whom, and what is in it; over a real connection."""

import csv
import http.client
import io
import shutil
import socket
import threading
import zipfile
from collections.abc import Iterator
from urllib.parse import quote

import pytest
import uvicorn
from starlette.applications import Starlette

from pages.server.downloads import Downloads, download_address, zip_pieces
from pages.server.live_model import LiveModel, model_address
from pages.server.sorted_photos import SortedPhotos, sorted_address
from tests.conftest import copy_of
from tests.photos import class_files, write_zip
from tlcore import access
from tlcore.data import edits, incoming
from tlcore.data.ingest import ingest_zip
from tlcore.events import run_to_end
from tlcore.jobs.store import analysis_job
from tlcore.worker.runner import run_job


@pytest.fixture
def edited(workspace, tmp_path):
    """A data set of which a photo was moved to another class and one was left out."""
    files = class_files({"oaks": 6, "elms — field": 6}, seed=71)
    dataset = run_to_end(ingest_zip(workspace, write_zip(tmp_path / "trees.zip", files)))
    paths = list(dataset.photos["path"])
    newer = edits.relabel(workspace, dataset, paths[:1], dataset.labels[1])
    return edits.leave_out(workspace, newer, paths[1:2])


@pytest.fixture
def get(workspace, monkeypatch) -> Iterator:
    """`get(address, **headers)`: the status, the headers and the body."""
    monkeypatch.setenv("TRANSFERLAB_HOME", str(workspace.root))
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(
        uvicorn.Config(
            Starlette(routes=[*Downloads().routes(), *SortedPhotos().routes(), *LiveModel().routes()]),
            log_level="critical",
            ws="none",
        )
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    host = f"127.0.0.1:{listening.getsockname()[1]}"

    def ask(address: str, **headers: str):
        connection = http.client.HTTPConnection(host, timeout=20)
        own = {"Referer": f"http://{host}/data"}
        connection.request(
            "GET", f"/{address}", headers=own | {name.replace("_", "-"): headers[name] for name in headers}
        )
        response = connection.getresponse()
        body = response.read()
        connection.close()
        return response.status, dict(response.getheaders()), body

    yield ask
    server.should_exit = True
    thread.join()
    listening.close()


def test_the_zip_has_every_photo_in_its_class_and_what_was_changed(get, workspace, edited):
    status, headers, body = get(download_address(workspace, edited.id))
    assert (
        status == 200 and headers["content-type"] == "application/zip" and "trees.zip" in headers["content-disposition"]
    )
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        assert archive.testzip() is None
        photos = [name for name in archive.namelist() if name.endswith(".jpg")]
        assert len(photos) == len(edited.photos) == 11
        assert {name.split("/")[0] for name in photos} == set(edited.labels)
        changes = list(csv.reader(io.StringIO(archive.read("changes.csv").decode("utf-8-sig"))))
    done = {row[0]: row[3] for row in changes[1:]}
    moved, gone = sorted(set(done.values()) & {"moved to another class", "left out"}, reverse=True)
    assert moved == "moved to another class" and gone == "left out", done


@pytest.mark.parametrize(
    ("change", "headers", "reason"),
    [
        (lambda address: address[:-1] + ("A" if address[-1] != "A" else "B"), {}, "a wrong key"),
        (lambda address: address.rpartition("/")[0] + "/" + "x" * 5000, {}, "a key without end"),
        (lambda address: address.replace("%40", "%2F..%2F"), {}, "a path instead of an id"),
        (lambda address: address.replace("trees", "other"), {}, "the key of another data set"),
        (lambda address: address, {"Referer": "http://elsewhere.example/"}, "a link on another site"),
        (lambda address: address, {"Sec_Fetch_Site": "cross-site"}, "the browser says it comes from elsewhere"),
    ],
)
def test_nobody_else_gets_anything(get, workspace, edited, change, headers, reason):
    status, _, body = get(change(download_address(workspace, edited.id)), **headers)
    assert status == 404 and b"PK" not in body, reason


def test_the_key_of_a_share_link_is_none_for_this(get, workspace, edited):
    key = access.share_key(workspace, "see", "dataset", edited.id)
    assert get(f"download/{quote(edited.id)}/{key}")[0] == 404


def test_pieces_come_one_by_one():
    """However large the data set is, one photo is in memory."""
    pieces = zip_pieces((f"{number}.jpg", bytes([number]) * 1000) for number in range(5))
    sizes = [len(piece) for piece in pieces]
    assert len(sizes) == 6 and all(1000 <= size < 1200 for size in sizes[:5])


@pytest.fixture
def predicted(trained, workspace, tmp_path):
    """A job of predictions of photos that were uploaded, in the workspace that the route works in."""
    home = copy_of(trained, tmp_path / "copy")
    for folder in ("runs", "datasets"):
        shutil.copytree(home[0].root / folder, workspace.root / folder, dirs_exist_ok=True)
    area = incoming.new_incoming(workspace)
    incoming.add_files(workspace, area, [(f"walk/{name}", data, None) for name, data in class_files({"a": 3}).items()])
    job = analysis_job(workspace, home[2], "predictions", {"area": area, "name": "Walk"})
    assert run_job(workspace, job).type == "finished"
    return job


def test_predicted_photos_come_sorted_and_only_with_their_key(workspace, predicted, get):
    address = sorted_address(workspace, predicted.id, 0.0)
    status, headers, body = get(address)
    assert status == 200 and "walk-sorted.zip" in headers["content-disposition"]
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        names = archive.namelist()
        assert archive.testzip() is None and len(names) == 3
    nothing_known = get(sorted_address(workspace, predicted.id, 2.0))[2]
    with zipfile.ZipFile(io.BytesIO(nothing_known)) as archive:
        assert all(name.startswith("none of these/") for name in archive.namelist())
    job, threshold, key = address.split("/")[1:]
    other = access.share_key(workspace, "see", "download", job)
    for wrong in (
        f"sorted/{job}/{threshold}/{other}",
        f"sorted/{job}/much/{key}",
        f"sorted/{job}/nan/{key}",
        f"sorted/..%2Fruns/{threshold}/{key}",
        f"sorted/{job}/{threshold}/x",
    ):
        assert get(wrong)[0] == 404, wrong
    assert get(address, Referer="http://elsewhere.example/")[0] == 404
    incoming.clear(workspace, predicted.spec["options"]["area"])
    assert get(address)[0] == 404, "the photos were cleared"


def test_a_run_s_model_comes_only_with_its_key_and_the_runtime_to_all(trained, workspace, tmp_path, get):
    home = copy_of(trained, tmp_path / "copy")
    shutil.copytree(home[0].root / "runs", workspace.root / "runs", dirs_exist_ok=True)
    run, address = home[2].id, model_address(workspace, home[2].id, "mark")
    status, headers, body = get(address)
    assert status == 200 and body == (home[2].folder / "bundle" / "model.tflite").read_bytes()
    assert "private" in headers["cache-control"]
    key = address.rsplit("/", 1)[1]
    foreign = access.share_key(workspace, "see", "download", run)
    for wrong in (
        f"live/{run}/mark/x",
        f"live/{run}/mark/{foreign}",
        f"live/..%2F{run}/mark/{key}",
        f"live/x/mark/{key}",
    ):
        assert get(wrong)[0] == 404, wrong
    assert get(address, Referer="http://elsewhere.example/")[0] == 404
    shutil.rmtree(workspace.root / "runs" / run)
    assert get(address)[0] == 404
    assert get("live/litert.js")[0] == 200
    status, headers, body = get("live/litert.wasm")
    assert status == 200 and headers["content-encoding"] == "gzip" and headers["content-type"] == "application/wasm"
