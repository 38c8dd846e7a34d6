"""The files for hosts are right by their own rules, and the app starts as each kind of host starts it."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import crossplane
import pytest
import yaml

from benchmarks.visitors import Visitor
from tests.loops import run
from tests.served import OURS, free_port, wait_until_healthy

ROOT = Path(__file__).resolve().parent.parent
DEPLOY = ROOT / "deploy"
DOCKERFILE = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
SPACE = yaml.safe_load((DEPLOY / "huggingface" / "README.md").read_text(encoding="utf-8").split("---\n")[1])
SECRETS = (DEPLOY / "streamlit-cloud" / "secrets.toml").read_text(encoding="utf-8")
TOKEN = "the-token-of-this-test"
(PORT,) = re.findall(r"^EXPOSE (\d+)", DOCKERFILE, re.MULTILINE)
COPIED = [line.split()[1] for line in DOCKERFILE.splitlines() if line.startswith("COPY")]
CLOUD = {  # what Streamlit Community Cloud sets for every app, as its documentation lists it
    "STREAMLIT_CLIENT_SHOW_ERROR_DETAILS": "false",
    "STREAMLIT_RUNNER_FAST_RERUNS": "true",
    "STREAMLIT_SERVER_RUN_ON_SAVE": "true",
    "STREAMLIT_SERVER_ENABLE_XSRF_PROTECTION": "true",
    "STREAMLIT_BROWSER_GATHER_USAGE_STATS": "true",
}


def image_environment() -> dict[str, str]:
    """The variables that the image sets."""
    text = DOCKERFILE.replace("\\\n", " ")
    return dict(pair.split("=", 1) for line in re.findall(r"^ENV (.+)$", text, re.MULTILINE) for pair in line.split())


def image_command() -> list[str]:
    return json.loads(re.findall(r"^CMD (\[.*\])", DOCKERFILE, re.MULTILINE)[0])


@dataclass(frozen=True)
class Recipe:
    """How a host starts the app.

    `files`: what it has of the repository; `command`: as the host gives it; `environment`: what is set, where "HOME/"
    stands for the folder that may be written; `secrets`: the text of secrets.toml in the home folder; `frames`: who may
    show the pages in a frame.
    """

    files: tuple[str, ...]
    command: tuple[str, ...]
    environment: dict[str, str]
    secrets: str = ""
    frames: str = "'none'"
    variables: dict[str, str] = field(default_factory=dict)  # that the host's owner sets


IMAGE = Recipe(tuple(COPIED), tuple(image_command()), image_environment())
RECIPES = {
    "compose": replace(IMAGE, variables=dict.fromkeys(COMPOSE["services"]["transferlab"]["environment"], TOKEN)),
    "Hugging Face Space": replace(
        IMAGE,
        frames="https://huggingface.co",
        variables={
            "TRANSFERLAB_TOKEN": TOKEN,
            "TRANSFERLAB_FRAME_ANCESTORS": "https://huggingface.co",
            "TRANSFERLAB_HOME": "HOME/data",
            "SPACE_ID": "somebody/lab",
        },
    ),
    "Streamlit Community Cloud": Recipe(
        (*COPIED, "requirements.txt", "pyproject.toml"),
        ("python", "-m", "streamlit", "run", "streamlit_app.py", "--server.port", PORT, "--server.headless", "true"),
        CLOUD,
        secrets=SECRETS.replace("make-one-of-16-characters-or-more", TOKEN),
        frames="https://YOUR-APP.streamlit.app",
    ),
}


@contextmanager
def started(recipe: Recipe, place: Path) -> Iterator[tuple[str, Path]]:
    """The app as a recipe starts it, with nothing of the repository but what it has: its address and its home."""
    app, home, port = place / "app", place / "home", str(free_port())
    for name in recipe.files:
        (app / name).parent.mkdir(parents=True, exist_ok=True)
        (shutil.copytree if (ROOT / name).is_dir() else shutil.copy2)(ROOT / name, app / name)
    (home / ".streamlit").mkdir(parents=True)
    if recipe.secrets:
        (home / ".streamlit" / "secrets.toml").write_text(recipe.secrets, encoding="utf-8")
    given = recipe.environment | recipe.variables
    given = {name: re.sub(r"^(HOME|/srv/transferlab)(?=/|$)", str(home), value) for name, value in given.items()}
    inherited = {name: os.environ[name] for name in ("PATH", "LANG", "VIRTUAL_ENV") if name in os.environ}
    swap = {"python": sys.executable, "0.0.0.0": "127.0.0.1", PORT: port}
    with open(place / "log", "wb") as log:
        process = subprocess.Popen(
            [swap.get(word, word) for word in recipe.command],
            cwd=app,
            env=inherited | {"HOME": str(home), "PYTHONDONTWRITEBYTECODE": "1"} | given,
            stdout=log,
            stderr=log,
        )
    try:
        wait_until_healthy(f"http://127.0.0.1:{port}", process, place / "log")
        yield f"http://127.0.0.1:{port}", home
    finally:
        process.terminate()
        process.wait(timeout=30)


def ask(address: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    with urllib.request.urlopen(urllib.request.Request(address, headers=headers), timeout=20) as reply:
        return reply.status, {name.lower(): value for name, value in reply.headers.items()}, reply.read()


async def opened(address: str) -> str:
    async with Visitor(address) as visitor:
        await visitor.open()
        return visitor.title()


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
def test_a_host_starts_the_app(recipe, tmp_path):
    """Its page comes, its script runs, its owner is who has the token, and nothing but the home is written."""
    with started(recipe, tmp_path) as (address, home):
        before = {path: path.stat().st_mtime_ns for path in (tmp_path / "app").rglob("*")}
        status, headers, page = ask(address, Accept="text/html")
        assert status == 200 and b"Train an image classifier" in page
        assert f"frame-ancestors {recipe.frames}" in headers["content-security-policy"]
        assert run(opened(address)).startswith("Train an image classifier")
        assert ask(f"{address}/healthz")[2] == b"ok", "the probe of a host hears no figures"
        health = json.loads(ask(f"{address}/healthz", Authorization=f"Bearer {TOKEN}")[2])
        assert health["well"] and health["disk_allowed"] == 10_000_000_000, "the limits of a host hold"
        log = (tmp_path / "log").read_text()
        assert TOKEN not in log and "owner=" not in log and "Traceback" not in log, log
        assert {path: path.stat().st_mtime_ns for path in (tmp_path / "app").rglob("*")} == before
        assert list(home.rglob("runs")), "the workspace lies in the home folder"


def test_a_wrong_token_in_the_secrets_keeps_the_server_from_starting(tmp_path):
    """Said in a sentence: what stands in Streamlit's secrets must be known before the server looks at it."""
    cloud = RECIPES["Streamlit Community Cloud"]
    wrong = Recipe(
        cloud.files, cloud.command, cloud.environment, SECRETS.replace("make-one-of-16-characters-or-more", "short")
    )
    with pytest.raises(RuntimeError, match="The token in TRANSFERLAB_TOKEN is not allowed"), started(wrong, tmp_path):
        pass


def test_the_image_copies_what_there_is_and_does_not_run_as_root():
    assert {"streamlit_app.py", "pages", "tlcore", "static", ".streamlit/config.toml"} <= {*COPIED}
    assert all((ROOT / each).exists() for each in COPIED)
    users = re.findall(r"^USER (\S+)", DOCKERFILE, re.MULTILINE)
    assert users and users[-1] not in ("root", "0") and "--uid 1000" in DOCKERFILE, "a Space runs it as user 1000"
    assert DOCKERFILE.rindex("COPY") < DOCKERFILE.index("USER "), "the code belongs to root"


def test_the_composition_gives_the_image_what_it_needs():
    lab, caddy = COMPOSE["services"]["transferlab"], COMPOSE["services"]["caddy"]
    assert (ROOT / "deploy" / lab["build"]["context"] / lab["build"]["dockerfile"]).resolve() == DEPLOY / "Dockerfile"
    assert lab["read_only"] is True and "/tmp" in lab["tmpfs"] and lab["cap_drop"] == ["ALL"] and lab["mem_limit"]
    assert f"workspace:{image_environment()['TRANSFERLAB_HOME']}" in lab["volumes"]
    assert set(COMPOSE["volumes"]) == {"workspace", "certificates"}
    assert "./Caddyfile:/etc/caddy/Caddyfile:ro" in caddy["volumes"] and set(caddy["environment"]) == {"DOMAIN"}


def test_the_proxies_lead_to_the_port_of_the_image(tmp_path):
    assert f"transferlab:{PORT}" in (DEPLOY / "Caddyfile").read_text(encoding="utf-8")
    (tmp_path / "nginx.conf").write_text(f"events {{}}\nhttp {{ include {DEPLOY / 'nginx.conf'}; }}\n")
    read = crossplane.parse(str(tmp_path / "nginx.conf"))
    assert read["status"] == "ok", read["errors"]
    found = {
        (line["directive"], *line["args"])
        for server in read["config"][1]["parsed"]
        for block in server.get("block", ())
        for line in [block, *block.get("block", ())]
    }
    needed = {
        ("proxy_pass", f"http://127.0.0.1:{PORT}"): "the app",
        ("proxy_http_version", "1.1"): "WebSockets",
        ("proxy_set_header", "Upgrade", "$http_upgrade"): "WebSockets",
        ("proxy_set_header", "Host", "$host"): "the origin is checked against it",
        ("proxy_set_header", "X-Forwarded-Proto", "$scheme"): "cookies for https alone",
        ("client_max_body_size", "60m"): "a request of an upload has up to 50 MB",
    }
    assert not {line: reason for line, reason in needed.items() if line not in found}


@pytest.mark.parametrize(
    ("program", "arguments"),
    [("caddy", ("validate", "--adapter", "caddyfile", "--config")), ("hadolint", ("--failure-threshold", "error"))],
)
def test_their_own_programs_find_no_fault(program, arguments):
    if shutil.which(program) is None:
        pytest.skip(f"there is no {program} on this machine")
    file = DEPLOY / {"caddy": "Caddyfile", "hadolint": "Dockerfile"}[program]
    command = [program, *arguments, str(file)]
    done = subprocess.run(command, env=os.environ | {"DOMAIN": "demo.example.org"}, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_space_finds_its_port_and_its_licence():
    assert SPACE["sdk"] == "docker" and str(SPACE["app_port"]) == PORT
    assert SPACE["title"] and SPACE["license"] == "apache-2.0"


def test_the_secrets_of_the_cloud_become_variables():
    values = tomllib.loads(SECRETS)
    assert (
        {"TRANSFERLAB_HOSTED", "TRANSFERLAB_TOKEN", "TRANSFERLAB_FRAME_ANCESTORS"}
        <= set(values)
        <= {*OURS, "TRANSFERLAB_WARM"}
    )
    assert all(type(value) is str for value in values.values()), "Streamlit makes none of true and false"
    assert (ROOT / "requirements.txt").is_file() and not (ROOT / "packages.txt").exists(), "no Debian package is needed"
