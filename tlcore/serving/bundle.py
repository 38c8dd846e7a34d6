"""The bundle: everything needed to use a trained model rightly, as a folder or one zip.

    model.tflite   photo in (float32 (1, S, S, 3), upright RGB, 0–255; an ensemble may take it in more than one size,
                   each as an input of its own), probabilities (1, classes) and familiarity
                   (1, 1) out
    model.onnx     the same in its place, where the network is one that somebody brought as ONNX
    labels.txt     the class names, one a line, in the order of the probabilities
    model.json     image size, resize policy, data set fingerprint, figures with counts, settings, versions, seed; and
                   the checksums of the other files
    weights.npz    what was trained, which the Keras file is made of where somebody asks for it (bundle_weights.py)
    model.keras    the Keras file itself, in bundles of earlier versions

Reading a bundle needs no TensorFlow, and nothing in it is ever unpickled. What is in it may be damaged, or made by
somebody who wishes no good: bundle_files.py reads the files, here they are held against one another, and probe.py runs
a network of unknown origin where it can do no harm.
"""

import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tlcore.checksums import DamagedFile, check_file, check_path, file_checksum, parse_json, path_checksum
from tlcore.data.deep import Range, parse_ranges
from tlcore.data.names import clean_text
from tlcore.data.wanted import PIXELS_VERSION, RESIZE_POLICIES, Wanted
from tlcore.errors import UserError
from tlcore.evaluation.rejection import RejectionRule
from tlcore.models.runtimes import is_onnx
from tlcore.serving.bundle_files import NoBundle, read_files
from tlcore.serving.bundle_weights import WEIGHTS
from tlcore.workspace import disk_error, read_json, write_atomic, write_json

MODEL, LABELS, INFO, KERAS = "model.tflite", "labels.txt", "model.json", "model.keras"
ONNX = "model.onnx"
NETWORKS = (MODEL, ONNX)  # a bundle has one of them
BESIDE = (WEIGHTS, KERAS)
"""Files of a bundle that predicting doesn't need."""
FOLDER = "bundle"
MOST_MODEL_BYTES = 2**31 - 1  # a flatbuffer's offsets go no further
MOST_BYTES = {INFO: 2**25, LABELS: 2**20, MODEL: MOST_MODEL_BYTES}
MOST_LABELS, LONGEST_LABEL, LARGEST_IMAGE = 10_000, 200, 4096


@dataclass(frozen=True)
class Bundle:
    """A trained model in memory: the bytes of its network's file, its labels, and what `model.json` says."""

    network: bytes
    labels: tuple[str, ...]
    info: dict[str, Any]

    @property
    def network_file(self) -> str:
        """What the file of its network is called: MODEL or ONNX."""
        return ONNX if is_onnx(self.network) else MODEL

    @property
    def tflite(self) -> bytes:
        """The network's file, for what needs LiteRT.

        Raises:
            UserError: it is an ONNX file.
        """
        if self.network_file != MODEL:
            raise UserError(
                "This model uses an ONNX network, which can’t be combined with others or converted.",
                "Choose models of other networks.",
            )
        return self.network

    @property
    def image_size(self) -> int:
        return int(self.info["input"]["size"])

    @property
    def other_sizes(self) -> tuple[int, ...]:
        """Smaller sizes that the model takes a photo in beside the largest, in pixels: of ensembles alone."""
        return tuple(self.info["input"].get("other_sizes", ()))

    @property
    def policy(self) -> str:
        return str(self.info["input"]["resize"])

    @property
    def data_ranges(self) -> dict[str, Range] | None:
        """Which values of photos of more than 8 bits become 0 and 255, by their kind; None where it learned of none."""
        return parse_ranges(self.info["input"].get("data_ranges"))

    @property
    def wanted(self) -> Wanted:
        """What a photo is decoded for: pixels as the network was trained on them, by any version of the program."""
        version = int(self.info["input"].get("pixels", 1))
        return Wanted(
            self.image_size,
            self.policy,
            data_ranges=self.data_ranges,
            version=version,
            other_sizes=self.other_sizes,
        )

    @property
    def rejection(self) -> RejectionRule | None:
        """Which photos it says "none of these" to; None where it never does, as models of older versions."""
        values = self.info.get("unknown")
        return None if values is None else RejectionRule.from_dict(values)

    @property
    def has_checksums(self) -> bool:
        """Whether its files were held against checksums; those of version 0.1.0 have none."""
        return "files" in self.info


def write_bundle(folder: Path, bundle: Bundle, weights: bytes | None = None) -> None:
    """Write the files of a bundle; `model.json` comes last, so a folder with it is whole.

    It gets the checksums of the files, also of a `model.keras` that is in the folder already.

    Args:
        weights: the content of `weights.npz`; None for a model that has none.

    Raises:
        UserError: the disk is full or cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise disk_error(folder, error) from error
    labels = ("\n".join(bundle.labels) + "\n").encode("utf-8")
    write_atomic(folder / bundle.network_file, bundle.network)
    write_atomic(folder / LABELS, labels)
    files = {bundle.network_file: file_checksum(bundle.network), LABELS: file_checksum(labels)}
    if weights is not None:
        write_atomic(folder / WEIGHTS, weights)
        files[WEIGHTS] = file_checksum(weights)
    if (folder / KERAS).exists():
        files[KERAS] = path_checksum(folder / KERAS)
    write_json(folder / INFO, bundle.info | {"files": files})


def add_cross_validation(folder: Path, values: Mapping[str, Any]) -> None:
    """Tell in `model.json` of a cross-validation that was made after the model was packed.

    Args:
        folder: the bundle's. values: from `cross_validation_info`.

    Raises:
        UserError: the disk is full or cannot be written, or what was written before is damaged.
    """
    write_json(folder / INFO, load_bundle(folder).info | {"cross_validation": dict(values)})


def load_bundle(path: Path) -> Bundle:
    """Load a bundle from its folder, from a run's folder, or from its zip.

    Raises:
        UserError: there is no bundle there, it is damaged, or something in it cannot be right.
    """
    try:
        return _parse(_read_parts(bundle_place(path)))
    except NoBundle as error:
        raise UserError(
            f"{path.name or path} contains no trained model.",
            f"Choose a run, or a folder or zip with {MODEL}, {LABELS} and {INFO}.",
        ) from error
    except DamagedFile as error:
        raise UserError(
            f"The model in {path.name or path} is damaged: {error}.", "Train again, or get a new copy of the model."
        ) from error


def _read_parts(place: Path) -> dict[str, bytes]:
    """The files that predicting needs, whichever of the two a network is in."""
    try:
        return read_files(place, MOST_BYTES)
    except NoBundle:
        limits = {INFO: MOST_BYTES[INFO], LABELS: MOST_BYTES[LABELS], ONNX: MOST_MODEL_BYTES}
        return read_files(place, limits)


def network_checksum(info: Mapping[str, Any]) -> dict[str, Any]:
    """What `model.json` keeps of the network's file ("bytes", "sha256"); {} where it has nothing."""
    files = info.get("files")
    found = [files.get(name) for name in NETWORKS] if isinstance(files, Mapping) else []
    return next((each for each in found if isinstance(each, dict)), {})


def is_onnx_model(info: Mapping[str, Any]) -> bool:
    """Whether a model's network is an ONNX file, by the content of its `model.json`."""
    files = info.get("files")
    return isinstance(files, dict) and ONNX in files


def read_info(folder: Path) -> dict[str, Any]:
    """What the `model.json` of a run's model says, without the model; {} where there is none, or it cannot be read."""
    try:
        info = read_json(bundle_place(folder) / INFO)
    except (OSError, ValueError):
        return {}
    return info if isinstance(info, dict) else {}


def num_sizes(info: Mapping[str, Any]) -> int:
    """How many sizes of a photo a model takes, by the content of its `model.json`."""
    values = info.get("input")
    others = values.get("other_sizes") if isinstance(values, Mapping) else None
    return 1 + (len(others) if isinstance(others, list) else 0)


def bundle_place(path: Path) -> Path:
    """The folder or zip with a bundle's files, of a run's folder or of that itself."""
    return path / FOLDER if (path / FOLDER).is_dir() else path


def _parse(parts: dict[str, bytes]) -> Bundle:
    """The bundle of its files' bytes; raises DamagedFile, with what is wrong, where they do not fit one another."""
    try:
        info = parse_json(parts[INFO])
    except DamagedFile as error:
        raise DamagedFile(f"{INFO} has been changed or damaged") from error
    if not isinstance(info, dict):
        raise DamagedFile(f"{INFO} contains no description")
    network = next(name for name in NETWORKS if name in parts)
    if network == ONNX and not is_onnx(parts[network]):
        raise DamagedFile(f"{ONNX} is not an ONNX file")
    for name in (network, LABELS):
        try:
            check_file(parts[name], name, info)
        except DamagedFile as error:
            raise DamagedFile(f"{name} has been changed or damaged") from error
    labels = _parse_labels(parts[LABELS])
    _check_input(info.get("input"))
    _check_rejection(info)
    output = info.get("output", {})
    if not isinstance(output, dict) or output.get("labels", list(labels)) != list(labels):
        raise DamagedFile(f"{LABELS} and {INFO} name different classes")
    return Bundle(parts[network], labels, info)


def _parse_labels(data: bytes) -> tuple[str, ...]:
    try:
        *labels, rest = data.decode("utf-8").split("\n")
    except UnicodeDecodeError as error:
        raise DamagedFile(f"{LABELS} is not text") from error
    if rest or not 2 <= len(labels) <= MOST_LABELS or len(set(labels)) != len(labels):
        raise DamagedFile(f"{LABELS} must have 2 to {MOST_LABELS:,} different class names, one per line")
    for label in labels:
        if not label or len(label) > LONGEST_LABEL or clean_text(label) != label:
            raise DamagedFile(f"{LABELS} has a class name that is empty, too long or contains invisible characters")
    return tuple(labels)


def _check_input(values: Any) -> None:
    """Whether a photo can be made ready as `model.json` says."""
    size, policy = (values.get("size"), values.get("resize")) if isinstance(values, dict) else (None, None)
    if type(size) is not int or not 0 < size <= LARGEST_IMAGE:
        raise DamagedFile(f"{INFO} must name an image size from 1 to {LARGEST_IMAGE} pixels")
    if not isinstance(policy, str) or policy not in RESIZE_POLICIES:
        raise DamagedFile(f"{INFO} must name one of these ways of resizing: {', '.join(RESIZE_POLICIES)}")
    sizes = [size, *others] if isinstance(others := values.get("other_sizes", []), list) else [size, 0]
    if any(type(each) is not int or each < 1 for each in sizes) or sum(sizes) > LARGEST_IMAGE or not _falls(sizes):
        raise DamagedFile(f"{INFO} must name image sizes from the largest to the smallest")
    pixels = values.get("pixels", 1)
    if type(pixels) is not int or not 0 < pixels <= PIXELS_VERSION:
        raise DamagedFile(f"{INFO} names a way of reading photos that this version of Transfer Lab doesn’t know")
    try:
        parse_ranges(values.get("data_ranges"))
    except ValueError as error:
        raise DamagedFile(f"{INFO} must name ranges of values as pairs of numbers") from error


def _falls(sizes: list[int]) -> bool:
    return all(size > after for size, after in zip(sizes, sizes[1:]))


def _check_rejection(info: dict[str, Any]) -> None:
    """Whether it can be told which photos are known."""
    try:
        if info.get("unknown") is not None:
            RejectionRule.from_dict(info["unknown"])
    except (LookupError, TypeError, ValueError) as error:
        raise DamagedFile(f"{INFO} contradicts itself about unknown photos") from error


def load_file_beside(path: Path, name: str, info: Mapping[str, Any]) -> bytes | None:
    """The bytes of `weights.npz` or `model.keras` of a bundle, None where it came without one.

    Args:
        path: as for `load_bundle`. name: WEIGHTS or KERAS. info: the bundle's.

    Raises:
        UserError: it is damaged.
    """
    try:
        data = read_files(bundle_place(path), {INFO: MOST_BYTES[INFO], name: MOST_MODEL_BYTES})[name]
        return check_file(data, name, info) if name in info.get("files", {}) else data
    except NoBundle:
        return None
    except DamagedFile as error:
        raise _damaged(name) from error


def zip_bundle(folder: Path, beside: Mapping[str, bytes] | None = None) -> bytes:
    """The bundle of a run as one zip; the models are stored as they are, since weights hardly compress.

    Args:
        beside: other files to put in, by name; nobody needs them to load the bundle.

    Raises:
        UserError: the run has no bundle yet, or a file of it is damaged.
    """
    bundle, source = load_bundle(folder), bundle_place(folder)
    for name in BESIDE:
        try:
            if name in bundle.info.get("files", {}):
                check_path(source / name, bundle.info)
        except (OSError, DamagedFile) as error:
            raise _damaged(name) from error
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in (*NETWORKS, LABELS, INFO, *BESIDE):
            if (source / name).exists():
                archive.write(source / name, name)
        for name, data in (beside or {}).items():
            archive.writestr(name, data)
    return buffer.getvalue()


def _damaged(name: str) -> UserError:
    return UserError(
        f"{name} in this model is damaged. It can still make predictions, but can’t be downloaded.", "Train again."
    )
