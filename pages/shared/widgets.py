"""The pieces pages are made of, other than photos: progress in words, tables, empty states, and safe words.

What a user named (labels, files, data sets) is hostile until shown otherwise: `plain` before it goes into Markdown.
"""

import html
import re
from statistics import median

import pandas as pd
import streamlit as st

from tlcore.config import TrainConfig
from tlcore.events import STAGES, Progress, StageKey
from tlcore.jobs.status import JobStatus
from tlcore.pipeline.eta import say_left, say_whole

PICTURE_TYPES = ["jpg", "jpeg", "png", "webp", "bmp", "gif", "tif", "tiff"]
MOST_ROWS = 40  # a longer table scrolls in a frame of its own
RECENT = 5  # rounds whose time tells how long the next ones take


def plain(text: str) -> str:
    """The text as it is, wherever Streamlit would read Markdown: links, images, colours and formulas stay letters."""
    return re.sub(r"([\\`*_{}\[\]()<>#+\-!|$~:^=])", r"\\\1", " ".join(text.split()))


def say_seconds(seconds: float) -> str:
    """A duration: "8 milliseconds", "2.4 seconds", "3 minutes"."""
    if seconds < 0.1:
        return f"{max(1, round(seconds * 1000))} milliseconds"
    if seconds < 60:
        return f"{seconds:.1f} seconds"
    return f"{seconds / 60:.0f} minutes" if seconds >= 90 else "1 minute"


def say_bytes(num_bytes: int) -> str:
    """A size: "340 kB", "12.5 MB"."""
    if num_bytes < 1_000_000:
        return f"{max(1, round(num_bytes / 1000))} kB"
    return f"{num_bytes / 1e6:.1f} MB" if num_bytes < 1e9 else f"{num_bytes / 1e9:.1f} GB"


def count(number: int, one: str, many: str = "") -> str:
    """A number with its noun: "1 photo", "1,000 photos"."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def empty(sentence: str, page: str, label: str, query_params: dict[str, str]) -> None:
    """An empty state: what is missing, and the way to the page that mends it."""
    with st.container(border=True):
        st.markdown(sentence)
        st.page_link(page, label=f"**{label}**", query_params=query_params)


def note(sentence: str) -> None:
    """A quiet box with something one should know; `sentence` is Markdown."""
    with st.container(border=True):
        st.markdown(sentence)


def progress(status: JobStatus, position: int, config: TrainConfig) -> None:
    """How far a job is and how long it will take, or its place in the queue, or that it is starting."""
    share, words = say_progress(status, position, config)
    st.progress(share, text=words)


def say_progress(status: JobStatus, position: int, config: TrainConfig = TrainConfig()) -> tuple[float, str]:
    """The share that is done (0–1) and the sentence that tells it. `config`: of a run; an import has none."""
    last = status.last_progress
    if status.state == "queued":
        return 0.0, f"Waiting: {count(position, 'job')} before this one." if position else "Starting, a few seconds."
    looks_again = last is not None and last.done < last.total  # between the phases, for the part that opens
    if last is not None and last.stage == StageKey.FINE_TUNE:
        return say_adapting(status, last, config)
    if status.epochs and not looks_again:
        return say_learning(status, config)
    if last is None or not last.total:
        return 0.0, "Starting, a few seconds."
    unit = (
        f"{say_bytes(last.done)} of {say_bytes(last.total)}"
        if last.unit == "bytes"
        else (f"{last.done:,} of {last.total:,} {last.unit}")
    )
    left = say_left(last.seconds_left) if last.done < last.total else ""
    if last.left is not None:
        left = say_whole(last.left)
    elif left and config.fine_tunes:
        rounds = f"{count(config.fine_tune_epochs, 'round')} with the network open"
        left = f"{left} for this step · then {rounds}, and the first tells how long they take"
    words = [STAGES.get(last.stage, "Working"), unit, left]
    return min(1.0, last.done / last.total), " · ".join(word for word in words if word)


def say_learning(status: JobStatus, config: TrainConfig) -> tuple[float, str]:
    """The share of all rounds that is done, and how it goes on; rounds of different phases take different times."""
    end, total = status.epochs[-1], planned_rounds(status, config)
    share, round_of = min(1.0, end.epoch / total), f"round {end.epoch} of {total}"
    if end.phase == "head" and config.fine_tunes:
        whole = f" · {say_whole(end.left)}" if end.left else ""
        if end.epoch >= end.epochs:
            return share, f"Opening the network · {round_of} is done · the next one takes longer{whole}"
        return share, f"Learning the last step · {round_of} · the network opens after round {end.epochs}{whole}"
    times = [each.seconds for each in status.epochs if each.phase == end.phase]
    recent = (times[1:] or times)[-RECENT:]  # the first one compiles
    what = "The network adapts" if end.phase == "fine_tune" else "Learning"
    return share, f"{what} · {round_of} · {say_left(median(recent) * (total - end.epoch))}"


def say_adapting(status: JobStatus, last: Progress, config: TrainConfig) -> tuple[float, str]:
    """How far the network is while it adapts; the time left is that of the whole run."""
    before = max((end.epoch for end in status.epochs if end.phase == "head"), default=0)
    total, done = before + config.fine_tune_epochs, config.fine_tune_epochs * last.done / last.total
    now = min(total, before + int(done) + 1)
    words = ["The network adapts", f"round {now} of {total}", say_left(last.seconds_left)]
    return min(1.0, (before + done) / total), " · ".join(word for word in words if word)


def planned_rounds(status: JobStatus, config: TrainConfig) -> int:
    """All rounds of all phases: as the last phase tells them, before that as they were asked for."""
    end = status.epochs[-1] if status.epochs else None
    if end and (end.phase == "fine_tune" or not config.fine_tunes):
        return end.epochs
    first = 0 if config.strategy == "scratch" else config.epochs
    return first + (config.fine_tune_epochs if config.fine_tunes else 0)


def table(frame: pd.DataFrame, told: str) -> None:
    """A table that wraps on a small screen; a long one becomes a scrolling frame instead.

    Args:
        frame: column names as they are shown; text, or numbers as text in columns that end up right-aligned.
        told: what the table shows, for those who do not see it.
    """
    if len(frame) > MOST_ROWS:
        st.dataframe(frame, hide_index=True, alt=told)
        return
    aligned = {name: ' class="tl-number"' if is_numeric(frame[name]) else "" for name in frame.columns}
    head = "".join(f'<th scope="col"{aligned[name]}>{html.escape(name)}</th>' for name in frame.columns)
    body = "".join(
        "<tr>" + "".join(f"<td{aligned[name]}>{html.escape(str(value))}</td>" for name, value in row.items()) + "</tr>"
        for row in frame.to_dict(orient="records")
    )
    st.html(
        f'<table class="tl-table" aria-label="{html.escape(told)}"><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table>"
    )


def is_numeric(values: pd.Series) -> bool:
    """Whether a column holds numbers, percentages or probabilities, also as text."""
    return values.map(lambda value: bool(re.fullmatch(r"(<\u00a0)?[\d.,]+(\u00a0%)?", str(value)))).all()


def percent(share: float, digits: int = 0) -> str:
    """A share as people write it, never torn apart at a line's end: "92 %"."""
    return f"{share * 100:.{digits}f}\u00a0%"
