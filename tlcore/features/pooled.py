"""The feature vector of each photo from a pretrained network, computed where the feature store lacks it."""

import logging
from collections.abc import Generator, Sequence
from functools import partial

import numpy as np
import numpy.typing as npt

from tlcore.data.wanted import RESIZE_POLICY
from tlcore.events import Progress, ShouldStop, never
from tlcore.features.extract import Photo, Read, Request, extract, feature_kind
from tlcore.features.store import MOST_REPAIRS, DamagedRows, FeatureStore
from tlcore.features.views import ViewedStore
from tlcore.models.frozen_backbone import PretrainedBackbone
from tlcore.models.frozen_files import POOLED
from tlcore.models.registry import BUILT_IN
from tlcore.workspace import Workspace

_log = logging.getLogger(__name__)


def extract_pooled(
    workspace: Workspace, photos: Sequence[Photo], read: Read, should_stop: ShouldStop = never
) -> Generator[Progress, None, npt.NDArray[np.float32] | None]:
    """The features of photos from the built-in network at its usual size, float32 (n, dimension); None when stopped.

    Rows that turn out damaged are recomputed.

    Raises:
        UserError: a photo is gone or has changed, or the disk is full.
    """
    backbone = PretrainedBackbone(workspace, BUILT_IN, BUILT_IN.default_image_size)
    sha256s, repairs = [photo.sha256 for photo in photos], 0
    with FeatureStore(workspace, feature_kind(BUILT_IN, BUILT_IN.default_image_size, RESIZE_POLICY)) as store:
        request = Request(photos, (ViewedStore(store),))
        while True:
            yield from extract(partial(backbone.predictors, POOLED), [request], read, should_stop)
            if store.missing(sha256s):
                return None
            try:
                return store.read(sha256s)
            except DamagedRows as error:
                repairs += 1
                if repairs > MOST_REPAIRS:
                    raise
                _log.warning("%s They will be recomputed.", error.what)


def num_missing(workspace: Workspace, sha256s: Sequence[str]) -> int:
    """How many photos `extract_pooled` would have to compute."""
    with FeatureStore(workspace, feature_kind(BUILT_IN, BUILT_IN.default_image_size, RESIZE_POLICY)) as store:
        return len(store.missing(sha256s))
