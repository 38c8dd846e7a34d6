"""The Learn page: five steps, each of which stands alone, with the person's own data or with what there is."""

import shutil
from dataclasses import replace

import pytest

from pages.parts.learn import lessons, network_drawing
from pages.shared import recommendation
from tests.pages.conftest import buttons, words
from tests.pages.test_shared import HOSTILE, Tags
from tests.recommendations import examined_photos, make_recommendation
from tlcore.config import STRATEGIES, TrainConfig, defaults_for
from tlcore.events import EpochEnd, encode
from tlcore.jobs.store import create_run
from tlcore.models.parts import Part, network_parts
from tlcore.models.registry import BUILT_IN


@pytest.fixture
def found(monkeypatch, trained):
    """The look at the photos has been done; in the last one, the second guess is hardly one."""
    examined = (
        examined_photos(trained[1])[:8] + examined_photos(trained[1], guesses=(("oboe", 0.4), ("nail", 0.05)))[8:]
    )
    monkeypatch.setattr(recommendation, "load_recommendation", lambda job: make_recommendation(examined=examined))


def charts_of(at) -> list[str]:
    return [chart.proto.alt for chart in at.get("vega_lite_chart")]


def headings(at) -> list[str]:
    return [each.value for each in at.subheader]


FIVE = [f"{number} · {title}" for number, title in enumerate(lessons.TITLES, start=1)]


def test_without_photos_every_step_still_says_its_piece(visit, workspace):
    at = visit("learn", workspace)
    assert headings(at) == FIVE and not at.error
    assert buttons(at)[0] == "Choose photos" and "No photos chosen yet" in words(at)
    assert len(charts_of(at)) == 1, "the quadrants, without a dot"
    assert "tl-net" in words(at), "the drawing needs no photos"
    assert "Train a model first" in words(at)


def test_with_photos_and_a_run_every_step_has_its_picture(visit, trained, found):
    workspace, dataset, run = trained
    at = visit("learn", workspace, run=run.id)
    assert headings(at) == FIVE and not at.error
    grid = next(element.body for element in at.html if "looks like" in element.body)
    assert grid.count("<figure") == 9 and "oboe" in grid and "tabby" in grid and "nail" not in grid, "5% is noise"
    assert [told.split()[0] for told in charts_of(at)] == ["With", f"{dataset.name}:", "Validation", "Validation"]
    assert "was kept, with" in charts_of(at)[-1] and "the one that was kept" in words(at)


def test_the_latest_run_that_learned_something_is_shown(visit, trained, found):
    workspace, dataset, run = trained
    waiting = create_run(workspace, dataset.id, TrainConfig(), "has not begun")
    newer = create_run(workspace, dataset.id, TrainConfig(), "newer")
    (newer.folder / "events.jsonl").write_text(encode(EpochEnd(1, 9, 0.5, 0.5, 0.5, 0.5, 0.1)) + "\n")
    try:
        at = visit("learn", workspace, dataset=dataset.id)
        links = [link.proto for link in at.get("page_link") if link.proto.label.startswith("This run")]
        assert any(newer.id in str(link) for link in links)
    finally:
        for each in (waiting, newer):
            for file in each.folder.iterdir():
                file.unlink()
            each.folder.rmdir()


def test_while_the_photos_are_looked_at_the_other_steps_are_there(visit, trained, queue):
    workspace, dataset, run = trained
    shutil.rmtree(workspace.recommendations, ignore_errors=True)  # tests of other pages use these photos too
    at = visit("learn", workspace, run=run.id)
    assert headings(at) == FIVE and [job.kind for job in queue.advice] == ["advice"]
    assert "the one that was kept" in words(at) and "tl-net" in words(at)


def test_photos_too_few_to_try_out_are_told(visit, trained, monkeypatch):
    monkeypatch.setattr(
        recommendation,
        "load_recommendation",
        lambda job: make_recommendation(examined=examined_photos(trained[1]), few_shot=()),
    )
    at = visit("learn", trained[0], dataset=trained[1].id)
    assert "Too few photos per class" in words(at) and not at.error, [each.value for each in at.error]


def test_the_built_in_pictures_stand_in_where_they_are_there(visit, trained, found, monkeypatch):
    from tlcore.data import samples

    workspace, dataset, _ = trained
    monkeypatch.setattr(samples, "SAMPLES", (replace(samples.SAMPLES[0], source=dataset.source),))
    at = visit("learn", workspace)
    assert "use the built-in emoji" in words(at) and "oboe" in words(at)
    monkeypatch.setenv("TRANSFERLAB_HOSTED", "1")
    assert "oboe" not in words(visit("learn", workspace)), "a visitor sees no data set of others"


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_the_drawing_follows_the_strategy(visit, trained, found, strategy):
    at = visit("learn", trained[0], dataset=trained[1].id)
    at.radio(key="drawn_strategy").set_value(strategy).run()
    parts = network_parts(BUILT_IN, defaults_for(strategy), 3)
    drawn = next(element.body for element in at.html if "tl-net" in element.body)
    assert drawn.count("<b>trained</b>") == sum(part.learns for part in parts)
    assert drawn.count("<b>frozen</b>") == sum(not part.learns for part in parts)
    assert network_drawing.parts_message(parts) in words(at)


def test_the_drawing_is_that_of_the_run_in_the_address(visit, trained, found):
    workspace, dataset, _ = trained
    run = create_run(workspace, dataset.id, defaults_for("hybrid", backbone="vgg16", unfreeze_from="block5"), "vgg")
    at = visit("learn", workspace, run=run.id)
    drawn = next(element.body for element in at.html if "tl-net" in element.body)
    assert "block5" in drawn and "7,079,424" in drawn and drawn.count("<b>trained</b>") == 2


@pytest.mark.parametrize(
    ("parts", "said", "reason"),
    [
        ([Part("a", 900, False), Part("new head", 100, True)], "100 of 1,000 weights are trained (10.0%).", "few"),
        (
            [Part("a", 3_000_000, True), Part("new head", 1_000_000, True)],
            "4.0 million of 4.0 million weights are trained (100.0%).",
            "all",
        ),
        (
            [Part("a", 900, False), Part("new head", None, True)],
            "the head is trained, and 0 of the 900 weights below it. Here, the head grows with the image size.",
            "a flattened one",
        ),
    ],
)
def test_how_many_weights_learn_in_words(parts, said, reason):
    assert network_drawing.parts_message(parts) == said, reason


def test_a_hostile_name_of_a_part_stays_letters():
    assert set(Tags(network_drawing.drawing([Part(HOSTILE, 5, True), Part("new head", None, True)])).tags) == {
        "ol",
        "li",
        "span",
        "b",
    }
