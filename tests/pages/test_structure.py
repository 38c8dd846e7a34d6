"""Where things lie: what one page uses stands beside it, what several use is shared, and no module keeps state."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FILES = [ROOT / "streamlit_app.py", *sorted((ROOT / "pages").rglob("*.py"))]
MODULES = {".".join(path.relative_to(ROOT).with_suffix("").parts): path for path in FILES}
PAGES = [name for name in MODULES if name == "streamlit_app" or name.count(".") == 1]
SHARED = [name for name in MODULES if name.startswith("pages.shared.") and not name.endswith("__init__")]
MUTATORS = {"append", "extend", "insert", "add", "update", "setdefault", "pop", "popitem", "remove", "discard", "clear"}


@cache
def imported(name: str) -> set[str]:
    """The modules of pages/ that a module imports itself."""
    found = set()
    for node in ast.walk(ast.parse(MODULES[name].read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    found |= {f"{name}.__init__" for name in found}  # a package has what its modules give
    return found & set(MODULES)


@cache
def used_by(page: str) -> set[str]:
    """All modules of pages/ that a page needs."""
    found, pending = set(), {page}
    while pending:
        name = pending.pop()
        found.add(name)
        pending |= imported(name) - found
    return found


@pytest.mark.parametrize("name", [name for name in MODULES if name.startswith("pages.parts.")])
def test_a_part_belongs_to_one_page(name):
    page = name.split(".")[2]
    users = {user for user in MODULES if name in imported(user)}
    assert all(user == f"pages.{page}" or user.startswith(f"pages.parts.{page}.") for user in users)
    assert users or name.endswith("__init__"), "nobody uses it"


@pytest.mark.parametrize("name", SHARED)
def test_what_is_shared_is_used_by_several_pages(name):
    assert len([page for page in PAGES if name in used_by(page)]) > 1


@pytest.mark.parametrize("name", MODULES)
def test_no_module_keeps_state(name):
    """Every visitor would share it: nothing that is made when a module is loaded may be changed later."""
    tree = ast.parse(MODULES[name].read_text(encoding="utf-8"))
    constants = {
        target.id
        for node in tree.body
        if isinstance(node, ast.Assign | ast.AnnAssign)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name)
    }
    assert not set(changed(tree)) & constants
    assert not any(isinstance(node, ast.Global) for node in ast.walk(tree))


DECODING = {"inspect", "load_upright", "load_input", "thumbnail", "decode", "make_upright", "read_photo"}


@pytest.mark.parametrize("name", MODULES)
def test_no_page_decodes_a_photo(name):
    """A picture of a stranger is decoded in a limited process, `decoder.py`, never in the one that serves everybody."""
    tree = ast.parse(MODULES[name].read_text(encoding="utf-8"))
    taken: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            taken |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            taken |= {alias.name for alias in node.names}
    assert not taken & {f"tlcore.data.images.{each}" for each in DECODING}
    assert not taken & {"tlcore.data.images", "tlcore.api.photos.read_photo", "tlcore.read_photo", "PIL.ImageFile"}
    called = {(ast.unparse(node.func)) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    assert not called & {"Image.open", "images.thumbnail", "images.load_input"}
    assert not {each for each in called if each.endswith((".predict_photo", ".predict_probabilities"))}


def changed(tree: ast.AST) -> Iterator[str]:
    """The names whose object is changed somewhere: by an assignment into it, or by one of its methods."""
    for node in ast.walk(tree):
        stored = isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store | ast.Del)
        if stored and isinstance(node.value, ast.Name):
            yield node.value.id
        called = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in MUTATORS
        if called and isinstance(node.func.value, ast.Name):
            yield node.func.value.id
