"""The terminal's commands about pretrained networks: `backbones` lists the table, `weights` prepares a machine.

They print and return exit codes like the other commands of __main__.py, which hooks them in.
"""

import argparse
import json
from pathlib import Path
from typing import Any

from tlcore.cli.progress import Bars
from tlcore.models.registry import BACKBONES, find_backbone
from tlcore.models.spec import BackboneSpec
from tlcore.models.weights_cache import fetch, import_file, is_present, keras_folder, verify
from tlcore.workspace import Workspace


def add_commands(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add both to the subparsers of the terminal.

    Args:
        commands: what `add_subparsers` gave.
        common: the options that all commands have.
    """
    table = commands.add_parser("backbones", parents=[common], help="list the pretrained networks")
    table.set_defaults(command=_backbones)
    weights = commands.add_parser("weights", parents=[common], help="list, fetch or import the networks' weights")
    weights.set_defaults(command=_list)
    actions = weights.add_subparsers(metavar="ACTION")
    actions.add_parser("list", parents=[common], help="what is on this machine").set_defaults(command=_list)
    fetching = actions.add_parser("fetch", parents=[common], help="fetch weights over the network")
    fetching.add_argument("names", nargs="+", metavar="NAME", help="a network's name, as `backbones` lists it")
    fetching.set_defaults(command=_fetch)
    importing = actions.add_parser("import", parents=[common], help="copy weights files, from a stick for example")
    importing.add_argument("files", nargs="+", type=Path, metavar="FILE")
    importing.set_defaults(command=_import)


def describe(spec: BackboneSpec) -> dict[str, Any]:
    """A row of the table as `backbones --json` gives it."""
    return {
        "name": spec.name,
        "title": spec.title,
        "sentence": spec.sentence,
        "parameters": spec.parameters,
        "multiply_adds": spec.multiply_adds,
        "imagenet_top1": spec.imagenet_top1,
        "feature_size": spec.feature_size,
        "image_size": spec.default_image_size,
        "least_image_size": spec.least_image_size,
        "scaling": spec.scaling,
        "download_bytes": spec.download_bytes,
        "weights_file": spec.weights_file,
        "weights_url": spec.weights_url,
        "licence": spec.licence,
        "source": spec.source,
        "present": is_present(spec),
        "blocks": [{"name": block.name, "layer": block.layer, "num_layers": block.num_layers} for block in spec.blocks],
    }


def _backbones(_: Workspace, options: argparse.Namespace) -> int:
    lines = []
    for spec in BACKBONES:
        top1 = f"{spec.imagenet_top1:.1%}" if spec.imagenet_top1 else "–"
        lines.append(
            f"{spec.name:<20} {spec.parameters / 1e6:6.1f} M  {spec.multiply_adds / 1e9:5.1f} G  top-1 {top1:>5}  "
            f"{spec.default_image_size} px  {_where(spec):<12} {spec.sentence}"
        )
    return _answer(options, "\n".join(lines), {"backbones": [describe(spec) for spec in BACKBONES]})


def _where(spec: BackboneSpec) -> str:
    if spec.built_in:
        return "built in"
    return "here" if is_present(spec) else f"{spec.download_bytes / 1e6:,.0f} MB"


def _list(_: Workspace, options: argparse.Namespace) -> int:
    rows = [_state(spec) for spec in BACKBONES if not spec.built_in]
    here = [row for row in rows if row["present"]]
    lines = [f"{keras_folder()}: {len(here)} of {len(rows)} networks. EfficientNet-Lite0 is built in."]
    lines += [f"  {row['name']:<20} {row['file']}" for row in here]
    return _answer(options, "\n".join(lines), {"folder": str(keras_folder()), "weights": rows})


def _state(spec: BackboneSpec) -> dict[str, Any]:
    return {"name": spec.name, "file": spec.weights_file, "bytes": spec.download_bytes, "present": is_present(spec)}


def _fetch(_: Workspace, options: argparse.Namespace) -> int:
    specs = [find_backbone(name) for name in options.names]
    for spec in specs:
        with Bars() as bars:
            for event in fetch(spec):
                bars.show(event)
        if not spec.built_in:
            verify(spec)
    text = "\n".join(f"{spec.title} is on this machine." for spec in specs)
    return _answer(options, text, {"folder": str(keras_folder()), "weights": [_state(spec) for spec in specs]})


def _import(_: Workspace, options: argparse.Namespace) -> int:
    specs = [import_file(path.expanduser(), BACKBONES) for path in options.files]
    text = "\n".join(f"{spec.title} is on this machine." for spec in specs)
    return _answer(options, text, {"folder": str(keras_folder()), "weights": [_state(spec) for spec in specs]})


def _answer(options: argparse.Namespace, text: str, values: dict[str, Any]) -> int:
    print(json.dumps(values, ensure_ascii=False) if options.json else text)
    return 0
