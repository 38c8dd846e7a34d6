"""The command `backbones`: the pretrained networks there are."""

import argparse
from typing import Any

from tlcore.cli.common import Subparsers, answer
from tlcore.models.registry import BACKBONES
from tlcore.models.spec import BackboneSpec
from tlcore.models.weights_cache import is_present
from tlcore.workspace import Workspace


def add_command(commands: Subparsers, common: argparse.ArgumentParser) -> None:
    """Add the command; see main.py."""
    parser = commands.add_parser("backbones", parents=[common], help="list the pretrained networks")
    parser.set_defaults(command=_backbones)


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
    return answer(options, "\n".join(lines), {"backbones": [describe(spec) for spec in BACKBONES]})


def _where(spec: BackboneSpec) -> str:
    if spec.built_in:
        return "built in"
    return "downloaded" if is_present(spec) else f"{spec.download_bytes / 1e6:,.0f} MB"
