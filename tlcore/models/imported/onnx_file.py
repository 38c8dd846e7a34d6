"""Reading `.onnx` files: what timm, torchvision and Hugging Face export. See kinds.py."""

from pathlib import Path
from typing import TYPE_CHECKING

from tlcore.errors import UserError
from tlcore.models.imported.candidate import Candidate, Choices, Embedding, Known
from tlcore.models.imported.saved import SavedNetwork
from tlcore.models.onnx import embeddings
from tlcore.models.onnx.checked import SUFFIX, parse_checked, read_checked
from tlcore.models.onnx.standard import POOLED, Form, to_standard
from tlcore.models.onnx_backbone import FILE
from tlcore.models.onnx_runtime import OnnxModel
from tlcore.models.scalings import INSIDE

if TYPE_CHECKING:
    import onnx

FORM = "onnx"
_PROBED = 32  # pixels more, to find out whether another size will do
_DIFFERENCE = 1e-3  # of the largest value: what several images at once may change


class _OnnxFile:
    """See `kinds.Reader`."""

    usual_scaling = "torch"
    needs_tensorflow = False

    def recognise(self, path: Path) -> bool:
        """See `Reader.recognise`."""
        return path.is_file() and path.suffix.lower() == SUFFIX

    def read(self, path: Path) -> Candidate:
        """See `Reader.read`."""
        model = read_checked(path)
        layout, layout_known = embeddings.layout_of(model)
        fixed = embeddings.fixed_size(model, layout)
        size, shapes = _shapes(model, fixed, layout)
        found = tuple(Embedding(name, _shown(shape, layout)) for name, shape in embeddings.usable(shapes))
        if not found:
            raise UserError(
                "This network has no output that could describe a photo.", "Add one that was made for images."
            )
        takes_any = not fixed and _runs_at(model, size + _PROBED, layout)
        return Candidate(
            kind=FORM,
            title="",
            embeddings=found,
            image_size=Known(size, "file" if fixed else "usual"),
            layout=Known(layout, "file" if layout_known else "usual"),
            scaling=_scaling(model),
            num_parameters=embeddings.num_parameters(model),
            can_be_keras=False,
            least_image_size=32 if takes_any else size,
            most_image_size=0 if takes_any else size,
        )

    def save(self, path: Path, candidate: Candidate, choices: Choices, folder: Path) -> SavedNetwork:
        """See `Reader.save`."""
        model = read_checked(path)
        try:
            (shape,) = embeddings.shapes_at(model, (choices.embedding,), choices.image_size, choices.layout)
        except RuntimeError as error:
            raise _not_runnable(choices.image_size) from error
        takes_any = candidate.most_image_size != candidate.least_image_size
        form = Form(
            choices.embedding,
            len(shape),
            choices.layout,
            choices.scaling or INSIDE,
            None if takes_any else choices.image_size,
            True,
        )
        data, feature_size = _with_batches(model, form, choices.image_size)
        (folder / FILE).write_bytes(data)
        return SavedNetwork(
            form=FORM,
            embedding=POOLED,
            layout="NHWC",
            scaling=INSIDE,
            feature_size=feature_size,
            multiply_adds=embeddings.multiply_adds(parse_checked(data, FILE), choices.image_size),
        )


def _shapes(model: "onnx.ModelProto", fixed: int, layout: str) -> tuple[int, dict[str, tuple[int, ...]]]:
    """The image size, and the shapes that the tensors which may be features have at it."""
    names = embeddings.candidate_names(model)
    for size in (fixed,) if fixed else (embeddings.USUAL_SIZE, *embeddings.OTHER_SIZES):
        try:
            return size, dict(zip(names, embeddings.shapes_at(model, names, size, layout), strict=True))
        except RuntimeError as error:
            reason = error
    raise _not_runnable(fixed) from reason


def _not_runnable(size: int) -> UserError:
    of = f"of {size} pixels" if size else "of any usual size"
    return UserError(f"This network can’t be run on images {of}.", "Export it again for one fixed image size.")


def _runs_at(model: "onnx.ModelProto", size: int, layout: str) -> bool:
    try:
        embeddings.shapes_at(model, (), size, layout)
    except RuntimeError:
        return False
    return True


def _shown(shape: tuple[int, ...], layout: str) -> tuple[int, ...]:
    """The shape of an embedding without the batch; a map, whose channels come first in ONNX, in the file's layout."""
    if len(shape) == 4 and layout == "NHWC":
        return (shape[2], shape[3], shape[1])
    return tuple(shape[1:])


def _scaling(model: "onnx.ModelProto") -> Known:
    if embeddings.scales_itself(model):
        return Known(INSIDE, "file")
    return Known("torch", "usual") if model.producer_name == "pytorch" else Known("", "usual")


def _with_batches(model: "onnx.ModelProto", form: Form, size: int) -> tuple[bytes, int]:
    """The file in our form, and the length of its features; for several images at once where that changes nothing."""
    import numpy as np

    from tlcore.models.frozen_files import probe_images

    images = probe_images(size)
    single = _network(model, form, any_batch=False)
    alone = OnnxModel(single).run(images, POOLED)
    if alone.ndim != 2 or not np.isfinite(alone).all():
        raise UserError("This network gives no numbers.", "Choose another output or another scaling.")
    together_file = _network(model, form, any_batch=True)
    try:
        together = OnnxModel(together_file).run(images, POOLED)
    except (RuntimeError, UserError):
        return single, alone.shape[1]
    alike = together.shape == alone.shape and np.abs(together - alone).max() <= _DIFFERENCE * np.abs(alone).max()
    return (together_file if alike else single), alone.shape[1]


def _network(model: "onnx.ModelProto", form: Form, any_batch: bool) -> bytes:
    from dataclasses import replace

    data: bytes = to_standard(model, replace(form, any_batch=any_batch)).SerializeToString()
    return data


READER = _OnnxFile()
