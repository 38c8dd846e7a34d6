"""A fault of the program as its log tells it: a number, the kind of error and the places in the code, and nothing else.

Logs are sent around. What an error says itself may hold a person's folders, the names of their photos and classes, or
an id, which on a shared host is a key. So it is left out, but for what the libraries that compute say of their arrays,
and there all that is in quotation marks or looks like a path or an id is left out too.
"""

import re
import secrets
import sysconfig
import traceback
from pathlib import Path

import tlcore

COMPUTING = ("tensorflow", "keras", "numpy", "ai_edge_litert", "h5py", "ncnn", "openvino")
MOST_WORDS = 300  # characters of what such a library says
ROOTS = (
    Path(tlcore.__file__).resolve().parents[1],
    *(Path(str(sysconfig.get_path(key))).resolve() for key in ("purelib", "platlib", "stdlib")),
)
"""Where code lies."""

_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'|`[^`]*`|“[^”]*”|‘[^’]*’")
_NAMED = re.compile(r"\S*[/\\]\S*|\S*\.[A-Za-z]\w*|\b[\w-]*[0-9a-f]{8,}\b")


def new_bug_number() -> str:
    """A number for a fault: the page shows it, and the log has the details under it."""
    return secrets.token_hex(4)


def bug_report(number: str, error: BaseException) -> str:
    """The lines of a log: the number, and for the error and each one behind it its kind and the places in the code."""
    lines = [f"Bug {number}"]
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        frames = traceback.extract_tb(current.__traceback__)
        lines += [f"  File {_place(frame.filename)}, line {frame.lineno}, in {frame.name}" for frame in frames]
        words = _words(current, frames[-1].filename if frames else "")
        lines.append(f"{type(current).__module__}.{type(current).__qualname__}{words}".removeprefix("builtins."))
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
        lines += ["because of"] if current is not None and id(current) not in seen else []
    return "\n".join(lines) + "\n"


def _place(file: str) -> str:
    """A file of code as one finds it in the package or a library, without the folders of this machine."""
    path = Path(file)
    for root in sorted(ROOTS, key=lambda root: -len(root.parts)):  # one may lie in another
        if path.is_relative_to(root):
            return path.relative_to(root).as_posix()
    return path.name


def _words(error: BaseException, file: str) -> str:
    """What a library that computes says, without names."""
    if _place(file).split("/")[0] not in COMPUTING:
        return ""
    words = " ".join(_NAMED.sub("…", _QUOTED.sub("…", str(error))).split())
    return f": {words[:MOST_WORDS]}" if words else ""
