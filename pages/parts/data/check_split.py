"""Split by what belongs together: what keeping groups on one side is worth, before anything is changed."""

import streamlit as st

from pages.shared import actions, state, undo
from pages.shared.widgets import plain
from tlcore.cleaning.belonging import groupings_of, groups_to_keep
from tlcore.cleaning.groups import Grouping
from tlcore.cleaning.results import Check, SplitWorth
from tlcore.data.manifest import Dataset
from tlcore.messages.checks import grouping_message, grouping_title, worth_message
from tlcore.messages.quantities import count

WHY = (
    "If photos of one animal, place or burst are on both sides of the split, the test is too easy: the model has seen "
    "them before. Choose what belongs together, and each group stays on one side."
)


def show(dataset: Dataset, check: Check) -> None:
    """Each way to group the photos that the check tried, with what it is worth; nothing where there is none."""
    groups = dict(dataset.photos.dropna(subset="group").set_index("path")["group"]) if "group" in dataset.photos else {}
    if not check.worth and not groups:
        return
    with st.container(key="tl_split"):
        st.subheader("Keep together what belongs together", anchor=False)
        st.markdown(WHY)
        if groups:
            st.caption(f"In use: {count(len(set(groups.values())), 'group')} of photos, each on one side of the split.")
        proposed = groupings_of(dataset)
        for place, worth in enumerate(sorted(check.worth, key=lambda each: not each.matters)):
            _grouping(dataset, check, worth, proposed.get(worth.key), groups, place)


def _grouping(
    dataset: Dataset, check: Check, worth: SplitWorth, grouping: Grouping | None, groups: dict[str, str], place: int
) -> None:
    """A grouping with its examples and its worth, and the button that splits by it, where it is not in use already.

    Args:
        groups: the group of each photo that has one now, by its path.
    """
    detail = f" · {plain(grouping_message(grouping))}" if grouping is not None else ""
    with st.container(horizontal=True, vertical_alignment="center", key=f"tl_grouping_{place}"):
        st.markdown(f"**{plain(grouping_title(worth.key))}**{detail}  \n{worth_message(worth)}", width="stretch")
        if groups and groups == groups_to_keep(dataset, check, worth.key):
            st.markdown("✓ In use", width="content")
        elif state.may_act(dataset):
            st.button("Split by this", key=f"split_by_{place}", on_click=_split, args=(dataset, check, worth))


def _split(dataset: Dataset, check: Check, worth: SplitWorth) -> None:
    with actions.refusals_kept():
        groups = groups_to_keep(dataset, check, worth.key)
        newer = actions.set_groups(dataset, groups, resplit=True)
        if newer is not None:
            title = grouping_title(worth.key)
            undo.changed(newer, f"Split again: {title[0].lower()}{title[1:]}, each on one side.")
