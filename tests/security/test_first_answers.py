"""The first answer of a page and Streamlit's files, as this server gives them."""

import gzip
import urllib.request

import pytest
from starlette.datastructures import Headers

from pages.server import compression, shell
from pages.shared.navigation import NAME


def fetched(address: str, **headers: str) -> tuple[dict[str, str], bytes]:
    """The headers, in small letters, and the body as it came over the line."""
    request = urllib.request.Request(
        address, headers={name.replace("_", "-"): value for name, value in headers.items()}
    )
    with urllib.request.urlopen(request) as answer:
        return {name.lower(): value for name, value in answer.headers.items()}, answer.read()


@pytest.mark.parametrize("page", shell.SOURCES)
def test_every_page_begins_with_words_of_its_own(page):
    found = shell.document(page)
    assert NAME in found and shell.NO_SCRIPTS.split(".")[0] in found and found.count('id="root"') == 1
    assert "SourceSans" not in found and "agent" not in found, "a font that no page uses; an interface that is closed"
    word = shell.WORDS.get(page)
    assert f"<title>{word} · {NAME}</title>" in found if word else f"<title>{NAME}</title>" in found


@pytest.mark.parametrize(
    ("source", "heading", "sentence"),
    [
        ('with chrome.page("A & b", "C.", step=1) as action: pass', "A & b", "C."),
        ('with chrome.page(title, "C.", step=1) as action: pass', "Otherwise", "C."),
        ("with chrome.page(*words, step=1) as action: pass", "Otherwise", ""),
        ("x = 1", "Otherwise", ""),
    ],
    ids=["literal", "computed heading", "all computed", "no page"],
)
def test_what_a_page_begins_with_is_read_out_of_its_source(source, heading, sentence):
    assert shell.opening(source, "Otherwise") == shell.Opening(heading, sentence)


def test_what_a_page_says_stays_text():
    assert "&lt;b&gt;" in shell.shell_markup("", shell.Opening("<b>", "<i>"))


def test_a_script_comes_compressed_and_is_kept(host):
    name = min(each for each in compression.asset_names() if each.startswith("js/index."))
    address = f"{host.server.address}/static/{name}"
    headers, packed = fetched(address, Accept_Encoding="gzip")
    plain_headers, plain = fetched(address, Accept_Encoding="identity")
    assert headers["content-encoding"] == "gzip" and "immutable" in headers["cache-control"]
    assert headers["vary"] == "Accept-Encoding" and headers["content-type"].startswith("text/javascript")
    assert gzip.decompress(packed) == plain and len(packed) < len(plain) / 2
    assert "content-encoding" not in plain_headers


def test_a_font_of_ours_is_kept(host):
    headers, body = fetched(f"{host.server.address}/app/static/fonts/inter-latin-wght-normal.woff2")
    assert "max-age" in headers["cache-control"] and body[:4] == b"wOF2"


def test_a_page_comes_compressed_and_is_asked_for_each_time(host):
    headers, packed = fetched(f"{host.server.address}/train", Accept_Encoding="gzip", Accept="text/html")
    assert b"tl-shell" in gzip.decompress(packed) and len(packed) < 5_000
    assert "no-cache" in headers["cache-control"] and "set-cookie" in headers


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("/static/js/../../../../streamlit_app.py", "out of the folder"),
        ("/static/js/%2e%2e/%2e%2e/index.html", "out of the folder, encoded"),
        ("/static//etc/passwd", "an absolute path"),
        ("/static/js/none.js", "no such file"),
    ],
)
def test_only_what_is_in_the_folder_is_answered(host, path, why):
    answer = host.bob().get(path, {"Accept-Encoding": "gzip", "Accept": "*/*"})
    assert "import streamlit" not in answer.body and "root:" not in answer.body, why
    assert answer.headers.get("content-encoding") != "gzip" or "tl-shell" in answer.body, why


@pytest.mark.parametrize(
    ("headers", "taken"),
    [
        ({"accept-encoding": "gzip, deflate, br"}, True),
        ({"accept-encoding": "br"}, False),
        ({}, False),
        ({"accept-encoding": "gzip", "range": "bytes=0-9"}, False),
    ],
)
def test_who_gets_it_compressed(headers, taken):
    assert compression.takes_gzip(Headers(headers)) is taken
