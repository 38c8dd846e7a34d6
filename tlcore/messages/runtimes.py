"""Which runtime computes the features of a network on this machine, and how fast, in words."""

from tlcore.models.predictor import EXACT
from tlcore.models.runtime_memory import LITERT, Measured, RuntimeChoice
from tlcore.pipeline.feature_precision import PRECISIONS

TITLES = {"ai-edge-litert": "LiteRT", "openvino": "OpenVINO", "ncnn": "ncnn"}


def measured_message(measured: Measured) -> str:
    """What was measured of a network: "OpenVINO, 166 photos/s (LiteRT 112), equal to 2e-06; …"."""
    lines = [_exact(measured.exact)]
    if measured.fast.precision != EXACT:
        lines.append(_fast(measured.fast))
    return "; ".join(lines)


def _exact(choice: RuntimeChoice) -> str:
    text = f"{TITLES[choice.runtime]}, {choice.rate:.0f} photos/s"
    if choice.runtime == LITERT:
        return text
    return f"{text} (LiteRT {choice.litert_rate:.0f}), equal to {choice.difference:.0e}"


def _fast(choice: RuntimeChoice) -> str:
    name = PRECISIONS[choice.precision]
    return f"{name} {choice.rate:.0f} photos/s, cosine similarity at least {choice.cosine:.4f}"


def lower_precision_message(precision: str) -> str:
    """In which precision features are computed on this machine."""
    if precision == EXACT:
        return "All features are computed in float32."
    return f"Features of photos that a model only learns from can be computed in {PRECISIONS[precision]}."
