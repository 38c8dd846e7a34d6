"""`import tlcore` costs next to nothing, and every public name is there when it is asked for."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import tlcore

ROOT = Path(__file__).resolve().parents[2]
HEAVY = ("tensorflow", "keras", "streamlit", "sklearn", "scipy", "numpy", "pandas", "PIL", "ai_edge_litert", "tqdm")


def in_fresh_process(script: str) -> str:
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_import_brings_nothing_heavy():
    script = "import sys, tlcore; dir(tlcore), tlcore.__version__, tlcore.UserError; print(*sys.modules)"
    loaded = {name.split(".")[0] for name in in_fresh_process(script).split()}
    assert "tlcore" in loaded and not loaded & set(HEAVY)


@pytest.mark.parametrize("name", ["load_dataset", "train", "load_model", "recommend", "compare", "list_runs"])
def test_no_function_brings_tensorflow_before_it_trains(name):
    script = f"import sys, tlcore; tlcore.{name}; print('tensorflow' in sys.modules, 'streamlit' in sys.modules)"
    assert in_fresh_process(script) == "False False"


def test_every_public_name_is_there_with_a_docstring():
    for name in set(tlcore.__all__) - {"__version__"}:
        value = getattr(tlcore, name)
        assert value.__name__ == name and value.__doc__, name
    assert set(dir(tlcore)) == set(tlcore.__all__)
    with pytest.raises(AttributeError, match="no attribute 'trian'"):
        tlcore.trian  # noqa: B018


def test_type_checkers_see_the_same_names_from_the_same_modules():
    tree = ast.parse(Path(tlcore.__file__).read_text(encoding="utf-8"))
    [block] = [node for node in tree.body if isinstance(node, ast.If)]
    seen = {alias.name: node.module for node in block.body for alias in node.names}
    assert seen == tlcore._MODULES and {*seen, "__version__"} == set(tlcore.__all__)
