"""The web service is started without Docker and asked, by those who wish well and by others."""

import http.client
import json
import socket
from urllib.parse import urlsplit

import pytest

from tests.photos import encode, make_image
from tlcore.api.model import Model, load_model
from tlcore.exports.web_service import running

PHOTO = encode(make_image(3, (800, 600)), "JPEG")
HUGE = encode(make_image(1, (20, 20)).resize((12_000, 9_000)), "PNG", compress_level=1)


@pytest.fixture(scope="module")
def model(trained) -> Model:
    return load_model(trained[2].id, workspace=trained[0].root)


@pytest.fixture(scope="module")
def address(model, tmp_path_factory):
    made = model.export("service", tmp_path_factory.mktemp("service") / "service")
    assert (made.path / "Dockerfile").is_file() and made.check.largest_difference <= made.check.tolerance
    with running(made.path) as found:
        yield urlsplit(found)


def ask(address, method: str, path: str, body: bytes | None = None, headers=None):
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=30)
    connection.request(method, path, body, headers or {})
    reply = connection.getresponse()
    found = reply.status, json.loads(reply.read())
    connection.close()
    return found


def test_it_answers_as_the_model_does(model, address):
    status, found = ask(address, "POST", "/predict", PHOTO)
    wanted = model.predict(PHOTO)
    assert status == 200 and found["label"] == wanted.label and found["known"] == wanted.known
    assert found["probabilities"] == pytest.approx(wanted.probabilities, abs=1e-4)


def test_health_names_the_classes(model, address):
    assert ask(address, "GET", "/health") == (200, {"status": "ok", "classes": list(model.labels)})


@pytest.mark.parametrize(
    ("path", "body", "headers", "status", "why"),
    [
        ("/predict", b"no photo", {}, 400, "no picture"),
        ("/predict", PHOTO[:2_000], {}, 400, "cut off"),
        ("/predict", HUGE, {}, 400, "more pixels than memory should hold"),
        ("/predict", b"x", {"Content-Length": "20000001"}, 413, "too many bytes, refused before they are read"),
        ("/predict", b"", {"Content-Length": "-1"}, 411, "no number of bytes"),
        ("/predict", b"", {"Content-Length": "9" * 5_000}, 413, "a number that is too long"),
        ("/etc/passwd", PHOTO, {}, 404, "another path"),
        ("/predict/../model.json", PHOTO, {}, 404, "a path that leads elsewhere"),
    ],
)
def test_what_cannot_be_answered_ends_in_a_sentence(address, path, body, headers, status, why):
    found, values = ask(address, "POST", path, body, headers)
    assert found == status and values["error"].endswith("."), why
    assert ask(address, "GET", "/health")[0] == 200, "and it goes on"


def test_files_are_not_served(address):
    assert ask(address, "GET", "/model.json")[0] == 404


def test_a_sender_that_hangs_up_stops_nobody(address):
    with socket.create_connection((address.hostname, address.port)) as half:
        half.sendall(b"POST /predict HTTP/1.1\r\nContent-Length: 1000\r\n\r\nabc")
    assert ask(address, "POST", "/predict", PHOTO)[0] == 200
