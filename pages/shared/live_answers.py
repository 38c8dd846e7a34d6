"""Live answers beside the camera: what the browser needs to run the model itself, several times a second.

No picture leaves the browser for it. What the network sees is computed by the same script as in the HTML file that a
model can be exported to (exports/html), and the network is the very file of the run.
"""

from typing import Any

from pages.server.live_model import SCRIPT, WASM, model_address
from pages.shared import gallery, state
from tlcore.exports.html_file import MOST_BYTES, PARTS
from tlcore.jobs.store import Run
from tlcore.serving.bundle import MODEL
from tlcore.serving.predict import ImageClassifier

SCRIPTS = (PARTS / "pixels.js", PARTS / "classifier.js")


def live_data(run: Run, model: ImageClassifier, threshold: float) -> dict[str, Any] | None:
    """What the camera's script needs; None for a model that a browser cannot run.

    Args:
        threshold: how familiar a picture has to be for an answer.
    """
    bundle = model.bundle
    mark = bundle.info.get("files", {}).get(MODEL, {}).get("sha256")
    if not isinstance(mark, str) or not 0 < len(bundle.tflite) <= MOST_BYTES:
        return None
    wanted = bundle.wanted
    return {
        "script": SCRIPT,
        "wasm": WASM,
        "model": model_address(state.workspace(), run.id, mark[:16]),
        "about": {
            "labels": list(bundle.labels),
            "input": {"size": wanted.input_size, "resize": wanted.policy, "pixels": wanted.version},
            "threshold": threshold if model.rejection is not None else None,
        },
        "hues": [gallery.hue(place) for place in range(len(bundle.labels))],
    }
