"""The first answer of every page: Streamlit's index.html with something to read in it while its scripts arrive.

What stands there is the top line, the page's heading and its sentence, in the page's own colours, light or dark, and a
word to those whose browser runs no scripts. It goes when the page's own heading is there (shell.css; for good by
pages/shared/reading.js). Headings are read out of the pages' sources: they stand once.
"""

import ast
import gzip
import html
import re
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit.file_util import get_static_dir

from pages.server.compression import gzip_response, takes_gzip
from pages.shared.navigation import BESIDE, CONTRIBUTE, GROUP, NAME, PRIVACY, STEPS
from tlcore.charts import tokens

ROOT = Path(__file__).resolve().parents[2]
WORDS = dict((*STEPS, *BESIDE, GROUP, CONTRIBUTE, PRIVACY))
SOURCES = {"": ROOT / "streamlit_app.py"} | {name: ROOT / "pages" / f"{name}.py" for name in WORDS}
"""The file of each page, by what its address ends with."""
NO_SCRIPTS = f"{NAME} needs JavaScript. Turn it on in your browser’s settings, then load this page again."
LOADING, LATE = "Loading…", "This is taking long. If nothing appears, load the page again."
CHECKED = "no-cache"  # names of scripts change with Streamlit's version, so a browser asks each time

_BODY = re.compile(r"<body>.*</body>", re.DOTALL)
_DROPPED = re.compile(r'<title>.*?</title>|<link\s+rel="(?:preload|service-desc)".*?/>|<!--.*?-->', re.DOTALL)


@dataclass(frozen=True)
class Opening:
    """How a page begins: its heading and the sentence below it ("" where its source computes it)."""

    heading: str
    sentence: str


class Shell:
    """ASGI middleware that answers for the pages themselves; all else goes on to Streamlit."""

    def __init__(self, app: ASGIApp, base: str = "") -> None:
        self.app = app
        self._base = f"/{base.strip('/')}" if base.strip("/") else ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        page = self._page(scope) if scope["type"] == "http" else None
        if page is None:
            await self.app(scope, receive, send)
        elif takes_gzip(Headers(scope=scope)):
            await gzip_response(_compressed(page), "text/html", CHECKED)(scope, receive, send)
        else:
            response: Response = HTMLResponse(document(page), headers={"cache-control": CHECKED})
            await response(scope, receive, send)

    def _page(self, scope: Scope) -> str | None:
        """The name of the page that is asked for, "" for the welcome page; None where it is something else."""
        path = str(scope["path"])
        if scope["method"] not in ("GET", "HEAD") or not path.startswith(f"{self._base}/"):
            return None
        name = path.removeprefix(f"{self._base}/")
        return name if name in SOURCES else None


@cache
def _compressed(page: str) -> bytes:
    return gzip.compress(document(page).encode(), mtime=0)


@cache
def document(page: str) -> str:
    """The HTML of a page: Streamlit's own, with what it begins with."""
    index = Path(get_static_dir(), "index.html").read_text(encoding="utf-8")
    word = WORDS.get(page, "")
    found = opening(SOURCES[page].read_text(encoding="utf-8"), word or NAME)
    head = f"<title>{f'{word} · {NAME}' if word else NAME}</title><style>{_style()}</style></head>"
    kept = _DROPPED.sub("", index).replace("</head>", head).lstrip()
    return _BODY.sub(lambda _: f"<body>{shell_markup(page, found)}</body>", kept)


def opening(source: str, otherwise: str) -> Opening:
    """The heading and the sentence that a page's source gives to `chrome.page`.

    Args:
        source: Python. otherwise: the heading where the source computes it.
    """
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "chrome.page":
            heading, sentence = ([_literal(each) for each in node.args] + ["", ""])[:2]
            return Opening(heading or otherwise, sentence)
    return Opening(otherwise, "")


def _literal(node: ast.expr) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def shell_markup(page: str, found: Opening) -> str:
    """What stands in the body of a page at first."""
    steps, beside = _words(STEPS, page), _words(BESIDE, page)
    return (
        '<div id="tl-shell">'
        f'<header><strong>{NAME}</strong><ol>{steps}</ol><ol class="tl-beside">{beside}</ol></header>'
        f'<main><p class="tl-heading">{html.escape(found.heading)}</p><p>{html.escape(found.sentence)}</p>'
        f'<noscript><p class="tl-no-scripts">{html.escape(NO_SCRIPTS)}</p></noscript>'
        f'<p class="tl-loading" role="status">{LOADING}</p><p class="tl-late">{LATE}</p></main></div>'
        '<div id="root"></div>'
    )


def _words(pages: tuple[tuple[str, str], ...], here: str) -> str:
    marked = ((word, ' aria-current="page"' if name == here else "") for name, word in pages)
    return "".join(f"<li{mark}>{word}</li>" for word, mark in marked)


@lru_cache(maxsize=1)
def _style() -> str:
    return f"{tokens.css_variables()}\n{Path(__file__).with_name('shell.css').read_text(encoding='utf-8')}"
