"""The words that people read: no home-made phrases, no space before a percent sign, in code and in documents.

Read are the string literals of the pages and of what speaks to people in tlcore, not comments and not docstrings, and
the documents for users outside their code. Words are searched for without regard to case.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest

from tlcore.config import HEADS, OPTIMIZERS, SCHEDULES, STRATEGIES, TrainConfig

ROOT = Path(__file__).resolve().parent.parent
STRICT = sorted(
    {
        *(ROOT / "tlcore").rglob("*.py"),
        *(ROOT / "pages" / "shared" / "actions").rglob("*.py"),
        *(ROOT / "pages" / "shared" / f"{stem}.py" for stem in ("active_jobs", "share", "packing", "follow")),
    }
    - set((ROOT / "tlcore" / "charts").rglob("*.py"))
    - {ROOT / "tlcore" / "messages" / "progress.py"}
)
PAGES = sorted(
    {ROOT / "streamlit_app.py", ROOT / "tlcore" / "messages" / "progress.py"}
    | set((ROOT / "pages").rglob("*.py"))
    | set((ROOT / "pages").rglob("*.js"))
    | set((ROOT / "tlcore" / "charts").rglob("*.py")) - set(STRICT)
)

DOCUMENTS = [
    ROOT / "README.md",
    *(
        ROOT / "docs" / f"{stem}.md"
        for stem in ("classroom", "python", "hosting", "host-settings", "accounts", "recommendation", "strategies")
    ),
]

BANNED = {
    r"\banew\b": "again, new",
    r"\btaken for\b": "predicted as, mistaken for",
    r"\btold\b": "shown, reported",
    r"\btells?\b(?!.*\bapart\b)": "shows, says",
    r"network says\b": "predicts",
    r"every photo once|every file is looked at": "extracting features, checking files",
    r"plausibl[ey]": "likely range",
    r"\b(?<!all-)(?<!way )rounds?\b(?! corners)": "epochs",
    r"step sizes?\b": "learning rate",
    r"comes? about\b": "why this …",
    r"\bgo(es)? on\b": "continue",
    r"\bmend(ed|s)?\b": "correct, fix",
    r"kept for the test": "held back for testing",
    r"\b(photos?|answers?) (is |are )?right\b|\d right\b|\bright (and|or) wrong\b|\bgot right\b": "correct",
    r"\bby heart\b": "memorising",
    r"over-fitting": "overfitting",
    r"network (is )?open(s|ed)?\b|open network": "fine-tuning, unfrozen",
    r"ready[- ](made )?set": "sample set",
    r"\bstart again\b": "restart",
    r"\bsurest\b": "most confident",
    r"to be trusted": "correct when predicted",
    r"larger than chance[.:]? among": "the difference could be chance",
    r"look(s|ed|ing)? at (every|each|all)\b": "check, extract features",
    r"\d ?\u00a0?[\u00a0\u202f ]%": "no space before %",
    r"recogniz|memoriz|analyz": "British spelling",
    r"Errno|strerror|Traceback": "say it in plain words",
}
"""What is not said, as regular expressions, with what to say instead."""

STRAIGHT = re.compile(r"(?<=[a-z])'(?=[a-z])|(?<=s)'(?= [a-z])", re.IGNORECASE)
"""An apostrophe as typewriters have it; what people read has ’."""

EXCEPTIONS = {
    "tlcore/workspace.py": ("start again",),  # the program, with another folder; not a job
    "tlcore/error_reasons.py": ("errno",),  # for the log
    "tlcore/models/onnx/checked.py": ("round",),  # an operation of ONNX
    "tlcore/pipeline/timings.py": ("round",),  # the name of a rate on disk
}


def literals(path: Path) -> Iterator[tuple[int, str]]:
    """The texts in a Python file that could be read by people: string literals but for docstrings, regular expressions
    and what has no space in it; of a formatted one the parts between the values."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    unread = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            unread.add(node.value)  # a docstring, of whatever it is
        if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("re."):
            unread.update(each for each in ast.walk(node) if isinstance(each, ast.Constant))
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in unread and " " in node.value:
            yield node.lineno, node.value


def script_literals(path: Path) -> Iterator[tuple[int, str]]:
    """The same of a JavaScript file: what stands between quotation marks on one line, without what it computes."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        for found in re.findall(r"\"([^\"]*)\"|'([^']*)'|`([^`]*)`", line.partition("//")[0]):
            if " " in "".join(found):
                yield number, re.sub(r"\$\{[^}]*\}", "", "".join(found))


def prose(path: Path) -> Iterator[tuple[int, str]]:
    """The lines of a document, without code."""
    fenced = False
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.lstrip().startswith("```"):
            fenced = not fenced
        elif not fenced and not line.startswith("    "):
            yield number, re.sub(r"`[^`]*`", "", line)


def found_in(lines: Iterator[tuple[int, str]], path: Path) -> list[str]:
    """A line for each banned word: where, the word, and what to say instead."""
    name = path.relative_to(ROOT).as_posix()
    return [
        f"{name}:{number}: “{found[0]}”, rather: {instead} · {text.strip()[:100]!r}"
        for number, text in lines
        for pattern, instead in BANNED.items()
        if (found := re.search(pattern, text, re.IGNORECASE)) and found[0].lower() not in EXCEPTIONS.get(name, ())
    ]


def read(path: Path) -> Iterator[tuple[int, str]]:
    return {".py": literals, ".js": script_literals, ".md": prose}[path.suffix](path)


@pytest.mark.parametrize(
    ("text", "banned"),
    [
        ("The network says “cat”.", True),
        ("92 % correct", True),
        ("92\u00a0% correct", True),
        ("92% correct: 46 of 50", False),
        ("14 of 15 right (likely range 70–99%)", True),
        ("turn right, mirrored left and right", False),
        ("in 8 rounds", True),
        ("a background, rounded corners", False),
        ("Restart: what is missing is computed anew", True),
        ("It learns its photos by heart", True),
    ],
)
def test_the_list_finds_what_it_is_for(text, banned):
    assert bool(found_in(iter([(1, text)]), ROOT / "x.py")) is banned


@pytest.mark.parametrize("path", STRICT, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_what_the_package_says(path):
    assert not found_in(read(path), path)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_what_the_pages_say(path):
    assert not found_in(read(path), path)


@pytest.mark.parametrize(
    ("text", "straight"),
    [
        ("It can't be read.", 1),
        ("the owners' photos", 1),
        ("It can’t be read.", 0),
        ("Use 'average' or 'vote'.", 0),
        ("the class 'disc'", 0),
    ],
)
def test_the_rule_about_apostrophes_knows_them_from_quotation_marks(text, straight):
    assert len(STRAIGHT.findall(text)) == straight


def test_apostrophes_are_curly_in_what_people_read():
    stored = {("tlcore/data/ingest.py", "any visitor's")}  # a part of what folders are recognised by
    found = {
        (path.relative_to(ROOT).as_posix(), text)
        for path in (*STRICT, *PAGES)
        for _, text in read(path)
        if STRAIGHT.search(text)
    }
    assert found == stored


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_what_the_documents_say(path):
    assert not found_in(read(path), path)


def test_settings_have_labels_without_a_full_stop_and_help_with_one():
    for option in fields(TrainConfig):
        label, help_text = option.metadata["label"], option.metadata["help"]
        assert label[0].isupper() and not label.endswith((".", ":")), label
        assert help_text[0].isupper() and help_text.endswith("."), help_text
        assert not found_in(iter([(0, label), (0, help_text)]), ROOT / "config")
    for choices in (HEADS, OPTIMIZERS, SCHEDULES):
        assert not [words for words in choices.values() if words.endswith(".")]
    assert all(words.endswith(".") and words.count("(") == 1 for words in STRATEGIES.values())
