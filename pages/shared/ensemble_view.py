"""An ensemble where a run's own part of a page stands: its progress or why it ended, and the models in it."""

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.shared import follow, state, widgets
from pages.shared.widgets import plain
from tlcore.errors import UserError
from tlcore.jobs.status import job_status
from tlcore.jobs.store import Run, load_run
from tlcore.messages.ensembles import MEMBER_COLUMNS, ensemble_message, member_rows
from tlcore.serving.bundle import read_info


def progress(run: Run, action: DeltaGenerator) -> bool:
    """How far it is, or why it has no model, with the buttons; False where it has its test figures."""
    status = job_status(run)
    if status.usable and status.predicts:
        return False
    if status.active:
        follow.watch(run, lambda now: None)
    else:
        follow.ended(run, status, "ensemble", action)
    return True


def members(run: Run) -> None:
    """The models that it combines, how much each counts and why; nothing for any other run."""
    info = read_info(run.folder)
    words, rows = ensemble_message(info), member_rows(info)
    if not rows:
        return
    with st.container(key="tl_members"):
        st.markdown(plain(words))
        frame = pd.DataFrame([row[:3] for row in rows], columns=list(MEMBER_COLUMNS[:3]))
        widgets.table(frame, "The models of this ensemble: test accuracy, and how much each counts")


def visible_members(run: Run) -> list[Run]:
    """The runs that it was made of, those that are still there and that this visitor may see."""
    assert run.ensemble is not None
    found = []
    for run_id in run.ensemble.runs:
        try:
            member = load_run(state.workspace(), run_id)
        except UserError:  # deleted: the ensemble goes on without it
            continue
        if state.may_see(member):
            found.append(member)
    return found
