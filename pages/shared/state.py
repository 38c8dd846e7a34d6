"""What outlives a page: the ids in the URL, the ids this visitor may see, and what the server holds once.

The URL is the truth: `dataset`, `run`, `race` and `job` (an import under way) stand in it, so a refresh, a bookmark and
another computer show the same. Nothing here draws; chrome.py and the pages do.
"""

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from ipaddress import ip_address
from zoneinfo import ZoneInfo

import streamlit as st

from tlcore.comparison.store import Comparison, list_comparisons, load_comparison
from tlcore.data import manifest
from tlcore.data.manifest import Dataset, DatasetSummary
from tlcore.errors import UserError
from tlcore.jobs import active, store
from tlcore.jobs.queue import JobQueue
from tlcore.jobs.store import Job, Run
from tlcore.workspace import Workspace, is_id, open_workspace

WORDS = {
    "dataset": "data set",
    "run": "training run",
    "job": "import",
    "incoming": "collection of uploads",
    "race": "race",
}
FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip", "Cf-Connecting-Ip")
LOCAL_HOSTS = ("localhost", "127.0.0.1", "[::1]", "::1")


def workspace() -> Workspace:
    """The workspace this server works in. Raises UserError when it cannot be written."""
    return _workspace(os.environ.get("TRANSFERLAB_HOME"))


@st.cache_resource(show_spinner=False)
def _workspace(home: str | None) -> Workspace:
    return open_workspace(home)


def queue() -> JobQueue:
    """The one queue of this server: training runs and imports, first come, first served."""
    return _queue(workspace().root.as_posix())


@st.cache_resource(show_spinner=False)
def _queue(root: str) -> JobQueue:
    return JobQueue(open_workspace(root))


def is_owner() -> bool:
    """True for the person at this very machine; False for everyone who comes over a network or through a proxy."""
    if os.environ.get("TRANSFERLAB_HOSTED", "").lower() in ("1", "true", "yes"):
        return False
    return comes_from_here(st.context.headers, st.context.ip_address)


def comes_from_here(headers: Mapping[str, str], address: str | None) -> bool:
    """Whether a request with these headers, from this address (None: this machine), was made on this very machine."""
    if any(headers.get(name) for name in FORWARDED):
        return False
    host = headers.get("Host") or "localhost"
    name = host if host.endswith("]") else host.rsplit(":", 1)[0]
    try:
        return name in LOCAL_HOSTS and (address is None or ip_address(address).is_loopback)
    except ValueError:
        return False


def chosen(kind: str) -> str | None:
    """The id of a `kind` (a key of `WORDS`) in the URL, or None.

    Raises:
        UserError: what stands in the URL cannot be an id.
    """
    value = st.query_params.get(kind)
    if not value:
        return None
    if not is_id(value):
        raise UserError(f"The address names a {WORDS[kind]} that cannot exist.", "Choose one on the Data page.")
    remember(value)
    return value


def is_set(kind: str) -> bool:
    """Whether something of this kind stands in the URL, known or not."""
    return bool(st.query_params.get(kind))


def choose(**ids: str | None) -> None:
    """Write ids into the URL; None takes one out."""
    for kind, value in ids.items():
        if value is None:
            st.query_params.pop(kind, None)
        else:
            remember(value)
            st.query_params[kind] = value


def link(**changes: str | None) -> dict[str, str]:
    """The query parameters for a link to another page: the ids in use, with `changes`; None takes one out."""
    kept = {kind: st.query_params.get(kind) for kind in ("dataset", "run")} | changes
    return {kind: value for kind, value in kept.items() if value and is_id(value)}


def dataset() -> Dataset | None:
    """The data set in use: the run's or comparison's own where one is in use. Raises UserError for an unknown id."""
    used = run() or comparison()
    chosen_id = used.dataset_id if used else chosen("dataset")
    return dataset_of(chosen_id) if chosen_id else None


def dataset_of(dataset_id: str) -> Dataset:
    """The data set with this id. Raises UserError for an unknown one."""
    return _dataset(workspace().root.as_posix(), dataset_id)


@st.cache_resource(show_spinner=False, max_entries=16)
def _dataset(root: str, dataset_id: str) -> Dataset:
    """A data set never changes once made, so it is read once."""
    return manifest.load_dataset(open_workspace(root), dataset_id)


def run() -> Run | None:
    """The training run in use. Raises UserError for an unknown id."""
    run_id = chosen("run")
    return store.load_run(workspace(), run_id) if run_id else None


def comparison() -> Comparison | None:
    """The comparison in use; who holds its id may see its runs. Raises UserError for an unknown id."""
    comparison_id = chosen("race")
    found = load_comparison(workspace(), comparison_id) if comparison_id else None
    for run_id in found.run_ids if found else ():
        remember(run_id)
    return found


def job() -> Job | None:
    """The import under way. Raises UserError for an unknown id."""
    job_id = chosen("job")
    return store.load_import(workspace(), job_id) if job_id else None


def remember(an_id: str) -> None:
    """From now on this visitor may see what has this id: it was made here, or stood in the URL (64 random bits)."""
    st.session_state.setdefault("ids", set()).add(an_id)


def may_see(an_id: str) -> bool:
    """Whether a list may show what has this id to this visitor."""
    return is_owner() or an_id in st.session_state.get("ids", set())


def datasets() -> list[DatasetSummary]:
    """The data sets this visitor may see, newest first."""
    return [each for each in manifest.list_datasets(workspace()) if may_see(each.id)]


def runs() -> list[Run]:
    """The runs this visitor may see, newest first."""
    return [each for each in store.list_runs(workspace()) if may_see(each.id)]


def active_jobs() -> list[Job]:
    """The training runs and imports under way that this visitor may see: those in work, then those that wait.

    A run that has its test figures counts as done, though its model may still be packed.
    """
    working: list[Job] = []
    waiting: list[Job] = []
    for job, status in active.active_jobs(workspace()):
        if may_see(job.id) and not status.usable:
            (working if status.state == "running" else waiting).append(job)
    return working + waiting


def comparisons() -> list[Comparison]:
    """The comparisons this visitor may see, newest first."""
    return [each for each in list_comparisons(workspace()) if may_see(each.id)]


def moment(seconds: float) -> str:
    """A Unix time in the visitor's own time zone: "22 Nov, 14:05"."""
    try:
        zone = ZoneInfo(st.context.timezone) if st.context.timezone else UTC
    except (KeyError, ValueError, OSError):
        zone = UTC
    when = datetime.fromtimestamp(seconds, zone)
    return f"{when.day} {when:%b, %H:%M}"
