"""A model as one HTML file that classifies photos wherever it is opened, without a network: from a disk, from a stick.

In it are the model, the runtime (LiteRT.js, assets/litert-js), what reads photos as the program does
(assets/photo-decoder), the page (the folder html/), and sample photos with the answers that the program gives for them,
on which the page checks itself. The file may load nothing from anywhere; its
policy allows the scripts in it by their hashes.
"""

import base64
import gzip
import hashlib
import html
import json
import re
from collections.abc import Sequence
from functools import cache
from math import nan
from pathlib import Path
from typing import Any

from tlcore.charts.tokens import CLASS_HUES, COLOURS, FONT
from tlcore.data.wanted import Wanted
from tlcore.errors import UserError
from tlcore.exports.exporter import ExportSource
from tlcore.exports.html_card import card_html
from tlcore.exports.samples import Answer, Samples
from tlcore.messages.quantities import count
from tlcore.serving.bundle import Bundle
from tlcore.serving.predict import ImageClassifier
from tlcore.workspace import write_atomic

PAGE_TOLERANCE = 0.01
"""How far an answer may be from the expected one, in probability or familiarity, before the page warns.

The pixels are the same, so what differs is how the runtime rounds: Chromium's answers are within 0.002.
"""

MOST_BYTES = 2**28
"""Of the network: a browser holds the whole file as one text, which has a largest length."""

MOST_NAMED = 24
"""Classes that stand at the head of the page."""

PARTS = Path(__file__).with_name("html")
RUNTIME = Path(__file__).parent.parent / "assets" / "litert-js"
DECODER = RUNTIME.with_name("photo-decoder")
SCRIPTS = (
    "make.js",
    "pixels.js",
    "photo_metadata.js",
    "photo_decoder.js",
    "classifier.js",
    "files.js",
    "answers.js",
    "camera.js",
    "page.js",
)


def make(source: ExportSource, samples: Samples, target: Path) -> None:
    """Write the file of a model.

    Raises:
        UserError: the disk is full, or the network is so large that browsers couldn't open the file.
    """
    if len(source.bundle.tflite) > MOST_BYTES:
        raise UserError(
            "This network is too large for one HTML file.", "Choose another export, or train a smaller network."
        )
    write_atomic(target, make_html(source, samples).encode("utf-8"))


def answer(source: ExportSource, samples: Samples, target: Path) -> list[Answer]:
    """What the network in the file answers to the photos in the file, both read out of it again.

    No browser runs here: the page does the same with its own resize each time it is opened.
    """
    written = target.read_text(encoding="utf-8")
    about = json.loads(_block(written, "tl-about"))
    network = gzip.decompress(base64.b64decode(_block(written, "tl-network")))
    classifier = ImageClassifier(Bundle(network, tuple(about["labels"]), source.bundle.info))
    given = [classifier.predict_photo(base64.b64decode(sample["data"])) for sample in about["samples"]]
    labels = source.bundle.labels
    return [Answer(tuple(each.probabilities.get(label, nan) for label in labels), each.familiarity) for each in given]


def make_html(source: ExportSource, samples: Samples) -> str:
    """The file of a model, with photos on which it checks itself."""
    bundle = source.bundle
    script = f'(() => {{\n"use strict";\n{"".join(_part(name) for name in SCRIPTS)}}})();\n'
    litert, styles = (RUNTIME / "litert.js").read_text(encoding="ascii"), _styles()
    values = {
        "policy": _policy([_part("guard.js"), litert, script], styles),
        "name": html.escape(source.name),
        "subtitle": f"Recognises {count(len(bundle.labels), 'class', 'classes')} · works without internet",
        "classes": _classes(bundle.labels),
        "styles": styles,
        "resize": bundle.policy,
        "card": card_html(bundle.info),
        "licences": html.escape("\n".join((each / "LICENSE").read_text("utf-8") for each in (RUNTIME, DECODER))),
        "about": _json(_about(bundle, samples)),
        "decoder": _base64((DECODER / "photo_decoder.wasm.gz").read_bytes()),
        "runtime": _base64((RUNTIME / "litert.wasm.gz").read_bytes()),
        "network": _base64(gzip.compress(bundle.tflite, 6, mtime=0)),
        "litert": litert,
        "guard": _part("guard.js"),
        "script": script,
    }
    return re.sub(r"\{\{(\w+)\}\}", lambda found: values[found[1]], _part("page.html"))


def _classes(labels: Sequence[str]) -> str:
    """The names of the classes as items of a list, the first of very many."""
    items = [f"<li><bdi>{html.escape(label)}</bdi></li>" for label in labels[:MOST_NAMED]]
    rest = len(labels) - MOST_NAMED
    return "".join(items) + (f"<li>and {rest:,} more</li>" if rest > 0 else "")


def _block(written: str, name: str) -> str:
    """The content of a data block of the file."""
    found = re.search(rf'<script id="{name}" type="[a-z/]+">([^<]*)</script>', written)
    return found[1] if found else ""


def _about(bundle: Bundle, samples: Samples) -> dict[str, Any]:
    """What the page's scripts need to know."""
    rule, wanted = bundle.rejection, bundle.wanted
    return {
        "labels": list(bundle.labels),
        "input": page_input(wanted),
        "threshold": None if rule is None else rule.threshold(),
        "tolerance": PAGE_TOLERANCE,
        "samples": [
            each.to_dict() | {"data": _base64(each.data), "type": _media_type(each.data)} for each in samples.photos
        ],
    }


def page_input(wanted: Wanted) -> dict[str, Any]:
    """How the page's scripts make what the network sees, as this program does."""
    return {"size": wanted.input_size, "resize": wanted.policy, "pixels": wanted.version}


def _media_type(data: bytes) -> str:
    return "image/png" if data.startswith(b"\x89PNG") else "image/jpeg"


def _policy(scripts: Sequence[str], styles: str) -> str:
    """What the file may run and load: what is in it, and nothing else; it may compile WebAssembly."""
    allowed = " ".join(_hash(script) for script in scripts)
    return (
        f"default-src 'none'; script-src {allowed} 'wasm-unsafe-eval'; style-src {_hash(styles)}; img-src blob:; "
        "media-src blob:; base-uri 'none'; form-action 'none'"
    )


def _hash(content: str) -> str:
    return f"'sha256-{_base64(hashlib.sha256(content.encode('utf-8')).digest())}'"


def _json(value: object) -> str:
    """Data for a script element: no character that ends it or begins a comment."""
    written = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return written.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _styles() -> str:
    """The stylesheet with its colours, which follow the system's."""
    schemes = {
        dark: "".join(f"--{name}:{colour[dark]};" for name, colour in COLOURS.items())
        + "".join(f"--class-{place}:{hue};" for place, hue in enumerate(CLASS_HUES[dark]))
        for dark in (False, True)
    }
    return (
        f":root{{{schemes[False]}--font:{FONT};}}\n@media (prefers-color-scheme:dark){{:root{{{schemes[True]}}}}}\n"
        + _part("page.css")
    )


@cache
def _part(name: str) -> str:
    return (PARTS / name).read_text(encoding="utf-8")


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
