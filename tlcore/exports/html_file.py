"""A model as one HTML file that classifies photos wherever it is opened, without a network: from a disk, from a stick.

In it are the model, the runtime (LiteRT.js, assets/litert-js), the page (the folder html/), and sample photos with the
answers that the program gives for them, on which the page checks itself. The file may load nothing from anywhere; its
policy allows the two scripts in it by their hashes.
"""

import base64
import gzip
import hashlib
import html
import json
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from tlcore.charts.tokens import CLASS_HUES, COLOURS, FONT
from tlcore.exports.html_card import card_html
from tlcore.messages.model_info import text
from tlcore.messages.quantities import count
from tlcore.serving.bundle import Bundle

TOLERANCE = 0.02
"""How far a probability may be from what is expected: browsers decode JPEGs a little differently than the program does;
of lossless pictures the answers are within 0.002."""

PARTS = Path(__file__).with_name("html")
RUNTIME = Path(__file__).parent.parent / "assets" / "litert-js"
SCRIPTS = ("pixels.js", "classifier.js", "answers.js", "camera.js", "page.js")


def make_html(bundle: Bundle, samples: Sequence[Any]) -> str:
    """The file of a model.

    Args:
        bundle: the model. samples: photos with the answers that are expected.
    """
    script = f"(() => {{\n\"use strict\";\n{''.join(_part(name) for name in SCRIPTS)}}})();\n"
    litert, styles = (RUNTIME / "litert.js").read_text(encoding="ascii"), _styles()
    name = text(bundle.info, "dataset", "name") or text(bundle.info, "name") or "Image classifier"
    values = {
        "policy": _policy([litert, script], styles),
        "name": html.escape(name),
        "subtitle": f"Image classifier · {count(len(bundle.labels), 'class', 'classes')} · works without a network",
        "styles": styles,
        "resize": bundle.policy,
        "card": card_html(bundle.info),
        "licences": html.escape((RUNTIME / "LICENSE").read_text(encoding="utf-8")),
        "about": _json(_about(bundle, samples)),
        "runtime": _base64((RUNTIME / "litert.wasm.gz").read_bytes()),
        "network": _base64(gzip.compress(bundle.tflite, 9, mtime=0)),
        "litert": litert,
        "script": script,
    }
    return re.sub(r"\{\{(\w+)\}\}", lambda found: values[found[1]], _part("page.html"))


def _about(bundle: Bundle, samples: Sequence[Any]) -> dict[str, Any]:
    """What the page's scripts need to know."""
    rule, wanted = bundle.rejection, bundle.wanted
    return {
        "labels": list(bundle.labels),
        "input": {"size": wanted.input_size, "resize": wanted.policy, "pixels": wanted.version},
        "threshold": None if rule is None else rule.threshold(),
        "tolerance": TOLERANCE,
        "samples": samples,
    }


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
