"""Bring your own network: hand in its file, see what was read from it and what is proposed, and add or delete one."""

import pandas as pd
import streamlit as st

from pages.shared import actions, drop_zone, follow, manage, settings, state, widgets
from pages.shared.asked_jobs import why_it_ended
from pages.shared.widgets import plain
from tlcore.data.manifest import Dataset
from tlcore.jobs.status import job_status
from tlcore.jobs.store import Job
from tlcore.messages.networks import (
    BASES,
    ability_message,
    choice_messages,
    embedding_message,
    found_message,
    origin_message,
)
from tlcore.messages.quantities import capitalized
from tlcore.models.imported.candidate import LAYOUTS, Choices
from tlcore.models.imported.stored import StoredNetwork
from tlcore.models.scalings import SCALING_VALUES
from tlcore.networks.adding import Examined
from tlcore.networks.addition import SUFFIXES, read_examined
from tlcore.networks.fetching import file_name, is_address

WHAT = (
    "Add a network as Keras, LiteRT, SavedModel or ONNX file, or as PyTorch weights. No code of the file is run. "
    "It stands in this list for you alone."
)
ZONE = drop_zone.Words(
    "Network file", "Drop a network’s file here", "Choose a file", "", "Reading…", ",".join(SUFFIXES)
)


def show(dataset: Dataset) -> None:
    """The folded part below the backbones: what is under way, the place for a file, and the networks added before."""
    job = state.addition()
    with st.expander("Bring your own network", expanded=job is not None, key="own_network"):
        if job is None:
            _offer(dataset)
        elif job_status(job).active:
            follow.watch(job, lambda status: None)
        else:
            _ended(job)
        for network in state.networks():
            _added(network)


def _offer(dataset: Dataset) -> None:
    st.markdown(WHAT)
    order = drop_zone.ask("network", f"network_upload_{len(state.networks())}", ZONE)
    if order is not None:
        _start({"area": order.area, "photos": dataset.id}, order.name)
    if state.is_owner():
        given = st.text_input(
            "Or its path or address", placeholder="/home/you/resnet.keras", key="network_path"
        ).strip()
        if st.button("Read this network", key="network_path_go", disabled=not given):
            is_url = is_address(given)
            name = file_name(given) if is_url else given.rsplit("/", 1)[-1]
            _start({"url" if is_url else "path": given, "photos": dataset.id}, name)


def _start(spec: dict[str, str], name: str) -> None:
    actions.add_network(spec, name)
    st.rerun()


def _ended(job: Job) -> None:
    """What a job has come to: a question, a network, or a reason why there is none."""
    status, examined = job_status(job), read_examined(job)
    if status.finished and status.finished.result:
        settings.own()["backbone"] = status.finished.result
        actions.dismiss_network(job)
        st.rerun()
    if not status.finished:
        why_it_ended(job)
    if examined is not None:
        _question(job, examined)
    else:
        st.button("Try another file", key="network_dismiss", on_click=actions.dismiss_network, args=(job,))


def _question(job: Job, examined: Examined) -> None:
    """What was read and what is proposed, to be changed and added."""
    candidate = examined.candidate
    st.markdown(plain(found_message(examined, job.name)))
    with st.form("network_choices", border=False):
        name = st.text_input("Name", candidate.title or job.name.rsplit(".", 1)[0], max_chars=80, key="network_name")
        places = {each.name: embedding_message(each, candidate.layout.value) for each in candidate.embeddings}
        embedding = st.selectbox("Features from", list(places), format_func=places.__getitem__, key="network_embedding")
        left, right = st.columns(2)
        low, high = candidate.least_image_size, candidate.most_image_size or 1024
        size = left.number_input(
            "Image size in pixels",
            low,
            max(low, high),
            int(candidate.image_size.value),
            disabled=low == high,
            key="network_size",
        )
        scaling = right.selectbox(
            "Scaling of its pixels",
            list(SCALING_VALUES),
            index=list(SCALING_VALUES).index(examined.scaling.value),
            format_func=lambda key: SCALING_VALUES[key].title,
            key="network_scaling",
        )
        left.caption(capitalized(BASES[candidate.image_size.basis]))
        right.caption(capitalized(BASES[examined.scaling.basis]))
        layout = str(candidate.layout.value)
        if candidate.layout.basis != "file":
            layout = st.selectbox("Order of its input", LAYOUTS, index=LAYOUTS.index(layout), key="network_layout")
        licence = st.text_input("Licence (optional)", candidate.licence, max_chars=80, key="network_licence")
        if st.form_submit_button("Add network", type="primary", key="network_add"):
            with actions.refusals_kept():
                actions.keep_network(job, Choices(embedding, int(size), layout, scaling), name, licence)
            st.rerun()
    st.button("Cancel", key="network_dismiss", type="tertiary", on_click=actions.dismiss_network, args=(job,))


def _added(network: StoredNetwork) -> None:
    """A network that was added: what it is and can do, and the way to be rid of it."""
    with st.container(border=True, key=f"network_{network.id}"):
        line = st.container(horizontal=True, vertical_alignment="center")
        line.markdown(f"**{plain(network.spec.title)}** · {plain(ability_message(network.spec))}")
        with line:
            manage.network_menu(network)
        st.caption(plain(origin_message(network)))
        frame = pd.DataFrame(choice_messages(network), columns=["What", "Value", "Where it comes from"])
        widgets.table(frame, f"How {plain(network.spec.title)} is used")
