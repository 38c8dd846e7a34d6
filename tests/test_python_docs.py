"""docs/python.md: every block runs, and every public name is there with the signature that it really has."""

import inspect
import re
from pathlib import Path

import pytest

import tlcore
from tests.photos import class_files, write_files
from tests.small import write_small_folder

PAGE = Path(__file__).resolve().parents[1] / "docs" / "python.md"
TEXT = PAGE.read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
FUNCTIONS = [name for name in tlcore.__all__ if inspect.isfunction(getattr(tlcore, name))]
METHODS = [name for name, _ in inspect.getmembers(tlcore.Model, inspect.isfunction) if name[0] != "_"]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with what the page uses, as the current one, and a workspace of its own."""
    write_small_folder(tmp_path / "leaves")
    write_small_folder(tmp_path / "more-leaves", photos_per_class=2, seed=7)
    photos = list(class_files({"x": 4}).values())
    write_files(tmp_path / "unsorted", {f"{number}.jpg": data for number, data in enumerate(photos)})
    (tmp_path / "new.jpg").write_bytes(photos[0])
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TRANSFERLAB_HOME", str(tmp_path / "home"))
    return tmp_path


def test_every_block_runs_in_order(folder, capsys):
    assert len(BLOCKS) == TEXT.count("```python") == TEXT.count("```") / 2, "all code is Python and is run"
    names: dict[str, object] = {}
    for block in BLOCKS:
        line = TEXT[: TEXT.index(block)].count("\n")
        exec(compile("\n" * line + block, str(PAGE), "exec"), names)  # errors then tell the line of the page
    said = capsys.readouterr().out
    assert "Did you mean epochs?" in said and "epoch 5 of 5" in said, "what the comments promise"
    assert "no-such.jpg" not in said and "can’t be read: it no longer exists" in said
    assert tlcore.load_model("leaves.zip").labels == tlcore.load_model("leaves-model").labels


def signature(function) -> str:
    """Names and defaults, as a person writes them: without types and `self`."""
    found = inspect.signature(function)
    parameters = [
        parameter.replace(annotation=parameter.empty) for name, parameter in found.parameters.items() if name != "self"
    ]
    return str(found.replace(parameters=parameters, return_annotation=found.empty)).replace("'", '"')


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_is_there_with_its_signature(name):
    assert f"`{name}{signature(getattr(tlcore, name))}`" in TEXT


@pytest.mark.parametrize("name", METHODS)
def test_every_method_of_a_model_is_there_with_its_signature(name):
    assert f"`Model.{name}{signature(getattr(tlcore.Model, name))}`" in TEXT


@pytest.mark.parametrize("name", sorted({*tlcore.__all__} - {*FUNCTIONS, "__version__"}))
def test_every_public_class_is_told(name):
    assert f"`{name}`" in TEXT or f"`tlcore.{name}`" in TEXT


def test_every_parameter_of_a_function_is_explained():
    common = {"workspace", "progress", "on_event"}  # once for all functions, at the top
    assert all(f"`{name}=" in TEXT for name in common)
    for name in FUNCTIONS:
        section = re.split(r"^## ", TEXT.split(f"`{name}(")[1], flags=re.MULTILINE)[0]
        for parameter in set(inspect.signature(getattr(tlcore, name)).parameters) - common:
            assert re.search(rf"`{parameter}`[:,]", section), f"{parameter} of {name}"
