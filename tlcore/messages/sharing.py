"""How many people have opened a share link, and what it means to stop sharing, in words."""

from tlcore.messages.quantities import count

KEEPS_WORKING = "Anyone with a link has access until you stop sharing or delete this."
STOP_MEANING = "Links that you gave out stop working, and people who opened one lose access."
"""What stopping does, before it is done."""


def opened_message(number: int) -> str:
    """How many people have opened a link: "3 people have opened a link."."""
    if not number:
        return "Nobody has opened a link yet."
    return f"{count(number, 'person has', 'people have')} opened a link."


def stopped_message(number: int) -> str:
    """That sharing was stopped. `number`: of people who had opened a link."""
    lost = f" {count(number, 'person', 'people')} lost access." if number else ""
    return f"Sharing stopped. Earlier links no longer work.{lost}"
