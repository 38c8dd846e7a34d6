"""The command `data`: the versions of a data set, and edits that make another one; one subcommand each.

An edit is made to the current version, whichever id is given. Photos are named by their path in the data set, or by
patterns such as "cats/IMG_1*".
"""

import argparse
import csv
import re
from collections.abc import Callable, Iterable
from dataclasses import asdict
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from tlcore.api.editing import EditableDataset, editable
from tlcore.api.progress_bars import ProgressBars
from tlcore.cli.common import Subparsers, answer
from tlcore.cli.file_report import add_report_option, show_report
from tlcore.data.manifest import SPLITS, Dataset
from tlcore.data.versions import current_version, load_given
from tlcore.error_reasons import why_file_failed
from tlcore.errors import UserError
from tlcore.messages.edits import edit_message
from tlcore.messages.quantities import count
from tlcore.messages.terminal import printable
from tlcore.workspace import Workspace

PHOTO_HELP = 'paths of photos in the data set, or patterns such as "cats/IMG_1*"'

Edit = Callable[[EditableDataset, argparse.Namespace], Dataset]
"""What a subcommand does: from the current version and the options to the newer one."""


def add_command(commands: Subparsers, common: argparse.ArgumentParser) -> None:
    """Add the command; see main.py."""
    parser = commands.add_parser("data", help="see and edit the photos of a data set: classes, parts, versions")
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    one = argparse.ArgumentParser(add_help=False, parents=[common])
    one.add_argument("id", metavar="ID", help="of a data set; with @ and a number of one of its versions")
    _add_reading(actions, one)
    _add_edits(actions, one)


def _add_reading(actions: Subparsers, one: argparse.ArgumentParser) -> None:
    """The subcommands that change nothing."""
    parser = actions.add_parser("history", parents=[one], help="list the edits of a data set")
    parser.set_defaults(command=_history)
    parser = actions.add_parser("photos", parents=[one], help="list its photos: class, part, path")
    parser.add_argument("photos", nargs="*", metavar="PHOTO", help=PHOTO_HELP)
    parser.add_argument("--left-out", action="store_true", help="those that were left out")
    parser.set_defaults(command=_photos)
    parser = actions.add_parser("compare", parents=[one], help="list what differs from another version")
    parser.add_argument(
        "version", type=int, metavar="VERSION", help="the number of the other version; 1 is as imported"
    )
    parser.set_defaults(command=_compare)
    parser = actions.add_parser("export", parents=[one], help="write the photos to class folders or a zip, with tables")
    parser.add_argument("target", metavar="TARGET", help="a new folder, or a file that ends in .zip")
    parser.add_argument("--parts", action="store_true", help="train, validation and test as folders around the classes")
    parser.set_defaults(command=_export)


def _add_edits(actions: Subparsers, one: argparse.ArgumentParser) -> None:
    """The subcommands that make another version."""

    def add(name: str, words: str, edit: Edit) -> argparse.ArgumentParser:
        made: argparse.ArgumentParser = actions.add_parser(name, parents=[one], help=words)
        made.set_defaults(command=lambda workspace, options: _edit(workspace, options, edit))
        return made

    parser = add(
        "relabel", "move photos to another class", lambda data, given: data.relabel(_chosen(data, given), given.to)
    )
    _photo_argument(parser).add_argument("--to", required=True, metavar="CLASS", help="the class")
    parser = add(
        "drop", "leave photos out; they can be brought back", lambda data, given: data.drop(_chosen(data, given))
    )
    _photo_argument(parser)
    parser = add(
        "bring-back",
        "bring back photos that were left out",
        lambda data, given: data.bring_back(_left_out(data, given)),
    )
    _photo_argument(parser)
    parser = add(
        "move", "move photos to another part", lambda data, given: data.move_to_part(_chosen(data, given), given.to)
    )
    _photo_argument(parser).add_argument("--to", required=True, choices=SPLITS, help="the part")
    parser = add("rotate", "turn photos clockwise", lambda data, given: data.rotate(_chosen(data, given), given.by))
    _photo_argument(parser).add_argument(
        "--by", type=int, default=90, choices=(90, 180, 270), help="degrees (default: 90)"
    )
    parser = add("rename-class", "rename a class", lambda data, given: data.rename_class(given.label, given.name))
    parser.add_argument("label", metavar="CLASS", help="the class")
    parser.add_argument("name", metavar="NAME", help="its new name")
    parser = add("merge", "make one class of several", lambda data, given: data.merge_classes(given.labels, given.to))
    parser.add_argument("labels", nargs="+", metavar="CLASS", help="the classes")
    parser.add_argument("--to", required=True, metavar="NAME", help="the name of the merged class")
    parser = add(
        "split-off", "make a new class of photos", lambda data, given: data.split_off(_chosen(data, given), given.to)
    )
    _photo_argument(parser).add_argument("--to", required=True, metavar="NAME", help="the name of the new class")
    parser = add("reorder", "put the classes in another order", lambda data, given: data.reorder_classes(given.labels))
    parser.add_argument("labels", nargs="+", metavar="CLASS", help="all classes in their new order")
    parser = add("group", "keep photos that belong together on one side of the split", _group)
    how = parser.add_mutually_exclusive_group(required=True)
    how.add_argument("--by", metavar="PATTERN", help=r'a regular expression for the group in a path, such as "site\d+"')
    how.add_argument("--column", metavar="NAME", help="a column of the table that was beside the photos")
    how.add_argument("--table", metavar="FILE", help="a CSV whose first two columns are photo and group")
    parser.add_argument("--keep-parts", action="store_true", help="do not split again")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="decides the new split (default: 0)")
    parser = add("add", "add the photos of a folder or a zip", _add)
    parser.add_argument("source", metavar="PATH", help="class folders; photos that are there already are passed over")
    parser.add_argument("--class", dest="label", default="", metavar="CLASS", help="the class of all of its photos")
    parser.add_argument("--layout", default="", metavar="KEY", help="which way to read it, where there are several")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="decides the part of new photos (default: 0)")
    add_report_option(parser)
    add("undo", "take the last edit back", lambda data, given: data.undo())
    add("redo", "make the edit again that was undone last", lambda data, given: data.redo())
    parser = add("go-to", "make another version the current one", lambda data, given: data.go_to(given.version))
    parser.add_argument("version", type=int, metavar="VERSION", help="its number; 1 is as imported")


def _photo_argument(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    parser.add_argument("photos", nargs="+", metavar="PHOTO", help=PHOTO_HELP)
    return parser


def _edit(workspace: Workspace, options: argparse.Namespace, edit: Edit) -> int:
    """Make an edit of the current version and say what it is now."""
    data = editable(load_given(workspace, current_version(workspace, options.id)))
    made = editable(edit(data, options))
    values = {"id": made.id, "version": made.version, "photos": len(made.photos), "labels": list(made.labels)}
    if made.id == data.id:
        return answer(options, "Nothing changed.", values)
    text = f"{made.name} now has {count(len(made.photos), 'photo')} in {count(len(made.labels), 'class', 'classes')}"
    done = [each for each in made.history() if each.dataset_id == made.id and not each.undone]
    what = edit_message(done[0].change) if done and options.command and made.version > data.version else ""
    said = f"{what[:1].upper()}{what[1:]}. " if what else ""
    return answer(options, f"{said}{text} ({made.id}).", values | {"change": asdict(done[0].change) if what else None})


def _group(data: EditableDataset, options: argparse.Namespace) -> Dataset:
    if options.column:
        return data.set_groups(options.column, not options.keep_parts, options.seed)
    if options.table:
        groups = _read_groups(Path(options.table))
    else:
        try:
            pattern = re.compile(options.by)
        except re.error as error:
            raise UserError(f"“{options.by}” is not a regular expression: {error}.", "Check its brackets.") from error
        found = {path: pattern.search(path) for path in data.photos["path"]}
        groups = {path: match[1] if match.groups() else match[0] for path, match in found.items() if match}
    if not any(groups.values()):
        raise UserError("No photo has a group.", "Check the pattern or the table.")
    return data.set_groups(groups, not options.keep_parts, options.seed)


def _read_groups(path: Path) -> dict[str, str]:
    """The group by the path of each photo, out of a table whose first row may be a header."""
    try:
        rows = [row for row in csv.reader(path.read_text("utf-8-sig").splitlines()) if len(row) >= 2]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = why_file_failed(error) if isinstance(error, OSError) else "it is no CSV in UTF-8"
        raise UserError(f"{path.name} can’t be read: {reason}.", "Choose a CSV of photos and groups.") from error
    if rows and rows[0][0].strip().casefold() in ("photo", "path", "file"):
        rows = rows[1:]
    return {row[0]: row[1] for row in rows}


def _add(data: EditableDataset, options: argparse.Namespace) -> Dataset:
    with ProgressBars() as bars:
        made = data.add(
            options.source, label=options.label, layout=options.layout, seed=options.seed, on_event=bars.show
        )
    show_report(options, made.report.iloc[len(data.report) :])
    return made


def _chosen(data: Dataset, options: argparse.Namespace) -> list[str]:
    return matching_paths(data.photos["path"], options.photos)


def _left_out(data: Dataset, options: argparse.Namespace) -> list[str]:
    return matching_paths(data.left_out["path"], options.photos)


def matching_paths(paths: Iterable[str], given: Iterable[str]) -> list[str]:
    """The photos that paths and patterns mean, each once.

    Raises:
        UserError: one of them means none.
    """
    known = list(paths)
    there, found = set(known), dict[str, None]()
    for each in given:
        matching = [each] if each in there else [path for path in known if fnmatchcase(path, each)]
        if not matching:
            raise UserError(f"No photo is called “{each}”.", "List the photos with: transferlab data photos ID")
        found |= dict.fromkeys(matching)
    return list(found)


def _history(workspace: Workspace, options: argparse.Namespace) -> int:
    data = editable(load_given(workspace, options.id))
    found = data.history()
    lines = [f"{data.folder.name}  version 1: as imported"]
    lines += [
        f"{each.dataset_id}  version {each.version}: {printable(edit_message(each.change))}"
        f"{' (undone)' if each.undone else ''}"
        for each in found
    ]
    current = current_version(workspace, options.id)
    values: dict[str, Any] = {"current": current, "edits": [asdict(each) for each in found]}
    return answer(options, "\n".join([*lines, f"Current: {current}"]), values)


def _photos(workspace: Workspace, options: argparse.Namespace) -> int:
    data = load_given(workspace, options.id)
    rows = data.left_out if options.left_out else data.photos
    if options.photos:
        rows = rows[rows["path"].isin(matching_paths(rows["path"], options.photos))]
    lines = [f"{printable(str(row.label))}\t{row.split}\t{printable(str(row.path))}" for row in rows.itertuples()]
    columns = rows[["path", "label", "split", "group"]].to_dict("records")
    return answer(options, "\n".join(lines) or "No photos.", {"id": data.id, "photos": columns})


def _compare(workspace: Workspace, options: argparse.Namespace) -> int:
    data = editable(load_given(workspace, options.id))
    rows = data.compare(options.version).to_dict("records")
    lines = []
    for row in rows:
        path, what, *sides = (str(row[name]) for name in ("path", "what", "before", "after"))
        lines.append(f"{printable(path)}: {what} {printable(' → '.join(filter(None, sides)))}")
    return answer(options, "\n".join(map(str.rstrip, lines)) or "No difference.", {"id": data.id, "changes": rows})


def _export(workspace: Workspace, options: argparse.Namespace) -> int:
    data = editable(load_given(workspace, options.id))
    with ProgressBars() as bars:
        target = data.export(options.target, with_parts=options.parts, on_event=bars.show)
    text = f"Exported {count(len(data.photos), 'photo')} to {target}"
    return answer(options, text, {"id": data.id, "target": str(target), "photos": len(data.photos)})
