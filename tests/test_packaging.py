"""What is installed is whole: the wheel in a fresh environment goes from photos to a prediction, without the checkout.

The environment has nothing but the wheel; the packages it depends on are lent by the one that runs the tests.
"""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import sysconfig
import time
import tomllib
import urllib.request
import venv
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from email.parser import HeaderParser
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect

import tlcore
from pages.shared.chrome import NAME
from tests.small import write_small_folder

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
CONFIG = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
PATIENCE_SECONDS = 120


# What is to be installed


def pins(lines: list[str]) -> list[str]:
    """Requirements in one spelling, sorted; comments and -r lines left out."""
    plain = [re.sub(r"(^|\s)#.*", "", line).strip() for line in lines]
    return sorted(str(Requirement(line)) for line in plain if line and not line.startswith("-"))


@pytest.mark.parametrize(
    ("file", "extras"),
    [("requirements.txt", ("core", "train", "onnx", "fast", "app")), ("requirements-dev.txt", ("dev",))],
)
def test_requirements_and_pyproject_name_the_same(file, extras):
    parts = PROJECT["optional-dependencies"] | {"core": PROJECT["dependencies"]}
    named = [line for extra in extras for line in parts[extra]]
    assert pins((ROOT / file).read_text(encoding="utf-8").splitlines()) == pins(named)


def test_the_core_is_small():
    names = {Requirement(line).name for line in PROJECT["dependencies"]}
    assert not names & {"tensorflow", "tensorflow-cpu", "keras", "scikit-learn", "scipy", "streamlit", "altair"}


def test_the_backend_that_builds_is_among_the_tools():
    """The wheel is built here without a network, by what requirements-dev.txt installs."""
    (backend,) = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["build-system"]["requires"]
    (tool,) = [line for line in PROJECT["optional-dependencies"]["dev"] if Requirement(line).name == "hatchling"]
    assert str(Requirement(tool).specifier).endswith(str(Requirement(backend).specifier))


# The wheel


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the sdist as a release is."""
    folder = tmp_path_factory.mktemp("dist")
    done = subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT)],
        capture_output=True,
        text=True,
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0 and "warning" not in said.lower(), said
    (path,) = folder.glob("*.whl")
    return path


def tracked(*folders: str) -> list[str]:
    """The files of these folders that belong to the repository, those not committed yet included."""
    try:
        listed = subprocess.run(
            ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--deduplicate", "-z", *folders],
            cwd=ROOT,
            capture_output=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("needs a git checkout")
    names = listed.stdout.decode("utf-8").split("\0")
    return [name for name in names if name and (ROOT / name).exists()]


def test_the_wheel_has_the_package_and_the_app_and_nothing_else(wheel):
    with zipfile.ZipFile(wheel) as file:
        found = {name for name in file.namelist() if ".dist-info/" not in name}
    app = {f"tlcore/app/{name}" for name in tracked("pages", "static", "streamlit_app.py", ".streamlit/config.toml")}
    assert "tlcore/app/pages/shared/style.css" in app
    assert found == set(tracked("tlcore")) | app
    assert "tlcore/py.typed" in found and "tlcore/assets/emoji/emoji.zip" in found
    assert {"tlcore/assets/litert-js/litert.wasm.gz", "tlcore/exports/html/page.html"} <= found
    assert "tlcore/assets/photo-decoder/photo_decoder.wasm.gz" in found
    assert {"tlcore/exports/templates/web/page.js", "tlcore/exports/templates/service.md"} <= found


def test_what_the_wheel_says_of_itself(wheel):
    with zipfile.ZipFile(wheel) as file:
        (info,) = {name.split("/")[0] for name in file.namelist() if ".dist-info/" in name}
        fields = HeaderParser().parsestr(file.read(f"{info}/METADATA").decode("utf-8"))
        licences = {name for name in file.namelist() if name.startswith(f"{info}/licenses/")}
    assert fields["Name"] == "transferlab" and fields["Version"] == tlcore.__version__
    assert fields["License-Expression"] == "Apache-2.0" and fields["Description-Content-Type"] == "text/markdown"
    assets = ("emoji/ATTRIBUTION.md", "efficientnet-lite0/LICENSE", "litert-js/LICENSE", "photo-decoder/LICENSE")
    for name in ("LICENSE", "NOTICE", *(f"tlcore/assets/{asset}" for asset in assets)):
        assert f"{info}/licenses/{name}" in licences


# The wheel, installed


@pytest.fixture(scope="module")
def scripts(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of programs of a fresh environment in which the wheel is installed."""
    folder = tmp_path_factory.mktemp("fresh") / "environment"
    venv.create(folder)
    programs = folder / ("Scripts" if os.name == "nt" else "bin")
    python = programs / ("python.exe" if os.name == "nt" else "python")
    install = [sys.executable, "-m", "pip", "--python", str(python), "install", "--no-deps", "--no-index", str(wheel)]
    done = subprocess.run(install, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    site_packages = subprocess.run(
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], capture_output=True, text=True
    ).stdout.strip()
    lent = "\n".join({sysconfig.get_path("purelib"), sysconfig.get_path("platlib")})
    (Path(site_packages) / "lent.pth").write_text(lent, encoding="utf-8")
    return programs


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of a person's own, with photos; its settings and modules must not get mixed with the app's."""
    folder = tmp_path_factory.mktemp("place")
    write_small_folder(folder / "small-folder")
    (folder / "small-folder" / "disc" / "disc000.png").rename(folder / "photo.png")
    (folder / ".streamlit").mkdir()
    settings = "[server]\nbaseUrlPath = 'elsewhere'\n[theme.light]\nprimaryColor = '#123456'\n"
    (folder / ".streamlit" / "config.toml").write_text(settings, encoding="utf-8")
    (folder / "pages").mkdir()
    (folder / "pages" / "__init__.py").write_text("raise ImportError('not the pages of the app')", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Variables for the programs: nothing leads to the checkout or to this person's own folders."""
    home = tmp_path_factory.mktemp("person")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "STREAMLIT"))}
    places = {"HOME": home, "USERPROFILE": home, "KERAS_HOME": home / "keras", "TRANSFERLAB_HOME": home / "workspace"}
    return kept | {name: str(path) for name, path in places.items()} | {"TRANSFERLAB_WARM": "0"}


@pytest.fixture(scope="module")
def run(scripts: Path, place: Path, environment: dict[str, str]):
    """`run("transferlab", "runs")`: what the program of the fresh environment prints, from the person's folder."""

    def call(program: str, *arguments: str) -> str:
        done = subprocess.run(
            [scripts / program, *arguments],
            cwd=place,
            env=environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout

    return call


@pytest.fixture(scope="module")
def trained_there(run) -> dict[str, object]:
    """What `transferlab train --json` said of the person's photos."""
    options = ("--image-size", "64", "--epochs", "2", "--json")
    return json.loads(run("transferlab", "train", "small-folder", *options).splitlines()[-1])


def test_the_package_is_the_installed_one_and_light(run, scripts):
    code = "import json, sys, tlcore; print(json.dumps([tlcore.__file__, tlcore.__version__, sorted(sys.modules)]))"
    file, version, modules = json.loads(run("python", "-c", code))
    assert Path(file).is_relative_to(scripts.parent) and version == tlcore.__version__
    assert not {"tensorflow", "keras", "streamlit", "sklearn", "scipy"} & set(modules)


def test_no_package_but_tlcore_comes_with_it(scripts):
    (site_packages,) = {path.parent for path in scripts.parent.rglob("lent.pth")}
    names = {path.name for path in site_packages.iterdir() if not path.name.endswith((".dist-info", ".pth"))}
    assert names - {"__pycache__"} == {"tlcore"}


def test_from_photos_to_a_prediction(run, trained_there):
    assert trained_there["photos"] == 35 and trained_there["refused"] == 0
    (answer,) = json.loads(run("transferlab", "predict", str(trained_there["run"]), "photo.png", "--json"))[
        "predictions"
    ]
    assert set(answer["probabilities"]) == {"disc", "square", "stripes"} and answer["label"] in answer["probabilities"]


def test_python_m_tlcore_does_the_same(run, trained_there):
    assert run("python", "-m", "tlcore", "runs") == run("transferlab", "runs")
    assert str(trained_there["run"]) in run("python", "-m", "tlcore", "runs")


# The pages, served by the wheel


@contextmanager
def serving(scripts: Path, place: Path, environment: dict[str, str], *options: str) -> Iterator[subprocess.Popen[str]]:
    """`transferlab app` as somebody starts it in the folder; ended if it is still there."""
    server = subprocess.Popen(
        [scripts / "transferlab", "app", "--no-browser", *options],
        cwd=place,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield server
    finally:
        server.kill()
        server.wait()


def get(address: str) -> str:
    """The text at this address, as soon as somebody answers there."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:
                return answer.read().decode("utf-8")
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def visit(connection: ClientConnection, page: str) -> list[ForwardMsg]:
    """What a browser that opens this page ("": the welcome page) is sent until the page is complete."""
    asked = BackMsg()
    asked.rerun_script.page_name = page
    connection.send(asked.SerializeToString())
    messages: list[ForwardMsg] = []
    while not messages or messages[-1].WhichOneof("type") != "script_finished":
        messages.append(ForwardMsg.FromString(connection.recv(timeout=PATIENCE_SECONDS)))
    return messages


def test_the_app_serves_its_pages_in_its_own_colours_and_ends_with_ctrl_c(scripts, place, environment, trained_there):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with serving(scripts, place, environment, "--port", str(port), "--workspace", "own") as server:
        assert get(f"http://127.0.0.1:{port}/_stcore/health") == "ok"
        assert "<title>" in get(f"http://127.0.0.1:{port}/")
        with connect(f"ws://127.0.0.1:{port}/_stcore/stream", subprotocols=["streamlit"], max_size=None) as connection:
            for page in ("", "data", "learn"):
                messages = visit(connection, page)
                elements = [each.delta.new_element for each in messages if each.WhichOneof("type") == "delta"]
                kinds = {element.WhichOneof("type") for element in elements}
                assert kinds and "exception" not in kinds, [each for each in elements if each.HasField("exception")]
                (opened,) = [each.new_session for each in messages if each.WhichOneof("type") == "new_session"]
                assert opened.name == "streamlit_app" and Path(opened.main_script_path).is_relative_to(scripts.parent)
                assert opened.custom_theme.light.primary_color == CONFIG["theme"]["light"]["primaryColor"]
                assert not opened.config.gather_usage_stats
                assert NAME in str(elements), "the menu of the pages names the app"
        assert (place / "own" / "runs").is_dir(), "a relative workspace lies where the person is"
        if os.name == "posix":  # Windows sends Ctrl-C to a console, not to a process
            server.send_signal(signal.SIGINT)
            said, _ = server.communicate(timeout=PATIENCE_SECONDS)
            assert server.returncode in (0, 130) and "Traceback" not in said, said
            assert f"http://127.0.0.1:{port}/?owner=" in said
