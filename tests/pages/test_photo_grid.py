"""All photos of a data set: which are seen, in which order, what stands in the address, and what a press does."""

import json

import pandas as pd
import pytest

from pages.parts.data import photo_order, photo_view
from pages.parts.data.photo_view import PhotoView
from pages.shared import photo_grid
from pages.shared.photo_grid import GridPage, GridPhoto, Order, order_of
from tests.conftest import copy_of
from tests.pages.conftest import words
from tlcore.data.dataset_list import list_datasets
from tlcore.data.manifest import load_dataset


@pytest.fixture
def own(trained, tmp_path):
    """A data set with a run that a test may change."""
    return copy_of(trained, tmp_path / "home")


@pytest.fixture
def order(monkeypatch):
    """Let the browser order something of the grid, in the next run alone."""
    said = []
    real = photo_grid._MOUNT

    def mount(**options):
        real(**options)
        return {"order": said.pop() if said else None}

    monkeypatch.setattr(photo_grid, "_MOUNT", mount)
    return said.append


def grid(at) -> dict:
    """What the grid was sent."""
    sent = [json.loads(element.proto.json) for element in at.get("bidi_component") if element.proto.json]
    return next(data for data in sent if "per_page" in data)


def shown(at) -> list[str]:
    return [photo["id"] for photo in grid(at)["photos"]]


def value(at, key: str) -> str:
    found = at.query_params.get(key, "")
    return found[0] if isinstance(found, list) else found


def test_the_overview_leads_to_all_photos_and_to_those_of_each_class(visit, trained):
    workspace, dataset, _ = trained
    at = visit("data", workspace, dataset=dataset.id)
    links = {link.proto.label: link.proto for link in at.get("page_link")}
    assert "See all 36 photos" in links and sum(label == "See all 12" for label in links) == 1
    assert [each.proto.label for each in at.get("page_link")].count("See all 12") == len(dataset.labels)


def test_what_the_address_asks_for_is_seen(visit, trained):
    workspace, dataset, _ = trained
    at = visit("data", workspace, dataset=dataset.id, show="photos", part="test", sort="name", **{"class": "disc"})
    photos = dataset.photos
    expected = sorted(photos[(photos["label"] == "disc") & (photos["split"] == "test")]["path"])
    assert shown(at) == expected and not at.exception
    assert at.selectbox(key="all_photos_label").value == "disc" and at.selectbox(key="all_photos_part").value == "test"


def test_a_filter_goes_into_the_address_from_the_first_page_on(visit, trained, monkeypatch):
    monkeypatch.setattr("pages.parts.data.all_photos.PAGE_SIZE", 10)
    workspace, dataset, _ = trained
    at = visit("data", workspace, dataset=dataset.id, show="photos", page="4", sort="name")
    assert "31–36 of 36 photos" in words(at) and len(shown(at)) == 6
    at = at.selectbox(key="all_photos_label").set_value("stripes").run()
    assert (value(at, "class"), value(at, "page"), value(at, "sort")) == ("stripes", "", "name")
    assert "1–10 of 12 photos" in words(at)
    at = at.get("pagination")[0].set_value(2).run()
    assert value(at, "page") == "2" and len(shown(at)) == 2


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"class": "<script>"}, "a class that is not there"),
        ({"part": "everything"}, "a part that is none"),
        ({"sort": "; drop table"}, "an order that is none"),
        ({"page": "999999"}, "a page behind the last"),
        ({"page": "-1"}, "a page before the first"),
        ({"page": "1" * 400}, "a number without end"),
        ({"page": "²"}, "a digit that is no number"),
        ({"size": "100000"}, "a size that no slider has"),
    ],
)
def test_an_address_that_says_anything_else_shows_all_photos(visit, trained, values, reason):
    workspace, dataset, _ = trained
    at = visit("data", workspace, dataset=dataset.id, show="photos", **values)
    assert len(shown(at)) == 36 and not at.exception and not at.error, reason


def test_a_view_and_its_address_are_one(trained):
    _, dataset, _ = trained
    for view in (PhotoView(), PhotoView("disc", "test", "name", 3, 200), PhotoView(part="left-out", sort="doubt")):
        assert photo_view.read_view(photo_view.view_values(view), dataset) == view


PHOTOS = pd.DataFrame(
    {
        "path": ["b.jpg", "a.jpg", "d.jpg", "c.jpg"],
        "label": ["cats", "dogs", "cats", "dogs"],
        "split": ["train", "train", "test", "test"],
        "width": [10, 40, 30, 20],
        "height": [10, 10, 10, 10],
    }
)
MEASURES = pd.DataFrame(
    {"doubt": [0.1, 0.9, 0.5], "similarity": [0.2, 0.1, 0.3], "sharpness": [0.9, 0.2, 0.5]},
    index=["a.jpg", "b.jpg", "c.jpg"],
)


@pytest.mark.parametrize(
    ("sort", "expected", "reason"),
    [
        ("name", "abcd", "by path"),
        ("smallest", "bcda", "fewest pixels first"),
        ("doubt", "bcad", "most doubtful first, unknown last"),
        ("alike", "cabd", "most alike first, unknown last"),
        ("blurred", "bcad", "least sharp first, unknown last"),
        ("newest", "dcab", "latest first; of one time by name"),
    ],
)
def test_photos_are_in_the_order_that_was_chosen(sort, expected, reason):
    added = pd.Series({"a.jpg": 1.0, "b.jpg": 1.0, "c.jpg": 2.0, "d.jpg": 3.0})
    found = photo_order.arrange(PHOTOS, sort, MEASURES, added)["path"]
    assert "".join(path[0] for path in found) == expected, reason


def test_an_order_that_needs_the_checks_is_by_name_before_them(visit, trained):
    workspace, dataset, _ = trained
    at = visit("data", workspace, dataset=dataset.id, show="photos", sort="doubt")
    assert shown(at) == sorted(dataset.photos["path"]) and "Check photos" in words(at)
    assert any("check photos first" in option for option in at.selectbox(key="all_photos_sort").options)


@pytest.mark.parametrize(
    ("said", "expected", "reason"),
    [
        (None, None, "nothing was pressed"),
        ("open", None, "no order at all"),
        ({"kind": "format the disk"}, None, "nothing that can be done"),
        ({"kind": "open", "number": 3}, Order("open", number=3), "a photo of the page"),
        ({"kind": "open", "number": 9}, None, "no photo of the page"),
        ({"kind": "open", "number": True}, None, "no number"),
        ({"kind": "leave out", "paths": ["a"]}, Order("leave out", ("a",)), "selected photos"),
        ({"kind": "leave out", "paths": []}, None, "nothing is selected"),
        ({"kind": "leave out", "paths": [], "everything": True}, Order("leave out", (), True), "all of the view"),
        ({"kind": "leave out", "paths": ["a", 1]}, None, "not only names"),
        ({"kind": "relabel", "paths": ["a"], "value": " "}, None, "no class"),
        ({"kind": "relabel", "paths": ["a"], "value": "x" * 201}, None, "a name without end"),
        ({"kind": "move", "paths": ["a"], "value": "elsewhere"}, None, "no part"),
        ({"kind": "rotate", "paths": ["a"], "number": 45}, None, "no right angle"),
        ({"kind": "turn", "number": 7}, None, "neither the next page nor the one before"),
        ({"kind": "undo"}, Order("undo"), "needs nothing else"),
        ({"kind": "size", "number": 160}, Order("size", number=160), "a size of the slider"),
        ({"kind": "size", "number": 161}, None, "a size of no slider"),
    ],
)
def test_a_browser_may_say_anything(said, expected, reason):
    photo = GridPhoto("a", "a", "", "cats", "", "", "", "", 0)
    page = GridPage([photo] * 9, 0, 9, 1, ("cats",), ("",), (), 0, "", "data", 120, 128, sizes=(128, 160))
    assert order_of({"order": said}, page) == expected, reason


def test_a_press_opens_that_photo_large_with_what_is_known_of_it(visit, own, order):
    workspace, dataset, run = own
    at = visit("data", workspace, dataset=dataset.id, show="photos", part="test", sort="name")
    order({"kind": "open", "number": 1})
    at.run()
    stage = next(element.body for element in at.html if 'class="tl-viewer"' in element.body)
    assert shown(at)[1].rpartition("/")[2] in stage
    facts = [part.split("</dt>")[0] for part in stage.split("<dt>")[1:]]
    assert facts == ["Class", "Prediction", "Result", "Used for", "Size", "Format", "File size", "File"]


def test_what_was_left_out_is_gone_and_comes_back_by_undo(visit, own, order):
    workspace, dataset, _ = own
    at = visit("data", workspace, dataset=dataset.id, show="photos", sort="name", **{"class": "disc"})
    first = shown(at)[0]
    order({"kind": "leave out", "paths": [first, "not/of/this set.jpg"]})
    at.run()
    (newest,) = list_datasets(workspace)
    assert first not in set(load_dataset(workspace, newest.id).photos["path"]) and newest.num_photos == 35
    assert value(at, "class") == "disc" and "Left out 1 photo." in words(at), "one stays where one was"
    next(button for button in at.button if button.label == "Undo").click().run()
    assert list_datasets(workspace)[0].num_photos == 36 and not at.error


def test_who_may_only_look_is_offered_nothing(visit, trained, stranger, order):
    workspace, dataset, _ = trained
    stranger(workspace, {dataset.id: "see"})
    at = visit("data", workspace, dataset=dataset.id, show="photos")
    assert grid(at)["offered"] == [] and len(shown(at)) == 36
    order({"kind": "leave out", "paths": shown(at)[:1]})
    at.run()
    assert list_datasets(workspace)[0].num_photos == 36 and "Nothing was changed" in words(at)
