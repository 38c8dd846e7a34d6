"""The command `export`: a trained model as what other programs run, checked before it is saved."""

import argparse

from tlcore.api.model import load_model
from tlcore.api.projects import save_project
from tlcore.cli.common import Subparsers, answer
from tlcore.errors import UserError
from tlcore.exports.exporter import KINDS, find_kind
from tlcore.exports.own_score import MAX_LOSS
from tlcore.messages.exports import KIND_LINES, check_message, score_message
from tlcore.messages.terminal import printable
from tlcore.workspace import Workspace, is_id

PROJECT = "project"


def add_command(commands: Subparsers, common: argparse.ArgumentParser) -> None:
    """Add the command; see main.py."""
    parser = commands.add_parser(
        "export",
        parents=[common],
        help="take a trained model with you: a program, a web service, …",
        epilog="kinds:\n" + "\n".join(f"  {key:<15} {KIND_LINES[key]}" for key in KINDS),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "model", help="a run’s id, or the folder or zip of a trained model; of a project also a data set’s id"
    )
    parser.add_argument(
        "--to",
        required=True,
        nargs="+",
        metavar=("KIND", "PATH"),
        help=f"{', '.join(KINDS)}; and where to: a zip where it ends in .zip (default: after the data set)",
    )
    parser.add_argument(
        "--include-photos", action="store_true", help="use test photos as samples, not drawings: they travel with it"
    )
    parser.add_argument(
        "--max-loss",
        type=float,
        default=MAX_LOSS,
        metavar="SHARE",
        help="with 8 bits: the share of test photos that may be wrong beyond the model’s own (default: %(default)s)",
    )
    parser.add_argument(
        "--without-networks", action="store_true", help="of a project: leave out the networks that you added"
    )
    parser.add_argument("--overwrite", action="store_true", help="replace an earlier export")
    parser.set_defaults(command=_export)


def _export(workspace: Workspace, options: argparse.Namespace) -> int:
    kind, *rest = options.to
    if len(rest) > 1:
        raise UserError(f"“{rest[1]}” is one path too many.", "Write: transferlab export MODEL --to KIND PATH")
    find_kind(kind)  # before the model is loaded, which takes longer
    if kind == PROJECT and is_id(options.model) and workspace.dataset_folder(options.model).is_dir():
        path = save_project(
            options.model,
            rest[0] if rest else None,
            overwrite=options.overwrite,
            networks=not options.without_networks,
            workspace=workspace,
        )
        return answer(
            options, printable(f"Saved {path}"), {"kind": kind, "path": str(path), "check": None, "score": None}
        )
    model = load_model(options.model, workspace=workspace)
    made = model.export(
        kind,
        rest[0] if rest else None,
        include_photos=options.include_photos,
        overwrite=options.overwrite,
        max_loss=options.max_loss,
        networks=not options.without_networks,
    )
    told = check_message(made.check.photos, made.check.largest_difference, options.include_photos)
    if made.score is not None:
        told += f"\n  {score_message(**vars(made.score))}"
    answer(
        options,
        f"{printable(f'Saved {made.path}')}\n  {told}",
        {
            "kind": kind,
            "path": str(made.path),
            "check": vars(made.check),
            "score": vars(made.score) if made.score else None,
        },
    )
    return 0
