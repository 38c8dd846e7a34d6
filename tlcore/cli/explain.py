"""The command `explain`: why a model answers as it does, as a picture with a heat map and a sentence."""

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tlcore.api.model import Model, load_model
from tlcore.cli.common import Subparsers, answer
from tlcore.errors import UserError
from tlcore.messages.explanation import alike, evidence_message
from tlcore.messages.unknown import NONE, closest_message
from tlcore.shares import percent
from tlcore.workspace import Workspace


def add_command(commands: Subparsers, common: argparse.ArgumentParser) -> None:
    """Add the command; see main.py."""
    parser = commands.add_parser("explain", parents=[common], help="show what in a photo speaks for a class")
    parser.add_argument("model", help="a run’s id, or the folder or zip of a trained model")
    parser.add_argument("image", metavar="PHOTO", help="a photo")
    parser.add_argument("--out", metavar="FILE", required=True, help="where to save the photo with the heat map (PNG)")
    parser.add_argument("--class", dest="label", metavar="CLASS", help="the class (default: the predicted one)")
    parser.set_defaults(command=_explain)


def _explain(workspace: Workspace, options: argparse.Namespace) -> int:
    model, photo = load_model(options.model, workspace=workspace), Path(options.image)
    prediction = model.predict(photo)
    explanation = model.explain(photo, options.label or prediction.label)
    saved, where = explanation.save(options.out), evidence_message(explanation)
    neighbours = _neighbours(model, photo)
    answered = f"{prediction.label} {percent(prediction.probability)}."
    if not prediction.known:
        answered = f"{NONE}. {closest_message(prediction.label, prediction.probability)}."
    lines = [f"{photo}: {answered} {where}"]
    lines += [f"  {alike(each)}: {each.path} ({each.label})" for each in neighbours]
    lines.append(f"Saved to {saved} ({explanation.method}, {explanation.milliseconds:.0f} ms).")
    values: dict[str, Any] = {
        "image": str(photo),
        "prediction": prediction.label,
        "known": prediction.known,
        "probability": prediction.probability,
        "label": explanation.label,
        "message": where,
        "heat_map": explanation.heat_map.tolist(),
        "method": explanation.method,
        "milliseconds": explanation.milliseconds,
        "saved": str(saved),
        "nearest": [asdict(each) for each in neighbours],
    }
    return answer(options, "\n".join(lines), values)


def _neighbours(model: Model, photo: Path) -> list[Any]:
    """The most alike training photos; none where the model did not keep that."""
    try:
        return model.nearest(photo)
    except UserError:
        return []
