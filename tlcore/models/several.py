"""Several frozen networks side by side, as one row like those of the table: their features are one head's input.

The name is theirs joined by "+", in the order of the alphabet, so that the same networks are always called the same.
All of them see a photo in one size, since the model file has one input: the largest that one of them is used to. (A
network that was trained with small photos loses little on larger ones, and one that was trained with large photos loses
much on small ones; Touvron et al., 2019.) No I/O, no TensorFlow.
"""

import hashlib
from collections.abc import Sequence

from tlcore.config import SEVERAL
from tlcore.errors import UserError
from tlcore.models.spec import BackboneSpec

MOST_NETWORKS = 3
ONNX = "onnx"  # the form (`ImportedFiles.form`) of a network that is no `.tflite`


def side_by_side(specs: Sequence[BackboneSpec]) -> BackboneSpec:
    """The row of these networks together.

    Raises:
        UserError: there are fewer than two or more than three, one is named twice or no `.tflite`, or they take no size
            in common.
    """
    members = tuple(sorted(specs, key=lambda spec: spec.name))
    names = [spec.name for spec in members]
    if twice := next((spec for spec in members if names.count(spec.name) > 1), None):
        raise UserError(f"{twice.title} is named twice.", "Choose different networks: the same one adds nothing.")
    if not 2 <= len(members) <= MOST_NETWORKS:
        raise UserError(f"{len(members)} networks can’t be used together.", f"Choose two or {MOST_NETWORKS}.")
    if other := next((spec for spec in members if spec.imported is not None and spec.imported.form == ONNX), None):
        raise UserError(
            f"{other.title} is an ONNX network. Only networks that run as LiteRT files fit into one model file.",
            "Leave it out, or use it alone.",
        )
    least, most = max(spec.least_image_size for spec in members), _most_image_size(members)
    if most and most < least:
        raise UserError(
            f"{_listed([spec.title for spec in members])} can’t be used together: they take no image size in common.",
            "Choose others.",
        )
    side = max(spec.default_image_size for spec in members)
    side = min(side, most) if most else side
    titles = [spec.title for spec in members]
    return BackboneSpec(
        name=SEVERAL.join(names),
        title=" + ".join(titles),
        sentence=f"{_listed(titles)} side by side: one head learns from the features of all of them.",
        parameters=sum(spec.parameters for spec in members),
        num_weights=sum(spec.num_weights for spec in members),
        multiply_adds=sum(products_at(spec, side) for spec in members),
        imagenet_top1=None,
        feature_size=sum(spec.feature_size for spec in members),
        default_image_size=side,
        licence=" and ".join(dict.fromkeys(spec.licence for spec in members)),
        source=" and ".join(dict.fromkeys(spec.source for spec in members)),
        blocks=(),
        fingerprint=fingerprint_of([spec.fingerprint for spec in members]),
        download_bytes=sum(spec.download_bytes for spec in members),
        least_image_size=least,
        most_image_size=most,
        members=members,
    )


def _most_image_size(members: Sequence[BackboneSpec]) -> int:
    """The largest side in pixels that all of them take, 0 for no bound."""
    return min((spec.most_image_size for spec in members if spec.most_image_size), default=0)


def members_of(spec: BackboneSpec) -> tuple[BackboneSpec, ...]:
    """The networks that a row stands for: itself, or those side by side."""
    return spec.members or (spec,)


def products_at(spec: BackboneSpec, image_size: int) -> int:
    """The multiplications of one pass of a photo of this side, in pixels, through a network."""
    return round(spec.multiply_adds * (image_size / spec.default_image_size) ** 2)


def work_shares(spec: BackboneSpec) -> tuple[float, ...]:
    """What part of the work of a photo, 0–1, each network of a row does; they add up to 1."""
    side = spec.default_image_size
    work = [products_at(member, side) for member in members_of(spec)]
    return tuple(each / sum(work) for each in work)


def fingerprint_of(fingerprints: Sequence[str]) -> str:
    """One fingerprint (hex) for those of all; "" where one of them is only known when its file is read."""
    return hashlib.sha256("".join(fingerprints).encode()).hexdigest() if all(fingerprints) else ""


def _listed(titles: Sequence[str]) -> str:
    """“A and B”, “A, B and C”."""
    return f"{', '.join(titles[:-1])} and {titles[-1]}"
