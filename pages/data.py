"""Step 1: photos come in, and one sees what they are before anything is learned from them."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.parts.data import dataset_list, importing, kept, pickers
from pages.shared import chrome, drawn, gallery, photo_viewer, share, state, widgets
from pages.shared.widgets import plain
from tlcore.charts import results as charts
from tlcore.data.manifest import Dataset
from tlcore.messages.quantities import count, format_bytes


def show(dataset: Dataset) -> None:
    """The data set in use: nine of its photos, its classes, and what to know about it."""
    left, right = st.columns(2, gap="large")
    with left:
        turn = st.session_state.get("shuffle", 0)
        nine = gallery.three_by_three(dataset.photos, seed=turn)
        photos = photo_viewer.from_dataset(dataset, nine)
        gallery.grid(
            gallery.from_dataset(dataset, nine), key="nine", open=lambda place: photo_viewer.show(photos, place)
        )
        if st.button("Show nine others", type="tertiary"):
            st.session_state["shuffle"] = turn + 1
            st.rerun()
    with right:
        st.subheader(plain(dataset.name), anchor=False)
        st.markdown(" · ".join(facts(dataset)))
        counts = charts.count_frame(dataset.photos)
        alt_text = charts.class_counts_alt_text(counts)
        drawn.chart(charts.class_counts, counts, chrome.is_dark(), key="classes", description=alt_text)
    for note in dataset.notes:
        st.markdown(f"- {plain(note)}")
    refused(dataset)
    if dataset.licence:
        st.caption(f"Licence of the photos: {plain(dataset.licence)}")


def facts(dataset: Dataset) -> list[str]:
    """How much there is, in words."""
    rows = dataset.photos
    sides = rows[["width", "height"]]
    low, high = sides.min(), sides.max()
    size = (
        f"{low.width} × {low.height} pixels"
        if low.equals(high)
        else (f"from {low.width} × {low.height} to {high.width} × {high.height} pixels")
    )
    return [
        count(len(rows), "photo"),
        count(len(dataset.labels), "class", "classes"),
        size,
        format_bytes(int(rows["bytes"].sum())),
    ]


def refused(dataset: Dataset) -> None:
    """What was left out, and why."""
    if dataset.refused.empty:
        return
    with st.expander(f"{count(len(dataset.refused), 'file')} left out, with the reason"):
        reasons = dataset.refused[["path", "reason"]].set_axis(["File", "Why"], axis="columns")
        widgets.table(reasons, "Files that were left out, each with the reason")


def choose_photos(action: DeltaGenerator) -> None:
    """The ways to bring photos in, and the data sets made earlier."""
    ways = pickers.available()
    way = st.pills(
        "Where are your photos?",
        list(ways),
        default=next(iter(ways)),
        required=True,
        key="way",
        persist_state="session",
    )
    spec = ways[way](action)
    if spec is not None:
        importing.start_import(spec)
    earlier = state.datasets()
    if earlier:
        st.subheader("Data sets made earlier", anchor=False)
        dataset_list.show(earlier)


is_importing, dataset_id = state.is_set("job"), state.is_set("dataset")
if is_importing:
    title, sentence = "Your photos are on their way", "Every file is looked at once; what cannot be used is listed."
elif dataset_id:
    title, sentence = "Your photos", "Have a look at what the network will learn from."
else:
    title, sentence = "Choose your photos", "Take a ready-made set, or bring your own photos: a group for each class."

with chrome.page(title, sentence, step=1) as action:
    state.queue().warm_up("import", "train")
    dataset = None if is_importing else state.dataset()
    if is_importing:
        importing.show_import(action)
    elif dataset is None or state.is_set("more"):
        if dataset is not None:
            st.page_link("pages/data.py", label=f"Back to {plain(dataset.name)}", query_params=state.link())
        choose_photos(action)
    else:
        num_train = len(dataset.part("train"))
        if action.button(f"Go on: train on {count(num_train, 'photo')}", type="primary"):
            st.switch_page("pages/train.py", query_params=state.link())
        others = state.link(run=None, more="1")
        action.page_link("pages/data.py", label="Add or choose other photos", query_params=others)
        share.show(action, "dataset", dataset)
        show(dataset)
    if not is_importing:
        kept.show()
