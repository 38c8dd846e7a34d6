"""What this visitor plans for the photos of a run: shown at each photo, planned in the grid and in the large view.

Nothing is changed in the data set before the tray (tray.py) applies it; "keep", which changes nothing, counts at once.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import cached_property

import pandas as pd
import streamlit as st

from pages.shared import actions, photo_grid, state
from pages.shared.photo_grid import Order
from pages.shared.photo_viewer import ViewerAction
from tlcore.cleaning.planned import read_planned
from tlcore.cleaning.results import kept_labels
from tlcore.data.corrections import Correction, Outstanding, outstanding
from tlcore.data.manifest import Dataset
from tlcore.jobs.store import Run
from tlcore.messages.quantities import count

OFFERED = (photo_grid.RELABEL, photo_grid.LEAVE_OUT, photo_grid.KEEP, photo_grid.TAKE_BACK)
DONE = "Added to your changes."
KEPT = "Kept: its label won’t be doubted again."


@dataclass(frozen=True, eq=False)
class Planning:
    """The photos of a run and what is planned for them. `dataset`: of the run; `newest`: its newest version."""

    run: Run
    dataset: Dataset
    newest: Dataset

    @cached_property
    def may_correct(self) -> bool:
        """Whether this visitor may; who may only look sees nothing of it."""
        return actions.may_correct(self.run, self.dataset)

    @property
    def planned(self) -> dict[str, Correction]:
        """What is planned now, by path: another tab or person plans too."""
        return {each.path: each for each in read_planned(self.run.folder)} if self.may_correct else {}

    @property
    def outstanding(self) -> Outstanding:
        """What of it is still to be done in the newest version."""
        return outstanding(self.newest, self.planned.values())

    @property
    def offered(self) -> tuple[str, ...]:
        """What can be done to photos, as `photo_grid.EDITS`."""
        return OFFERED if self.may_correct else ()

    @cached_property
    def labels(self) -> dict[str, str]:
        """The class of each photo in the newest version."""
        return dict(zip(self.newest.photos["path"], self.newest.photos["label"].astype(str)))

    def badges(self, paths: Sequence[str]) -> dict[str, str]:
        """What is planned for photos, or was done since the run, in a word each; "" for nothing."""
        planned = self.planned
        before = dict(zip(self.dataset.photos["path"], self.dataset.photos["label"].astype(str)))
        kept = kept_labels(state.workspace(), self.newest, paths)

        def badge(path: str) -> str:
            if path in planned:
                return planned_words(planned[path])
            if path not in self.labels:
                return "Left out"
            if self.labels[path] != before.get(path):
                return f"Now {self.labels[path]}"
            return "Kept" if path in kept else ""

        return {path: badge(path) for path in paths}


def planned_words(correction: Correction) -> str:
    """What is planned for a photo, in a word."""
    return "Leave out" if correction.leaves_out else f"→ {correction.to}"


def quoted(correction: Correction | None) -> str:
    """What is planned for a photo, behind a verb; "" where another tab has just taken it back."""
    return f" “{planned_words(correction)}”" if correction is not None else ""


def planning_of(run: Run, dataset: Dataset) -> Planning:
    """The planning of a run. `dataset`: of the run."""
    return Planning(run, dataset, state.dataset_of(state.newest_version(dataset.id)))


def carry_out(plan: Planning, paths: Collection[str], kind: str, label: str = "") -> bool:
    """Do what was ordered with photos; False where this visitor may not. Raises UserError.

    Args:
        paths: anything that a browser says; what is no photo of the newest version is passed over.
        kind: of `OFFERED`. label: the class to move to.
    """
    known = [path for path in paths if path in plan.labels]
    if kind == photo_grid.TAKE_BACK:
        return actions.take_back(plan.run, plan.dataset, paths)
    if kind == photo_grid.KEEP:
        done = actions.keep_labels(plan.newest, known)
        return done and actions.take_back(plan.run, plan.dataset, known)
    if kind == photo_grid.RELABEL and label not in plan.newest.labels:
        return False
    to = label if kind == photo_grid.RELABEL else ""
    return actions.plan_corrections(plan.run, plan.dataset, [Correction(path, plan.labels[path], to) for path in known])


def on_order(plan: Planning, rows: pd.DataFrame, order: Order) -> None:
    """Do what was ordered in a grid, whose photos are those of `rows`; the page runs again, and the tray shows it."""
    shown = set(rows["path"])
    paths = list(rows["path"]) if order.everything else [path for path in order.paths if path in shown]
    with actions.refusals_kept():
        if carry_out(plan, paths, order.kind, order.value) and order.kind == photo_grid.KEEP:
            st.toast(
                f"Kept {count(len(paths), 'label')}. {'It' if len(paths) == 1 else 'They'} won’t be doubted again."
            )
    st.rerun()


def take_back_last(plan: Planning) -> None:
    """Take the change back that was planned last, if there is one; the page runs again."""
    last = list(plan.planned)[-1:]
    if last:
        with actions.refusals_kept():
            actions.take_back(plan.run, plan.dataset, last)
        st.rerun()


def viewer_actions(plan: Planning, rows: pd.DataFrame) -> tuple[ViewerAction, ...]:
    """What can be done with a photo that is shown large, for who may. `rows`: path and predicted, as they are shown."""
    if not plan.may_correct:
        return ()
    paths, predicted = list(rows["path"]), list(rows["predicted"].astype(str))

    def others(place: int) -> list[str]:
        return [label for label in plan.newest.labels if label != plan.labels[paths[place]]]

    def is_there(place: int) -> bool:
        return paths[place] in plan.labels

    def differs(place: int) -> bool:
        return is_there(place) and predicted[place] in others(place)

    def single(label: str | Callable[[int], str], kind: str, key: str | None, done: str = DONE) -> ViewerAction:
        return ViewerAction(
            label, lambda place: carry_out(plan, [paths[place]], kind), is_there, removes=True, done=done, shortcut=key
        )

    def move(place: int, label: str) -> bool:
        return carry_out(plan, [paths[place]], photo_grid.RELABEL, label)

    return (
        ViewerAction(
            lambda place: f"Move to “{predicted[place]}”",
            lambda place: move(place, predicted[place]),
            differs,
            removes=True,
            done=DONE,
            shortcut="M",
        ),
        ViewerAction("Move to class", move, is_there, removes=True, done=DONE, options=others),
        single("Leave out", photo_grid.LEAVE_OUT, "X"),
        single("Keep", photo_grid.KEEP, "K", KEPT),
        ViewerAction(
            lambda place: f"Take back{quoted(plan.planned.get(paths[place]))}",
            lambda place: carry_out(plan, [paths[place]], photo_grid.TAKE_BACK),
            lambda place: paths[place] in plan.planned,
            shortcut="U",
        ),
    )
