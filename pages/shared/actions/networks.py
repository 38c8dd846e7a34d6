"""Networks of one's own: read, kept, and forgotten."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from pages.shared import state
from pages.shared.actions.guard import is_allowed
from tlcore.data import incoming
from tlcore.errors import UserError
from tlcore.jobs import store
from tlcore.jobs.status import job_status
from tlcore.jobs.store import Job
from tlcore.models.imported.candidate import Choices
from tlcore.networks.addition import decide
from tlcore.workspace import discard


def add_network(spec: Mapping[str, Any], name: str) -> None:
    """Read a network that this visitor has brought, in a job. Raises UserError for what is not one's own to give.

    Args:
        spec: as networks/addition.py has it. name: of the file.
    """
    if not state.is_owner() and {"path", "url"} & set(spec):  # no page offers it to others
        raise UserError("Only the owner of this server can add a network by its path or address.", "Upload the file.")
    if "area" in spec and not state.may_act(_Area(str(spec["area"]), incoming.owner(state.workspace(), spec["area"]))):
        raise UserError("These uploads are gone.", "Upload the file again.")
    state.queue().submit(store.create_addition(state.workspace(), name, spec, state.maker()))


def keep_network(job: Job, choices: Choices, name: str, licence: str) -> None:
    """Keep a network that was read, as its person has decided."""
    if is_allowed(job) and not job_status(job).active:
        decide(job, choices, name, licence)
        state.queue().restart(job, state.is_owner())


def dismiss_network(job: Job) -> None:
    """Forget about a network that was read, or could not be; nothing while that is under way."""
    if is_allowed(job) and not job_status(job).active:
        if area := str(job.spec.get("area", "")):
            with suppress(UserError):
                incoming.clear(state.workspace(), area)
        discard(state.workspace(), job.folder)


@dataclass(frozen=True)
class _Area:
    """Uploads, as far as rights go."""

    id: str
    visitor: str
