"""The web service is started without Docker and asked, by those who wish well and by others."""

import http.client
import json
import os
import re
import signal
import socket
import struct
import subprocess
import sys
from urllib.parse import urlsplit

import pytest
from PIL import Image

from tests.photos import encode, make_image
from tlcore.api.model import Model, load_model
from tlcore.exports.web_service import running

PHOTO = encode(make_image(3, (800, 600)), "JPEG")
HUGE = encode(Image.new("1", (12_000, 9_000)), "PNG", compress_level=1)
SIZE_OF_JPEG = PHOTO.find(b"\xff\xc0") + 5
BOMB = PHOTO[:SIZE_OF_JPEG] + struct.pack(">HH", 65_000, 65_000) + PHOTO[SIZE_OF_JPEG + 4 :]
FORM = {"Content-Type": "multipart/form-data; boundary=x-y"}
FIELD = b'--x-y\r\nContent-Disposition: form-data; name="title"\r\n\r\nA dog\r\n'
FILE = b'--x-y\r\nContent-Disposition: form-data; name="photo"; filename="a.jpg"\r\n\r\n' + PHOTO + b"\r\n"


@pytest.fixture(scope="module")
def model(trained) -> Model:
    return load_model(trained[2].id, workspace=trained[0].root)


@pytest.fixture(scope="module")
def folder(model, tmp_path_factory):
    made = model.export("service", tmp_path_factory.mktemp("service") / "service")
    assert made.check.largest_difference <= made.check.tolerance
    return made.path


@pytest.fixture(scope="module")
def address(folder):
    with running(folder) as found:
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


def test_health_names_the_classes_and_the_model_that_answers(model, address):
    status, found = ask(address, "GET", "/health")
    assert status == 200 and found["status"] == "ok" and found["classes"] == list(model.labels)
    assert found["model"] == ask(address, "POST", "/predict", PHOTO)[1]["model"] and len(found["model"]) == 12


def test_a_form_and_an_address_with_more_behind_it_are_answered_too(address):
    wanted = ask(address, "POST", "/predict", PHOTO)
    assert ask(address, "POST", "/predict/?top=3", FIELD + FILE + b"--x-y--\r\n", FORM) == wanted


def file_of(name: str, data: bytes) -> bytes:
    head = f'--x-y\r\nContent-Disposition: form-data; name="photo"; filename="{name}"\r\n'
    return head.encode() + b"Content-Type: image/jpeg\r\n\r\n" + data + b"\r\n"


def test_several_photos_are_answered_in_their_order_each_with_its_own_error(address):
    single, other = ask(address, "POST", "/predict", PHOTO)[1], encode(make_image(5, (64, 48)), "PNG")
    wrong = {"notes.txt": b"no photo", "cut off.jpg": PHOTO[:2_000], "large.jpg": b"x" * 20_000_001, "empty.jpg": b""}
    files = {"Hände „1“.jpg": PHOTO, **wrong, "b;c.png": other, "a.jpg": PHOTO}
    body = FIELD + b"".join(file_of(*each) for each in files.items()) + b"--x-y--\r\n"
    status, answers = ask(address, "POST", "/predict", body, FORM)
    assert status == 200 and [answer["file"] for answer in answers] == list(files)
    assert answers[0] == {"file": "Hände „1“.jpg", **single} and answers[-1] == {"file": "a.jpg", **single}
    assert answers[5] == {"file": "b;c.png", **ask(address, "POST", "/predict", other)[1]} and single != answers[5]
    for answer in answers[1:5]:
        assert set(answer) == {"file", "error"} and answer["error"].endswith(".")
    assert "bytes at most" in answers[3]["error"] and "empty" in answers[4]["error"]


def test_a_list_of_one_for_who_always_wants_a_list(address):
    wanted = ask(address, "POST", "/predict", PHOTO)[1]
    assert ask(address, "POST", "/predict?list=1", FILE + b"--x-y--", FORM) == (200, [{"file": "a.jpg", **wanted}])
    assert ask(address, "POST", "/predict?list=1", PHOTO) == (200, [{"file": "", **wanted}])


def test_a_connection_stays_open_for_the_next_photo(address):
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=30)
    for method, path, body in (("POST", "/predict", PHOTO), ("HEAD", "/health", None), ("POST", "/predict", PHOTO)):
        connection.request(method, path, body)
        reply = connection.getresponse()
        content = reply.read()
        assert reply.status == 200 and reply.getheader("Connection") is None and bool(content) == (method == "POST")
    assert connection.sock is not None
    connection.close()


def test_a_browser_gets_a_page_that_loads_nothing_else(address, folder):
    for path in ("/", "/page.js", "/page.css"):
        connection = http.client.HTTPConnection(address.hostname, address.port, timeout=30)
        connection.request("GET", path)
        reply = connection.getresponse()
        assert reply.status == 200 and "script-src 'self'" in str(reply.getheader("Content-Security-Policy"))
        assert reply.read() == (folder / "web" / (path.strip("/") or "index.html")).read_bytes()
        connection.close()


def origin_for(address, origin: str) -> str | None:
    """Which origin may read the answer, as the service says to a page of `origin`."""
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=30)
    connection.request("OPTIONS", "/predict", headers={"Origin": origin})
    reply = connection.getresponse()
    reply.read()
    connection.close()
    return reply.getheader("Access-Control-Allow-Origin")


def test_only_pages_that_are_named_may_read_answers_and_a_stop_waits_for_the_photo_under_way(folder, address):
    assert origin_for(address, "https://a.example") is None, "nobody is, unless somebody says so"
    environment = {**os.environ, "ALLOW_ORIGIN": "https://a.example, https://b.example", "PORT": "0"}
    command = [sys.executable, "server.py"]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True, env=environment) as process:
        own = urlsplit(process.stdout.readline().removeprefix("Listening on ").strip())
        assert [origin_for(own, f"https://{name}.example") for name in "abc"] == [
            "https://a.example",
            "https://b.example",
            None,
        ]
        with socket.create_connection((own.hostname, own.port), timeout=30) as half:
            half.sendall(b"POST /predict HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % len(PHOTO) + PHOTO[:100])
            assert ask(own, "GET", "/health")[0] == 200  # until here, the half is under way
            process.send_signal(signal.SIGTERM)
            half.sendall(PHOTO[100:])
            assert half.recv(100).startswith(b"HTTP/1.1 200")
        assert process.wait(30) == 0


def test_what_docker_gets_is_whole(folder):
    copied = [
        line.split()[1:-1] for line in (folder / "Dockerfile").read_text().splitlines() if line.startswith("COPY")
    ]
    for name in [name for names in copied for name in names if name != "."]:
        assert (folder / name).is_file(), name
    for name in re.findall(r"samples/([\w.-]+)", (folder / "README.md").read_text("utf-8")):
        assert (folder / "samples" / name).is_file(), name
    pinned = {line.split("==")[0] for line in (folder / "constraints.txt").read_text().split()}
    assert pinned == {line.split(">")[0] for line in (folder / "requirements.txt").read_text().split()}


@pytest.mark.parametrize(
    ("path", "body", "headers", "status", "why"),
    [
        ("/predict", b"no photo", {}, 400, "no picture"),
        ("/predict", PHOTO[:2_000], {}, 400, "cut off"),
        ("/predict", HUGE, {}, 400, "more pixels than memory should hold"),
        ("/predict", BOMB, {}, 400, "more pixels than Pillow opens"),
        ("/predict", b"", {}, 400, "nothing"),
        ("/predict", FIELD + b"--x-y--", FORM, 400, "a form without a file"),
        ("/predict", FILE * 51 + b"--x-y--", FORM, 413, "more photos than one request may have"),
        ("/predict", b"x", FORM | {"Content-Length": "100000001"}, 413, "too many bytes together"),
        (
            "/predict",
            FILE.replace(PHOTO, b"x" * 20_000_001),
            FORM,
            413,
            "a file of too many bytes, by itself in its form",
        ),
        ("/predict", FILE.replace(PHOTO, b""), FORM, 400, "an empty file"),
        ("/predict", FILE, {"Content-Type": "multipart/form-data"}, 400, "a form that doesn’t say how to read it"),
        ("/predict", b"0\r\n\r\n", {"Content-Length": "5", "Transfer-Encoding": "chunked"}, 411, "two lengths"),
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


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/model.json", 404),
        ("GET", "/web/index.html", 404),
        ("GET", "/../model.json", 404),
        ("GET", "/predict", 405),
        ("PUT", "/predict", 405),
        ("DELETE", "/health", 405),
    ],
)
def test_files_are_not_served_and_what_is_refused_is_refused_in_json(address, method, path, status):
    found, values = ask(address, method, path)
    assert found == status and "POST a photo to /predict" in values["error"]


def test_a_sender_that_hangs_up_stops_nobody(address):
    with socket.create_connection((address.hostname, address.port)) as half:
        half.sendall(b"POST /predict HTTP/1.1\r\nContent-Length: 1000\r\n\r\nabc")
    assert ask(address, "POST", "/predict", PHOTO)[0] == 200
