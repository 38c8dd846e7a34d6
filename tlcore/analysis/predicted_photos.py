"""The photos of which many were predicted: reading them, now and as long as they are there, and sorting them.

They are what an upload area holds, or a folder or archive of the owner of this machine. A photo is found again by its
path and its hash, so one that was exchanged meanwhile is never taken for it.
"""

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from tlcore.analysis.prediction_results import PredictedPhotos
from tlcore.data import incoming
from tlcore.data.allowance import UNLIMITED, Allowance
from tlcore.data.collect import Collected
from tlcore.data.images import PhotoRefused
from tlcore.data.layout import Placed
from tlcore.data.names import clean_path
from tlcore.data.report import guessed
from tlcore.data.uploads import UploadSource
from tlcore.errors import UserError
from tlcore.serving.score import Photos, read_unlabelled
from tlcore.serving.sorting import SortedPlaces
from tlcore.workspace import Workspace


def open_photos(workspace: Workspace, options: Mapping[str, Any], allowance: Allowance = UNLIMITED) -> Photos:
    """The photos that a job's options name: "area" (the id of an upload area) or "path"; and "encoding".

    Args:
        allowance: how much may come in.

    Raises:
        UndecidedEncoding: names in an archive can be read in several ways. UserError: they are gone, or cannot be used.
    """
    encoding = options.get("encoding", "")
    if "path" in options:
        return read_unlabelled(Path(options["path"]), encoding)
    source = UploadSource(workspace, options["area"], encoding=encoding, unsorted=True)
    collected = Collected(refused=list(source.refused), lines=guessed(source.guessed), allowance=allowance)
    return Photos(source.suggested_name or source.name, source, source.placed, collected)


def are_there(workspace: Workspace, options: Mapping[str, Any]) -> bool:
    """Whether the photos can still be read; uploads go after some days."""
    if "path" in options:
        return Path(options["path"]).expanduser().exists()
    try:
        return bool(incoming.list_uploads(workspace, options["area"]))
    except UserError:  # there is no such area, or the name is none of an area
        return False


def sorted_files(photos: Photos, found: PredictedPhotos, threshold: float) -> Iterator[tuple[str, bytes]]:
    """Each photo under the folder of its predicted class, or of those that are none: (path with "/", content).

    Photos that changed, or cannot be read any more, are left out.
    """
    places, known = SortedPlaces(found.labels), found.known(threshold)
    answers = dict(zip(found.predictions["sha256"], zip(found.predictions["predicted"], known, strict=True)))
    for path, data in _contents(photos.source.read, photos.placed):
        answer = answers.get(hashlib.sha256(data).hexdigest())
        if answer is not None:
            yield places.place(path, *answer), data


def chosen_files(photos: Photos, found: PredictedPhotos, chosen: Collection[str]) -> Iterator[tuple[str, bytes]]:
    """The photos of these paths of `found.predictions`: (name, content). What changed since is left out."""
    rows = found.predictions[found.predictions["path"].isin(set(chosen))]
    wanted = set(rows["sha256"])
    names = {PurePosixPath(path).name for path in rows["path"]}
    placed = [each for each in photos.placed if _may_be(each, names)]
    for path, data in _contents(photos.source.read, placed):
        sha256 = hashlib.sha256(data).hexdigest()
        if sha256 in wanted:
            wanted.discard(sha256)
            yield PurePosixPath(path).name, data


def _may_be(placed: Placed, names: Collection[str]) -> bool:
    """Whether it could be a photo of one of these names, which got numbers where several had the same."""
    own = PurePosixPath(clean_path(placed.file.parts))
    return own.name in names or any(name.startswith(own.stem) for name in names)


def _contents(read: Callable[..., Iterator[Any]], placed: list[Placed]) -> Iterator[tuple[str, bytes]]:
    """The bytes of each file that can be read, one at a time."""
    for file, data in read([each.file for each in placed]):
        if not isinstance(data, PhotoRefused):
            yield clean_path(file.parts), data
