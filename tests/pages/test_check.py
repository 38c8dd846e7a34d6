"""Check photos on the Data page: the button, what was found, one press for many, the honest split, who may do what."""

import json

import pandas as pd
import pytest

from pages.parts.data import check_cards
from pages.parts.data.check_cards import Card, CardButton, CardPhoto
from tests.conftest import copy_of
from tests.pages.conftest import buttons, words
from tlcore.cleaning.issues import COPY, EMPTY, WRONG_LABEL
from tlcore.cleaning.results import Check, SplitWorth, check_folder, load_check, save_check
from tlcore.data.manifest import load_dataset
from tlcore.data.versions import current_version
from tlcore.events import Failed, encode
from tlcore.jobs.store import EVENTS, check_job

WORTH = SplitWorth("alike", 20, 36, 0.97, (0.9, 0.99), 0.81, (0.6, 0.9), (0.1, 0.2))


@pytest.fixture
def place(trained, tmp_path):
    """A workspace of the test's own, and its data set."""
    return copy_of(trained, tmp_path / "home")[:2]


def save(workspace, dataset, worth=(WORTH,)):
    """A check that found two copies, one wrong label, and an empty picture; the paths that it names."""
    rows = dataset.photos.groupby("label").head(4)["path"].tolist()
    labels = dict(zip(dataset.photos["path"], dataset.photos["label"]))
    wrong, copies, empty = rows[0], rows[4:6], rows[8]
    other = next(label for label in dataset.labels if label != labels[wrong])
    found = [(WRONG_LABEL, wrong, "", other, 0.9), (EMPTY, empty, "", "", 0.0)]
    found += [(COPY, path, rows[7], "", 0.0) for path in copies]
    issues = pd.DataFrame(found, columns=["kind", "path", "other", "proposed", "value"])
    issues = issues.assign(score=0.9, label=[labels[path] for path in issues["path"]])
    photos = dataset.photos[["path", "sha256", "label"]].assign(
        doubt=0.1, similarity=0.5, sharpness=0.6, brightness=0.5
    )
    job = check_job(workspace, dataset.folder.name, dataset.visitor)
    group = photos["path"].isin([*copies, rows[7]]).map({True: "together", False: None})
    save_check(job.folder, Check(dataset.fingerprint, photos.assign(group=group.astype(object)), issues, worth))
    return wrong, copies, other


def cards(at):
    """The cards that were sent to the browser."""
    sent = [json.loads(element.proto.json) for element in at.get("bidi_component") if element.proto.json]
    return [card for data in sent if "cards" in data for card in data["cards"]]


def test_one_press_begins_the_check_once(visit, place, queue):
    at = visit("data", place[0], dataset=place[1].id)
    at.button(key="check_photos").click().run()
    assert [(job.kind, job.id) for job in queue.jobs] == [("check", place[1].folder.name)] and not at.exception


def test_what_was_found_is_there_with_its_reason_and_buttons(visit, place):
    wrong, _, other = save(*place)
    at = visit("data", place[0], dataset=place[1].id)
    assert "1 possibly wrong label, 2 copies, 1 empty photo" in words(at) and "Check photos" not in buttons(at)
    (card,) = cards(at)
    assert card["reason"] == f"Looks like {other}: 90%"
    assert [button["label"] for button in card["buttons"]] == [f"Move to {other}", "Keep", "Leave out"]
    assert wrong.rsplit("/", 1)[-1] in card["buttons"][0]["spoken"] and card["photos"][0]["alt"]
    at.pills(key="check_kind").set_value(COPY).run()
    assert [len(card["photos"]) for card in cards(at)] == [2, 2], "side by side"


def test_many_at_once_and_what_still_holds_stays(visit, place):
    workspace, dataset = place
    _, copies, _ = save(*place)
    at = visit("data", workspace, dataset=dataset.id)
    at.pills(key="check_kind").set_value(COPY).run()
    at.button(key="check_leave_out_all").click().run()
    assert not at.exception
    newer = load_dataset(workspace, current_version(workspace, dataset.id))
    assert not set(copies) & set(newer.photos["path"]) and "Left out 2 photos" in words(at)
    assert "Checked before your last change" in words(at) and "Check again" in buttons(at)
    assert "1 possibly wrong label, 1 empty photo" in words(at)


def test_a_suspect_moves_to_its_proposed_class_and_what_is_kept_can_be_shown_again(visit, place):
    workspace, dataset = place
    wrong, _, other = save(*place)
    at = visit("data", workspace, dataset=dataset.id)
    at.pills(key="check_kind").set_value(EMPTY).run()
    at.pills(key="check_kind").set_value(COPY).run()
    at.button(key="check_keep_all").click().run()
    assert "2 kept as they are" in words(at) and "copies" not in words(at).split("kept")[0].rsplit("\n", 2)[-1]
    at.button(key="check_show_kept").click().run()
    assert "2 copies" in words(at) and not at.exception
    assert cards(at)


def test_the_split_says_what_it_is_worth_before_and_keeps_groups_on_one_side(visit, place):
    workspace, dataset = place
    save(*place)
    at = visit("data", workspace, dataset=dataset.id)
    assert "your score would be 97%" in words(at) and "honestly, it is 81%" in words(at)
    at.button(key="split_by_0").click().run()
    assert not at.exception and "Split again" in words(at)
    newer = load_dataset(workspace, current_version(workspace, dataset.id))
    together = newer.photos[newer.photos["group"].notna()]
    assert len(together) == 3 and together["split"].nunique() == 1
    assert "In use: 1 group of photos" in words(at)
    assert "✓ In use" in words(at) and "Split by this" not in buttons(at), "it would change nothing"


def test_all_suspects_move_at_once_as_one_edit(visit, place):
    workspace, dataset = place
    save(workspace, dataset)
    check = load_check(workspace, dataset)
    first, *_, last = dataset.labels
    paths = [dataset.photos["path"][dataset.photos["label"] == label].iloc[-1] for label in (first, last)]
    rows = [
        (WRONG_LABEL, path, "", label, other, 0.9, 0.9)
        for path, label, other in zip(paths, (first, last), (last, first))
    ]
    more = pd.DataFrame(rows, columns=["kind", "path", "other", "label", "proposed", "score", "value"])
    issues = pd.concat([check.issues, more], ignore_index=True)
    save_check(check_folder(workspace, dataset), Check(check.fingerprint, check.photos, issues, check.worth))
    at = visit("data", workspace, dataset=dataset.id)
    at.button(key="check_move_each").click().run()
    newer = load_dataset(workspace, current_version(workspace, dataset.id))
    assert newer.version == 2 and not at.exception
    labels = dict(zip(newer.photos["path"], newer.photos["label"]))
    assert [labels[path] for path in paths] == [last, first]


def test_a_column_of_a_table_is_named_as_it_is(visit, place):
    save(*place, worth=(SplitWorth("column:*s*[x](y)", 20, 36, 0.97, (0.9, 0.99), 0.81, (0.6, 0.9), (0.1, 0.2)),))
    text = words(visit("data", place[0], dataset=place[1].id))
    assert r"Column “\*s\*\[x\]\(y\)”" in text, "nothing in it is Markdown"


def test_a_difference_that_chance_explains_is_none(visit, place):
    save(*place, worth=(SplitWorth("alike", 20, 36, 0.97, (0.9, 0.99), 0.95, (0.8, 0.99), (-0.01, 0.04)),))
    text = words(visit("data", place[0], dataset=place[1].id))
    assert "The difference could be chance" in text and "honestly" not in text


def test_who_may_only_look_sees_it_and_has_no_buttons(visit, place, stranger):
    workspace, dataset = place
    save(*place)
    stranger(workspace, {dataset.folder.name: "see"})
    at = visit("data", workspace, dataset=dataset.id)
    assert "1 possibly wrong label" in words(at) and not cards(at)[0]["buttons"]
    assert not {"Keep all", "Split by this", "Check again", "Check photos"} & set(buttons(at))


def test_a_check_that_failed_says_why_and_can_be_tried_again(visit, place, queue):
    workspace, dataset = place
    job = check_job(workspace, dataset.folder.name, "")
    (job.folder / EVENTS).write_text(encode(Failed("The photo a.jpg can’t be read.", "Put it back.")) + "\n")
    at = visit("data", workspace, dataset=dataset.id)
    assert "can’t be read" in words(at).replace("\\", "")
    at.button(key="check_photos").click().run()
    assert [each.kind for each in queue.jobs] == ["check"]


def test_evaluate_leads_to_suspects(visit, trained, tmp_path):
    workspace, dataset, run = copy_of(trained, tmp_path / "home")
    assert "Check your photos" in str(
        [link.proto.label for link in visit("evaluate", workspace, run=run.id).get("page_link")]
    )
    save(workspace, dataset)
    assert "1 photo may have a wrong label" in words(visit("evaluate", workspace, run=run.id))
    assert check_folder(workspace, dataset).is_dir()


PHOTO = CardPhoto("data:", "alt", "a", "a.jpg", "red", "tl-tile", 0)
CARDS = [Card("one", "why", (PHOTO,), (CardButton("keep", "Keep", "Keep a.jpg"),))]


@pytest.mark.parametrize(
    ("message", "pressed", "opened"),
    [
        ({"pressed": {"card": "one", "value": "keep"}}, (0, "keep"), None),
        ({"opened": {"card": "one", "value": 0}}, None, (0, 0)),
        ({"pressed": {"card": "gone", "value": "keep"}}, None, None),
        ({"pressed": {"card": "one", "value": "leave out"}}, None, None),
        ({"pressed": {"card": ["one"], "value": "keep"}}, None, None),
        ({"pressed": {"card": "one", "value": ["keep"]}}, None, None),
        ({"opened": {"card": "one", "value": True}}, None, None),
        ({"opened": {"card": "one", "value": 1}}, None, None),
        ({"opened": {"card": "one", "value": -1}}, None, None),
        ({"pressed": "one"}, None, None),
        (None, None, None),
    ],
)
def test_only_what_was_drawn_can_be_pressed(message, pressed, opened):
    """The browser may send anything, and what was pressed may have gone meanwhile."""
    assert check_cards._pressed(message, CARDS) == pressed
    assert check_cards._opened(message, CARDS) == opened
