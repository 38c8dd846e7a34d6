"""Where the files of a backbone lie, and how they are told apart; no TensorFlow."""

from pathlib import Path

from tlcore.errors import UserError
from tlcore.models.several import fingerprint_of
from tlcore.models.spec import BackboneSpec
from tlcore.models.weights_cache import content_hash, verify, weights_path

REINSTALL = "Install Transfer Lab again, or restore the file with git."
_ASSETS = Path(__file__).resolve().parent.parent / "assets"


def asset_path(spec: BackboneSpec) -> Path:
    """The `.tflite` of a built-in backbone: RGB 0–255 in; feature map, pooled features and ImageNet logits out.

    Raises:
        UserError: the file is not there.
    """
    return _existing(_ASSETS / f"{spec.asset}.tflite")


def keras_weights_path(spec: BackboneSpec) -> Path:
    """The file for `keras.Model.load_weights`: the built-in `.weights.h5`, or Keras' own, checked against its hash.

    Raises:
        UserError: the file is not there, or it is damaged.
    """
    if not spec.built_in:
        return verify(spec)
    return _existing(_ASSETS / f"{spec.asset}.weights.h5")


def load_labels(spec: BackboneSpec) -> tuple[str, ...]:
    """The plain names of the 1,000 ImageNet classes, in the order of the logits of a built-in backbone."""
    path = _existing((_ASSETS / spec.asset).with_name("imagenet-labels.txt"))
    return tuple(path.read_text(encoding="utf-8").splitlines())


def fingerprint(spec: BackboneSpec) -> str:
    """What tells this backbone's weights from any others (hex): features under another fingerprint are other features.

    It stands in the table, so that nobody reads 9 MB to know it; a test holds it against the file. Only where Keras
    publishes no hash of a weights file is it the SHA-256 of the file that is there.

    Raises:
        UserError: that file is not there.
    """
    if spec.members:
        return fingerprint_of([fingerprint(member) for member in spec.members])
    return spec.fingerprint or content_hash(weights_path(spec), "sha256")


def _existing(path: Path) -> Path:
    if path.is_file():
        return path
    raise UserError(
        f"The file of a pretrained network is missing ({path.name}).",
        REINSTALL,
    )
