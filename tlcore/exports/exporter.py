"""The kinds of exports, and making one: made beside its place, run on the samples, and only then put there.

A kind is a module of this room with two functions:

    make(source: ExportSource, samples: Samples, target: Path) -> None
        Write the export to `target`, a file, or a folder that is there already and gets the samples by itself. One that
        takes long is a generator of `Progress`, which returns False when it was stopped.
    answer(source: ExportSource, samples: Samples, target: Path) -> list[Answer]
        Run what lies at `target` on the samples, as the person who gets it would, and give one answer a photo.
"""

import math
import shutil
import tempfile
from collections.abc import Callable, Generator
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from tlcore.errors import UserError
from tlcore.events import Progress, ShouldStop, never, run_to_end
from tlcore.exports.finished_networks import finished_networks
from tlcore.exports.own_score import MAX_LOSS, OwnScore, check_loss, score_export
from tlcore.exports.samples import EXPECTED, FOLDER, Answer, Samples, largest_difference
from tlcore.serving.bundle import INFO, MODEL, ONNX, Bundle
from tlcore.workspace import Workspace, disk_error, read_json, replace_folder

Make = Callable[["ExportSource", Samples, Path], Generator[Progress, None, bool] | None]
Run = Callable[["ExportSource", Samples, Path], list[Answer]]


@dataclass(frozen=True)
class ExportSource:
    """What is exported: a model, and the folder of its run, or the folder or zip that it was loaded from.
    `should_stop`: asked meanwhile, by kinds that take long. `networks`: of a project, whether networks that people have
    brought go with it."""

    bundle: Bundle
    place: Path
    should_stop: ShouldStop = never
    networks: bool = True

    @property
    def name(self) -> str:
        """What its data set is called; "model" where `model.json` doesn't say."""
        dataset = self.bundle.info.get("dataset")
        name = dataset.get("name") if isinstance(dataset, dict) else None
        return name if isinstance(name, str) and name else "model"


@dataclass(frozen=True)
class ExportKind:
    """A kind of export.

    Attributes:
        key: what a terminal calls it. title: what people call it; messages/exports.py says what it is good for.
        suffix: of the file that is downloaded, ".zip" for a folder. is_folder: whether it is one.
        module: of this room, imported when it is needed.
        tolerance: how far an answer may be from the model's, in probability and familiarity.
        packages: what making it needs beyond the core, as modules.
        changes_weights: whether its `model.tflite` computes with other weights, so that it gets a score of its own.
        judged_by_score: whether that score decides and not its answers to the samples, which are too far from the
            model's to tell a good file from a bad one. Its samples then carry its own answers, and `tolerance` is how
            far those may be apart on another machine.
        of_training: whether it goes on with a training or repeats it. An ensemble has none.
        one_size: whether it has room for one image of a photo alone. An ensemble may take it in several sizes.
        of_maker: whether more goes with it than the model, so that only its maker may have it.
    """

    key: str
    title: str
    suffix: str
    is_folder: bool
    module: str
    tolerance: float
    packages: tuple[str, ...] = ()
    changes_weights: bool = False
    judged_by_score: bool = False
    of_training: bool = False
    one_size: bool = False
    of_maker: bool = False

    @property
    def on_onnx(self) -> bool:
        """Whether a model whose network is an ONNX file has it too."""
        return self.key in _ON_ONNX

    @property
    def is_available(self) -> bool:
        """Whether the packages that making it needs are installed."""
        return all(find_spec(package) is not None for package in self.packages)

    @property
    def make(self) -> Make:
        made: Make = import_module(self.module).make
        return made

    def state(self, source: "ExportSource") -> str:
        """Beside the model, what an export of this kind is made of, as a text that changes with it."""
        told: Callable[[ExportSource], str] | None = getattr(import_module(self.module), "state", None)
        return told(source) if told is not None else ""

    @property
    def answer(self) -> Run:
        run: Run = import_module(self.module).answer
        return run


_ON_ONNX = frozenset({"python", "service", "space", "onnx", "project"})

KINDS: dict[str, ExportKind] = {
    kind.key: kind
    for kind in (
        ExportKind("html", "HTML file", ".html", False, "tlcore.exports.html_file", 2e-3, one_size=True),
        ExportKind("python", "Python program", ".zip", True, "tlcore.exports.python_program", 1e-3),
        ExportKind("service", "HTTP service", ".zip", True, "tlcore.exports.web_service", 1e-3),
        ExportKind("space", "Demo page", ".zip", True, "tlcore.exports.space", 1e-3),
        ExportKind(
            "tflite-float16",
            "LiteRT with 16 bits",
            ".zip",
            True,
            "tlcore.exports.half_precision",
            0.02,
            changes_weights=True,
        ),
        ExportKind(
            "tflite-int8",
            "LiteRT with 8 bits",
            ".zip",
            True,
            "tlcore.exports.whole_numbers",
            0.02,
            ("ai_edge_quantizer",),
            changes_weights=True,
            judged_by_score=True,
            one_size=True,
        ),
        ExportKind(
            "onnx", "ONNX", ".zip", True, "tlcore.exports.onnx_model", 1e-3, ("tensorflow", "tf2onnx", "onnxruntime")
        ),
        ExportKind(
            "keras", "Keras file", ".zip", True, "tlcore.exports.keras_model", 1e-3, ("tensorflow",), of_training=True
        ),
        ExportKind(
            "notebook", "Notebook", ".zip", True, "tlcore.exports.notebook", 1e-3, ("tensorflow",), of_training=True
        ),
        ExportKind(
            "savedmodel",
            "SavedModel",
            ".zip",
            True,
            "tlcore.exports.saved_model",
            1e-3,
            ("tensorflow",),
            of_training=True,
        ),
        ExportKind("project", "Whole project", ".zip", False, "tlcore.exports.project", 1e-3, of_maker=True),
    )
}
"""All kinds by their key, in the order in which they are offered."""


@dataclass(frozen=True)
class Check:
    """What the samples showed. `photos`: how many; `largest_difference` from the model's answers in probability or
    familiarity, 0–1; at most `tolerance`, or the export is not handed over: 1 where a score judges it."""

    photos: int
    largest_difference: float
    tolerance: float


@dataclass(frozen=True)
class Exported:
    """An export that passed its check: where it lies, and what the check found.

    `score`: on the test photos of the run, of a kind that changes the weights; None for the others, and where the
    model is no run or its photos are gone.
    """

    path: Path
    check: Check
    score: OwnScore | None = None


def find_kind(key: str) -> ExportKind:
    """The kind of this key; raises UserError where there is none."""
    if key not in KINDS:
        raise UserError(f"There is no export “{key}”.", f"Choose one of: {', '.join(KINDS)}.")
    return KINDS[key]


def offered_kinds(is_trained: bool, is_maker: bool = True, num_sizes: int = 1) -> tuple[ExportKind, ...]:
    """The kinds that can be made with what is installed, in the order in which they are offered.

    Args:
        is_trained: whether the model was trained here; an ensemble was not. is_maker: whether who asks made it.
        num_sizes: of the images that it takes.
    """
    return tuple(
        kind
        for kind in KINDS.values()
        if kind.is_available
        and (is_trained or not kind.of_training)
        and (is_maker or not kind.of_maker)
        and (num_sizes == 1 or not kind.one_size)
    )


def export(
    source: ExportSource,
    kind: ExportKind,
    path: Path,
    samples: Samples,
    overwrite: bool = False,
    max_loss: float = MAX_LOSS,
) -> Exported:
    """`exporting` to its end. Raises what it raises."""
    made = run_to_end(exporting(source, kind, path, samples, overwrite, max_loss), lambda event: None)
    assert made is not None  # nobody asked it to stop
    return made


def exporting(
    source: ExportSource,
    kind: ExportKind,
    path: Path,
    samples: Samples,
    overwrite: bool = False,
    max_loss: float = MAX_LOSS,
) -> Generator[Progress, None, Exported | None]:
    """Make an export, check it on the samples, and put it where it belongs. None where it was stopped.

    Args:
        path: the file. Of a kind that is a folder it is a zip where it ends in .zip. Folders above it are made.
        overwrite: replace a file, or a folder that is an earlier export. Nothing else is ever replaced.
        max_loss: of a kind that a score judges: the share of test photos, 0–1, that it may predict wrong beyond those
            of the model; rounded up to whole photos.

    Raises:
        UserError: something is there already, a package is missing, the disk is full, or the export answers otherwise
            than the model, or loses more than it may.
    """
    if kind.one_size and source.bundle.other_sizes:
        raise UserError(
            f"This ensemble takes each photo in several image sizes, and an export as {kind.title} takes one.",
            "Choose another kind of export, or combine models with the same image size.",
        )
    if source.bundle.network_file == ONNX and not kind.on_onnx:
        allowed = ", ".join(each.key for each in KINDS.values() if each.on_onnx)
        raise UserError(f"{kind.title}: not possible with an ONNX network.", f"Choose one of: {allowed}.")
    if kind.of_training and (finished := finished_networks(Workspace(source.place.parent.parent), source.bundle.info)):
        raise UserError(
            f"{kind.title}: not possible with {' and '.join(finished)}, whose layers can’t be read.",
            "Choose an export that needs no Keras network, such as tflite-float16 or onnx.",
        )
    is_zip = kind.is_folder and path.suffix.lower() == ".zip"
    try:
        _check_target(path, kind, kind.is_folder and not is_zip, overwrite)
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".exporting-") as place:
            draft = Path(place) / path.stem if kind.is_folder else Path(place) / path.name
            check = yield from _make_checked(source, kind, draft, samples)
            if check is None:
                return None
            score = None
            if kind.changes_weights:
                score = score_export(source.bundle, source.place, _bundle_at(draft, source.bundle))
            if kind.judged_by_score:
                check_loss(score, max_loss)
            if is_zip:
                draft = Path(shutil.make_archive(str(Path(place) / "packed"), "zip", place, draft.name))
            if path.is_dir():
                replace_folder(draft, path, Path(place) / "old")
            else:
                draft.replace(path)
    except OSError as error:
        raise disk_error(path, error) from error
    return Exported(path, check, score)


def _make_checked(
    source: ExportSource, kind: ExportKind, draft: Path, samples: Samples
) -> Generator[Progress, None, Check | None]:
    """Make the export at `draft` and hold its answers against those of the model. None where it was stopped."""
    if kind.is_folder:
        draft.mkdir()
        samples.write(draft, kind.tolerance)
    steps = kind.make(source, samples, draft)
    if steps is not None and not (yield from steps):
        return None
    answers = kind.answer(source, samples, draft)
    difference, allowed = largest_difference(samples, answers), 1.0 if kind.judged_by_score else kind.tolerance
    if not difference <= allowed:
        differs = f"answers differently from the model (by up to {difference:.4f})"
        raise UserError(
            f"The export {'gives no usable answers' if math.isinf(difference) else differs} on its samples.",
            f"At most {allowed:g} is allowed, so it wasn’t saved. Please report this.",
        )
    if kind.judged_by_score:
        samples.answered(answers, _bundle_at(draft, source.bundle)).write(draft, kind.tolerance)
    return Check(len(samples.photos), difference, allowed)


def _bundle_at(draft: Path, bundle: Bundle) -> Bundle:
    """The model of an export with other weights, and perhaps a threshold of its own."""
    return Bundle((draft / MODEL).read_bytes(), bundle.labels, read_json(draft / INFO))


def _check_target(path: Path, kind: ExportKind, is_folder: bool, overwrite: bool) -> None:
    """Raise UserError where exporting would replace something, or nothing would open the file by its name."""
    replacing = "Use another name, or replace it: --overwrite in the terminal, overwrite=True in Python."
    if path.is_dir():
        if not is_folder:
            raise UserError(f"{path} is a folder.", f"Name a file in it: {path / ('model' + kind.suffix)}")
        if any(path.iterdir()):
            earlier = (path / FOLDER / EXPECTED).is_file()
            if not earlier:
                raise UserError(f"{path} is already there.", "Use another name, or a folder that is new or empty.")
            if not overwrite:
                raise UserError(f"{path} is already there.", replacing)
        return
    if not kind.is_folder and path.suffix.lower() != kind.suffix:
        raise UserError(f"{path.name} is no name for this kind of file.", f"Let it end in {kind.suffix}.")
    if path.exists() and is_folder:
        raise UserError(f"{path} is already there.", "Use another name.")
    if path.exists() and not overwrite:
        raise UserError(f"{path} is already there.", replacing)
