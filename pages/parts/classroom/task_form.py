"""The task of a classroom: what all groups are asked to do, each part of it optional."""

from dataclasses import replace

import streamlit as st

from pages.parts.classroom import photo_choice
from pages.shared import actions, strategies
from tlcore.classroom.rules import ENSEMBLE
from tlcore.classroom.task import MAX_TEXT
from tlcore.classroom.values import Classroom, Task
from tlcore.config import STRATEGIES

OWN_PHOTOS = "Each group collects its own photos"
_WAYS = {each: strategies.name(each) for each in STRATEGIES} | {ENSEMBLE: "Combining models (ensemble)"}
KEY = "classroom_task"


def show(classroom: Classroom) -> None:
    """The form, with the task as it is now; saving it shows it to every group at once."""
    chosen = photo_choice.arrived(f"{KEY}_sample")
    if chosen is not None:  # a sample set that was asked for when the task was saved
        dataset_id, waiting = chosen
        actions.set_task(classroom, replace(waiting, dataset_id=dataset_id))
        st.rerun()
    if photo_choice.is_coming(f"{KEY}_sample"):
        return
    task = classroom.task
    key = f"{KEY}_{abs(hash(task)):x}"  # another one after each change, so that the fields show the task as it is
    with st.form(key, border=False):
        text = st.text_area(
            "What groups should do",
            task.text,
            placeholder="Train a model that tells oak, beech and maple leaves apart.",
            max_chars=MAX_TEXT,
            key=f"{key}_text",
        )
        photos = photo_choice.choice("Photos", OWN_PHOTOS, task.dataset_id, f"{key}_photos")
        classes = st.text_input(
            "Class names",
            ", ".join(task.classes),
            placeholder="oak, beech, maple",
            help="Names with commas between. Every group then needs exactly these classes; empty: it chooses its own.",
            key=f"{key}_classes",
        )
        left, right = st.columns(2)
        most_photos = left.number_input(
            "Most photos a class", 2, 10_000, task.photos_per_class or None, placeholder="No limit", key=f"{key}_most"
        )
        runs = right.number_input(
            "Most trainings a group", 1, 1_000, task.runs or None, placeholder="No limit", key=f"{key}_runs"
        )
        allowed = st.multiselect(
            "Strategies",
            list(_WAYS),
            [each for each in task.strategies if each in _WAYS],
            format_func=_WAYS.__getitem__,
            placeholder="All",
            key=f"{key}_strategies",
        )
        saved = st.form_submit_button("Save task", type="primary", key="classroom_task_save")
    st.caption("Groups see a change at once. Whatever you leave empty is up to them.")
    if task != Task():
        st.button("Clear the task", key="classroom_task_clear", type="tertiary", on_click=_clear, args=(classroom,))
    if saved:
        made = Task(text.strip(), "", _names(classes), most_photos or 0, tuple(allowed), runs or 0)
        if photo_choice.is_sample(photos):
            photo_choice.fetch(photos, f"{KEY}_sample", made)
        else:
            actions.set_task(classroom, replace(made, dataset_id=photos))
            st.toast("Task saved. Groups see it now.")
        st.rerun()


def _names(typed: str) -> tuple[str, ...]:
    """The names between commas, also Chinese ones; `set_task` takes each once, and refuses what cannot be."""
    return tuple(filter(None, (each.strip() for each in typed.replace("，", ",").split(","))))


def _clear(classroom: Classroom) -> None:
    with actions.refusals_kept():
        actions.set_task(classroom, Task())
