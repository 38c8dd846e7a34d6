"""Classes whose names differ in nothing but capitals: they stay apart, and one press makes one class of them."""

from collections import defaultdict

import streamlit as st

from pages.shared import actions, state, undo
from pages.shared.widgets import plain
from tlcore.data.manifest import Dataset
from tlcore.messages.quantities import count

MOST_OFFERED = 3


def offer(dataset: Dataset) -> None:
    """A button for each group of such classes, for who may change them."""
    if not state.may_act(dataset):
        return
    for place, labels in enumerate(alike(dataset)[:MOST_OFFERED]):
        names = " and ".join(labels)
        with st.container(key=f"tl_alike_{place}", horizontal=True, vertical_alignment="center"):
            st.markdown(f"{plain(names)} differ only in capitals.", width="content")
            if st.button(f"Merge {plain(names)}", key=f"merge_alike_{place}"):
                _merge(dataset, labels)


def alike(dataset: Dataset) -> list[list[str]]:
    """The groups, in each the class with the most photos first."""
    groups = defaultdict(list)
    counts = dataset.photos["label"].value_counts()
    for label in sorted(dataset.labels, key=lambda each: (-int(counts[each]), each)):
        groups[label.casefold()].append(label)
    return [labels for labels in groups.values() if len(labels) > 1]


def _merge(dataset: Dataset, labels: list[str]) -> None:
    """Put all of them into the first; it can be undone."""
    kept = labels[0]
    with actions.refusals_kept():
        newer = actions.merge_classes(dataset, labels, kept)
        if newer is not None:
            photos = count(int((newer.photos["label"] == kept).sum()), "photo")
            undo.changed(newer, f"Merged “{'”, “'.join(labels[1:])}” into “{kept}”: {photos}.")
    st.rerun()
