"""What was given to whom, by which link, and links that have ended.

    visitors/<name>.json     `links`: for each link that was opened ("run:<id>") what it gave, and which generation of
                             the thing's links it was of; `given`: rights whose link is not known, of earlier versions
    <thing>/sharing.json     `generation` of its links, once sharing was stopped: a random text, "" before

A right counts while the generation of its link is the one that the thing has. So to stop sharing is one step: the
thing gets another generation, and with it all keys made before and all rights given by them are worth nothing.
"""

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

from filelock import FileLock

from tlcore import access
from tlcore.access import RIGHTS, VISITORS, Right, is_visitor_name
from tlcore.naming import Mark, file_mark
from tlcore.workspace import Workspace, disk_error, is_id, read_json, split_version, write_json

SHARED = ("race", "run", "dataset")
"""What can be shared, by its name in an address; where several stand in one, the key is the first one's."""

NOTE = "sharing.json"
UNKNOWN = "?"
"""In place of a generation that cannot be read: no key has it, so a damaged file opens nothing."""


def link_key(workspace: Workspace, right: Right, kind: str, an_id: str) -> str:
    """The key of a share link, as it is valid now.

    Args:
        kind: one of `SHARED`.

    Raises:
        UserError: the secret of the workspace cannot be read or made.
    """
    return access.share_key(workspace, right, kind, an_id, generation(workspace, kind, an_id))


def right_of_link(workspace: Workspace, key: str, kind: str, an_id: str) -> Right | None:
    """The right that the key of a share link gives to this thing now; None for one of another thing, or a former one.

    Raises:
        UserError: see `link_key`.
    """
    current = generation(workspace, kind, an_id)
    return None if current == UNKNOWN else access.right_of_key(workspace, key, kind, an_id, current)


def rights_given(workspace: Workspace, visitor: str) -> dict[str, Right]:
    """What others have given to a visitor, by the id of the thing; empty where nothing was, or the file is damaged."""
    values = _values(workspace, visitor)
    found: dict[str, Right] = _rights(values.get("given"))
    for link, given in _links(values).items():
        if _is_valid(workspace, link, given):
            found = _added(found, _rights(given.get("rights")))
    return found


def give_rights(
    workspace: Workspace, visitor: str, rights: Mapping[str, Right], link: tuple[str, str] = ("", "")
) -> None:
    """Keep what was given to a visitor; who may act already goes on to.

    Args:
        rights: by the id of each thing. link: kind and id of the thing whose link gave them, by which `end_links`
            takes them away; ("", "") where none did.

    Raises:
        UserError: the disk says no.
    """
    with _changing(workspace, visitor) as values:
        if link == ("", ""):
            values["given"] = _added(_rights(values.get("given")), rights)
            return
        name, current = ":".join(link), generation(workspace, *link)
        links = _links(values)
        before = links.get(name, {})
        kept = _rights(before.get("rights")) if before.get("generation") == current else {}
        values["links"] = links | {name: {"generation": current, "rights": _added(kept, rights)}}


def generation(workspace: Workspace, kind: str, an_id: str) -> str:
    """Which generation of links a thing has: "" until sharing is stopped for the first time.

    All versions of a data set have one.
    """
    folder = _folder(workspace, kind, an_id)
    mark = file_mark(folder, NOTE)
    return _generation(folder, mark) if mark else ""


def end_links(workspace: Workspace, kind: str, an_id: str, along: Mapping[str, Right]) -> None:
    """Make all links of a thing worthless, and what they gave; a kill at any moment leaves all of it or nothing.

    Args:
        along: what a link to it gives, by id: rights of earlier versions, which know of no link, are taken by it.

    Raises:
        UserError: the disk says no.
    """
    write_json(_folder(workspace, kind, an_id) / NOTE, {"generation": secrets.token_hex(8)})
    taken = {split_version(each)[0] for each in along}
    for visitor in _visitors(workspace):  # from here on it only tidies up, but for rights of earlier versions
        with _changing(workspace, visitor) as values:
            links = {name: given for name, given in _links(values).items() if _is_valid(workspace, name, given)}
            given = _rights(values.get("given"))
            left = {each: right for each, right in given.items() if split_version(each)[0] not in taken}
            values |= {"links": links, "given": left}


def visitors_with(workspace: Workspace, kind: str, an_id: str) -> int:
    """How many visitors have opened a link to a thing that is still valid; reads the files of all visitors."""
    folder = split_version(an_id)[0]
    return sum(
        any(
            each_kind == kind and split_version(each_id)[0] == folder and _is_valid(workspace, link, given)
            for link, given in _links(_values(workspace, visitor)).items()
            for each_kind, _, each_id in (link.partition(":"),)
        )
        for visitor in _visitors(workspace)
    )


def move_rights(workspace: Workspace, old: str, new: str) -> None:
    """Give all that was given to one visitor to another; a kill in between leaves it with both.

    Args:
        new: "" for the owner, who needs none.

    Raises:
        UserError: the disk says no.
    """
    theirs = _values(workspace, old)
    if new:
        with _changing(workspace, new) as values:
            values["given"] = _added(_rights(values.get("given")), _rights(theirs.get("given")))
            links = _links(values)
            for name, given in _links(theirs).items():
                if _is_valid(workspace, name, given):
                    own = links.get(name, {})
                    kept = _rights(own.get("rights")) if own.get("generation") == given.get("generation") else {}
                    links[name] = {**given, "rights": _added(kept, _rights(given.get("rights")))}
            values["links"] = links
    with suppress(OSError):
        _path(workspace, old).unlink(missing_ok=True)


def _folder(workspace: Workspace, kind: str, an_id: str) -> Path:
    if not is_id(an_id):
        raise ValueError(f"{an_id!r} is no id")
    return {
        "run": workspace.runs / an_id,
        "dataset": workspace.dataset_folder(an_id),
        "race": workspace.root / "races" / an_id,
    }[kind]


@lru_cache(maxsize=10_000)
def _generation(folder: Path, _mark: Mark) -> str:
    try:
        return str(read_json(folder / NOTE)["generation"]) or UNKNOWN
    except (OSError, ValueError, KeyError, TypeError):
        return UNKNOWN


def _is_valid(workspace: Workspace, link: str, given: Mapping[str, Any]) -> bool:
    kind, _, an_id = link.partition(":")
    if kind not in SHARED or not is_id(an_id):
        return False
    current = generation(workspace, kind, an_id)
    return current != UNKNOWN and given.get("generation") == current


def _added(kept: dict[str, Right], rights: Mapping[str, Right]) -> dict[str, Right]:
    """Both together, of two rights to one thing the greater."""
    return kept | {an_id: right for an_id, right in rights.items() if kept.get(an_id) != "act"}


def _rights(values: Any) -> dict[str, Right]:
    """What a file has as rights, without what cannot be one."""
    if not isinstance(values, dict):
        return {}
    return {str(an_id): right for an_id, right in values.items() if right in RIGHTS}


def _links(values: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    links = values.get("links")
    found = links.items() if isinstance(links, dict) else ()
    return {str(name): given for name, given in found if isinstance(given, dict)}


def _values(workspace: Workspace, visitor: str) -> dict[str, Any]:
    if not is_visitor_name(visitor):
        return {}
    path = _path(workspace, visitor)
    mark = file_mark(path.parent, path.name)
    return dict(_read(path, mark)) if mark else {}


@lru_cache(maxsize=1024)
def _read(path: Path, _mark: Mark) -> Mapping[str, Any]:
    try:
        values = read_json(path)
    except (OSError, ValueError):
        return {}
    return values if isinstance(values, dict) else {}


@contextmanager
def _changing(workspace: Workspace, visitor: str) -> Iterator[dict[str, Any]]:
    """What stands in a visitor's file, to change it: read and written under one lock, and only where it changed."""
    if not is_visitor_name(visitor):
        raise ValueError(f"{visitor!r} is no visitor’s name")
    path = _path(workspace, visitor)
    try:
        path.parent.mkdir(exist_ok=True)
        with FileLock(path.parent / f".{visitor[:2]}.lock"):  # two tabs may open two links at once
            values = _values(workspace, visitor)
            before = dict(values)
            yield values
            if values != before:
                write_json(path, values)
    except OSError as error:
        raise disk_error(path, error) from error


def _visitors(workspace: Workspace) -> list[str]:
    """All to whom anything was given."""
    return [path.stem for path in (workspace.root / VISITORS).glob("*.json") if is_visitor_name(path.stem)]


def _path(workspace: Workspace, visitor: str) -> Path:
    return workspace.root / VISITORS / f"{visitor}.json"
