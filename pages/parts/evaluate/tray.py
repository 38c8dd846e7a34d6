"""The changes that are planned for a run's photos, in a bar that stays in sight: look, take back, apply and retrain."""

import html
from pathlib import PurePath

import streamlit as st

from pages.parts.evaluate.planning import Planning
from pages.shared import actions, state, undo, widgets
from pages.shared.thumbnail_address import thumbnail_address
from pages.shared.widgets import plain
from tlcore.data import thumbnails
from tlcore.data.corrections import Correction
from tlcore.messages.corrections import apply_label, correction_message, outstanding_messages
from tlcore.messages.quantities import count


def show(plan: Planning) -> None:
    """The bar, for who may; its place is there always, so that nothing is drawn again when the first change comes."""
    with st.container(key="tl_tray", horizontal=True, vertical_alignment="center"):
        planned = plan.planned
        if not planned:
            return
        state.queue().warm_up()
        found = plan.outstanding
        number = len(found.to_do) + len(found.done)
        with st.popover(count(len(planned), "change"), key="tray_list"):
            _list(plan, list(planned.values()))
        st.button("Discard all", key="tray_discard", type="tertiary", on_click=_take_back, args=(plan, list(planned)))
        said = outstanding_messages(found, plan.newest.id == plan.dataset.id)
        st.caption(plain(" ".join(said)), width="stretch")
        if number:
            st.button(apply_label(number), key="tray_apply", type="primary", on_click=_apply, args=(plan,))


def _list(plan: Planning, planned: list[Correction]) -> None:
    """A line a change, with its photo, the latest first."""
    for place, each in enumerate(widgets.paged(planned[::-1], "tray")):
        with st.container(horizontal=True, vertical_alignment="center", key=f"line_change_{place}"):
            if picture := _picture(plan, each):
                st.html(picture, width="content")
            words = f"{plain(PurePath(each.path).name)}  \n{plain(correction_message(each))}"
            st.markdown(words, width="stretch")
            st.button(
                "Take back",
                key=f"tray_back_{each.path}",
                type="tertiary",
                on_click=_take_back,
                args=(plan, [each.path]),
            )


def _picture(plan: Planning, correction: Correction) -> str:
    """The thumbnail as escaped HTML; nothing of a photo that is gone."""
    photos = plan.newest.photos
    (sha256,) = photos.loc[photos["path"] == correction.path, "sha256"].tolist() or [""]
    if not sha256:
        return ""
    source = thumbnail_address(plan.newest, correction.path, sha256, thumbnails.SIZE)
    return f'<img class="tl-tray-photo" src="{html.escape(source)}" alt="">'


def _take_back(plan: Planning, paths: list[str]) -> None:
    with actions.refusals_kept():
        actions.take_back(plan.run, plan.dataset, paths)


def _apply(plan: Planning) -> None:
    """Make the next version and its run, and go to that; the banner takes the version back."""
    with actions.refusals_kept():
        made = actions.retrain(plan.run, plan.dataset)
        if made is not None:
            undo.edited(made.dataset)
            state.choose(run=made.run.id, dataset=made.dataset.id, show=None, actual=None, predicted=None, page=None)
