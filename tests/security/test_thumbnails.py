"""The route that gives single thumbnails: only with the key of that data set, and only what was made at the import."""

from concurrent.futures import ThreadPoolExecutor
from urllib.parse import unquote

import anyio
import pytest
from starlette.applications import Starlette

from pages.server.thumbnails import LETTERS, ThumbnailRoute, thumbnail_folder
from tests.photos import class_files, write_zip
from tlcore import access
from tlcore.data.ingest import ingest_zip
from tlcore.events import run_to_end


@pytest.fixture
def place(workspace, tmp_path, monkeypatch):
    """The workspace and a data set in it."""
    monkeypatch.setenv("TRANSFERLAB_HOME", str(workspace.root))
    files = class_files({"oaks": 4, "elms": 4}, seed=71)
    return workspace, run_to_end(ingest_zip(workspace, write_zip(tmp_path / "trees.zip", files)))


def get(address):
    """The status, the headers and the body that the route answers with."""
    sent = []

    async def ask():
        path = unquote(f"/{address}")
        scope = {"type": "http", "method": "GET", "path": path, "headers": [], "query_string": b"", "root_path": ""}

        async def receive():
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message):
            sent.append(message)

        await Starlette(routes=ThumbnailRoute().routes())(scope, receive, send)

    with ThreadPoolExecutor(1) as pool:  # a browser of another test may have left its loop in this thread
        pool.submit(anyio.run, ask).result()
    headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], headers, b"".join(message.get("body", b"") for message in sent[1:])


@pytest.mark.parametrize("before", ["", "lab/"])
def test_a_page_with_the_key_gets_the_thumbnail(place, before):
    workspace, dataset = place
    sha256 = dataset.photos["sha256"].iat[0]
    status, headers, body = get(f"{before}{thumbnail_folder(workspace, dataset.id)}{sha256[:LETTERS]}")
    assert status == 200 and body == dataset.thumbnails.read(sha256)
    assert headers["content-type"] == "image/png" and "private" in headers["cache-control"]


def test_nobody_else_gets_anything(place):
    workspace, dataset = place
    photo, folder = dataset.photos["sha256"].iat[0][:LETTERS], thumbnail_folder(workspace, dataset.id)
    key = folder.rstrip("/").rsplit("/", 1)[-1]
    others = {
        "no such photo": folder + "0" * LETTERS,
        "another key": f"thumbnail/{dataset.id}/{'A' * 32}/{photo}",
        "the key to all photos": f"thumbnail/{dataset.id}/"
        + access.share_key(workspace, "see", "dataset", dataset.id)
        + f"/{photo}",
        "another data set": f"thumbnail/{dataset.id}x/{key}/{photo}",
        "a path": f"thumbnail/..%2F..%2Fsecret.key/{key}/{photo}",
    }
    for reason, address in others.items():
        status, _, body = get(address)
        assert status == 404 and b"PNG" not in body, reason
