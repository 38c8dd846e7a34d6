"""What answers tell the browser about safety; that the pages live with it; and what is closed."""

import re

import pytest

from pages.server import headers
from tests.security.conftest import TOKEN
from tests.served import serve
from tlcore.errors import UserError

CLOSED = (
    "/_stcore/metrics",
    "/_stcore/metrics/",
    "/_stcore/script-health-check",
    "/_stcore/agent/openapi.json",
    "/_stcore/agent/interact",
    "/_stcore/agent/mcp",
    "/auth/login",
    "/oauth2callback",
)


@pytest.mark.parametrize("path", ["/", "/train", "/_stcore/health", "/_stcore/host-config", "/media/none", "/?owner=x"])
def test_every_answer_has_the_headers(host, path):
    found = host.bob().get(path).headers
    policy = dict(part.split(" ", 1) for part in found["content-security-policy"].split("; "))
    assert policy["default-src"] == "'none'" and policy["frame-ancestors"] == "'none'"
    assert re.fullmatch(r"'self' blob: 'wasm-unsafe-eval'( 'sha256-[A-Za-z0-9+/=]{44}')*", policy["script-src"]), (
        "no eval, no script inside"
    )
    assert found["x-content-type-options"] == "nosniff" and found["x-frame-options"] == "DENY"
    assert found["referrer-policy"] in ("same-origin", "no-referrer")
    assert found["cross-origin-opener-policy"] == "same-origin"
    assert found["permissions-policy"].startswith("camera=(self)")


@pytest.mark.parametrize("path", CLOSED)
def test_what_nobody_needs_is_closed(host, path):
    answer = host.bob().get(path)
    assert (answer.status, answer.body) == (404, "Not found")
    assert "content-security-policy" in answer.headers


def test_streamlits_own_scripts_in_the_page_are_allowed_by_their_hash():
    assert len(headers.inline_script_hashes()) >= 1, "index.html has changed: look at it"


@pytest.mark.parametrize(
    ("host", "named"),
    [
        ("localhost:8501", True),
        ("[::1]:8501", True),
        ("demo.example.org", True),
        ("evil; script-src *", False),
        ("a b", False),
        ("", False),
    ],
)
def test_a_host_is_named_only_where_it_can_be_one(host, named):
    policy = headers.content_security_policy(host, "'none'")
    assert (f" ws://{host}" in policy) is named and policy.count("script-src") == 1


@pytest.mark.parametrize(
    ("value", "named"),
    [
        ("", "'none'"),
        ("https://huggingface.co", "https://huggingface.co"),
        ("'self'  https://a.b", "'self' https://a.b"),
    ],
)
def test_who_may_show_the_pages_in_a_frame(monkeypatch, value, named):
    monkeypatch.setenv(headers.FRAME_VARIABLE, value)
    found = headers.security_headers("localhost")
    assert found["content-security-policy"].endswith(f"frame-ancestors {named}")
    assert ("x-frame-options" in found) is (named == "'none'")


def test_a_frame_setting_that_would_break_the_header_is_refused(monkeypatch):
    monkeypatch.setenv(headers.FRAME_VARIABLE, "https://a.b; script-src *")
    with pytest.raises(UserError, match="TRANSFERLAB_FRAME_ANCESTORS"):
        headers.frame_ancestors()


@pytest.mark.parametrize(
    ("variable", "value"), [("TRANSFERLAB_FRAME_ANCESTORS", "a; b"), ("TRANSFERLAB_TOKEN", "short")]
)
def test_a_wrong_setting_is_a_sentence_at_the_start(tmp_path, variable, value):
    log = tmp_path / "log.txt"
    with pytest.raises(RuntimeError), serve(tmp_path / "home", log, **{variable: value}):
        pass
    printed = log.read_text()
    assert variable in printed and "Traceback" not in printed


@pytest.fixture(scope="module")
def complaints(host, browser):
    """A tab of the owner's, and what the browser complains of; `complaints()` opens a page and returns that."""
    context = browser.new_context(permissions=["camera"], color_scheme="dark")
    tab = context.new_page()
    found: list[str] = []
    tab.on("console", lambda message: found.append(message.text) if "Content Security" in message.text else None)
    tab.on("pageerror", lambda error: found.append(str(error)))
    tab.goto(f"{host.server.address}/?owner={TOKEN}")

    def visit(page: str, **ids: str):
        found.clear()
        query = "&".join(f"{kind}={value}" for kind, value in ids.items())
        tab.goto(f"{host.server.address}/{page}?{query}")
        tab.get_by_role("heading", level=1).wait_for()
        return tab, found

    yield visit
    context.close()


@pytest.mark.parametrize(
    ("page", "kind", "shown"),
    [
        ("", "", "text=How it works"),
        ("data", "dataset", "#root .stMain img"),
        ("data", "more", "text=Add class"),  # the board, instead of the photos used last
        ("train", "dataset", "text=Trains a new head"),
        ("train", "run", "canvas, svg.marks"),
        ("evaluate", "run", "role=grid"),
        ("learn", "dataset", "svg.marks, canvas"),
        ("compare", "race", "canvas, svg.marks"),
        ("compare", "dataset", "text=Start a race"),
    ],
)
def test_every_page_lives_with_the_policy(host, complaints, page, kind, shown):
    tab, found = complaints(page, **({kind: host.ids.get(kind, "1")} if kind else {}))
    tab.locator(shown).first.wait_for(timeout=60_000)
    assert not found


def test_uploads_camera_and_downloads_live_with_it(host, complaints):
    tab, found = complaints("predict", run=host.ids["run"])
    picture = {"name": "a.png", "mimeType": "image/png", "buffer": small_png()}
    uploader = tab.get_by_test_id("stFileUploader").locator("input[type=file]")  # not that of a folder below it
    uploader.set_input_files([picture, picture | {"name": "b.png"}])
    tab.get_by_text("Download predictions (CSV)").wait_for(timeout=60_000)
    with tab.expect_download() as download:
        tab.get_by_text("Download predictions (CSV)").click()
    assert download.value.suggested_filename.endswith(".csv")
    tab.get_by_text("Use the camera").click()
    shown = "video => video.readyState > 1 || new Promise(done => video.addEventListener('loadeddata', () => done(1)))"
    tab.locator("video").evaluate(shown)
    tab.get_by_role("button", name="Take photo").click()
    tab.locator(".tl-answer").first.wait_for(timeout=60_000)
    assert not found


def small_png() -> bytes:
    from io import BytesIO

    from PIL import Image

    target = BytesIO()
    Image.new("RGB", (64, 64), "teal").save(target, "PNG")
    return target.getvalue()
