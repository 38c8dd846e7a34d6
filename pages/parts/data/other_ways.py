"""The quieter ways to photos: a sample set, and a folder on the owner's own machine."""

import html

import streamlit as st

from pages.shared import state
from pages.shared.decoding import picture_address
from pages.shared.widgets import plain
from tlcore.data import samples
from tlcore.data.samples import SAMPLES, Sample
from tlcore.jobs.store import ImportSpec
from tlcore.messages.quantities import count, format_bytes


def sample_sets() -> ImportSpec | None:
    """A card for each sample set; one press uses it."""
    st.subheader("Use a sample set", anchor=False)
    chosen = None
    columns = st.columns(len(SAMPLES), gap="small")
    for column, sample in zip(columns, SAMPLES):
        with column, st.container(key=f"card_sample_{sample.key}", height="stretch"):
            _sample(sample)
            label = f"Use {plain(sample.title.lower())}"
            if st.button(label, key=f"sample_{sample.key}", help=plain(sample.sentence), width="stretch"):
                chosen = ImportSpec("sample", sample.key, sample.title)
            st.caption(f"Licence: {plain(sample.licence)}")
    return chosen


def first_sample() -> ImportSpec:
    """The sample to begin with, which is there in a second."""
    return ImportSpec("sample", SAMPLES[0].key, SAMPLES[0].title)


def _sample(sample: Sample) -> None:
    size = f"{format_bytes(sample.download_bytes)} download" if sample.download_bytes else "built\u00a0in"
    facts = f"{count(sample.num_photos, 'photo')} · {count(sample.num_classes, 'class', 'classes')} · {size}"
    st.html(_strip(sample))
    st.markdown(f"**{plain(sample.title)}**  \n{facts}")


def _strip(sample: Sample) -> str:
    """Four pictures of it; of a set that is still to be fetched, the names of its classes."""
    pictures = _pictures(sample.key)
    if pictures:
        return f'<ul class="tl-grid tl-sample" role="list">{pictures}</ul>'
    words = "".join(f"<li>{html.escape(label)}</li>" for label in sample.classes[:4])
    return f'<ul class="tl-sample-words" role="list">{words}</ul>'


@st.cache_data(show_spinner=False)
def _pictures(key: str) -> str:
    sources = [picture_address(picture) for picture in samples.sample_pictures(key)]
    return "".join(f'<li><img class="tl-sample-{html.escape(key)}" src="{source}" alt=""></li>' for source in sources)


def server_folder() -> ImportSpec | None:
    """A folder or zip on this machine; only for the person who sits at it."""
    if not state.is_owner():
        return None
    st.subheader("Folder path", anchor=False)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        path = st.text_input(
            "Folder or zip on this computer, with one folder for each class inside",
            placeholder="/home/you/Pictures/leaves",
            key="server_folder",
        )
        pressed = st.button("Import folder", key="import_folder")
    st.caption("The photos stay where they are.")
    if not pressed:
        return None
    if not path.strip():
        st.warning("Enter the path of a folder or zip first.")
        return None
    return ImportSpec("folder", path.strip(), None)
