"""Keras' own folder of downloaded weights: what is there, whether it is whole, and how more gets there; no TensorFlow.

The folder is `models` in `$KERAS_HOME` (`~/.keras`), and the files are those that Keras itself fetches: what Keras has
fetched before is found here, and what is fetched or imported here is found by Keras.
"""

import hashlib
import os
import shutil
from collections.abc import Generator
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from tlcore.data.download import fetch as fetch_file
from tlcore.data.download import remote_size, server_name
from tlcore.error_reasons import why_file_failed
from tlcore.errors import UserError
from tlcore.events import Event, Progress, ShouldStop, never
from tlcore.models.hdf5_check import check_hdf5
from tlcore.models.several import members_of
from tlcore.models.spec import BackboneSpec
from tlcore.workspace import disk_error

_BLOCK = 2**20
ALTERNATIVE = "EfficientNet-Lite0 is built in and needs no download."


def keras_folder() -> Path:
    """Where Keras keeps weights."""
    return Path(os.environ.get("KERAS_HOME") or "~/.keras").expanduser() / "models"


def weights_path(spec: BackboneSpec) -> Path:
    """Where the weights file of a row belongs, whether it is there or not.

    Raises:
        ValueError: the network is not one of those that are downloaded.
    """
    if not spec.is_downloaded:
        raise ValueError(f"{spec.name} has no file in Keras’ folder.")
    return keras_folder() / spec.weights_file


def is_present(spec: BackboneSpec) -> bool:
    """Whether the network can be used on this machine without a download. Does not read the file."""
    if spec.members:
        return all(map(is_present, spec.members))
    if spec.imported is not None:
        return spec.imported.folder.is_dir()
    return spec.built_in or weights_path(spec).is_file()


def bytes_to_fetch(spec: BackboneSpec) -> int:
    """How large the download is that the network needs first; 0 where its weights are on this machine."""
    return sum(member.download_bytes for member in members_of(spec) if not is_present(member))


def verify(spec: BackboneSpec) -> Path:
    """The weights file, after its content was checked: by hash where Keras publishes one, else by reading it through.

    Raises:
        UserError: the file is not there, or it is damaged.
    """
    path = weights_path(spec)
    if not path.is_file():
        raise UserError(f"The weights of {spec.title} are not on this computer.", _advice(spec))
    if not _is_whole(path, spec):
        raise UserError(
            f"The weights file of {spec.title} is damaged ({path.name}).",
            f"Delete it and download it again. {ALTERNATIVE}",
        )
    return path


def fetch(spec: BackboneSpec, should_stop: ShouldStop = never) -> Generator[Event, None, Path | None]:
    """Bring the weights of a row to Keras' folder, unless they are there; goes on where a download broke off.

    Yields:
        Progress of the stage "download", in bytes.

    Returns:
        The file, checked, of several networks the last one's; None when stopped (what was fetched is kept) or when no
        download is needed.

    Raises:
        UserError: there is no network, or what came is not the file; names the file, how to bring it in, and the
            alternative.
    """
    if spec.members:
        return (yield from _fetch_all(spec, should_stop))
    if not spec.is_downloaded:
        return None
    path = weights_path(spec)
    if path.is_file():
        return verify(spec)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise disk_error(path, error) from error
    arrived = path.with_name(f"{path.name}.download")
    try:
        size = remote_size(spec.weights_url)
        if (yield from fetch_file(spec.weights_url, arrived, size, should_stop=should_stop)) is None:
            return None
    except UserError as error:
        raise UserError(f"The weights of {spec.title} can’t be downloaded. {error.what}", _advice(spec)) from error
    if not _is_whole(arrived, spec):
        arrived.unlink()
        raise UserError(
            f"{server_name(spec.weights_url)} sent another file than the weights of {spec.title}, so it was deleted.",
            _advice(spec),
        )
    os.replace(arrived, path)
    return path


def _fetch_all(spec: BackboneSpec, should_stop: ShouldStop) -> Generator[Event, None, Path | None]:
    """`fetch` of several networks, one after the other, with the bytes of all in its progress."""
    last, before = None, 0
    for member in spec.members:
        if not member.is_downloaded:
            continue
        work = fetch(member, should_stop)
        while True:
            try:
                event = next(work)
            except StopIteration as end:
                last = end.value
                break
            if isinstance(event, Progress):
                event = replace(event, done=before + event.done, total=spec.download_bytes)
            yield event
        if last is None:
            return None
        before += member.download_bytes
    return last


def import_file(path: Path, rows: tuple[BackboneSpec, ...]) -> BackboneSpec:
    """Copy a weights file, from a stick for example, to Keras' folder; returns the row it belongs to.

    Args:
        rows: the table. The file is known by its name, else by its content.

    Raises:
        UserError: the file cannot be read, is damaged, or is none of the table's.
    """
    if not path.is_file():
        raise UserError(f"There is no file at {path}.", "Choose a weights file that Keras has downloaded.")
    spec = _recognise(path, [row for row in rows if not row.built_in])
    if not _is_whole(path, spec):
        raise UserError(
            f"{path} is named like the weights of {spec.title}, but it is damaged.",
            "Copy or download it again.",
        )
    target = weights_path(spec)
    partial = target.with_name(f"{target.name}.import")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, partial)
        os.replace(partial, target)
    except shutil.SameFileError:
        pass
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise disk_error(target, error) from error
    return spec


def content_hash(path: Path, algorithm: str) -> str:
    """The "md5" or "sha256" (hex) of a file; a file that has not changed since is not read again.

    Raises:
        UserError: the file cannot be read.
    """
    try:
        state = path.stat()
        return _hash(path, algorithm, state.st_size, state.st_mtime_ns)
    except OSError as error:
        raise UserError(f"{path.name} can’t be read: {why_file_failed(error)}.", "Download it again.") from error


@lru_cache(maxsize=64)
def _hash(path: Path, algorithm: str, _size: int, _time: int) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, algorithm).hexdigest()


def _is_whole(path: Path, spec: BackboneSpec) -> bool:
    """Whether the file is the row's: by its hash, or where Keras publishes none, by every array being readable.

    Raises:
        UserError: it has none of the published hashes, and what no file of weights has.
    """
    if spec.weights_hash:
        return content_hash(path, _algorithm(spec)) == spec.weights_hash
    import h5py  # here, since pages ask for what is present and never read a file

    try:
        check_hdf5(path)
        with h5py.File(path, "r") as file:
            file.visititems(lambda _, item: item[()] is None if isinstance(item, h5py.Dataset) else None)
            return "layer_names" in file.attrs or "model_weights" in file
    except (OSError, KeyError, RuntimeError, ValueError):
        return False


def _algorithm(spec: BackboneSpec) -> str:
    return "md5" if len(spec.weights_hash) == 32 else "sha256"


def _recognise(path: Path, rows: list[BackboneSpec]) -> BackboneSpec:
    """The row whose file this is, by name or by content."""
    for spec in rows:
        if path.name == spec.weights_file:
            return spec
    for spec in rows:
        if spec.weights_hash and content_hash(path, _algorithm(spec)) == spec.weights_hash:
            return spec
    raise UserError(
        f"{path.name} is not the weights file of a known network.",
        f"Use a file without the classifier, under the name Keras gave it, such as {rows[0].weights_file}.",
    )


def _advice(spec: BackboneSpec) -> str:
    """What to do without a network: the file, how to bring it in, the built-in alternative."""
    return (
        f"Download {spec.weights_url} on a computer with internet and add it here with "
        f"“python -m tlcore weights import {spec.weights_file}”. {ALTERNATIVE}"
    )
