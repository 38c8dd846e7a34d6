"""The routes that give exports, projects and classrooms: to whom, and what."""

import http.client
import shutil
import socket
import threading
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO

import pytest
import uvicorn
from starlette.applications import Starlette

from pages.server.exports import EXPORT, Exports, classroom_address, export_address, project_address
from tests.conftest import copy_of, finish
from tlcore import access
from tlcore.classroom.store import create_classroom, list_classrooms
from tlcore.exports.export_job import WHAT, export_options
from tlcore.exports.exporter import KINDS
from tlcore.jobs.store import analysis_job
from tlcore.projects.opening import open_project
from tlcore.worker.runner import run_job
from tlcore.workspace import open_workspace


@pytest.fixture(scope="module")
def made(trained, tmp_path_factory):
    """A workspace, a run in it, and the job that made an export of it."""
    workspace, dataset, run = copy_of(trained, tmp_path_factory.mktemp("made") / "home")
    job = analysis_job(workspace, run, WHAT, export_options(KINDS["tflite-float16"], False))
    assert run_job(workspace, job).type == "finished"
    create_classroom(workspace, "Shapes 7b")
    return workspace, dataset, run, job


@dataclass(frozen=True)
class Reply:
    status_code: int
    headers: dict[str, str]
    content: bytes


@pytest.fixture
def get(made, monkeypatch) -> Iterator:
    """`get(address, headers)`: the reply, over a real connection."""
    monkeypatch.setenv("TRANSFERLAB_HOME", str(made[0].root))
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(Starlette(routes=Exports().routes()), log_level="critical", ws="none"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    host = f"127.0.0.1:{listening.getsockname()[1]}"

    def ask(address: str, headers: Mapping[str, str] = {}) -> Reply:
        connection = http.client.HTTPConnection(host, timeout=20)
        connection.request("GET", f"/{address}", headers={"Referer": f"http://{host}/data", **headers})
        response = connection.getresponse()
        reply = Reply(response.status, dict(response.getheaders()), response.read())
        connection.close()
        return reply

    yield ask
    server.should_exit = True
    thread.join()
    listening.close()


def test_an_export_comes_as_it_lies_on_the_disk(get, made):
    workspace, _, _, job = made
    reply = get(export_address(workspace, job.id))
    assert reply.status_code == 200 and "shapes-tflite-float16.zip" in reply.headers["content-disposition"]
    assert reply.content == (job.folder / "shapes-tflite-float16.zip").read_bytes()


def test_a_project_that_is_made_while_it_is_sent_can_be_opened(get, made, tmp_path):
    workspace, dataset, run, _ = made
    reply = get(project_address(workspace, dataset.id))
    assert reply.status_code == 200 and "shapes-project.zip" in reply.headers["content-disposition"]
    assert zipfile.ZipFile(BytesIO(reply.content)).testzip() is None
    (tmp_path / "project.zip").write_bytes(reply.content)
    opened = finish(open_project(open_workspace(tmp_path / "home"), tmp_path / "project.zip"))[1]
    assert opened.fingerprint == dataset.fingerprint


def test_a_classroom_comes_as_one_zip(get, made):
    workspace = made[0]
    (classroom,) = list_classrooms(workspace)
    for hidden_test in (False, True):
        reply = get(classroom_address(workspace, classroom.id, hidden_test))
        assert reply.status_code == 200 and "shapes-7b-classroom.zip" in reply.headers["content-disposition"]
        assert {"README.txt", "podium.csv"} <= set(zipfile.ZipFile(BytesIO(reply.content)).namelist())


@pytest.mark.parametrize(
    ("change", "headers", "reason"),
    [
        (lambda address: address[:-1] + ("A" if address[-1] != "A" else "B"), {}, "a wrong key"),
        (lambda address: address.replace("/", "/..%2F", 1), {}, "a path instead of an id"),
        (lambda address: address.replace("shapes-", "others-").replace("2026", "2027"), {}, "the key of another thing"),
        (lambda address: address, {"Referer": "http://elsewhere.example/"}, "a link on another site"),
        (lambda address: address, {"Sec-Fetch-Site": "cross-site"}, "the browser says it comes from elsewhere"),
    ],
)
@pytest.mark.parametrize("kind", ["export", "project", "classroom"])
def test_nobody_else_gets_anything(kind, get, made, change, headers, reason):
    workspace, dataset, _, job = made
    addresses = {
        "export": export_address(workspace, job.id),
        "project": project_address(workspace, dataset.id),
        "classroom": classroom_address(workspace, list_classrooms(workspace)[0].id),
    }
    reply = get(change(addresses[kind]), headers)
    assert reply.status_code == 404 and b"PK" not in reply.content, reason


def test_a_key_opens_one_thing_in_one_way(get, made):
    workspace, dataset, run, job = made
    key = access.share_key(workspace, "see", "run", run.id)
    assert get(f"take/{run.id}/{key}").status_code == 404, "a share link's"
    assert get(export_address(workspace, run.id)).status_code == 404, "what is no export"
    other = project_address(workspace, dataset.id).rpartition("/")[2]
    assert get(f"take/{job.id}/{other}").status_code == 404, "a project's"


def test_a_result_that_names_a_file_elsewhere_gives_nothing(get, made, tmp_path):
    from tlcore.analysis.results import save_result
    from tlcore.exports.export_job import VERSION

    workspace, _, run, _ = made
    job = analysis_job(workspace, run, WHAT, {"kind": "x"})
    save_result(job.folder, VERSION, {"file": "../../secret.key"})
    (workspace.root / "analyses" / "secret.key").write_text("secret")
    assert get(f"{EXPORT}/{job.id}/{access.share_key(workspace, 'see', EXPORT, job.id)}").status_code == 404
    shutil.rmtree(job.folder)
