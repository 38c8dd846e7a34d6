"""The model as what other programs run: a list of kinds, each made by a job and checked before it can be downloaded."""

import html

import streamlit as st

from pages.server.exports import export_address
from pages.shared import actions, chrome, follow, state
from pages.shared.asked_jobs import analysis_of, why_it_ended
from pages.shared.widgets import plain
from tlcore.exports.export_job import WHAT, export_options, load_export
from tlcore.exports.exporter import ExportKind, offered_kinds
from tlcore.exports.finished_networks import finished_networks
from tlcore.exports.own_score import MAX_LOSS
from tlcore.jobs.status import job_status
from tlcore.jobs.store import Run, analysis_id
from tlcore.messages.exports import (
    INCLUDE_PHOTOS,
    INCLUDE_PHOTOS_HELP,
    KIND_LINES,
    MAX_LOSS_HELP,
    MAX_LOSS_LABEL,
    ONE_SIZE_ONLY,
    check_message,
    no_keras_message,
    not_offered_message,
    score_message,
)
from tlcore.serving.bundle import is_onnx_model, num_sizes, read_info
from tlcore.shares import percent

OPEN = "take_along"  # in the session: whether the list is open
LOSSES = (0.0, 0.01, 0.02, 0.05, 0.1)  # of the test photos


def show(run: Run) -> None:
    """The button that opens the list, for who may do something with the run."""
    if state.may_act(run):
        with st.container(width="content"):  # a fragment takes the whole line otherwise
            st.fragment(_popover, key="exports")(run)


@chrome.errors_shown()
def _popover(run: Run) -> None:
    """The list is drawn once somebody opens it: it is half the work of a page on which most only want an answer."""
    with st.popover("Take it with you", key=OPEN, on_change="rerun") as opened:
        if opened.open:
            _list(run)


def _list(run: Run) -> None:
    info = read_info(run.folder)
    sizes, is_onnx = num_sizes(info), is_onnx_model(info)
    every = offered_kinds(run.ensemble is None, actions.is_maker(run), sizes)
    finished = () if is_onnx else finished_networks(state.workspace(), info)
    no_keras = [kind for kind in every if kind.of_training and finished]
    possible = [kind for kind in every if (kind.on_onnx or not is_onnx) and kind not in no_keras]
    for kind in possible:
        with st.container(key=f"tl_export_{kind.key}", gap="xxsmall"):
            _row(run, kind)
            if kind.judged_by_score:
                st.selectbox(
                    MAX_LOSS_LABEL, LOSSES, LOSSES.index(MAX_LOSS), percent, key="max_loss", help=MAX_LOSS_HELP
                )
    if no_keras:
        st.caption(plain(no_keras_message([kind.title for kind in no_keras], finished)))
    if is_onnx:
        st.caption(not_offered_message([kind.title for kind in every if kind not in possible]))
    if sizes > 1:
        st.caption(ONE_SIZE_ONLY)
    st.checkbox(INCLUDE_PHOTOS, key="export_photos", help=INCLUDE_PHOTOS_HELP)


def _row(run: Run, kind: ExportKind) -> None:
    """One kind: what it is good for, and the button that makes it or hands it over."""
    chosen = st.session_state
    options = export_options(kind, bool(chosen.get("export_photos")), float(chosen.get("max_loss", MAX_LOSS)))
    found = load_export(state.workspace(), run, kind, options)
    if found is not None:
        path, check, score = found.made.path, found.made.check, found.made.score
        if kind.of_maker:  # as large as all photos: the server sends it from the disk
            job_id = analysis_id(run.id, WHAT, options)
            st.html(_link(export_address(state.workspace(), job_id), f"Download {kind.title}"))
        else:
            st.download_button(
                f"Download {kind.title}", path.read_bytes, path.name, key=f"export_{kind.key}", on_click="ignore"
            )
        told = check_message(check.photos, check.largest_difference, found.are_photos)
        st.caption(told if score is None else f"{told} {score_message(**vars(score))}")
        return
    job = analysis_of(run, WHAT, options)
    if job is not None and job_status(job).active:
        st.markdown(f"**{kind.title}**")
        follow.watch(job, lambda status: None)
        return
    st.button(kind.title, key=f"make_{kind.key}", on_click=actions.analyse, args=(run, WHAT, options))
    st.caption(KIND_LINES[kind.key])
    if job is not None:
        why_it_ended(job)


def _link(address: str, words: str) -> str:
    return f'<a class="tl-download" href="{html.escape(address)}" download>{html.escape(words)}</a>'
