"""Live answers beside the camera: what the browser needs to run the model itself, several times a second.

No picture leaves the browser for it. What the network sees is computed by the same script as in the HTML file that a
model can be exported to (exports/html), and the network is the very file of the run.
"""

from typing import Any

from pages.server.live_model import SCRIPT, WASM, browser_model, model_address
from pages.shared import state
from tlcore.exports.html_file import MOST_BYTES, PARTS, page_input
from tlcore.jobs.store import Run
from tlcore.serving.bundle import FOLDER, MODEL
from tlcore.serving.overlay import DIMMED, INFERNO, OPAQUE, OUTLINED
from tlcore.serving.predict import ImageClassifier

SCRIPTS = tuple(PARTS / name for name in ("pixels.js", "classifier.js", "answers.js"))
WASM_BYTES = 9_334_181  # unpacked, as assets/litert-js/SOURCE.md has it


def live_data(run: Run, model: ImageClassifier, threshold: float) -> dict[str, Any] | None:
    """What the camera's script needs; None for a model that a browser cannot run.

    Args:
        threshold: how familiar a picture has to be for an answer.
    """
    bundle = model.bundle
    mark = bundle.info.get("files", {}).get(MODEL, {}).get("sha256")
    if not isinstance(mark, str) or not 0 < len(bundle.tflite) <= MOST_BYTES:
        return None
    address = model_address(state.workspace(), run.id, mark[:16])
    heat = _heat(run, address)
    return {
        "script": SCRIPT,
        "wasm": WASM,
        "model": f"{address}/map" if heat else address,
        "bytes": WASM_BYTES + len(bundle.tflite),
        "heat": heat,
        "about": {
            "labels": list(bundle.labels),
            "input": page_input(bundle.wanted),
            "threshold": threshold if model.rejection is not None else None,
        },
    }


def _heat(run: Run, address: str) -> dict[str, Any] | None:
    """What heat_map.js needs; None where the model gives no feature map that the browser could weigh."""
    path = run.folder / FOLDER / MODEL
    found = browser_model(path.parent, path.stat().st_mtime_ns)
    if not found.shapes:
        return None
    return {
        "head": f"{address}/head",
        "shapes": [list(shape) for shape in found.shapes],
        "map": list(found.map_shape),
        "colours": [[int(colour[at : at + 2], 16) for at in (1, 3, 5)] for colour in INFERNO],
        "dimmed": DIMMED,
        "opaque": OPAQUE,
        "outlined": OUTLINED,
    }
