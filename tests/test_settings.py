"""What a host allows: defaults, the file that changes them, and what is no such file."""

import re
import tomllib
from dataclasses import asdict, fields, replace
from pathlib import Path

import pytest

from tlcore.errors import UserError
from tlcore.settings import HOSTED, OWN, Limits, Operator, is_hosted, load_limits, load_operator

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = ROOT / "docs" / "settings.toml"


@pytest.mark.parametrize(
    ("value", "hosted"),
    [
        *((text, False) for text in ("", "0", "no", "False", " off ")),
        *((text, True) for text in ("1", "1 ", "on", "yes", "nein", "2")),
    ],
)
def test_anything_but_an_explicit_no_means_a_host(value, hosted):
    assert is_hosted({"TRANSFERLAB_HOSTED": value}) == hosted
    assert not is_hosted({})


@pytest.mark.parametrize("hosted", [True, False])
def test_a_file_changes_what_it_names_and_nothing_else(workspace, hosted):
    assert load_limits(workspace, hosted) == (HOSTED if hosted else OWN)
    (workspace.root / "settings.toml").write_text("visitor_photos = 7\nkeep_days = 0.5\n# a note\n")
    found = load_limits(workspace, hosted)
    changed = {name for name, value in asdict(found).items() if value != getattr(HOSTED if hosted else OWN, name)}
    assert changed == {"visitor_photos", "keep_days"} and (found.visitor_photos, found.keep_days) == (7, 0.5)


WRONG = [
    ("visitor_fotos = 7", "unknown setting, visitor_fotos.*The settings are: photo_megapixels", "a slip of the pen"),
    (
        "visitor_photos = 7.5",
        "visitor_photos = 7.5 in settings.toml is not allowed. It takes a whole number",
        "half a photo",
    ),
    ("visitor_photos = -1", "It takes a whole number, 0 for no limit", "negative"),
    ('keep_days = "3"', "keep_days = '3'", "text"),
    ("keep_days = true", "keep_days = True", "yes is no number"),
    ("keep_days = nan", "keep_days = nan", "not a number"),
    ("waiting_runs = inf", "waiting_runs = inf", "0 is how one says it"),
    ("activations_share = 30", "It takes a number from 0 to 1", "percent"),
    ("disk_mb = [1]", "disk_mb = .1. in settings.toml", "a list"),
    ("keep_days = 1979-05-27", "keep_days = ", "a date"),
    ("[limits]\nkeep_days = 3", "unknown setting, limits", "a table"),
    ("keep_days = 3\nkeep_days = 4", "settings.toml can’t be read", "twice"),
    ("keep_days: 3", "settings.toml can’t be read", "another language"),
    (b"keep_days = 3 # \xff", "settings.toml can’t be read", "not UTF-8"),
]


@pytest.mark.parametrize(("text", "words", "reason"), WRONG, ids=[case[2] for case in WRONG])
@pytest.mark.parametrize("before", [b"", b"visitor_mb = 5\n"])
def test_a_wrong_file_ends_in_a_sentence_and_is_never_half_applied(workspace, text, words, reason, before):
    data = text if isinstance(text, bytes) else text.encode()
    (workspace.root / "settings.toml").write_bytes(before + data)
    with pytest.raises(UserError) as error:
        load_limits(workspace)
    assert re.search(words, str(error.value)) and error.value.what and error.value.fix, reason


def test_a_folder_in_its_place(workspace):
    (workspace.root / "settings.toml").mkdir()
    with pytest.raises(UserError, match="settings.toml can’t be read"):
        load_limits(workspace)


def test_the_example_holds_every_name_with_the_value_of_a_host(workspace):
    text = EXAMPLE.read_text(encoding="utf-8")
    assert tomllib.loads(text) == {}, "as it comes it changes nothing"
    lines = [line.removeprefix("# ") for line in text.splitlines() if " = " in line or line == "# [privacy]"]
    (workspace.root / "settings.toml").write_text("\n".join(lines))
    assert len(lines) == len(fields(Limits)) + 1 + len(fields(Operator))
    assert load_limits(workspace, hosted=False) == HOSTED and load_operator(workspace) == Operator()


@pytest.mark.parametrize(
    ("text", "found", "reason"),
    [
        ("", Operator(), "nothing was said"),
        ('[privacy]\nname = " Lab\\n School "', Operator(name="Lab School"), "one line"),
        ('keep_days = 2\n[privacy]\nplace = "Berlin"', Operator(place="Berlin"), "limits beside it"),
        ('[privacy]\nmail = "x"', "may hold: name, contact, place, note", "a slip of the pen"),
        ("privacy = 3", "It is a table", "no table"),
        ("[privacy]\nname = 3", "a text in quotes", "no text"),
        (f'[privacy]\nnote = "{"x" * 2001}"', "at most 2,000 characters", "too long"),
    ],
)
def test_who_runs_it_is_read_or_refused_in_a_sentence(workspace, text, found, reason):
    (workspace.root / "settings.toml").write_text(text)
    if isinstance(found, str):
        with pytest.raises(UserError, match=found):
            load_operator(workspace)
    else:
        assert load_operator(workspace) == found, reason
    if "privacy =" not in text:
        assert load_limits(workspace, hosted=True) == replace(HOSTED, **({"keep_days": 2} if "keep" in text else {}))


def test_the_docs_tell_every_default():
    page = (ROOT / "docs" / "host-settings.md").read_text(encoding="utf-8")
    assert EXAMPLE.read_text(encoding="utf-8") in page, "the example stands in the page as a whole"
    table = page.split("## Limits\n")[1].split("\n## ")[0]
    rows = [
        [cell.strip(" `") for cell in line.strip("|").split("|")] for line in table.splitlines() if line[:2] == "| "
    ]
    told = {row[0]: tuple(row[-2:]) for row in rows if row[0] in {option.name for option in fields(Limits)}}
    assert told == {option.name: (_told(HOSTED, option.name), _told(OWN, option.name)) for option in fields(Limits)}


def _told(limits: Limits, name: str) -> str:
    value = getattr(limits, name)
    return f"{value:,g}" if value else "no limit"
