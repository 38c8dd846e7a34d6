"""Shortcuts: a class is named where the background gives it away, and not where it does not, nor by chance."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from tests.conftest import QUICK
from tlcore.analysis.hiding import MIDDLE, hide_border, hide_middle, middle_weights
from tlcore.analysis.shortcuts import Hidden, Predictions, find_shortcuts, is_shortcut, least_difference, load_shortcuts
from tlcore.api.datasets import load_dataset
from tlcore.jobs.store import analysis_job, create_run
from tlcore.worker.runner import run_job

SIDE = 96
LABELS = ("ant", "bee", "cow")


def hidden(recall, alarms, total=100, others=100):
    return Hidden(round(recall * total), total, 0, 1, round(alarms * others), others)


@pytest.mark.parametrize(
    ("no_middle", "no_border", "named", "reason"),
    [
        (hidden(0.85, 0.05), hidden(0.60, 0.05), True, "the background says more than the object"),
        (hidden(1.0, 0.0), hidden(1.0, 0.0), True, "it says as much"),
        (hidden(0.96, 0.62), hidden(0.99, 0.05), False, "what is hidden is always predicted as this class"),
        (hidden(0.80, 0.05), hidden(0.98, 0.02), False, "the object reaches beyond the middle, which says more"),
        (hidden(0.30, 0.05), hidden(0.30, 0.05), False, "little survives"),
        (hidden(0.8, 0.2, 10, 10), hidden(0.6, 0.1, 10, 10), False, "ten photos: it may be chance"),
    ],
)
def test_a_class_is_named_by_a_rule_that_respects_chance(no_middle, no_border, named, reason):
    assert is_shortcut(hidden(0.97, 0.03), no_middle, no_border, 2) == named, reason


def test_chance_names_a_class_in_few_of_many_data_sets():
    """Answers that are half right without the object, just as much as the rule allows."""
    random, named = np.random.default_rng(0), 0
    classes = np.repeat(np.arange(3), 40)
    for _ in range(200):
        kept = random.random(120) < 0.5
        no_middle = np.where(kept, classes, random.integers(3, size=120))
        found = find_shortcuts(
            Predictions(classes, classes, no_middle, no_middle, np.ones(120)), LABELS, classes.astype(object), True
        )
        named += bool(found.named)
    assert named <= 20


def test_the_interval_is_newcombes():
    """An example of his: 56 of 70 against 48 of 80, 95%: 0.0524 to 0.3339."""
    assert least_difference(Hidden(56, 70, 0, 1, 48, 80), 0.025) == pytest.approx(0.0524, abs=1e-4)


def test_too_few_photos_are_said():
    classes = np.array([0] * 20 + [1] * 20 + [2] * 3)
    found = find_shortcuts(
        Predictions(classes, classes, classes, classes, np.ones(43)), LABELS, classes.astype(object), True
    )
    assert found.too_few == ("cow",) and {each.label for each in found.named} == {"ant", "bee"}


def test_what_is_hidden_is_gone_and_the_rest_is_as_it_was():
    image = np.full((SIDE, SIDE, 3), 200, np.uint8)
    edge = round(SIDE * (1 - MIDDLE) / 2)
    image[edge + 8 : -edge - 8, edge + 8 : -edge - 8] = (255, 0, 0)  # the object
    without = hide_middle(image)
    assert np.abs(without.astype(int) - 200).max() <= 2, "no trace of it: the background goes on"
    sides = middle_weights(SIDE) == 0
    assert (without[sides] == image[sides]).all() and sides.any()
    only = hide_border(image)
    assert (only[SIDE // 2, SIDE // 2] == (255, 0, 0)).all() and (only[middle_weights(SIDE) == 1] == 0).any()


def draw(folder, background, shape, random):
    """A photo with a background of a colour, with noise, and a shape in its middle."""
    pixels = np.clip(np.array(background) + random.normal(0, 12, (SIDE, SIDE, 3)), 0, 255).astype(np.uint8)
    image, size = Image.fromarray(pixels), int(random.integers(20, 28))
    x, y = (int(each) for each in random.integers(SIDE // 2 - 4, SIDE // 2 + 4, 2))
    box, colour = (x - size, y - size, x + size, y + size), tuple(int(each) for each in random.integers(30, 226, 3))
    if shape == "ring":
        ImageDraw.Draw(image).ellipse(box, outline=colour, width=9)
    else:
        for start, end in (((x - size, y - size), (x + size, y + size)), ((x - size, y + size), (x + size, y - size))):
            ImageDraw.Draw(image).line((*start, *end), fill=colour, width=11)
    folder.mkdir(parents=True, exist_ok=True)
    image.save(folder / f"{len(list(folder.iterdir()))}.png")


@pytest.mark.parametrize("gives_away", [True, False])
def test_a_made_set_whose_background_gives_it_away_and_one_whose_does_not(workspace, tmp_path, gives_away):
    random = np.random.default_rng(3)
    colours = {"ring": (60, 140, 60), "cross": (220, 220, 235)}
    for _ in range(20):
        for label in colours:
            background = colours[label] if gives_away else random.choice(list(colours.values()))
            shape = random.choice(list(colours)) if gives_away else label
            draw(tmp_path / "photos" / label, background, shape, random)
    dataset = load_dataset(tmp_path / "photos", workspace=workspace)
    job = analysis_job(workspace, create_run(workspace, dataset.id, QUICK, dataset.name), "shortcuts")
    assert run_job(workspace, job).type == "finished"
    found = load_shortcuts(job.folder)
    assert {each.label for each in found.named} == ({"ring", "cross"} if gives_away else set())
    assert found.num_photos == len(dataset.photos) and all(each.whole.recall > 0.7 for each in found.classes)
    assert all(0 < len(each.examples) <= 9 for each in found.named)
