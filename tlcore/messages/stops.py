"""Who or what stopped a job, in a sentence."""

from tlcore.jobs.store import BY_ANOTHER, BY_OWNER, Job, stop_reason
from tlcore.jobs.supervision import limit_minutes
from tlcore.messages.quantities import count


def stopped_message(job: Job, what: str) -> str:
    """Why a job was stopped. `what`: its name in the sentence, "this training" or "it"."""
    minutes, name = limit_minutes(job), f"{what[0].upper()}{what[1:]}"
    if minutes is None:
        reason = stop_reason(job)
        by = {"": "You", BY_OWNER: "The person who runs this server", BY_ANOTHER: "Somebody it is shared with"}
        return f"{by[reason]} stopped {what}." if reason in by else f"{name} was shut down from outside the app."
    time = count(int(minutes), "minute") if minutes == int(minutes) else f"{minutes:g} minutes"
    return f"{name} was stopped after {time}, the time limit on this server."
