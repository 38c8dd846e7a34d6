"""Driving the pages without a browser: Streamlit's AppTest on a workspace of the test's own, and a queue that waits."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit import config
from streamlit.components.v2 import manifest_scanner
from streamlit.runtime.scriptrunner import script_runner
from streamlit.testing.v1 import AppTest

from pages.shared import state
from pages.shared.take_along import OPEN
from tlcore import access, grants
from tlcore.jobs import store
from tlcore.jobs.store import Job
from tlcore.models import backbones, registry
from tlcore.models.registry import BUILT_IN
from tlcore.workspace import Workspace

ROOT = Path(__file__).parents[2]
PAGES = ("data", "train", "evaluate", "predict", "learn", "compare")


class WaitingQueue:
    """A queue that takes jobs and never works on them."""

    def __init__(self) -> None:
        self.jobs: list[Job] = []
        self.advice: list[Job] = []
        self.continued: list[str] = []
        self.working = 0  # jobs that are worked on, those before the first that waits

    def submit(self, job: Job, by_owner: bool = False) -> None:
        (self.advice if job.kind == "advice" else self.jobs).append(job)

    restart = submit

    def cancel(self, job: Job) -> None:
        store.request_stop(job)

    def resume(self, job: Job, by_owner: bool = False) -> None:
        self.continued.append(job.id)

    def waiting(self) -> list[str]:
        return [job.id for job in self.jobs if job.kind == "train"]

    def move_to_front(self, job: Job) -> None:
        self.jobs = [job, *(other for other in self.jobs if other.id != job.id)]

    def position(self, job: Job) -> int:
        waiting = self.waiting()
        return self.working + waiting.index(job.id) if job.id in waiting else 0

    def warm_up(self, *kinds: str) -> None:
        """There is nothing to warm."""


@pytest.fixture(autouse=True)
def no_search_for_components(monkeypatch: pytest.MonkeyPatch) -> None:
    """AppTest looks through every installed package for components of the page; there are none."""
    monkeypatch.setattr(manifest_scanner, "scan_component_manifests", lambda *args, **options: [])


@pytest.fixture(autouse=True)
def no_collecting_of_garbage(monkeypatch: pytest.MonkeyPatch) -> None:
    """After each run of a page Streamlit goes through all objects there are, twice where Keras is loaded, as it never
    is in the server: here these are the objects of all tests before."""
    monkeypatch.setattr(script_runner, "_clean_problem_modules", lambda: None)
    monkeypatch.setattr(config.get_config_options()["runner.postScriptGC"], "_get_val_func", lambda: False)


@pytest.fixture
def queue(monkeypatch: pytest.MonkeyPatch) -> WaitingQueue:
    """The queue that the pages get; it shows what was submitted."""
    waiting = WaitingQueue()
    monkeypatch.setattr(state, "queue", lambda: waiting)
    return waiting


@pytest.fixture
def visit(monkeypatch: pytest.MonkeyPatch, queue: WaitingQueue) -> Callable[..., AppTest]:
    """`visit(page, workspace, **ids)`: the page after its first run, with these ids in the address."""

    def open_page(page: str, workspace: Workspace, /, **ids: str) -> AppTest:
        monkeypatch.setenv("TRANSFERLAB_HOME", str(workspace.root))
        monkeypatch.setattr(state, "comes_from_here", lambda headers, address: True)  # AppTest has no address
        at = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=30)
        if page != "welcome":
            at.switch_page(f"pages/{page}.py")
        for file in (workspace.root / "visitors").glob("*-last.json"):  # what an earlier visit used last
            file.unlink()
        for kind, value in ids.items():
            at.query_params[kind] = value
        return at.run()

    yield open_page
    st.cache_data.clear()
    st.cache_resource.clear()


@pytest.fixture
def stranger(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """From now on pages are visited on a host, by a stranger; `stranger(workspace, {id: "see"})` gives him a right."""
    secret = access.new_secret()
    monkeypatch.setenv("TRANSFERLAB_HOSTED", "1")
    monkeypatch.setattr(access, "new_secret", lambda: secret)  # AppTest has no cookies, so each visit asks for one

    def give(workspace: Workspace, rights: dict[str, access.Right]) -> None:
        grants.give_rights(workspace, access.visitor_name(secret), rights)

    return give


def words(at: AppTest) -> str:
    """Everything that the page says, as it was sent."""
    kinds = (at.title, at.markdown, at.caption, at.error, at.warning, at.info, at.html, at.code, at.subheader)
    return "\n".join(element.value if hasattr(element, "value") else element.body for kind in kinds for element in kind)


def grids(at: AppTest) -> list[list[dict[str, Any]]]:
    """The photos of each grid whose photos open, as they were sent to the browser."""
    sent = [json.loads(element.proto.json) for element in at.get("bidi_component") if element.proto.json]
    return [data["photos"] for data in sent if "photos" in data]


def buttons(at: AppTest) -> list[str]:
    """The labels of the page's buttons, but for "Show more" below a long list: other tests make runs too."""
    return [button.label for button in at.button if not (button.key or "").startswith("more_")]


FETCHED = replace(
    BUILT_IN,
    name="far-net",
    title="FarNet",
    sentence="Far away.",
    asset="",
    function="FarNet",
    imagenet_top1=0.8,
    weights_url="https://example.org/far.h5",
    download_bytes=58_900_000,
    multiply_adds=BUILT_IN.multiply_adds * 40,
    default_image_size=299,
    least_image_size=75,
    blocks=BUILT_IN.blocks[2:5],
)


@pytest.fixture
def two_networks(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    """A table of the built-in network and one that would have to be fetched."""
    rows = (BUILT_IN, FETCHED)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setitem(registry.TABLE, FETCHED.name, FETCHED)
    monkeypatch.setattr(backbones, "BACKBONES", rows)


def with_exports_open(at: AppTest) -> AppTest:
    """The page with its list of exports open, as after a press on "Take it with you"."""
    at.session_state[OPEN] = True
    return at.run()
