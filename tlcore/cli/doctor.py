"""The command `doctor`: what this computer is, what is installed, and how fast networks run here."""

import argparse
import platform
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from tlcore import __version__
from tlcore.cli.common import Subparsers, answer
from tlcore.machine import total_memory
from tlcore.messages.quantities import count, format_bytes
from tlcore.messages.runtimes import lower_precision_message, measured_message
from tlcore.models.frozen_backbone import PretrainedBackbone
from tlcore.models.frozen_files import POOLED
from tlcore.models.processor import processor
from tlcore.models.registry import BUILT_IN
from tlcore.models.runtime_choice import usable_precision
from tlcore.models.runtime_memory import recall_all
from tlcore.workspace import Workspace

PACKAGES = ("ai-edge-litert", "openvino", "ncnn", "onnxruntime", "tensorflow", "tensorflow-cpu", "keras", "streamlit")
"""What speed and results rest on."""

MANY = 1_000_000  # photos, for which anything is worth measuring


def add_command(commands: Subparsers, common: argparse.ArgumentParser) -> None:
    """Add the command; see main.py."""
    parser = commands.add_parser(
        "doctor", parents=[common], help="what this computer is, what is installed, and how fast networks run here"
    )
    parser.add_argument(
        "--measure",
        action="store_true",
        help="measure the built-in network now, some seconds; otherwise a training does so when it has work for more",
    )
    parser.set_defaults(command=_doctor)


def _doctor(workspace: Workspace, options: argparse.Namespace) -> int:
    if options.measure:
        size = BUILT_IN.default_image_size
        PretrainedBackbone(workspace, BUILT_IN, size).predictors(POOLED, MANY)
    here, measured = processor(), dict(recall_all(workspace))
    values: dict[str, Any] = {
        "transferlab": __version__,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "processor": asdict(here),
        "memory_bytes": total_memory(),
        "workspace": str(workspace.root),
        "packages": _versions(),
        "lower_precision": usable_precision(workspace),
        "networks": {network: asdict(each) for network, each in measured.items()},
    }
    lines = [
        f"Transfer Lab {__version__} on Python {values['python']}, {values['system']}",
        f"Processor: {here.name}, {count(here.cores, 'core')}" + "".join(f", {name}" for name in here.features),
        f"Memory: {format_bytes(values['memory_bytes'])}",
        f"Workspace: {workspace.root}",
        "Packages: " + ", ".join(f"{name} {number or 'not installed'}" for name, number in values["packages"].items()),
        lower_precision_message(values["lower_precision"]),
        "Networks measured on this computer:" if measured else "No network has been measured on this computer yet.",
        *(f"  {network}: {measured_message(each)}" for network, each in measured.items()),
    ]
    return answer(options, "\n".join(lines), values)


def _versions() -> dict[str, str | None]:
    """What is installed; TensorFlow under the one of its two names."""
    found: dict[str, str | None] = {}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = None
    if found["tensorflow-cpu"] or found["tensorflow"]:
        found = {name: number for name, number in found.items() if number or not name.startswith("tensorflow")}
    return found
