"""A step of the Learn page: why a score on a few test photos says little, and how every photo can be a test photo."""

import html

import streamlit as st

from pages.parts.learn.lessons import TITLES, Material, step
from pages.shared import score, state, widgets
from tlcore.evaluation.cross_validation import CrossValidation, load_cross_validation
from tlcore.evaluation.report import load_report
from tlcore.jobs.status import job_status
from tlcore.messages import cross_validation as messages
from tlcore.messages.quantities import count
from tlcore.messages.scores import score_message

TITLE = "Every photo tests once"
MOST_FEW = 50  # test photos; of more, the lesson speaks of fewer


def every_photo_tests_once(material: Material) -> None:
    """The folds as rows of a drawing, and both scores of the latest run."""
    found = _found(material)
    folds = found.folds if found is not None else 5
    with step(TITLES.index(TITLE) + 1) as (words, picture):
        words.markdown(
            f"{_few(material)} More test photos would leave fewer to learn from.\n\n"
            f"So deal all photos into {folds} piles. Train {folds} models, each without one of the piles, and let each "
            "predict the pile it has not seen. Then every photo was a test photo once, and none was predicted by a "
            "model that knew it (cross-validation).\n\n"
            "The score is that of the way of training, not of one model. The model you keep may then learn from all "
            "photos."
        )
        with picture:
            st.html(drawing(folds))
            if found is None:
                widgets.empty(
                    "Train a model first to see both scores here.", "pages/train.py", "Train", state.link(run=None)
                )
                return
            _scores(material, found)


def _found(material: Material) -> CrossValidation | None:
    run = material.run
    return load_cross_validation(run.folder) if run is not None and job_status(run).usable else None


def _few(material: Material) -> str:
    """What one mistake more or less does to a score on the test photos of the latest run."""
    number = len(material.dataset.part("test")) if material.dataset is not None else 0
    number = number if 0 < number <= MOST_FEW else 15
    points = count(max(1, round(100 / number)), "point")
    return f"{count(number, 'test photo')} are few: one more mistake, and the score falls by {points}."


def _scores(material: Material, found: CrossValidation) -> None:
    """The score of the test photos beside that of all photos."""
    assert material.run is not None
    report = load_report(material.run.folder)
    st.markdown(f"Test photos alone: {score_message(report.correct, report.total, report.low, report.high)}")
    score.show(found.correct, found.total, *found.interval, label="photos, each tested once,")
    st.caption(messages.how_message(found))


def drawing(folds: int) -> str:
    """A row a model, with the pile that it is tested on marked in it, as escaped HTML."""
    rows = []
    for model in range(folds):
        piles = "".join(f'<i class="{"tl-tested" if pile == model else "tl-learned"}"></i>' for pile in range(folds))
        rows.append(f'<div class="tl-fold"><span class="tl-small">Model {model + 1}</span>{piles}</div>')
    words = html.escape(f"{folds} models: each is tested on one of {folds} piles of photos and learns from the others")
    marks = '<i class="tl-learned"></i> learns from it <i class="tl-tested"></i> is tested on it'
    legend = f'<p class="tl-small">{marks}</p>'
    return f'<div class="tl-folds" role="img" aria-label="{words}">{"".join(rows)}{legend}</div>'
