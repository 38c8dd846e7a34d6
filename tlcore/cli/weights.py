"""The command `weights`: prepare a machine, list, fetch or import the files of the networks."""

import argparse
from pathlib import Path
from typing import Any

from tlcore.api.progress_bars import ProgressBars
from tlcore.cli.common import Subparsers, answer
from tlcore.events import run_to_end
from tlcore.models.backbones import find_backbone
from tlcore.models.registry import BACKBONES
from tlcore.models.spec import BackboneSpec
from tlcore.models.weights_cache import fetch, import_file, is_present, keras_folder, verify
from tlcore.workspace import Workspace


def add_command(commands: Subparsers, common: argparse.ArgumentParser) -> None:
    """Add the command; see main.py."""
    weights = commands.add_parser(
        "weights", parents=[common], help="list, download or import the weights of the networks"
    )
    weights.set_defaults(command=_list)
    actions = weights.add_subparsers(metavar="ACTION")
    actions.add_parser("list", parents=[common], help="list the weights on this computer").set_defaults(command=_list)
    fetching = actions.add_parser("fetch", parents=[common], help="download weights")
    fetching.add_argument("names", nargs="+", metavar="NAME", help="name of a network, as listed by `backbones`")
    fetching.set_defaults(command=_fetch)
    importing = actions.add_parser(
        "import", parents=[common], help="import weights files, for example from a USB stick"
    )
    importing.add_argument("files", nargs="+", type=Path, metavar="FILE")
    importing.set_defaults(command=_import)


def _list(_: Workspace, options: argparse.Namespace) -> int:
    rows = [_state(spec) for spec in BACKBONES if not spec.built_in]
    here = [row for row in rows if row["present"]]
    lines = [f"{keras_folder()}: {len(here)} of {len(rows)} networks. EfficientNet-Lite0 is built in."]
    lines += [f"  {row['name']:<20} {row['file']}" for row in here]
    return answer(options, "\n".join(lines), {"folder": str(keras_folder()), "weights": rows})


def _state(spec: BackboneSpec) -> dict[str, Any]:
    return {"name": spec.name, "file": spec.weights_file, "bytes": spec.download_bytes, "present": is_present(spec)}


def _fetch(workspace: Workspace, options: argparse.Namespace) -> int:
    specs = [find_backbone(name, workspace) for name in options.names]
    for spec in specs:
        with ProgressBars() as bars:
            run_to_end(fetch(spec), bars.show)
        if spec.is_downloaded:
            verify(spec)
    text = "\n".join(f"{spec.title} is on this computer." for spec in specs)
    return answer(options, text, {"folder": str(keras_folder()), "weights": [_state(spec) for spec in specs]})


def _import(_: Workspace, options: argparse.Namespace) -> int:
    specs = [import_file(path.expanduser(), BACKBONES) for path in options.files]
    text = "\n".join(f"{spec.title} is on this computer." for spec in specs)
    return answer(options, text, {"folder": str(keras_folder()), "weights": [_state(spec) for spec in specs]})
