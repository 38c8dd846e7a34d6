"""The frame around every page: the top line with the four steps, the heading, and the one place that shows errors.

A page is `with chrome.page(title, sentence, step) as action:`; `action` is where its one primary button goes. Functions
that Streamlit calls on their own (fragments) are wrapped in `chrome.errors_shown()`.
"""

import gc
import logging
import platform
import re
import time
import traceback
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.shared import (
    account,
    actions,
    active_jobs,
    address,
    group_line,
    in_use,
    look,
    manage,
    outdated,
    reading,
    shown_group,
    state,
    undo,
)
from pages.shared.navigation import BESIDE, CLASSROOM, HOST, NAME, PRIVACY, STEPS
from pages.shared.widgets import plain
from tlcore.classroom.store import open_classroom
from tlcore.classroom.values import Group
from tlcore.data.manifest import Dataset
from tlcore.errors import UserError
from tlcore.events import Failed
from tlcore.jobs.status import job_status
from tlcore.jobs.store import Run
from tlcore.messages.bugs import bug_report, new_bug_number

ICON = "data:image/png;base64," + b64encode(Path(__file__).with_name("icon.png").read_bytes()).decode("ascii")
SETTLE_SECONDS = 60
WITH_TASK = (1, 2)  # the steps on which a group works on the task of its classroom
NOTED = (1, 2, 3)  # the steps that say when the model in use knows nothing of a change of its photos
HERE = "page_step"  # in the session: the step of the page that is shown, for what its fragments say


@contextmanager
def page(title: str, sentence: str, step: int, tab: str = "") -> Iterator[DeltaGenerator]:
    """Open a page, give the place for its primary button, and show whatever goes wrong inside.

    Args:
        title: the heading. sentence: the one sentence below it.
        step: 1–4 for the four steps, 0 for what stands beside them.
        tab: the word for a page beside the steps in the browser's tab and in the top line; "" for the welcome page.
    """
    _settle(int(time.monotonic() // SETTLE_SECONDS))
    here = STEPS[step - 1][1] if step else tab
    name = f"{here} · {NAME}" if here else NAME
    st.set_page_config(page_title=name, page_icon=ICON, layout="wide", initial_sidebar_state="collapsed")
    look.dress()
    st.session_state[address.ENTERED] = st.session_state.get(HERE) != step
    st.session_state[HERE] = step
    st.query_params.from_dict(st.query_params.to_dict())  # a link to the page one is on leaves the address as it was
    shut_out = tab != PRIVACY[1] and account.is_shut_out()
    if here and not shut_out:  # not on the welcome page, where one begins
        _open_last_used()
    joined = None if shut_out else group_line.find()
    _top_line(step, tab, joined[0] if joined else None, shut_out)
    if shut_out:
        account.ask()
        _foot()
        st.stop()
    shown_group.show(tab)
    if joined:
        with st.container(key="tl_class"):
            st.fragment(errors_shown()(group_line.banner), run_every=group_line.POLL_SECONDS, key="class")(tab)
    _active_jobs(step)
    account.offer()
    undo.banner()
    manage.open_dialog()
    with st.container(key="tl_head", gap="small"):
        st.title(title, anchor=False)
        st.markdown(sentence)
        action = st.container(key="tl_action", horizontal=True, vertical_alignment="center")
        reading.accompany(here, title)
        if joined and step in WITH_TASK:
            group_line.task(joined[1])
        if step in NOTED:
            _outdated()
    if account.is_waiting():
        st.stop()
    with errors_shown():
        yield action
    if tab != PRIVACY[1] and state.others_can_come():
        _foot()


@lru_cache(maxsize=1)
def _settle(moment: int) -> None:
    """Once a moment, collect all garbage and take what is left out of the collector's sight until the next one.

    Streamlit collects after every run of a page, each look at a running training included. Going through all that
    never changes, the imported modules above all, took longer than the page itself (benchmarks/web.py). What belongs
    to a visitor just then is taken out as well, so nothing may stay there for good.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()


def is_dark() -> bool:
    """Whether the page is shown in the dark theme; charts need to know."""
    return st.context.theme.type == "dark"


@contextmanager
def errors_shown(has_way_out: bool = True) -> Iterator[None]:
    """The one place where errors become words: a UserError as it is, anything else as a bug with a report.

    What a button's callback was refused is said here too, since it has no place on the page.

    Args:
        has_way_out: whether a UserError comes with a link to another page; not in a dialog, where one can try again.
    """
    if refused := st.session_state.pop(actions.REFUSED, None):
        st.error(_without_paths(refused))
    try:
        yield
    except UserError as error:
        show_user_error(error, has_way_out)
    except Exception as error:
        number = new_bug_number()
        logging.getLogger("transferlab").error("%s", bug_report(number, error).rstrip())
        show_bug(number, type(error).__name__, "".join(traceback.format_exception(error)))


def show_user_error(error: UserError, has_way_out: bool = True) -> None:
    """What is wrong and what to do next; with a link to the page where one can begin again, unless told otherwise."""
    st.error(f"**{plain(_without_paths(error.what))}** {plain(_without_paths(error.fix))}".rstrip())
    if not has_way_out:
        return
    if st.session_state.get(HERE) != 1:
        st.page_link("pages/data.py", label="Go to the Data page", query_params=_living_ids())
    elif _leads_nowhere():
        st.page_link("pages/data.py", label="Choose your photos", query_params=_living_ids())


def _leads_nowhere() -> bool:
    """Whether the address names a data set or an import that cannot be opened, so that the page has nothing to show."""
    try:
        state.dataset()
        state.job()
    except UserError:
        return True
    return False


def show_failure(failed: Failed) -> None:
    """The end of a job that could not go on."""
    if failed.bug:
        show_bug(failed.number, "Error in a job", failed.what)
    else:
        show_user_error(UserError(failed.what, failed.fix))


def show_bug(number: str, kind: str, details: str) -> None:
    """A fault of the program. Only the person at this machine sees the details, which may hold paths.

    Args:
        number: under which the log has it; "" for one that an older version wrote down.
    """
    st.error(
        "**This is a fault in Transfer Lab (a bug), not something you did.** Your photos and runs are kept. "
        "Load the page again; if it happens again, copy the report below and send it to whoever looks after this "
        "Transfer Lab."
    )
    versions = f"Python {platform.python_version()}, Streamlit {st.__version__}"
    lines = [f"Transfer Lab, bug {number}".removesuffix(" "), kind, versions]
    if state.is_owner():
        lines += ["", details.replace(str(Path.home()), "~")]
    else:
        lines += [f"The details stand in the log under {number}."] if number else []
    st.code("\n".join(lines), language=None)


def _without_paths(text: str) -> str:
    """The sentence without the server's folders, unless the person at this very machine reads it."""
    if state.is_owner():
        return text
    return re.sub(r"(?<!:/)(?<![\w.])(/[\w.\-]+){2,}|\b[A-Za-z]:\\\S+", "(a folder on the server)", text)


def _living_ids() -> dict[str, str]:
    """The ids for a way out of an error: only those that still lead somewhere."""
    try:
        used = state.dataset()
    except UserError:
        used = None
    return {"dataset": used.id} if used else {"more": "1"}  # without any, Streamlit leaves the dead ones in the address


def _open_last_used() -> None:
    """In a new tab: what was used last. Never raises: the page itself will."""
    with suppress(UserError):
        state.open_last_used()


def _top_line(step: int, tab: str, group: Group | None, shut_out: bool) -> None:
    """The name, the four steps, what stands beside them, the group, the data set and run in use, and the account."""
    used, run, done = (None, None, set[int]()) if shut_out else _in_use()
    with st.container(key="tl_top", horizontal=True, vertical_alignment="center"):
        with st.container(key="tl_name", width="content"):
            st.page_link("streamlit_app.py", label=f"**{NAME}**", query_params=state.link())
        with st.container(key="tl_steps", horizontal=True, vertical_alignment="center", width="content", wrap=False):
            for number, (file, word) in enumerate(STEPS, start=1):
                _step(file, word, here=number == step, done=number in done)
        with st.container(key="tl_beside", horizontal=True, vertical_alignment="center", width="content", wrap=False):
            for file, word in _beside():
                if word == tab:
                    st.html(f'<span class="tl-here" aria-current="page">{word}</span>')
                else:
                    st.page_link(f"pages/{file}.py", label=word, query_params=state.link())
        if group is not None:
            group_line.link(group, tab)
        in_use.show(used, run)
        account.show()


def _beside() -> tuple[tuple[str, str], ...]:
    """The pages beside the steps; those for the owner where he needs them. Never raises: the page itself will."""
    if not state.is_owner():
        return BESIDE
    if state.others_can_come():
        return (*BESIDE, CLASSROOM, HOST)
    with suppress(UserError, OSError):
        if open_classroom(state.workspace()) is not None:
            return (*BESIDE, CLASSROOM)
    return BESIDE


def _foot() -> None:
    """At the end of each page: what is stored of who reads it."""
    file, word = PRIVACY
    with st.container(key="tl_foot", width="content"):
        st.page_link(f"pages/{file}.py", label=word, query_params=state.link())


def _active_jobs(step: int) -> None:
    """The banners of active jobs; their place is there always, so that nothing below is drawn again."""
    with st.container(key="tl_now", gap="small"):
        try:
            found = active_jobs.find(step)
        except (UserError, OSError):  # the page itself will show it
            return
        if found:
            st.fragment(errors_shown()(active_jobs.show), run_every=active_jobs.POLL_SECONDS, key="active_jobs")(found)


def _outdated() -> None:
    """Say when the model in use was trained before its photos were changed. Never raises: the page itself will."""
    with suppress(UserError, OSError):
        outdated.show(state.run())


def _step(file: str, word: str, here: bool, done: bool) -> None:
    """One of the steps. The place of its tick is kept (style.css), so that nothing moves when it comes."""
    tick = "✓ " if done else ""
    with st.container(key=f"tl_step_{file}{'' if done else '_open'}", width="content"):
        if here:
            said = '<span class="tl-said">, you are here</span>'
            st.html(f'<span class="tl-here" aria-current="step">{tick}{word}{said}</span>')
        else:
            st.page_link(f"pages/{file}.py", label=tick + word, query_params=state.link())


def _in_use() -> tuple[Dataset | None, Run | None, set[int]]:
    """What is in use, and the numbers of the steps that are done. Never raises: the page itself will."""
    try:
        used, run = state.current_dataset(), state.run()
        state.note_use(used, run)
    except Exception:  # a bug too: nothing above the page has a place for errors
        return None, None, set()
    done = {1} if used else set()
    if run and job_status(run).usable:
        done.add(2)
        done |= {number for number in (3, 4) if (number, run.id) in st.session_state.get("visited", set())}
    return used, run, done


def mark_done(step: int, run_id: str) -> None:
    """Remember for this visit that step 3 or 4 was done with this run, for its tick in the top line."""
    st.session_state.setdefault("visited", set()).add((step, run_id))
