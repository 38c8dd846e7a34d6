"""Pieces of HTML in which every text is shown as it is: nothing that somebody typed is ever read as markup.

Texts go in unescaped and are escaped here; only what these functions return may be joined as HTML.
"""

import base64
import html
from collections.abc import Iterable, Sequence

_PNG_START = b"\x89PNG"


class Markup(str):
    """HTML that is safe to put into a page."""

    __slots__ = ()


def text(value: object) -> Markup:
    """A text as it is."""
    return value if isinstance(value, Markup) else Markup(html.escape(str(value)))


def join(parts: Iterable[object], between: str = "\n") -> Markup:
    """Pieces one after the other; texts among them are escaped, empty ones left out."""
    return Markup(between.join(text(part) for part in parts if part))


def element(tag: str, content: object = "", **attributes: object) -> Markup:
    """An element. Attributes that are None are left out; `class_` is the class, and `_` stands for `-`."""
    written = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{html.escape(str(value))}"'
        for name, value in attributes.items()
        if value is not None
    )
    return Markup(f"<{tag}{written}>{text(content)}</{tag}>")


def paragraph(words: object, class_: str | None = None) -> Markup:
    """A paragraph; nothing where there are no words."""
    return element("p", words, class_=class_) if words else Markup("")


def bullets(items: Iterable[object], class_: str | None = None) -> Markup:
    """A list; nothing where it has no items."""
    lines = [item if isinstance(item, Markup) and item.startswith("<li") else element("li", item) for item in items]
    return element("ul", join(lines), class_=class_) if lines else Markup("")


def section(title: str, *parts: object) -> Markup:
    """A section with its heading."""
    return element("section", join([element("h2", title), *parts]))


def table(caption: str, columns: Sequence[str], rows: Iterable[Sequence[object]], class_: str | None = None) -> Markup:
    """A table. The first cell of each row names it; cells of numbers and shares are told by `number`.

    Args:
        caption: what it shows.
    """
    head = element("tr", join((element("th", column, scope="col") for column in columns), ""))
    lines = [
        element("tr", join([element("th", row[0], scope="row", dir="auto"), *(_cell(each) for each in row[1:])], ""))
        for row in rows
    ]
    body = [element("caption", caption), element("thead", head), element("tbody", join(lines))]
    whole = element("table", join(body), class_=class_)
    return element("div", whole, class_="wide", tabindex=0, role="region", aria_label=caption)  # it may scroll


def _cell(value: object) -> Markup:
    if isinstance(value, Markup) and value.startswith("<td"):
        return value
    if isinstance(value, int | float):
        return element("td", f"{value:,}", class_="number")
    return element("td", value, dir="auto")


def number(words: object, style: str | None = None, class_: str = "number") -> Markup:
    """The cell of a table with a figure in words, such as a share."""
    return element("td", words, class_=class_, style=style)


def picture(data: bytes, alt: str) -> Markup:
    """A small picture, a JPEG or a PNG, inside the page."""
    kind = "png" if data.startswith(_PNG_START) else "jpeg"
    address = f"data:image/{kind};base64,{base64.b64encode(data).decode('ascii')}"
    return Markup(f'<img src="{address}" alt="{html.escape(alt)}">')
