"""The command `backbones`: the pretrained networks there are, and adding one of your own."""

import argparse
from typing import Any

from tlcore.api.datasets import take_dataset
from tlcore.api.networks import add_from, newest_photos, remove_backbone
from tlcore.api.progress_bars import ProgressBars
from tlcore.cli.common import Subparsers, answer
from tlcore.errors import UserError
from tlcore.events import run_to_end
from tlcore.messages.deletions import deleted_message
from tlcore.messages.networks import added_message, network_details
from tlcore.models.backbones import list_backbones
from tlcore.models.imported.candidate import LAYOUTS, Choices
from tlcore.models.imported.stored import find_network
from tlcore.models.scalings import SCALING_VALUES
from tlcore.models.spec import BackboneSpec
from tlcore.models.weights_cache import is_present
from tlcore.workspace import Workspace


def add_command(commands: Subparsers, common: argparse.ArgumentParser) -> None:
    """Add the command; see main.py."""
    parser = commands.add_parser(
        "backbones", parents=[common], help="list the pretrained networks, or add one of your own"
    )
    parser.set_defaults(command=_list)
    actions = parser.add_subparsers(metavar="ACTION")
    actions.add_parser("list", parents=[common], help="list the pretrained networks").set_defaults(command=_list)
    _add_adding(actions.add_parser("add", parents=[common], help="add a network of your own"))
    removing = actions.add_parser("remove", parents=[common], help="delete a network that was added")
    removing.add_argument("name", help="its name, as listed by `backbones`")
    removing.set_defaults(command=_remove)


def _add_adding(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", metavar="FILE", help="a file, a folder (SavedModel) or an address (https://…)")
    parser.add_argument("--name", default="", help="what it is to be called (default: as its file)")
    parser.add_argument("--input-size", type=int, default=0, metavar="N", help="side of its images in pixels")
    parser.add_argument("--scaling", default="", choices=["", *SCALING_VALUES], metavar="KEY", help=_scaling_help())
    parser.add_argument("--output", default="", metavar="NAME", help="the layer or output that gives the features")
    parser.add_argument("--layout", default="", choices=["", *LAYOUTS], metavar="KEY", help="NHWC or NCHW")
    parser.add_argument("--licence", default="", help="under which it may be used")
    parser.add_argument(
        "--photos",
        default="",
        metavar="DATA",
        help="photos to try scalings on, where the file has none (default: your newest data set)",
    )
    parser.set_defaults(command=_add)


def _scaling_help() -> str:
    keys = ", ".join(f"{key} ({values.title})" for key, values in SCALING_VALUES.items())
    return f"what is done to pixels first, one of: {keys}"


def describe(spec: BackboneSpec, workspace: Workspace) -> dict[str, Any]:
    """A network as `backbones --json` gives it."""
    network = find_network(workspace, spec.name) if spec.imported is not None else None
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
        "added": network_details(network) if network is not None else None,
    }


def _list(workspace: Workspace, options: argparse.Namespace) -> int:
    lines, specs = [], list_backbones(workspace)
    for spec in specs:
        top1 = f"{spec.imagenet_top1:.1%}" if spec.imagenet_top1 else "–"
        lines.append(
            f"{spec.name:<20} {spec.parameters / 1e6:6.1f} M  {spec.multiply_adds / 1e9:5.1f} G  top-1 {top1:>5}  "
            f"{spec.default_image_size} px  {_where(spec):<12} {spec.sentence}"
        )
    return answer(options, "\n".join(lines), {"backbones": [describe(spec, workspace) for spec in specs]})


def _where(spec: BackboneSpec) -> str:
    if not spec.is_downloaded:
        return "built in" if spec.built_in else "added"
    return "downloaded" if is_present(spec) else f"{spec.download_bytes / 1e6:,.0f} MB"


def _add(workspace: Workspace, options: argparse.Namespace) -> int:
    choices = Choices(options.output, options.input_size, options.layout, options.scaling)
    with ProgressBars() as bars:
        photos = (
            take_dataset(options.photos, workspace, 0, bars.show)[1] if options.photos else newest_photos(workspace)
        )
        adding = add_from(workspace, options.source, options.name, options.licence, choices, photos)
        network = run_to_end(adding, bars.show)
    if network is None:
        raise UserError("It was stopped.", "Add it again.")
    text = f"{added_message(network)}\nTrain with it: transferlab train FOLDER --backbone {network.id}"
    return answer(options, text, {"backbone": describe(network.spec, workspace)})


def _remove(workspace: Workspace, options: argparse.Namespace) -> int:
    gone = remove_backbone(options.name, workspace=workspace)
    text = f"{deleted_message(gone)} Bring it back: transferlab restore {gone.id}"
    return answer(options, text, {"deleted": gone.id, "name": gone.name, "bytes": gone.bytes})
