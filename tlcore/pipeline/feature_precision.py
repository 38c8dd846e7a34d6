"""Which features of a run may be computed in fewer than 32 bits: those of photos that it only learns from. No I/O.

Exact is whatever a figure rests on: validation and test photos, photos that are held out once in a cross-validation or
to find out how familiar they are, and the file that is shipped. So fast are the augmented views, which nothing is
tested on, and training photos themselves where the run will not need their exact features as well: computing both would
take longer than computing the exact ones alone.

The rule looks at the settings and the numbers of photos only, never at what a disk holds or a clock says, so that the
same run on the same machine gives the same numbers.
"""

from collections.abc import Callable
from dataclasses import dataclass

from tlcore.config import ALWAYS, FAST_FEATURES, NEVER, TrainConfig
from tlcore.data.manifest import Dataset
from tlcore.models.predictor import EXACT
from tlcore.models.several import ONNX
from tlcore.models.spec import BackboneSpec

LEAST_ROWS = 500  # of training photos and views; for fewer, setting up a second arithmetic takes what it saves
MOST_FOLDED = 5_000
"""Photos from which on a cross-validation takes more than the ten seconds in which it is done unasked (fold_time.py)"""

ENOUGH_HELD_OUT = 200
"""Photos that training has not seen, from which on they alone say how familiar photos have to be (familiarity.py): what
95% of 200 photos reach is known to ± 3 points."""


PRECISIONS = {EXACT: "float32", "bf16": "bfloat16", "f16": "float16"}
"""As people and `model.json` call them."""


@dataclass(frozen=True)
class FeaturePrecision:
    """In which precision, at least, features of training photos and of their augmented views are computed.

    `activations_as_float16`: whether what enters the part that trains is kept in half the bytes.
    """

    photos: str = EXACT
    views: str = EXACT
    activations_as_float16: bool = False

    @property
    def is_exact(self) -> bool:
        """Whether all that is kept of training photos is what it would be of photos that are judged."""
        return self.photos == EXACT and not self.activations_as_float16


def feature_precision(
    dataset: Dataset, config: TrainConfig, spec: BackboneSpec, num_views: int, usable: Callable[[], str]
) -> FeaturePrecision:
    """What a run with these settings does.

    Args:
        num_views: rows of a training photo, itself included.
        usable: which lower precision is fast on this machine, EXACT for none; asked where it matters only.
    """
    is_onnx = spec.imported is not None and spec.imported.form == ONNX
    rows = len(dataset.part("train")) * num_views
    as_float16 = config.partly_frozen and config.mixed_precision != NEVER and rows >= LEAST_ROWS
    photos = not _needs_exact_photos(dataset, config)
    is_fast = config.features == FAST_FEATURES and config.pretrained and not is_onnx and rows >= LEAST_ROWS
    if not is_fast or (not photos and num_views == 1):
        return FeaturePrecision(activations_as_float16=as_float16)
    precision = usable()
    return FeaturePrecision(precision if photos else EXACT, precision if num_views > 1 else EXACT, as_float16)


def _needs_exact_photos(dataset: Dataset, config: TrainConfig) -> bool:
    """Whether the run will also be judged by its training photos."""
    if config.fine_tunes:
        return False
    held_out = len(dataset.part("validation")) + len(dataset.part("test"))
    is_folded = config.cross_validation == ALWAYS or (
        config.cross_validation != NEVER and len(dataset.photos) <= MOST_FOLDED
    )
    return is_folded or held_out < ENOUGH_HELD_OUT
