"""The rules of the house: the order of imports (which room may import which), and what the web process must not load.

The order of the rooms stands once, in docs/architecture.md; here the code is held against it.
"""

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "tlcore"
SOURCES = sorted(PACKAGE.rglob("*.py"))
PAGES = ("streamlit_app.py", *(f"pages/{path.name}" for path in sorted((ROOT / "pages").glob("*.py"))))
TENSORFLOW = {
    "models/efficientnet_lite.py",
    "models/scaling.py",
    "models/graph.py",
    "models/pytorch/keras_layers.py",
    "models/build.py",
    "models/convert.py",
    "models/tflite_weights.py",
    "models/measure.py",
    "models/imported/keras_archive.py",
    "models/imported/keras_file.py",
    "models/imported/pytorch_file.py",
    "models/onnx_backbone.py",
    "models/imported/keras_form.py",
    "models/imported/keras_graph.py",
    "models/imported/savedmodel.py",
    "networks/reading_process.py",
    "models/frozen_files.py",
    "models/frozen_backbone.py",
    "models/joined_backbone.py",
    "training/optimise.py",
    "training/head.py",
    "training/fine_tune.py",
    "training/layer_fusion.py",
    "training/mixed_precision.py",
    "training/batch_norm.py",
    "serving/export.py",
    "exports/templates/predict.py",
    "exports/saved_model.py",
    "exports/keras_model.py",
    "pipeline/fine_tune_stages.py",
    "pipeline/context.py",
}
"""The files that import tensorflow or keras themselves, at once or inside a function."""


@cache
def layers() -> list[tuple[str, ...]]:
    """The rooms from left to right, those side by side together, as docs/architecture.md has them."""
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    (picture,) = re.findall(r"^    (values ←(?:.|\n {4})+)", text, re.MULTILINE)
    return [tuple(re.findall(r"\w+", part)) for part in picture.split("←")]


@cache
def values() -> set[str]:
    """The modules of the room "values": those that lie in no folder, but for the way in."""
    return {path.stem for path in PACKAGE.glob("*.py")} - {"__init__", "__main__", "api"}


def room(parts: tuple[str, ...]) -> str:
    """The room of a module below tlcore: ("data", "images") → "data"; the package's own face counts as the API."""
    if not parts or parts[0] in ("__init__", "api"):
        return "api"
    if parts[0] == "__main__":
        return "cli"
    return "values" if parts[0] in values() else parts[0]


def module_of(path: Path) -> str:
    """The dotted name of a file."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path, at_once: bool = False) -> Iterator[str]:
    """The dotted names of all that a file imports, wherever in it; `at_once`: only when it is imported itself."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    lazy = (ast.FunctionDef, ast.AsyncFunctionDef, ast.If) if at_once else ()
    pending: list[ast.AST] = [tree]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        pending += [child for child in ast.iter_child_nodes(node) if not isinstance(child, lazy)]


def relative(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def test_every_folder_is_a_room_and_every_room_a_folder():
    folders = {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").exists()}
    drawn = [name for layer in layers() for name in layer]
    assert len(drawn) == len(set(drawn))
    assert set(drawn) - {"values", "pages"} == folders
    assert values() == {
        "access",
        "accounts",
        "checksums",
        "config",
        "error_reasons",
        "errors",
        "events",
        "grants",
        "intervals",
        "listing",
        "machine",
        "processor",
        "naming",
        "settings",
        "shares",
        "workspace",
    }, "a module lies loose beside the rooms"


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_imports_point_left(path):
    place = {name: number for number, layer in enumerate(layers()) for name in layer}
    here = room(path.relative_to(PACKAGE).with_suffix("").parts)
    for name in imports(path):
        parts = tuple(name.split("."))
        if parts[0] == "pages":
            raise AssertionError(f"{relative(path)} imports {name}")
        if parts[0] != "tlcore" or parts[1:] in ((), ("__version__",)):  # the package itself is there in any case
            continue
        there = room(parts[1:])
        allowed = there == here or place[there] < place[here]
        assert allowed, f"{relative(path)} ({here}) imports {name} ({there})"


def test_the_walks_through_the_code_name_functions_that_exist():
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    named = re.findall(r"`((?:\w+/)+\w+\.py):(\w+)(?:\.(\w+))?`", text)
    assert len(named) > 15
    for file, *names in named:
        path = next((place / file for place in (PACKAGE, ROOT) if (place / file).exists()), None)
        assert path is not None, f"docs/architecture.md names {file}"
        tree = ast.parse(path.read_text(encoding="utf-8"))
        defined = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)}
        assert {name for name in names if name} <= defined, f"docs/architecture.md names {names} in {file}"


def test_there_are_no_circles():
    modules = {module_of(path): path for path in SOURCES}
    arrows = {
        name: {each for each in imports(path, at_once=True) if each in modules} - {name}
        for name, path in modules.items()
    }
    done: set[str] = set()

    def visit(name: str, way: tuple[str, ...]) -> None:
        assert name not in way, " → ".join((*way[way.index(name) :], name))
        if name not in done:
            for other in sorted(arrows[name]):
                visit(other, (*way, name))
            done.add(name)

    for name in sorted(modules):
        visit(name, ())


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_tlcore_knows_nothing_of_streamlit_and_few_files_of_tensorflow(path):
    tops = {name.split(".")[0] for name in imports(path)}
    assert ("streamlit" in tops) == (relative(path) == "exports/templates/app.py")  # which others run
    assert bool(tops & {"tensorflow", "keras"}) == (relative(path) in TENSORFLOW)


def test_pages_do_not_name_tensorflow():
    for path in [ROOT / "streamlit_app.py", *(ROOT / "pages").rglob("*.py")]:
        for name in imports(path):
            assert name.split(".")[0] not in ("tensorflow", "keras"), path
            if name.startswith("tlcore."):
                parts = name.removeprefix("tlcore.").split(".")
                assert "/".join(parts[:2]) + ".py" not in TENSORFLOW, f"{path.name} imports {name}"


def test_tests_run_coroutines_in_a_thread_of_their_own():
    """A browser that a test drives keeps an event loop in this thread for those after it, where asyncio.run fails."""
    tests = {path.name for path in (ROOT / "tests").rglob("*.py") if re.search(r"asyncio\.run\b", path.read_text())}
    assert tests - {Path(__file__).name} == {"loops.py"}


def test_what_several_pages_use_knows_nothing_of_a_single_page():
    for path in (ROOT / "pages" / "shared").rglob("*.py"):
        for name in imports(path):
            general = name.startswith(("pages.shared", "pages.server"))
            assert not name.startswith("pages.") or general, f"{path.name} imports {name}"


def test_every_page_runs_without_loading_tensorflow_scikit_learn_or_scipy(trained, tmp_path):
    """In a process of its own, with a finished run open, as the web process would."""
    workspace, dataset, run = trained
    script = f"""
import sys
from streamlit.testing.v1 import AppTest
from pages.shared import state
state.comes_from_here = lambda headers, address: True  # AppTest is no browser
app = AppTest.from_file("streamlit_app.py", default_timeout=60).run()
for page in {PAGES!r}:
    app.query_params["dataset"], app.query_params["run"] = {dataset.id!r}, {run.id!r}
    app.switch_page(page).run()
    assert not app.exception, (page, app.exception)
heavy = [name for name in ("tensorflow", "keras", "sklearn", "scipy", "openvino") if name in sys.modules]
assert not heavy, heavy
"""
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        env=os.environ | {"TRANSFERLAB_HOME": str(workspace.root), "TRANSFERLAB_WARM": "0"},
    )
    assert done.returncode == 0, done.stderr[-3000:]
