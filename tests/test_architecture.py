"""The rules of the house: which room may import which, and what the web process must not load."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ORDER = ("values", "data", "models", "features", "training", "evaluation", "serving", "runs", "pages")
VALUES = ("errors", "config", "events", "interval", "workspace")
# Beside the rooms: as far right as runs.
LATE = {
    "__main__": "runs", "commands_backbones": "runs", "progress": "runs", "charts": "runs", "terminal": "runs",
    "commands_race": "runs", "charts_race": "runs",
    "charts_learn": "runs", "commands_advice": "runs",
}
TENSORFLOW = {
    "models/efficientnet_lite.py", "models/scaling.py", "models/graph.py", "models/build.py", "models/convert.py",
    "models/frozen.py", "training/optimise.py", "training/head.py", "training/finetune.py",
    "training/statistics.py", "serving/export.py",
    "runs/open_phase.py", "runs/open_rows.py", "runs/task.py",
    "runs/train.py", "runs/worker.py", "runs/work.py", "__main__.py",
}
SOURCES = sorted((ROOT / "tlcore").rglob("*.py"))


def imports(path: Path) -> list[str]:
    """The dotted names of all modules that a file imports, wherever in it."""
    names = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return names


def room(parts: tuple[str, ...]) -> str | None:
    """The room of a module below tlcore: ("data", "images") → "data"; None for tlcore itself."""
    if not parts:
        return None
    if parts[0] in VALUES:
        return "values"
    return LATE.get(parts[0], parts[0])


def relative(path: Path) -> str:
    return path.relative_to(ROOT / "tlcore").as_posix()


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_imports_point_left(path):
    here = room(path.relative_to(ROOT / "tlcore").with_suffix("").parts)
    for name in imports(path):
        parts = tuple(name.split("."))
        if parts[0] != "tlcore" or path.name == "__init__.py":
            continue
        there = room(parts[1:])
        if there in ORDER:
            assert ORDER.index(there) <= ORDER.index(here), f"{relative(path)} imports {name}"


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_tlcore_knows_nothing_of_streamlit_and_few_files_of_tensorflow(path):
    tops = {name.split(".")[0] for name in imports(path)}
    assert "streamlit" not in tops
    if tops & {"tensorflow", "keras"}:
        assert relative(path) in TENSORFLOW


def test_pages_do_not_name_tensorflow():
    for path in [ROOT / "streamlit_app.py", *(ROOT / "pages").rglob("*.py")]:
        for name in imports(path):
            assert name.split(".")[0] not in ("tensorflow", "keras"), path
            if name.startswith("tlcore."):
                parts = name.removeprefix("tlcore.").split(".")
                assert "/".join(parts[:2]) + ".py" not in TENSORFLOW, f"{path.name} imports {name}"


PAGES = (
    "streamlit_app.py", "pages/data.py", "pages/train.py", "pages/compare.py", "pages/evaluate.py", "pages/predict.py",
    "pages/learn.py",
)


def test_every_page_runs_without_loading_tensorflow_scikit_learn_or_scipy(trained, tmp_path):
    """In a process of its own, with a finished run open, as the web process would."""
    workspace, dataset, run = trained
    script = f"""
import sys
from streamlit.testing.v1 import AppTest
app = AppTest.from_file("streamlit_app.py", default_timeout=60).run()
for page in {PAGES!r}:
    app.query_params["dataset"], app.query_params["run"] = {dataset.id!r}, {run.id!r}
    app.switch_page(page).run()
    assert not app.exception, (page, app.exception)
heavy = [name for name in ("tensorflow", "keras", "sklearn", "scipy") if name in sys.modules]
assert not heavy, heavy
"""
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=300,
        env=os.environ | {"TRANSFERLAB_HOME": str(workspace.root), "TRANSFERLAB_WARM": "0"},
    )
    assert done.returncode == 0, done.stderr[-3000:]
