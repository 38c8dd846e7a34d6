"""A map of the photos: those that look alike to the network lie close together.

At once as the two directions in which the photos differ most (PCA), which needs nothing but the embedding that a run
keeps; later, arranged by a job (map_job.py), as t-SNE.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from tlcore.analysis.neighbours import Neighbourhood, Vectors, measure_neighbourhood, unit
from tlcore.analysis.results import load_result, save_result
from tlcore.evaluation.embedding import Embedding

WHAT = "photo-map"
VERSION = 1
PCA, TSNE = "pca", "tsne"
START_SECONDS, PHOTO_SECONDS, MOST_ARRANGED = 4.0, 0.006, 3000
COLUMNS = ("path", "sha256", "label", "split")
Positions = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class PhotoMap:
    """Where each photo lies.

    Attributes:
        photos: path, sha256, label, split ("train", "validation", "test"), and x and y, 0–1; distances are in the same
            unit both ways.
        method: "tsne", or "pca" until that is there.
        neighbourhood: how far the classes keep apart in the network's space.
        own: whether the network is that of the model; else it is the pretrained one, before fine-tuning.
    """

    photos: pd.DataFrame
    method: str
    neighbourhood: Neighbourhood
    own: bool

    @property
    def is_arranged(self) -> bool:
        return self.method == TSNE


def make_map(
    photos: pd.DataFrame, positions: Positions, method: str, neighbourhood: Neighbourhood, own: bool
) -> PhotoMap:
    """The map of photos at these positions, (n, 2), in any unit."""
    positions = principal_components(positions.astype(np.float32), 2).astype(np.float64)  # the long way lies level
    low, high = positions.min(axis=0), positions.max(axis=0)
    scaled = 0.5 + (positions - (low + high) / 2) / max(float((high - low).max()), 1e-12)
    rows = photos[[*COLUMNS]].reset_index(drop=True).assign(x=scaled[:, 0], y=scaled[:, 1])
    return PhotoMap(rows, method, neighbourhood, own)


def quick_map(photos: pd.DataFrame, vectors: Vectors, labels: tuple[str, ...], own: bool) -> PhotoMap:
    """The map by PCA.

    Args:
        photos: `COLUMNS`. vectors: float (n, d), theirs.
    """
    near = _neighbourhood(photos, vectors, labels)
    return make_map(photos, principal_components(vectors, 2).astype(np.float64), PCA, near, own)


def map_of_embedding(embedding: Embedding, labels: tuple[str, ...]) -> PhotoMap:
    """The map by PCA of the embedding that a run keeps."""
    return quick_map(embedding.photos, embedding.vectors.astype(np.float32), labels, own=True)


def _neighbourhood(photos: pd.DataFrame, vectors: Vectors, labels: tuple[str, ...]) -> Neighbourhood:
    once = ~photos["sha256"].duplicated().to_numpy()  # a copy is no neighbour that says anything
    classes = pd.Categorical(photos["label"], categories=list(labels)).codes.astype(np.int64)
    return measure_neighbourhood(unit(vectors[once]), classes[once], labels)


def principal_components(vectors: Vectors, number: int) -> Vectors:
    """Vectors by the directions in which they differ most, float32 (n, number); fewer where they have fewer."""
    centred = (vectors - vectors.mean(axis=0)).astype(np.float64)
    wide = centred.shape[1] > len(centred)
    values, found = np.linalg.eigh(centred @ centred.T if wide else centred.T @ centred)
    found = found[:, ::-1][:, :number]
    if wide:
        found = centred.T @ found / np.sqrt(np.maximum(values[::-1][:number], 1e-12))
    signs = np.sign(found[np.abs(found).argmax(axis=0), np.arange(found.shape[1])])  # else a matter of the machine
    components: Vectors = (centred @ (found * np.where(signs == 0, 1, signs))).astype(np.float32)
    return np.pad(components, ((0, 0), (0, max(0, min(number, 2) - components.shape[1]))))


def with_answers(photos: pd.DataFrame, tested: pd.DataFrame, folds: pd.DataFrame | None) -> pd.DataFrame:
    """The photos of a map with what was predicted of them by a model that had not learned from them.

    Args:
        tested: the predictions of a report. folds: those of the cross-validation, which come first; None without one.

    Returns:
        `photos` with predicted ("" for none), correct (True, False, or None where nothing was predicted), probability.
    """
    known = pd.concat([*([folds] if folds is not None else []), tested]).drop_duplicates("path").set_index("path")
    answers = known[["predicted", "correct", "probability"]].reindex(photos["path"]).astype(object)
    predicted = answers["predicted"].where(answers["predicted"].notna(), "").astype(str)
    correct = answers["correct"].where(answers["correct"].notna(), None)
    probability = answers["probability"].astype(float).to_numpy()
    return photos.assign(predicted=predicted.to_numpy(), correct=correct.to_numpy(object), probability=probability)


def estimate_seconds(num_photos: int) -> float:
    """What arranging so many photos takes on two cores."""
    return START_SECONDS + PHOTO_SECONDS * min(num_photos, MOST_ARRANGED)


def save_map(folder: Path, photo_map: PhotoMap) -> None:
    """Keep a map in the folder of its job. Raises UserError: the disk is full."""
    near = photo_map.neighbourhood
    values = {
        "method": photo_map.method,
        "own": photo_map.own,
        "purity": near.purity,
        "chance": near.chance,
        "overlap": list(near.overlap),
        "shared": near.shared,
    }
    save_result(folder, VERSION, values, {"photos": photo_map.photos})


def load_map(folder: Path) -> PhotoMap | None:
    """The map in a job's folder, arranged or not yet; None where there is none. Do not change its photos."""
    found = load_result(folder, VERSION)
    try:
        if found is None:
            return None
        values, tables = found
        first, second = values["overlap"]
        near = Neighbourhood(values["purity"], values["chance"], (first, second), values["shared"])
        return PhotoMap(tables["photos"], str(values["method"]), near, bool(values["own"]))
    except (KeyError, TypeError, ValueError):
        return None


def load_arranged_map(folder: Path) -> PhotoMap | None:
    """The map that a job arranged to its end; None where there is none."""
    found = load_map(folder)
    return found if found is not None and found.is_arranged else None
