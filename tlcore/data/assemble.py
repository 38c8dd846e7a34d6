"""The last step of every ingest: from rows of accepted photos to a saved data set."""

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from tlcore.data.collect import Collected
from tlcore.data.duplicates import describe_duplicates
from tlcore.data.layout import HOW
from tlcore.data.manifest import ORIGINAL, Dataset
from tlcore.data.reasons import reasons_given
from tlcore.data.saving import Draft, save_dataset
from tlcore.data.split import decide_parts
from tlcore.errors import UserError
from tlcore.events import Event
from tlcore.workspace import Workspace

FIX = f"Add photos for at least two classes. {HOW}"

Ingestion = Generator[Event, None, Dataset | None]
"""A job that makes a data set: yields `Progress` and returns the data set, or None when stopped."""


@dataclass(frozen=True)
class Origin:
    """What a data set is called and where it comes from.

    `visitor`: the public name of who asked for it; `base`: the id of the data set whose photos come along; `sample`:
    the key of the sample that it is; each "" for none.
    """

    name: str
    source: str = ""
    licence: str = ""
    visitor: str = ""
    base: str = ""
    sample: str = ""


def assemble_dataset(
    workspace: Workspace,
    folder: Path,
    photos: pd.DataFrame,
    collected: Collected,
    origin: Origin,
    seed: int,
    root: Path | None = None,
    signatures: tuple[str, ...] = (),
) -> Dataset:
    """Split the photos, write down what a person should know, and save.

    Raises:
        UserError: too few classes or photos were accepted.
    """
    with reasons_given(collected.refused):
        _check_classes(origin.name, photos, collected)
        parts, notes = decide_parts(photos, seed)
    photos = photos.assign(split=parts).astype({"width": "int32", "height": "int32", "bytes": "int64"})
    empty = sorted(set(collected.empty) - set(photos["label"]))
    notes = [*collected.notes, *notes, *describe_duplicates(photos)]
    if empty:
        shown = ", ".join(empty[:5]) + (f" and {len(empty) - 5} more" if len(empty) > 5 else "")
        notes.append(f"Left out, because they contain no usable photo: {shown}.")
    draft = Draft(
        folder,
        origin.name,
        photos,
        collected.report(),
        tuple(notes),
        root,
        origin.source,
        origin.licence,
        signatures,
        origin.visitor,
        origin.base,
        origin.sample,
        layout=collected.layout,
        data_ranges=collected.data_ranges if ORIGINAL in photos else {},
        given_test=not collected.num_brought and any(row["split"] == "test" for row in collected.rows),
    )
    return save_dataset(workspace, draft)


def _check_classes(name: str, photos: pd.DataFrame, collected: Collected) -> None:
    labels = sorted(set(photos["label"]))
    if len(labels) >= 2:
        return
    if not labels:
        what = "None of the files is a usable photo." if collected.in_cards else f"{name} contains no usable photo."
    elif collected.in_cards:
        what = f"Only the class {labels[0]} has usable photos."
    else:
        what = f"Only one class in {name} has usable photos: {labels[0]}."
    fix = "Add photos of at least two classes, each to its own card." if collected.in_cards else FIX
    raise UserError(what, fix)
