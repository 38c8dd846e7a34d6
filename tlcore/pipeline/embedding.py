"""The embedding of a run's photos, made at its end of the features that its model is judged by."""

import numpy as np

from tlcore.evaluation.embedding import Embedding, make_embedding, remove_embedding, save_embedding
from tlcore.features.store import DamagedRows
from tlcore.pipeline.caches import open_feature_store
from tlcore.pipeline.context import Context


def write_embedding(context: Context) -> None:
    """Write the embedding into the run's folder; where its features are not on disk, there is none.

    Raises:
        UserError: the disk is full.
    """
    remove_embedding(context.run.folder)
    embedding = _embedding(context)
    if embedding is not None:
        save_embedding(context.run.folder, embedding)


def _embedding(context: Context) -> Embedding | None:
    if context.config.fine_tunes:  # the store has what the network gave before it was trained
        return None
    photos = context.dataset.photos
    with open_feature_store(context) as store:
        if store.missing(photos["sha256"]):
            return None
        try:
            features = pool(store.read(photos["sha256"].tolist()))
        except DamagedRows:  # whoever needs them next computes them again
            return None
    return make_embedding(photos, features) if np.isfinite(features).all() else None


def pool(rows: np.ndarray) -> np.ndarray:
    """Features of photos, or their feature maps (n, height, width, D), as float32 (n, D)."""
    return rows if rows.ndim == 2 else rows.mean(axis=tuple(range(1, rows.ndim - 1)))
