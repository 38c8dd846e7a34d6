"""The pieces pages are made of, other than photos: settings, progress in words, empty states, and safe words.

What a user named (labels, files, data sets) is hostile until shown otherwise: `plain` before it goes into Markdown.
"""

import html
import math
import re
from dataclasses import Field, fields
from typing import Any

import pandas as pd
import streamlit as st

from tlcore.config import TrainConfig
from tlcore.events import STAGES
from tlcore.models.registry import BACKBONES, find_backbone
from tlcore.runs.store import JobStatus

PICTURE_TYPES = ["jpg", "jpeg", "png", "webp", "bmp", "gif", "tif", "tiff"]
MOST_ROWS = 40  # a longer table scrolls in a frame of its own
SLIDER_STEPS = 100  # a slider with more steps cannot be set exactly with a finger


def plain(text: str) -> str:
    """The text as it is, wherever Streamlit would read Markdown: links, images, colours and formulas stay letters."""
    return re.sub(r"([\\`*_{}\[\]()<>#+\-!|$~:^=])", r"\\\1", " ".join(text.split()))


def say_left(seconds: float | None) -> str:
    """Time left in words: "about 20 seconds left". Empty while nobody can know."""
    if seconds is None:
        return ""
    if seconds < 5:
        return "a few seconds left"
    if seconds < 55:
        return f"about {5 * round(seconds / 5)} seconds left"
    minutes = math.ceil(seconds / 60)
    if minutes < 90:
        return "about a minute left" if minutes == 1 else f"about {minutes} minutes left"
    return f"about {round(minutes / 60)} hours left"


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


def progress(status: JobStatus, position: int) -> None:
    """How far a job is and how long it will take, or its place in the queue, or that it is starting."""
    share, words = say_progress(status, position)
    st.progress(share, text=words)


def say_progress(status: JobStatus, position: int) -> tuple[float, str]:
    """The share that is done (0–1) and the sentence that tells it."""
    last = status.last_progress
    if status.state == "queued" and position > 0:
        return 0.0, f"Waiting: {count(position, 'job')} before this one."
    if status.epochs:
        end = status.epochs[-1]
        left = end.seconds * (end.epochs - end.epoch)
        return min(1.0, end.epoch / end.epochs), f"Learning · round {end.epoch} of {end.epochs} · {say_left(left)}"
    if last is None or not last.total:
        return 0.0, "Starting, a few seconds."
    unit = f"{say_bytes(last.done)} of {say_bytes(last.total)}" if last.stage == "download" else (
        f"{last.done:,} of {last.total:,} photos"
    )
    words = [STAGES.get(last.stage, "Working"), unit, say_left(last.seconds_left) if last.done < last.total else ""]
    return min(1.0, last.done / last.total), " · ".join(word for word in words if word)


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
    st.html(f'<table class="tl-table" aria-label="{html.escape(told)}"><thead><tr>{head}</tr></thead>'
            f"<tbody>{body}</tbody></table>")


def is_numeric(values: pd.Series) -> bool:
    """Whether a column holds numbers, or percentages in words."""
    return values.map(lambda value: isinstance(value, int) or str(value).endswith("\u00a0%")).all()


def percent(share: float, digits: int = 0) -> str:
    """A share as people write it, never torn apart at a line's end: "92 %"."""
    return f"{share * 100:.{digits}f}\u00a0%"


def settings(start: TrainConfig) -> TrainConfig:
    """A widget for every field of TrainConfig, built from the field's own words and limits; returns what was set."""
    values = {}
    columns = st.columns(2, gap="large")
    for index, option in enumerate(fields(TrainConfig)):
        with columns[index % 2]:
            values[option.name] = setting(option, getattr(start, option.name))
    return TrainConfig(**values)


def settings_frame(config: TrainConfig) -> pd.DataFrame:
    """The settings of a run as a table: what it is called, and its value in words."""
    rows = [(option.metadata["label"], str(getattr(config, option.name))) for option in fields(config)]
    return pd.DataFrame(rows, columns=["Setting", "Value"])


def setting(option: Field, value: Any) -> Any:
    """The widget for one setting: a choice, a slider where it can be set exactly, else a number to type."""
    meta = option.metadata
    shared = {"label": meta["label"], "help": plain(meta["help"]), "key": f"setting_{option.name}",
              "persist_state": "session"}
    if option.name == "backbone":
        known = {spec.name: spec for spec in BACKBONES}
        return st.selectbox(options=list(known), index=list(known).index(value), format_func=say_backbone, **shared)
    if "choices" in meta:
        choices = list(meta["choices"])
        return st.selectbox(options=choices, index=choices.index(value), **shared)
    if option.type is float and "step" not in meta:
        return st.select_slider(options=series(meta["low"], meta["high"], value), value=value,
                                format_func=lambda number: f"{number:g}", **shared)
    limits = {"min_value": meta["low"], "max_value": meta["high"], "step": meta["step"], "value": value}
    if (meta["high"] - meta["low"]) / meta["step"] <= SLIDER_STEPS:
        return st.slider(**limits, **shared)
    return st.number_input(**limits, **shared)


def say_backbone(name: str) -> str:
    """A network by its title and how often it is right on the photos it was taught with."""
    spec = find_backbone(name)
    return f"{spec.title} ({spec.imagenet_top1 * 100:.1f} % right on ImageNet)"


def series(low: float, high: float, value: float) -> list[float]:
    """1, 2, 5, 10, … from low to high, with `value` among them: steps that feel equal on a wide range."""
    exponents = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    steps = {float(f"{digit}e{exponent}") for exponent in exponents for digit in (1, 2, 5)}
    return sorted({step for step in steps if low <= step <= high} | {value})
