"""The hidden test: its photos, the job that scores every group on them, the podium, and whether groups see it."""

import streamlit as st

from pages.parts.classroom import photo_choice, views
from pages.shared import actions, follow, podium, state
from pages.shared.asked_jobs import why_it_ended
from pages.shared.widgets import note, plain
from tlcore.classroom.hidden_test import HiddenScore, scores
from tlcore.classroom.overview import entry_of_group
from tlcore.classroom.podium import podium as places_of
from tlcore.classroom.store import list_groups
from tlcore.classroom.values import Classroom
from tlcore.errors import UserError
from tlcore.jobs.status import job_status
from tlcore.jobs.store import Job, load_job
from tlcore.messages.classroom import HIDDEN_TEST_NOTE
from tlcore.messages.quantities import count

NONE = "No hidden test"
KEY, SAMPLE_KEY, REVEALED = "classroom_test", "classroom_test_sample", "classroom_revealed"


def show(classroom: Classroom) -> None:
    """The choice of photos, the button that scores, and what came of it."""
    _choose(classroom)
    if classroom.hidden_test:
        _score(classroom)
    _results(classroom)


def full_screen(classroom: Classroom) -> None:
    """The podium for the wall."""
    found = scores(state.workspace(), classroom)
    if any(each.right for each in found):
        podium.show(places_of(found), _names(classroom), large=True)
    else:
        note("No group has been scored yet.")


def _choose(classroom: Classroom) -> None:
    """Which photos every group's model is judged on."""
    arrived = photo_choice.arrived(SAMPLE_KEY)
    if arrived is not None:
        actions.set_hidden_test(classroom, arrived[0])
        st.rerun()
    if photo_choice.is_coming(SAMPLE_KEY):
        return
    key = f"{KEY}_{classroom.hidden_test}"  # another one after each change, so that it shows the test as it is
    with st.container(horizontal=True, vertical_alignment="bottom", key="tl_hidden_test"):
        chosen = photo_choice.choice("Photos of the hidden test", NONE, classroom.hidden_test, key)
        st.button("Save", key="classroom_test_save", on_click=_save, args=(classroom, key))
    st.caption(HIDDEN_TEST_NOTE)
    if not chosen:
        query = {"more": "1"}
        st.page_link("pages/data.py", label="Bring new photos for it on the Data page", query_params=query)


def _save(classroom: Classroom, key: str) -> None:
    chosen = st.session_state.get(key) or ""
    with actions.refusals_kept():
        if photo_choice.is_sample(chosen):
            photo_choice.fetch(chosen, SAMPLE_KEY, None)
        else:
            actions.set_hidden_test(classroom, chosen)


def _score(classroom: Classroom) -> None:
    """The button, or how far the scoring is."""
    job = _job(classroom)
    if job is not None and job_status(job).active:
        follow.watch(job, lambda status: None, is_among_others=True)
        return
    groups = list_groups(state.workspace(), classroom.id)
    ready = sum(entry_of_group(state.workspace(), group) is not None for group in groups)
    with st.container(horizontal=True, vertical_alignment="center", key="tl_score_groups"):
        st.button(
            "Score every group",
            type="primary",
            key="classroom_score",
            disabled=not ready,
            on_click=_start,
            args=(classroom,),
        )
        words = f"{ready:,} of {count(len(groups), 'group')} {'has' if ready == 1 else 'have'} a model"
        st.caption(words if groups else "No group has joined yet")
    if job is not None:
        why_it_ended(job, "Scoring was stopped.")


def _start(classroom: Classroom) -> None:
    with actions.refusals_kept():
        actions.score_groups(classroom)


def _job(classroom: Classroom) -> Job | None:
    """The job that scores, None where nobody has asked for it."""
    try:
        return load_job(state.workspace().scorings, classroom.id)
    except UserError:
        return None


def _results(classroom: Classroom) -> None:
    """The podium, who is not on it and why, and the switch that shows it to the groups."""
    found, names = scores(state.workspace(), classroom), _names(classroom)
    if not found:
        return
    st.subheader("Podium", anchor=False)
    if any(each.right for each in found):
        with st.container(horizontal=True, vertical_alignment="center", key="tl_podium_actions"):
            st.session_state[REVEALED] = classroom.is_revealed
            st.toggle("Reveal to groups", key=REVEALED, on_change=_reveal, args=(classroom,))
            large = views.link(classroom, "test", show=views.PODIUM)
            st.page_link("pages/classroom.py", label="Show full screen", query_params=large)
        if newer := [names[each.group_id] for each in found if each.has_newer]:
            st.caption(plain(_newer_message(newer)))
    placed = places_of(found)
    podium.show(placed, names)
    _unranked(placed.unranked, names)


def _newer_message(names: list[str]) -> str:
    """Whose score is not that of the model it hands in now."""
    has = "has" if len(names) == 1 else "have"
    return f"{', '.join(names)} {has} a newer model. Score again to count it."


def _unranked(found: tuple[HiddenScore, ...], names: dict[str, str]) -> None:
    """The groups without a place, and why."""
    lines = [f"- **{plain(names[each.group_id])}**: {plain(each.problem)}" for each in found if each.group_id in names]
    if lines:
        st.markdown("Without a score:\n" + "\n".join(lines))


def _names(classroom: Classroom) -> dict[str, str]:
    return {each.id: each.name for each in list_groups(state.workspace(), classroom.id)}


def _reveal(classroom: Classroom) -> None:
    with actions.refusals_kept():
        actions.change_classroom(classroom, is_revealed=bool(st.session_state[REVEALED]))
