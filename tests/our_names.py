"""Names of our own modules that a file uses and that are not there, found by reading alone: nothing is imported."""

import ast
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from textwrap import dedent

ROOT = Path(__file__).resolve().parent.parent
OURS = ("tlcore", "pages", "tests", "benchmarks", "scripts", "streamlit_app")
Scope = Mapping[str, str | None]
"""By a name that is bound there: the module it stands for, None for anything else."""
_OPENS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def missing(source: str) -> Iterator[str]:
    """A line each: `from module import name`, `module.name` and `setattr(module, "name", …)` of what is not there."""
    tree = ast.parse(source)
    yield from _walk(tree, [_bound(tree)])


def _walk(node: ast.AST, scopes: list[Scope]) -> Iterator[str]:
    if isinstance(node, _OPENS):
        scopes = [*scopes, _bound(node)]
    yield from _told(node, scopes)
    for child in ast.iter_child_nodes(node):
        yield from _walk(child, scopes)


def _told(node: ast.AST, scopes: list[Scope]) -> Iterator[str]:
    """What is missing in this node itself."""
    match node:
        case ast.Import():
            wanted = [(alias.name, None) for alias in node.names]
        case ast.ImportFrom(module=str() as module):
            wanted = [(module, alias.name) for alias in node.names]
        case ast.Attribute():
            wanted = [(_module_of(node.value, scopes), node.attr)]
        case ast.Call(func=ast.Attribute(attr="setattr"), args=[what, ast.Constant(value=str() as name), *_]):
            wanted = [(_module_of(what, scopes), name)]
        case ast.Call(func=ast.Attribute(attr="setattr"), args=[ast.Constant(value=str() as dotted), _]):
            module, _, name = dotted.rpartition(".")
            wanted = [(module if _is_module(module) else None, name)]
        case ast.Constant(value=str() as text) if "import" in text:
            yield from _told_in_a_program(text)
            return
        case _:
            return
    for module, name in wanted:
        if module and module.split(".")[0] in OURS and not _is_there(module, name):
            yield f"{module} has no {name}" if name and _is_module(module) else f"{module} is not there"


def _told_in_a_program(text: str) -> Iterator[str]:
    """A test may hand a program to another process."""
    try:
        tree = ast.parse(dedent(text))
    except (SyntaxError, ValueError):  # words
        return
    yield from _walk(tree, [_bound(tree)])


def _module_of(node: ast.AST, scopes: list[Scope]) -> str | None:
    """The module of ours that an expression stands for."""
    if isinstance(node, ast.Name):
        return next((scope[node.id] for scope in reversed(scopes) if node.id in scope), None)
    if not isinstance(node, ast.Attribute):
        return None
    module = _module_of(node.value, scopes)
    if module is None or not _is_module(module):
        return None
    inner = f"{module}.{node.attr}"
    return inner if _is_module(inner) else _names(module).get(node.attr)


def _is_there(module: str, name: str | None) -> bool:
    if not _is_module(module):
        return False
    return name in (None, "*") or name in _names(module) or _is_module(f"{module}.{name}")


@cache
def _is_module(name: str) -> bool:
    place = ROOT.joinpath(*name.split("."))
    return place.with_suffix(".py").is_file() or (place.is_dir() and any(place.glob("*.py")))


@cache
def _names(module: str) -> Scope:
    """What a module binds."""
    place = ROOT.joinpath(*module.split("."))
    path = place.with_suffix(".py") if place.with_suffix(".py").is_file() else place / "__init__.py"
    dunders = dict.fromkeys(("__name__", "__file__", "__doc__", "__path__", "__spec__", "__dict__"))
    return dunders | (dict(_bound(ast.parse(path.read_text(encoding="utf-8")))) if path.is_file() else {})


def _bound(opened: ast.AST) -> Scope:
    """The names that a module or a function binds itself, not in the functions within it."""
    found: dict[str, str | None] = {}
    pending = list(ast.iter_child_nodes(opened))
    while pending:
        node = pending.pop()
        for name, module in _binds(node):
            found[name] = module if found.get(name, module) == module else None
        if isinstance(node, ast.ClassDef):  # its body is no scope of what stands in its methods
            pending += node.decorator_list
        elif not isinstance(node, _OPENS):
            pending += ast.iter_child_nodes(node)
    return found


def _binds(node: ast.AST) -> Iterator[tuple[str, str | None]]:
    match node:
        case ast.Import():
            for alias in node.names:
                yield alias.asname or alias.name.split(".")[0], alias.name if alias.asname else alias.name.split(".")[0]
        case ast.ImportFrom(module=str() as module):
            for alias in node.names:
                inner = f"{module}.{alias.name}"
                yield alias.asname or alias.name, inner if module.split(".")[0] in OURS and _is_module(inner) else None
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            yield node.name, None
        case ast.arg():
            yield node.arg, None
        case ast.Name(ctx=ast.Store()):
            yield node.id, None
        case (
            ast.ExceptHandler(name=str() as name) | ast.MatchAs(name=str() as name) | ast.MatchStar(name=str() as name)
        ):
            yield name, None
        case ast.Global():
            yield from ((name, None) for name in node.names)
