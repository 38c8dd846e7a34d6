"""Where the files of a backbone lie, and how they are told apart; no TensorFlow."""

from pathlib import Path

from tlcore.errors import UserError
from tlcore.models.registry import BackboneSpec

_ASSETS = Path(__file__).resolve().parent.parent / "assets"


def asset_path(spec: BackboneSpec) -> Path:
    """The `.tflite` of a backbone: RGB 0–255 in; feature map, pooled features and ImageNet logits out.

    Raises:
        UserError: the file is not there.
    """
    return _existing(_ASSETS / f"{spec.asset}.tflite")


def keras_weights_path(spec: BackboneSpec) -> Path:
    """The `.weights.h5` of a backbone, for `keras.Model.load_weights`.

    Raises:
        UserError: the file is not there.
    """
    return _existing(_ASSETS / f"{spec.asset}.weights.h5")


def load_labels(spec: BackboneSpec) -> tuple[str, ...]:
    """The plain names of the 1,000 ImageNet classes, in the order of the logits."""
    path = _existing((_ASSETS / spec.asset).with_name("imagenet-labels.txt"))
    return tuple(path.read_text(encoding="utf-8").splitlines())


def fingerprint(spec: BackboneSpec) -> str:
    """The sha256 (hex) of the backbone's `.tflite`: features under another fingerprint are other features.

    It stands in the table, so that nobody reads 9 MB to know it; a test holds it against the file.
    """
    return spec.fingerprint


def _existing(path: Path) -> Path:
    if path.is_file():
        return path
    raise UserError(
        f"The file {path} of a pretrained network is missing.",
        "Install the program again, or restore the file with git.",
    )
