"""The command `class`: a classroom from the terminal of its teacher. Without an action it starts the app for one
(classroom_start.py).
"""

import argparse
import sys
from dataclasses import asdict
from typing import Any

from tlcore.api.classroom import Classroom, load_classroom
from tlcore.api.progress_bars import ProgressBars
from tlcore.classroom.overview import GroupState
from tlcore.classroom.podium import Podium
from tlcore.classroom.values import ENSEMBLE, Task
from tlcore.cli import classroom_start
from tlcore.cli.common import WORKSPACE_HELP, Subparsers, answer
from tlcore.config import STRATEGIES
from tlcore.data.dataset_list import dataset_names
from tlcore.errors import UserError
from tlcore.messages.classroom import erase_message, group_line, names_of, podium_lines, removal_message, task_lines
from tlcore.messages.quantities import count, format_bytes
from tlcore.messages.terminal import printable
from tlcore.workspace import Workspace, split_version


def add_command(commands: Subparsers, common: argparse.ArgumentParser) -> None:
    """Add the command; see main.py."""
    text = "start the app for a classroom on the local network; or its groups, its task, its podium"
    parser = commands.add_parser("class", parents=[common], help=text)
    classroom_start.add_options(parser)
    parser.set_defaults(command=classroom_start.start, classroom="")
    actions = parser.add_subparsers(metavar="ACTION")
    _add_actions(actions)


def _add_actions(actions: Subparsers) -> None:
    shared = argparse.ArgumentParser(add_help=False)  # what was given before the action counts where none is after it
    shared.add_argument("--workspace", default=argparse.SUPPRESS, metavar="FOLDER", help=WORKSPACE_HELP)
    shared.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="print one JSON object")
    text = "which one (default: the open one, else the newest)"
    shared.add_argument("--classroom", default=argparse.SUPPRESS, metavar="ID", help=text)

    def add(name: str, command: Any, text: str) -> argparse.ArgumentParser:
        parser: argparse.ArgumentParser = actions.add_parser(name, parents=[shared], help=text)
        parser.set_defaults(command=command)
        return parser

    add("status", _status, "how its groups stand")
    _add_task(add("task", _task, "show the task, or change what is given"))
    hidden = add("hidden-test", _hidden_test, "choose the photos that all models are judged on")
    hidden.add_argument("dataset", metavar="ID", help="of a data set of yours that no group has seen; none: no test")
    add("score", _score, "score every group’s model on the hidden test")
    add("podium", _podium, "the places, as far as they are more than chance")
    add("pause", _pause, "let groups start nothing for now")
    add("resume", _resume, "let groups work again")
    add("close", _close, "end the lesson; everything is kept")
    removing = add("remove", _remove, "take a group out with all that it made, for a day")
    removing.add_argument("group", metavar="GROUP", help="its name or id")
    _add_yes(removing)
    add("restore", _restore, "bring a group back").add_argument("group", metavar="GROUP", help="its name or id")
    taking = add("take-home", _take_home, "save all groups’ photos and models, and the podium, as one zip")
    taking.add_argument("path", nargs="?", help="the zip (default: called after the classroom)")
    taking.add_argument("--hidden-test", action="store_true", help="with the photos of the hidden test")
    _add_yes(add("erase", _erase, "delete the classroom for good with all that its groups made"))


def _add_task(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--text", help="in your own words")
    parser.add_argument("--data", metavar="ID", help="the data set that all groups train on; none: their own photos")
    parser.add_argument("--classes", nargs="*", metavar="CLASS", help="the classes that a group’s photos must have")
    parser.add_argument("--photos-per-class", type=int, metavar="N", help="most photos of a class; 0: no limit")
    names = (*STRATEGIES, ENSEMBLE)
    parser.add_argument("--strategies", nargs="*", metavar="NAME", help=f"those that are allowed: {', '.join(names)}")
    parser.add_argument("--runs", type=int, metavar="N", help="most trainings of a group; 0: no limit")


def _add_yes(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--yes", action="store_true", help="do not ask first")


def _of(workspace: Workspace, options: argparse.Namespace) -> Classroom:
    return load_classroom(options.classroom, workspace=workspace)


def _status(workspace: Workspace, options: argparse.Namespace) -> int:
    classroom = _of(workspace, options)
    info, groups = classroom.info, classroom.groups
    state = "closed" if not info.is_open else "paused" if info.is_paused else "open"
    lines = [f"{info.name} ({state}) · code {info.spaced_code} · {count(len(groups), 'group')}"]
    lines += [f"  {line}" for line in _task_lines(workspace, info.task)]
    lines += [printable(group_line(each)) for each in groups]
    values = {"id": info.id, "name": info.name, "code": info.code, "state": state, "task": asdict(info.task)}
    return answer(options, "\n".join(lines), values | {"groups": [_group_values(each) for each in groups]})


def _group_values(state: GroupState) -> dict[str, Any]:
    found = {"id": state.group.id, "name": state.group.name, "devices": state.devices, "started": state.started}
    found |= {"dataset": state.dataset and asdict(state.dataset), "runs": [asdict(each) for each in state.runs]}
    return found | {"entry": state.entry.id if state.entry is not None else None, "seen": state.seen}


def _task(workspace: Workspace, options: argparse.Namespace) -> int:
    classroom = _of(workspace, options)
    names = ("text", "data", "classes", "photos_per_class", "strategies", "runs")
    given = {name: getattr(options, name) for name in names if getattr(options, name) is not None}
    if given.get("data") == "none":
        given["data"] = ""
    task = classroom.set_task(**given) if given else classroom.info.task
    lines = _task_lines(workspace, task) or ["No task: everything is left to the groups."]
    return answer(options, "\n".join(map(printable, lines)), asdict(task))


def _task_lines(workspace: Workspace, task: Task) -> list[str]:
    return task_lines(task, dataset_names(workspace).get(split_version(task.dataset_id)[0], ""))


def _hidden_test(workspace: Workspace, options: argparse.Namespace) -> int:
    classroom = _of(workspace, options)
    classroom.set_hidden_test("" if options.dataset == "none" else options.dataset)
    chosen = classroom.info.hidden_test
    text = f"The hidden test is {chosen}. No group sees it." if chosen else "There is no hidden test now."
    return answer(options, text, {"hidden_test": chosen})


def _score(workspace: Workspace, options: argparse.Namespace) -> int:
    classroom = _of(workspace, options)
    with ProgressBars(None if not options.json else False) as bars:
        found = classroom.score(on_event=bars.show)
    return _answer_podium(classroom, found, options)


def _podium(workspace: Workspace, options: argparse.Namespace) -> int:
    classroom = _of(workspace, options)
    return _answer_podium(classroom, classroom.podium, options)


def _answer_podium(classroom: Classroom, found: Podium, options: argparse.Namespace) -> int:
    names = names_of(classroom.groups)
    lines = podium_lines(found, names) or ["No group has been scored yet."]
    places = [
        {
            "place": each.place,
            "group": names[each.group_id],
            "correct": each.score.correct,
            "total": each.score.total,
            "interval_95": each.score.interval,
            "level_with": [names[other] for other in each.level],
        }
        for each in found.places
    ]
    unranked = [{"group": names[each.group_id], "problem": each.problem} for each in found.unranked]
    return answer(options, "\n".join(map(printable, lines)), {"places": places, "unranked": unranked})


def _pause(workspace: Workspace, options: argparse.Namespace) -> int:
    _of(workspace, options).pause()
    return answer(options, "Paused: groups can start nothing.", {"is_paused": True})


def _resume(workspace: Workspace, options: argparse.Namespace) -> int:
    _of(workspace, options).resume()
    return answer(options, "Groups can work again.", {"is_paused": False})


def _close(workspace: Workspace, options: argparse.Namespace) -> int:
    _of(workspace, options).close()
    return answer(options, "Closed. Everything is kept.", {"is_open": False})


def _remove(workspace: Workspace, options: argparse.Namespace) -> int:
    if not _is_sure(removal_message(options.group), "Remove", options):
        return answer(options, "Nothing was removed.", {"removed": None})
    removed = _of(workspace, options).remove_group(options.group)
    name = printable(removed.group.name)
    return answer(options, f"Removed “{name}”. Undo: class restore {removed.group.id}", {"removed": removed.group.id})


def _restore(workspace: Workspace, options: argparse.Namespace) -> int:
    group = _of(workspace, options).restore_group(options.group)
    return answer(options, f"“{printable(group.name)}” is back.", {"restored": group.id})


def _take_home(workspace: Workspace, options: argparse.Namespace) -> int:
    with ProgressBars(None if not options.json else False) as bars:
        path = _of(workspace, options).take_home(options.path, hidden_test=options.hidden_test, on_event=bars.show)
    return answer(options, printable(f"Saved {path}"), {"path": str(path)})


def _erase(workspace: Workspace, options: argparse.Namespace) -> int:
    classroom = _of(workspace, options)
    question = erase_message(classroom.info.name, len(classroom.groups))
    if not _is_sure(question, "Erase", options):
        return answer(options, "Nothing was erased.", {"erased": None})
    gone = classroom.erase()
    later = f" {count(gone.still_ending, 'job')} will be deleted on ending." if gone.still_ending else ""
    return answer(options, f"Erased: {format_bytes(gone.bytes)} are free.{later}", {"erased": asdict(gone)})


def _is_sure(question: str, word: str, options: argparse.Namespace) -> bool:
    """Whether the person wants it; asked only where somebody can answer."""
    if options.yes:
        return True
    if not sys.stdin.isatty():
        raise UserError(question, "Add --yes to do it without being asked.")
    print(printable(question), file=sys.stderr)
    return input(f"{word}? [y/N] ").strip().lower() in ("y", "yes")
