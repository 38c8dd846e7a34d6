"""A network as a drawing of its parts, from the photo down to the classes, and how many of its weights are trained."""

import html
from collections.abc import Sequence

from tlcore.messages.quantities import percent
from tlcore.models.parts import Part


def drawing(parts: Sequence[Part]) -> str:
    """The parts as escaped HTML from the photo down to the classes: a bar each, as long as it has weights."""
    most = max((part.num_weights or 0) for part in parts)
    rows = ['<li class="tl-end">Your photo</li>']
    for part in parts:
        share = 100 if part.num_weights is None else 100 * part.num_weights / most
        kind, word = ("tl-open", "trained") if part.learns else ("tl-frozen", "frozen")
        number = "" if part.num_weights is None else f"{part.num_weights:,}"
        rows.append(
            f'<li class="{kind}"><span class="tl-part">{html.escape(part.name)}</span>'
            f'<span class="tl-room"><span class="tl-bar" style="width:{share:.1f}%"></span></span>'
            f'<span class="tl-count">{number}</span><b>{word}</b></li>'
        )
    rows.append('<li class="tl-end">Your classes</li>')
    return f'<ol class="tl-net" aria-label="The parts of the network, with their weights">{"".join(rows)}</ol>'


def parts_message(parts: Sequence[Part]) -> str:
    """How many weights are trained: "8,967 of 3.3 million weights are trained (0.3%)."."""
    last = parts[-1]
    if last.num_weights is None:
        learning, total = sum(part.num_weights or 0 for part in parts[:-1] if part.learns), _sum(parts[:-1])
        return (
            f"the head is trained, and {format_weights(learning)} of the {format_weights(total)} weights below it. "
            "Here, the head grows with the image size."
        )
    total, learning = _sum(parts), sum(part.num_weights or 0 for part in parts if part.learns)
    return (
        f"{format_weights(learning)} of {format_weights(total)} weights are trained ({percent(learning / total, 1)})."
    )


def format_weights(number: int) -> str:
    """A number of weights: "8,967", "3.3 million"."""
    return f"{number / 1e6:.1f} million" if number >= 1e6 else f"{number:,}"


def _sum(parts: Sequence[Part]) -> int:
    return sum(part.num_weights or 0 for part in parts)
