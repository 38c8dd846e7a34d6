"""The card of a model as HTML, of the Markdown that its README has: headings, paragraphs and lists, every text escaped.

It is made of `model.json`, which anybody may have written; nothing in it is read as markup.
"""

import html
import re
from collections.abc import Mapping
from typing import Any

from tlcore.messages.model_card import intended_section, limits_section, making_section, score_section
from tlcore.messages.model_info import backbone_title, plain, text

RUNTIME = (
    "Parts of this file: LiteRT.js by Google (Apache-2.0), libjpeg-turbo, based in part on the work of the Independent "
    "JPEG Group, and Little CMS by Marti Maria Saguer (MIT)."
)


def card_html(info: Mapping[str, Any]) -> str:
    """How good the model is, its limits, what it is for, what it learned from, and whose work is in it.

    Args:
        info: the content of `model.json`.
    """
    parts = [score_section(info), limits_section(info), intended_section(), making_section(info, ""), _licences(info)]
    return markdown_html("\n\n".join(part for part in parts if part))


def markdown_html(markdown: str) -> str:
    """HTML of headings ("## "), lists ("- ") and paragraphs with blank lines between; no other Markdown counts."""
    return "\n".join(_block(block) for block in re.split(r"\n\s*\n", markdown.strip()) if block.strip())


def _block(block: str) -> str:
    if block.startswith("## "):
        return f"<h3>{_inline(block[3:])}</h3>"
    lines = block.splitlines()
    if lines[0].startswith("- "):
        return (
            '<ul class="plain">' + "".join(f"<li>{_inline(line.removeprefix('- '))}</li>" for line in lines) + "</ul>"
        )
    return f"<p>{_inline(' '.join(lines))}</p>"


def _inline(words: str) -> str:
    """A line as text: what `plain` has put a backslash before stands there as it is."""
    return html.escape(re.sub(r"\\([\\`*_{}\[\]<>#|])", r"\1", words))


def _licences(info: Mapping[str, Any]) -> str:
    lines = []
    if text(info, "backbone", "name"):
        licence, source = text(info, "backbone", "licence"), text(info, "backbone", "source")
        of = f": {licence}" if licence else ""
        lines.append(
            f"- Pretrained network {plain(backbone_title(info))}{plain(of)}{f' ({plain(source)})' if source else ''}"
        )
    if photos := text(info, "dataset", "licence"):
        lines.append(f"- Photos it was trained on: {plain(photos)}")
    lines.append(f"- {RUNTIME}")
    return "## Licences\n\n" + "\n".join(lines)
