"""The documents tell the truth about names: links lead somewhere, files and options exist, user pages stay short."""

import argparse
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tlcore.advice.rule import CLOSE, LARGE_FROM, RULES, SIMILAR_FROM
from tlcore.cli import main
from tlcore.config import STRATEGIES, defaults_for

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
NOTES = sorted((ROOT / "docs" / "notes").glob("*.md"))
"""What was tried on the way. It speaks of files and options as they were, so only its links are checked."""

FILES_CHECKED = [
    ROOT / "README.md",
    *(ROOT / "docs" / f"{stem}.md" for stem in ("strategies", "recommendation", "classroom", "run-format")),
]
MOST_WORDS = 1_000
"""Two printed pages; a word has a letter or a digit, so the lines of a table count for nothing."""

ENDINGS = ("py", "md", "toml", "txt", "css", "png", "json", "yml", "yaml", "zip", "h5", "tflite")
CALL = re.compile(r"(?:\$ +)?(?:\w+=\S+ +)*(?:\S*python\S* -m +|\S*/)?(?:tlcore|transferlab)((?: +\S+)+)")
"""A line that calls us, with what stands behind the name: `HOME=x .venv/bin/python -m tlcore train PHOTOS`."""


def name(path: Path) -> str:
    """A file as a person writes it, for the names of tests."""
    return path.relative_to(ROOT).as_posix()


def code(text: str) -> Iterator[str]:
    """What a document sets as code: spans in backticks, and the lines of indented and of fenced blocks."""
    rest = []
    fenced = False
    for line in text.splitlines():
        if line.lstrip().startswith("```"):
            fenced = not fenced
        elif fenced or line.startswith("    "):
            yield line.strip()
        else:
            rest.append(line)
    yield from (" ".join(span.split()) for span in re.findall(r"`([^`]+)`", "\n".join(rest)))


def links(text: str) -> list[str]:
    """The targets of all links and pictures."""
    return re.findall(r"\]\(<?([^)\s>]+)>?\)", text)


def anchors(text: str) -> set[str]:
    """What links can point to in a document: its headings, as GitHub writes them."""
    found = re.findall(r"^#+ +(.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in found}


def broken_links(path: Path) -> list[str]:
    """The relative links of a document that lead to no file, or to no heading in it."""
    broken = []
    for link in links(path.read_text(encoding="utf-8")):
        if re.match(r"[a-z]+:", link):
            continue
        file, _, anchor = link.partition("#")
        target = path.parent / file if file else path
        if not target.exists() or (anchor and anchor not in anchors(target.read_text(encoding="utf-8"))):
            broken.append(link)
    return broken


def missing_files(text: str) -> list[str]:
    """The code spans that look like a file of this repository, or a module that is run, and are none."""
    found = [span for span in code(text) if re.fullmatch(rf"[\w.-]+(/[\w.-]+)+\.({'|'.join(ENDINGS)})", span)]
    modules = [module for span in code(text) for module in re.findall(r"python -m ((?:tlcore|benchmarks)[\w.]*)", span)]
    return [each for each in found if not (ROOT / each).exists()] + [each for each in modules if not _can_run(each)]


def _can_run(module: str) -> bool:
    """Whether `python -m` finds a file for it."""
    path = ROOT / module.replace(".", "/")
    return path.with_suffix(".py").exists() or (path / "__main__.py").exists()


def _options(words: list[str]) -> set[str]:
    """The options of the command that these words call; without words, those of all commands together."""
    parser = main.make_parser()
    if not words:
        return set().union(*(each._option_string_actions for each in _all_parsers(parser)))
    for word in words:
        if word not in _commands(parser):
            break
        parser = _commands(parser)[word]
    return set(parser._option_string_actions)


def _commands(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """The commands of a parser by name. argparse has no public way to ask for them, nor for the options."""
    actions = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    return {word: command for action in actions for word, command in action.choices.items()}


def _all_parsers(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    yield parser
    for command in _commands(parser).values():
        yield from _all_parsers(command)


def wrong_options(text: str) -> list[str]:
    """The commands and options in a document that the command line does not have.

    An option stands behind its command (`tlcore train PHOTOS --epochs 10`), or alone, as a setting of any command.
    Options of other programs are passed over.
    """
    wrong = []
    for line in code(text):
        line = line.partition("#")[0]
        if called := CALL.match(line):
            words = called[1].split()
            if words[0] not in _commands(main.make_parser()) and re.fullmatch(r"[a-z]+", words[0]):
                wrong.append(f"{words[0]} in {line!r}")
            else:
                wrong += [f"{word} in {line!r}" for word in _long(words) if word not in _options(words)]
        elif line.startswith("--"):
            wrong += [word for word in _long(line.split()) if word not in _options([])]
    return wrong


def _long(words: list[str]) -> list[str]:
    """The options among the words of a line, without what is given to them."""
    return [match[0] for match in (re.match(r"--[\w-]+", word) for word in words) if match]


@pytest.mark.parametrize("path", [*PAGES, *NOTES], ids=name)
def test_links_lead_to_a_file_of_the_repository(path):
    assert broken_links(path) == []


@pytest.mark.parametrize("path", FILES_CHECKED, ids=name)
def test_files_and_modules_that_a_document_names_exist(path):
    assert missing_files(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_commands_and_options_that_a_document_names_exist(path):
    assert wrong_options(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path", [ROOT / "docs" / "strategies.md", ROOT / "docs" / "recommendation.md"], ids=name)
def test_a_page_for_users_stays_short(path):
    words = [word for word in path.read_text(encoding="utf-8").split() if re.search(r"\w", word)]
    assert len(words) <= MOST_WORDS, "what was tried and measured on the way belongs into docs/notes/"


def rows(document: str, heading: str) -> dict[str, list[str]]:
    """The first table below a heading: the cells of each row, by the first of them."""
    text = (ROOT / "docs" / document).read_text(encoding="utf-8").split(f"## {heading}\n")[1]
    found = [[cell.strip(" *") for cell in line.strip("|").split("|")] for line in text.splitlines() if line[:1] == "|"]
    return {first: rest for first, *rest in found}


def test_the_defaults_in_the_table_are_those_of_the_code():
    checked = set()
    for first, cells in rows("strategies.md", "Defaults that matter").items():
        options = [option.replace("-", "_") for option in re.findall(r"`--([\w-]+)`", first)]
        for strategy, cell in zip(STRATEGIES, cells, strict=True) if options else ():
            if cell == "–":
                continue  # the strategy does not use it
            for option, value in zip(options, cell.split(", "), strict=True):
                default = getattr(defaults_for(strategy), option)
                assert type(default)(value) == default, f"{option} of {strategy}"
                checked.add(option)
    assert len(checked) == 8


def test_the_rule_in_the_table_is_that_of_the_code():
    table = rows("recommendation.md", "The rule")
    for size, first in (("small", "few photos"), ("large", "many photos")):
        names = [short.replace(" ", "-") for short in table[first]]
        assert names == [RULES[f"{size}-similar"], RULES[f"{size}-different"]]


@pytest.mark.parametrize(
    "sentence",
    [
        f"similar from {SIMILAR_FROM}.",
        f"Within {CLOSE} of the border",
        f"{LARGE_FROM:,} or more count as many",
    ],
)
def test_the_borders_in_the_text_are_those_of_the_code(sentence):
    assert sentence in (ROOT / "docs" / "recommendation.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "found", "reason"),
    [
        ("see [it](gone.md)", ["gone.md"], "no such file"),
        ("see [it](run-format.md#no-such-heading)", ["run-format.md#no-such-heading"], "no such heading"),
        ("![it](gone.png)", ["gone.png"], "a picture is a link too"),
        ("see [it](run-format.md#a-data-set-datasetsid)", [], "a heading with code in it"),
        ("see [it](../README.md), [it](https://example.org/gone.md)", [], "elsewhere is not looked up"),
    ],
)
def test_a_broken_link_is_found(tmp_path, monkeypatch, text, found, reason):
    (tmp_path / "README.md").write_text("")
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "run-format.md").write_text("# Files\n\n## A data set: `datasets/<id>/`\n")
    page = tmp_path / "docs" / "page.md"
    page.write_text(text)
    assert broken_links(page) == found, reason


@pytest.mark.parametrize(
    ("text", "found", "reason"),
    [
        ("`tlcore/gone.py`", ["tlcore/gone.py"], "no such module"),
        ("    python -m benchmarks.gone --quick", ["benchmarks.gone"], "no such module to run"),
        ("`tlcore/config.py`, `python -m benchmarks.strategies`, `python -m tlcore runs`", [], "all exist"),
        ("`runs/<id>/events.jsonl`, `train/`, `model.json`", [], "files of a workspace are not files of ours"),
        ("tlcore/gone.py", [], "not set as code"),
    ],
)
def test_a_file_that_is_gone_is_found(text, found, reason):
    assert missing_files(text) == found, reason


@pytest.mark.parametrize(
    ("text", "num_wrong", "reason"),
    [
        ("`--gone 3`", 1, "no command has it"),
        ("`--image-size`", 0, "a setting"),
        ("    python -m tlcore train PHOTOS --gone 3 --json", 1, "in an indented block"),
        ("```\ntlcore predict RUN a.jpg --image-size 96\n```", 1, "an option of another command"),
        ("`tlcore gone PHOTOS`", 1, "no such command"),
        ("`.venv/bin/python -m tlcore weights fetch NAME --json`", 0, "a command below a command"),
        ("    TRANSFERLAB_HOME=/x .venv/bin/transferlab train PHOTOS --gone", 1, "with all that may stand before it"),
        ("`pip install --gone`, `make run PYTHON=python3.12`", 0, "other programs"),
        ("```python\nimport tlcore as lab\n```\n`pip install transferlab --gone`", 0, "our name, but no call of ours"),
        ("`python -m tlcore predict RUN a.jpg  # not with --gone`", 0, "a comment"),
    ],
)
def test_an_option_that_is_gone_is_found(text, num_wrong, reason):
    assert len(wrong_options(text)) == num_wrong, reason
