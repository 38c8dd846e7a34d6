"""What a server stores of its visitors, where, for how long, and who can see it: by the settings that are in force."""

from dataclasses import dataclass

from tlcore.messages.quantities import count
from tlcore.messages.storage import kept_message
from tlcore.settings import Limits, Operator

COOKIE_DAYS = 400  # pages/server/cookies.py


@dataclass(frozen=True)
class Section:
    """A part of the notice: its heading, and what is said, a line each (Markdown, but for `names`).

    `names`: what the person who runs the server wrote, as it is.
    """

    heading: str
    lines: tuple[str, ...]
    names: tuple[str, ...] = ()


def privacy_notice(limits: Limits, operator: Operator, accounts: bool = False) -> list[Section]:
    """The notice of a server that others use.

    Args:
        accounts: whether people can log in here.
    """
    return [
        _who(operator),
        Section(
            "Where it is stored",
            () if operator.place else ("On the server that shows you this page.",),
            (operator.place,) if operator.place else (),
        ),
        Section("What is stored", tuple(_what(accounts))),
        Section("For how long", tuple(_how_long(limits))),
        Section("Who can see it", tuple(_who_sees(accounts))),
        Section("Cookies", tuple(_cookies(accounts))),
        Section(
            "Photos of people",
            (
                "Add only photos that you are allowed to use, and ask the people in them first. For children, ask "
                "their parents.",
            ),
        ),
    ]


def own_notice() -> str:
    """For who runs it alone, on a computer of their own."""
    return (
        "This Transfer Lab runs on this computer, and nobody else can open it. Your photos, runs and models stay here "
        "until you delete them. Nothing is sent anywhere else."
    )


def _who(operator: Operator) -> Section:
    named = tuple(each for each in (operator.name, operator.contact) if each)
    unnamed = "Ask whoever gave you the link to this page."
    notes = (operator.note,) if operator.note else ()
    return Section("Who runs this server", () if named else (unnamed,), (*named, *notes))


def _what(accounts: bool) -> list[str]:
    who = (
        "If you log in: a code computed from your account, which says what is yours. Your name and e-mail address stay "
        "in a cookie in your browser."
        if accounts
        else "No name, no e-mail address and no account."
    )
    return [
        "The photos that you add, with small previews. The files stay as you send them, with whatever the camera wrote "
        "into them, such as the date and the place.",
        "The names that you give to classes, data sets and runs, and your models with their results.",
        "Numbers computed from your photos (features), so that the next training takes seconds.",
        "What you used last, and when, so that a new tab opens it.",
        who,
        "Photos that you try a model on are read in memory. They are stored only if you add them to your data set, or "
        "have a whole folder predicted.",
    ]


def _how_long(limits: Limits) -> list[str]:
    lines = [kept_message(limits)]
    if limits.undo_hours:
        hours = count(int(limits.undo_hours), "hour") if limits.undo_hours >= 1 else "less than an hour"
        lines.append(f"What you delete can be brought back for {hours}, and is then deleted for good.")
    lines.append(
        "Features of deleted photos may stay longer. They no longer show whose they were or which photo they came from."
    )
    return lines


def _who_sees(accounts: bool) -> list[str]:
    you = "You: wherever you log in, or in this browser if you don’t." if accounts else "You, in this browser."
    return [
        you,
        "Whoever has a link that you shared, until you stop sharing: what you shared, and the photos it was trained "
        "on.",
        "In a classroom: your group and the teacher.",
        "The person who runs this server, who can open everything on it.",
        "Nobody else. Your photos are not sent to any other service.",
    ]


def _cookies(accounts: bool) -> list[str]:
    lines = [
        f"One so that you find your things again: random characters, kept for {COOKIE_DAYS} days after your last "
        "visit. Without it, what you make belongs to the open tab.",
        "One that keeps other websites from sending anything in your name.",
    ]
    if accounts:
        lines.append(
            "If you log in: one that keeps you logged in for 30 days, with your name and e-mail address, and two for "
            "the moment of logging in."
        )
    return [*lines, "No advertising, no tracking, no visitor statistics."]
