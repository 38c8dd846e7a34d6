"""A photo of something else on the pages: the answer on Predict, the dial and its cost, and the test on Evaluate."""

import numpy as np

from tests.api.test_unknown import STRANGE, png
from tests.pages.conftest import grids, words
from tests.pages.test_predict_page import give
from tlcore.evaluation.report import FAMILIARITY, load_report
from tlcore.messages import unknown as messages
from tlcore.serving.bundle import load_bundle


def test_a_photo_of_something_else_gets_no_class_until_the_dial_allows_all(visit, trained):
    workspace, dataset, run = trained
    at = give(visit("predict", workspace, run=run.id), ("strange.png", png(STRANGE)))
    text = words(at)
    assert messages.NONE in text and "Closest: " in text and "An answer needs at least" in text
    assert messages.cost_message(load_bundle(run.folder).rejection.cost()) in text
    at.select_slider(key="rejection_kept").set_value(1.0).run()
    assert messages.NONE not in words(at) and "Runner-up: " in words(at) and not at.exception
    assert at.query_params["kept"] in ("100", ["100"]), "the setting survives a reload"


def test_many_photos_count_those_of_something_else_apart(visit, trained):
    workspace, dataset, run = trained
    own = [(path.rpartition("/")[2], dataset.read(path)) for path in dataset.part("test")["path"]]
    at = give(visit("predict", workspace, run=run.id), *own, ("strange.png", png(STRANGE)))
    chips = [option.content for option in at.get("button_group")[0].proto.options]
    assert chips[-1].startswith(f"{messages.NONE} · ") and len(chips) == len(dataset.labels) + 1
    at.button_group(key="answers_class").set_value("").run()
    shown = grids(at)[-1]
    assert "strange.png" in [photo["more"] for photo in shown]
    assert {photo["caption"] for photo in shown} == {messages.NONE} and shown[0]["detail"].startswith("Closest: ")


def test_evaluate_shows_what_the_dial_costs_and_tries_photos_of_other_things(visit, trained):
    workspace, _, run = trained
    at = visit("evaluate", workspace, run=run.id, view="trust", kept="50")
    rule, rows = load_bundle(run.folder).rejection, load_report(run.folder).predictions
    assert messages.cost_message(rule.cost(0.5)) in words(at)
    unanswered = int((rows[FAMILIARITY].to_numpy(np.float32) < rule.threshold(0.5)).sum())
    assert [each.label for each in at.expander if "without an answer" in each.label] == (
        [messages.unanswered_title(unanswered)] if unanswered else []
    )
    at.file_uploader(key="unknown_photos").set_value([("strange.png", png(STRANGE), "image/png")]).run()
    assert messages.unknown_message(1, 1) in words(at) and not at.exception


def test_learn_shows_the_model_pictures_of_something_else(visit, trained):
    workspace, dataset, run = trained
    at = visit("learn", workspace, dataset=dataset.id, run=run.id)
    assert "of other things got" in words(at) and "if it had to choose" in words(at)
    assert not at.exception
