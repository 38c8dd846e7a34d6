"""A model in one HTML file: what is in it is whole, and nothing that somebody named can break it or be run.

tests/e2e/test_html_file.py opens it in a browser.
"""

import base64
import gzip
import hashlib
import html
import json
import re
from dataclasses import replace

import pytest

from tlcore.errors import UserError
from tlcore.exports import html_file
from tlcore.exports.exporter import KINDS, ExportSource, export
from tlcore.exports.html_card import card_html, markdown_html
from tlcore.exports.html_file import DECODER, RUNTIME, answer, make_html, page_input
from tlcore.exports.samples import Samples, largest_difference, make_samples
from tlcore.serving.bundle import Bundle, load_bundle

HOSTILE = ("</script><script>alert(1)</script>", "<!--<script>", "{{network}} & “quoted” '\"")
"""Names that would end a script, begin a comment that hides its end, or be filled in by the template."""


@pytest.fixture(scope="module")
def source(trained) -> ExportSource:
    place = trained[0].runs / trained[2].id
    return ExportSource(load_bundle(place), place)


@pytest.fixture(scope="module")
def samples(source) -> Samples:
    return make_samples(source.bundle, source.place)


@pytest.fixture(scope="module")
def made(source, samples) -> str:
    return make_html(source, samples)


def scripts_of(made: str) -> list[str]:
    """What the file runs."""
    return re.findall(r"<script>(.*?)</script>", made, re.DOTALL)


def block_of(made: str, name: str) -> str:
    (found,) = re.findall(rf'<script id="{name}"[^>]*>(.*?)</script>', made, re.DOTALL)
    return found


# The runtime


FILES = [RUNTIME / "litert.js", RUNTIME / "litert.wasm.gz", DECODER / "photo_decoder.wasm.gz"]


@pytest.mark.parametrize("path", FILES, ids=[path.name for path in FILES])
def test_what_was_brought_along_is_what_its_source_names(path):
    source = path.with_name("SOURCE.md").read_text("utf-8")
    (wanted,) = re.findall(rf"\| {re.escape(path.name)} .* ([0-9a-f]{{64}}) \|", source)
    assert hashlib.sha256(path.read_bytes()).hexdigest() == wanted
    if path.suffix == ".gz":
        data = gzip.decompress(path.read_bytes())
        assert data.startswith(b"\0asm") and hashlib.sha256(data).hexdigest() in source


def test_the_decoder_can_do_nothing_but_compute():
    """The second kind of section in a WebAssembly would be what it imports."""
    data, at, kinds = gzip.decompress((DECODER / "photo_decoder.wasm.gz").read_bytes()), 8, []
    while at < len(data):
        kind, size, shift, at = data[at], 0, 0, at + 1
        while True:
            size, shift, at = size | (data[at] & 127) << shift, shift + 7, at + 1
            if data[at - 1] < 128:
                break
        kinds, at = [*kinds, kind], at + size
    assert 1 in kinds and 2 not in kinds


# The file


def test_it_may_run_its_own_scripts_and_load_nothing(made):
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', made)
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    hashes = [
        f"'sha256-{base64.b64encode(hashlib.sha256(each.encode()).digest()).decode()}'" for each in scripts_of(made)
    ]
    assert rules["default-src"] == "'none'" and "connect-src" not in rules
    assert rules["script-src"].split() == [*hashes, "'wasm-unsafe-eval'"] and len(hashes) == 3
    assert not re.findall(r'<(?:script|img|link|iframe)[^>]* (?:src|href)="', made), "an address to load something from"


def test_network_and_runtime_are_in_it_unchanged(made, source):
    assert gzip.decompress(base64.b64decode(block_of(made, "tl-network"))) == source.bundle.tflite
    assert base64.b64decode(block_of(made, "tl-runtime")) == (RUNTIME / "litert.wasm.gz").read_bytes()
    assert base64.b64decode(block_of(made, "tl-decoder")) == (DECODER / "photo_decoder.wasm.gz").read_bytes()


def test_the_page_is_told_how_photos_are_read_and_what_is_unknown(made, source):
    about, wanted = json.loads(block_of(made, "tl-about")), source.bundle.wanted
    assert about["input"] == page_input(wanted)
    assert (about["input"]["size"], about["input"]["resize"]) == (wanted.input_size, wanted.policy)
    assert about["threshold"] == source.bundle.rejection.threshold()
    assert [len(sample["probabilities"]) for sample in about["samples"]] == [3] * 5


def named(source: ExportSource, labels: tuple[str, ...], name: str) -> ExportSource:
    """The model as somebody else has named its classes and its data set."""
    info = source.bundle.info | {"dataset": source.bundle.info["dataset"] | {"name": name}}
    return replace(source, bundle=Bundle(source.bundle.tflite, labels, info))


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_ends_a_script_or_is_filled_in(made, source, samples, name):
    hostile = make_html(named(source, HOSTILE, name), samples)
    assert scripts_of(hostile) == scripts_of(made), "the same scripts run, and no others"
    assert hostile.count("<script") == made.count("<script") and "<!--" not in hostile.replace("<!doctype", "")
    assert json.loads(block_of(hostile, "tl-about"))["labels"] == list(HOSTILE)
    assert f'<h1 dir="auto">{html.escape(name)}</h1>' in hostile


def test_a_card_of_a_foreign_model_shows_markup_as_it_is(source):
    info = source.bundle.info | {"backbone": {"name": "<b>x</b>", "licence": "<i>", "source": "javascript:alert(1)"}}
    card = card_html(info)
    assert "&lt;b&gt;x&lt;/b&gt;" in card and "<b>" not in card and "<i>" not in card and "href" not in card


def test_headings_lists_and_paragraphs():
    written = "## A & b\n\nOne\ntwo\n\n- x\\_y\n- z"
    wanted = '<h3>A &amp; b</h3>\n<p>One two</p>\n<ul class="plain"><li>x_y</li><li>z</li></ul>'
    assert markdown_html(written) == wanted


# As an export


def test_it_is_checked_on_what_was_written(source, samples, tmp_path):
    done = export(source, KINDS["html"], tmp_path / "model.html", samples)
    assert done.check.photos == 5 and done.check.largest_difference == 0
    assert [path.name for path in tmp_path.iterdir()] == ["model.html"]


def test_labels_in_another_order_are_noticed(source, samples, made, tmp_path):
    labels = json.dumps(source.bundle.labels, separators=(",", ":"))
    turned = json.dumps((*source.bundle.labels[1:], source.bundle.labels[0]), separators=(",", ":"))
    assert labels in made
    (tmp_path / "model.html").write_text(made.replace(labels, turned), encoding="utf-8")
    assert largest_difference(samples, answer(source, samples, tmp_path / "model.html")) > KINDS["html"].tolerance


def test_a_network_that_browsers_cannot_read_is_refused(source, samples, tmp_path, monkeypatch):
    monkeypatch.setattr(html_file, "MOST_BYTES", 1000)
    with pytest.raises(UserError, match="too large for one HTML file"):
        export(source, KINDS["html"], tmp_path / "model.html", samples)
