"""What outlives a page: the ids in the URL, who this visitor is and what he may see, and what the server holds once.

The URL is the truth: `dataset`, `run`, `race` and `job` (an import under way) stand in it, so a refresh and a
bookmark show the same. An id is a name and no key: `chosen` gives it only to who may see what it names. Nothing here
draws; chrome.py and the pages do.
"""

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar
from zoneinfo import ZoneInfo

import streamlit as st

from pages.server import accounts, identity, owner
from tlcore import access, grants
from tlcore.access import Made, Visitor
from tlcore.accounts import Account
from tlcore.classroom import rules
from tlcore.classroom.hidden_photos import without_hidden
from tlcore.classroom.membership import group_of, note_seen, working_name
from tlcore.classroom.store import group_names
from tlcore.classroom.values import Group
from tlcore.comparison.store import Comparison, list_comparisons, load_comparison
from tlcore.data import dataset_list, incoming, manifest
from tlcore.data.dataset_list import DatasetSummary
from tlcore.data.manifest import Dataset
from tlcore.data.versions import current_version
from tlcore.errors import UserError
from tlcore.jobs import active, store
from tlcore.jobs.line import KINDS, Line
from tlcore.jobs.queue import JobQueue, queue_of
from tlcore.jobs.status import JobStatus, job_status
from tlcore.jobs.store import Job, Run
from tlcore.listing import MOVED, is_deleted
from tlcore.messages import titles
from tlcore.models.imported.stored import StoredNetwork, list_networks
from tlcore.naming import Mark, file_mark, name_mark
from tlcore.settings import is_hosted
from tlcore.storage.visits import OWNER, LastUsed, last_visit, note_visit
from tlcore.workspace import Workspace, is_id, open_workspace, opened_workspace, touch_used

WORDS = {
    "dataset": "data set",
    "run": "training run",
    "job": "import",
    "incoming": "collection of uploads",
    "race": "race",
}
Thing = TypeVar("Thing", bound=Made)
ADD = "add"
"""`more` in the address of the Data page: photos are added to the data set in use; else they begin a new one."""

MAKERS: dict[str, Callable[[Workspace, str], str]] = {
    "dataset": manifest.dataset_visitor,
    "run": lambda place, an_id: store.load_run(place, an_id).visitor,
    "job": lambda place, an_id: store.load_import(place, an_id).visitor,
    "incoming": incoming.owner,
    "race": lambda place, an_id: load_comparison(place, an_id).visitor,
}
"""The public name of who made what an id names; raises UserError where it names nothing."""


def workspace() -> Workspace:
    """The workspace this server works in. Raises UserError when it cannot be written."""
    return opened_workspace(os.environ.get("TRANSFERLAB_HOME"))


def queue() -> JobQueue:
    """The one queue of this server: of its process, so no cache that a browser can clear."""
    return queue_of(workspace(), rules.admit)


def me() -> Visitor:
    """Who looks at this page, with what others gave him; of a group's device that it is there is noted."""
    note_seen(workspace(), browser_name())
    name = visitor()
    return Visitor(name, is_owner(), without_hidden(workspace(), grants.rights_given(workspace(), name)))


def visitor() -> str:
    """The public name under which who looks at this page works: that of his group in a classroom, else his own."""
    return working_name(workspace(), browser_name())


def browser_name() -> str:
    """The public name of who looks at this page, whatever group he has joined: of his account, else of the browser."""
    used = account()
    return used.visitor if used else anonymous_name()


def account() -> Account | None:
    """The account of who looks at this page; None where nobody has logged in, or the account may not come."""
    used = any_account()
    return used if used is not None and accounts.rules().lets_in(used) else None


def any_account() -> Account | None:
    """As `account`, but also one that may not come, which can only log out again."""
    return accounts.account_with(st.user.to_dict()) if accounts.is_configured() else None


def anonymous_name() -> str:
    """The public name of this browser, under which somebody works in it who has not logged in."""
    secret = identity.visitor_secret(st.context.cookies)
    if not secret:  # a browser that keeps no cookies: the name lasts as long as the tab
        secret = st.session_state.setdefault("visitor_secret", access.new_secret())
    return access.visitor_name(secret)


def group() -> Group | None:
    """The group of a classroom that this browser has joined, None where it is in none; the owner is in no group."""
    return None if is_owner() else group_of(workspace(), browser_name())


def maker() -> str:
    """The name that what is made now bears: the visitor's; "" for the owner's, which no limit and no age touches."""
    return "" if is_owner() else visitor()


def is_owner() -> bool:
    """Whether the workspace belongs to who looks at this page (pages/server/owner.py)."""
    used = account()
    if owner.holds_token(st.context.cookies) or (used is not None and accounts.rules().makes_owner(used)):
        return True
    return not is_hosted() and comes_from_here(st.context.headers, st.context.ip_address)


def comes_from_here(headers: Mapping[str, str], address: str | None) -> bool:
    """Whether this page is shown by a browser on this very machine, which nobody else can reach."""
    return owner.comes_from_here(headers, address)


def others_can_come() -> bool:
    """Whether anybody but the person at this machine can open the pages."""
    return is_hosted() or not comes_from_here(st.context.headers, st.context.ip_address)


def may_see(thing: Made) -> bool:
    """Whether a page may show this to this visitor."""
    return me().may_see(thing)


def may_act(thing: Made) -> bool:
    """Whether this visitor may change it, share it or delete it."""
    return me().may_act(thing)


def chosen(kind: str) -> str | None:
    """The id of a `kind` (a key of `WORDS`) in the URL, or None.

    Raises:
        UserError: what stands in the URL cannot be an id, or this visitor may not see what it names. Uploads of others
            are passed over.
    """
    value = st.query_params.get(kind)
    if not value:
        return None
    if not is_id(value):
        raise UserError(f"The address names a {WORDS[kind]} that cannot exist.", "Choose one on the Data page.")
    now = me()
    if not now.is_owner and not now.may_see(_Named(value, _maker(kind, value))):
        if kind == "incoming":  # uploads end by themselves, so there is nothing to complain of: one starts over
            return None
        # The same words whether it is there or not, lest ids can be tried.
        fix = "Ask whoever made it for a share link." if kind in grants.SHARED else "Choose photos on the Data page."
        raise UserError(f"You cannot open this {WORDS[kind]}: it belongs to someone else, or it was deleted.", fix)
    return value


@dataclass(frozen=True)
class _Named:
    """What an id names, as far as rights go."""

    id: str
    visitor: str


def _maker(kind: str, an_id: str) -> str:
    """Who made what an id names; "" where it names nothing, so that nobody but the owner is told."""
    try:
        return MAKERS[kind](workspace(), an_id)
    except UserError:
        return ""


def is_in_this_browser() -> bool:
    """Whether the address names something that who has logged in may not see, and this browser could before."""
    now, place = me(), workspace()
    before = Visitor(anonymous_name(), given=grants.rights_given(place, anonymous_name()))
    ids = ((kind, st.query_params.get(kind, "")) for kind in grants.SHARED)
    named = [_Named(an_id, _maker(kind, an_id)) for kind, an_id in ids if is_id(an_id)]
    return any(before.may_see(each) and not now.may_see(each) for each in named)


def is_set(kind: str) -> bool:
    """Whether something of this kind stands in the URL, known or not."""
    return bool(st.query_params.get(kind))


def choose(**ids: str | None) -> None:
    """Write ids into the URL; None takes one out."""
    for kind, value in ids.items():
        if value is None:
            st.query_params.pop(kind, None)
        else:
            st.query_params[kind] = value


def link(**changes: str | None) -> dict[str, str]:
    """The query parameters for a link to another page: the ids in use, with `changes`; None takes one out."""
    kept = {kind: st.query_params.get(kind) for kind in ("dataset", "run")} | changes
    return {kind: value for kind, value in kept.items() if value and is_id(value)}


def dataset() -> Dataset | None:
    """The data set in use: the run's or comparison's own where one is in use. Raises UserError for an unknown id."""
    used = run() or comparison()
    chosen_id = used.dataset_id if used else _current(chosen("dataset"))
    return dataset_of(chosen_id) if chosen_id else None


def current_dataset() -> Dataset | None:
    """The newest version of the data set in use; a run keeps the version that it learned from, which `dataset` gives.

    Raises UserError for an unknown id.
    """
    used = run() or comparison()
    if used is None:
        return dataset()
    return dataset_of(newest_version(used.dataset_id))


def newest_version(dataset_id: str) -> str:
    """The id of the newest version of a data set; its own where this visitor may not see that."""
    newest = current_version(workspace(), dataset_id)
    same = newest == dataset_id
    return newest if same or may_see(_Named(newest, _maker("dataset", newest))) else dataset_id


def _current(dataset_id: str | None) -> str | None:
    """The newest version of the data set in the address, which it then stands for; the same where that is nobody's."""
    newest_id = newest_version(dataset_id) if dataset_id else dataset_id
    if newest_id != dataset_id:
        choose(dataset=newest_id)
    return newest_id


def newest(thing: Made) -> Made:
    """The newest version of a data set; whatever else it is, the thing itself."""
    newest_id = current_version(workspace(), thing.id)
    return thing if newest_id == thing.id else _Named(newest_id, _maker("dataset", newest_id))


def run_name(used: Run) -> str:
    """The name that somebody gave a run, else that of its data set as it is called now."""
    return titles.run_name(used, dataset_list.dataset_names(workspace()))


def learned_from(used: Run) -> Dataset | None:
    """The data set that a run learned from, None where it is gone."""
    try:
        return dataset_of(used.dataset_id)
    except UserError:
        return None


def dataset_of(dataset_id: str) -> Dataset:
    """The data set with this id. Raises UserError for an unknown one."""
    folder = workspace().dataset_folder(dataset_id)
    if not (folder / "dataset.json").is_file() or is_deleted(folder):  # what the cache has of it is nobody's any more
        return manifest.load_dataset(workspace(), dataset_id)
    touch_used(folder)
    return _dataset(workspace().root.as_posix(), dataset_id, (name_mark(folder), file_mark(folder, MOVED)))


@st.cache_resource(show_spinner=False, max_entries=16)
def _dataset(root: str, dataset_id: str, marks: tuple[Mark | None, ...]) -> Dataset:
    """A version of a data set never changes but for its name and whose it is, so it is read once for each."""
    del marks  # of the cache's key
    return manifest.load_dataset(open_workspace(root), dataset_id)


def run() -> Run | None:
    """The training run in use. Raises UserError for an unknown id."""
    run_id = chosen("run")
    found = store.load_run(workspace(), run_id) if run_id else None
    if found is not None:
        touch_used(found.folder)
    return found


def comparison() -> Comparison | None:
    """The comparison in use. Raises UserError for an unknown id."""
    comparison_id = chosen("race")
    found = load_comparison(workspace(), comparison_id) if comparison_id else None
    if found is not None:
        touch_used(found.folder)
    return found


def open_last_used() -> None:
    """In a new tab, where nothing stands in the address: what this visitor used last, if it is still there."""
    if any(is_set(kind) for kind in (*WORDS, "more")):
        return
    last = last_visit(workspace(), _visit_name())
    ids = {"dataset": last.dataset, "run": last.run}
    there = {kind: an_id for kind, an_id in ids.items() if an_id and _is_there(kind, an_id)}
    if there.keys() >= {"dataset"}:
        choose(**there)


def note_use(used: Dataset | None, its_run: Run | None) -> None:
    """Remember what is in use for `open_last_used`."""
    if used is not None:
        note_visit(workspace(), _visit_name(), LastUsed(used.id, its_run.id if its_run else ""))


def _visit_name() -> str:
    return OWNER if is_owner() else visitor()


def _is_there(kind: str, an_id: str) -> bool:
    """Whether something is still there and this visitor may see it."""
    try:
        return may_see(_Named(an_id, MAKERS[kind](workspace(), an_id)))
    except UserError:
        return False


def job() -> Job | None:
    """The import under way. Raises UserError for an unknown id."""
    job_id = chosen("job")
    return store.load_import(workspace(), job_id) if job_id else None


def networks() -> list[StoredNetwork]:
    """The networks that this visitor has added, newest first."""
    return list_networks(workspace(), maker())


def addition() -> Job | None:
    """The newest job of this visitor that adds a network."""
    return next((job for job in store.list_jobs(workspace().additions) if job.visitor == maker()), None)


def datasets() -> list[DatasetSummary]:
    """The data sets this visitor may see, newest first; for a teacher without those of groups (see `_listed`)."""
    return _listed(dataset_list.list_datasets(workspace()))


def runs() -> list[Run]:
    """The runs this visitor may see, newest first; for a teacher without those of groups (see `_listed`)."""
    return _listed(store.list_runs(workspace()))


def _listed(things: Iterable[Thing]) -> list[Thing]:
    """Those that this visitor may see.

    The owner does not find there what the groups of classrooms made: it stands on the Classroom page, and would push
    his own things off every list. While he looks at something of a group, whatever that group made is among them.
    """
    now = me()
    passed_over: set[str] = set()
    if now.is_owner:
        kinds = ("dataset", "run", "race")
        ids = [(kind, st.query_params.get(kind) or "") for kind in kinds]
        passed_over = set(group_names(workspace())) - {_maker(kind, an_id) for kind, an_id in ids if is_id(an_id)}
    return [each for each in things if now.may_see(each) and each.visitor not in passed_over]


def active_jobs() -> list[Job]:
    """The training runs, imports and checks under way that this visitor may see: those in work, then those that wait.

    A run that has its test figures counts as done, though its model may still be packed.
    """
    now = me()
    working: list[Job] = []
    waiting: list[Job] = []
    for job, status in active.active_jobs(workspace()):
        if now.may_see(job) and not status.usable:
            (working if status.state == "running" else waiting).append(job)
    return working + waiting


def all_active_jobs() -> list[tuple[Job, JobStatus]]:
    """For the owner: every job in the line or at work, whoever asked for it, with how it stands; for others none."""
    if not is_owner():
        return []
    line = Line(workspace())
    found = [(job, job_status(job)) for kind in KINDS for job in line.jobs(kind)]
    return sorted(found, key=lambda each: each[1].state != "running")


def comparisons() -> list[Comparison]:
    """The comparisons this visitor may see, newest first; for a teacher without those of groups (see `_listed`)."""
    return _listed(list_comparisons(workspace()))


def moment(seconds: float) -> str:
    """A Unix time in the visitor's own time zone: "22 Nov, 14:05"."""
    try:
        zone = ZoneInfo(st.context.timezone) if st.context.timezone else UTC
    except (KeyError, ValueError, OSError):
        zone = UTC
    when = datetime.fromtimestamp(seconds, zone)
    return f"{when.day} {when:%b, %H:%M}"
