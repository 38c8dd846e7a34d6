"""A real server and a real browser: `streamlit run` on a free port, and Debian's chromium through playwright."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.studio import Studio, studio
from tests.e2e.ways import WAIT_MS
from tests.served import serve


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The workspace of the running app."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory, home: Path) -> Iterator[str]:
    """The address of a running app with an empty workspace."""
    with serve(home, tmp_path_factory.mktemp("server") / "log.txt") as running:
        yield running.address


@pytest.fixture(scope="session")
def lab(trained, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """A server with something on every page; tests only look."""
    with studio(trained, tmp_path_factory.mktemp("studio")) as found:
        yield found


@pytest.fixture
def page(browser, server, request):
    """An empty tab that fails the test when the page asks any other host for anything, or throws an error.

    A module's MOTION is what its visitors ask for: "no-preference" as most people, else "reduce".
    """
    from playwright.sync_api import expect

    motion = getattr(request.module, "MOTION", "reduce")
    context = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion=motion)
    tab = context.new_page()
    tab.set_default_timeout(WAIT_MS)
    expect.set_options(timeout=WAIT_MS)
    strangers, errors = [], []
    tab.on(
        "request",
        lambda request: (
            strangers.append(request.url)
            if not request.url.startswith((server, server.replace("http", "ws"), "data:", "blob:"))
            else None
        ),
    )
    tab.on("pageerror", lambda error: errors.append(str(error)))
    yield tab
    context.close()
    assert not strangers, f"fetched from elsewhere: {strangers[:3]}"
    assert not errors, errors[:3]
