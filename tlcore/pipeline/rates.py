"""What each kind of work takes, at least and at most: measured in this run, remembered of an earlier one, or reckoned.

What was never measured is scaled from what a photo's pass through the frozen network takes, by the share of the
multiplications that it does; before anything is known, that pass is reckoned from the network's multiplications. So
there is always a figure, and it gets better with every stage.
"""

from statistics import median

from tlcore.events import StageKey
from tlcore.jobs.pace import likely
from tlcore.models.registry import BackboneSpec
from tlcore.pipeline.timings import Rate, TimingNames

Range = tuple[float, float]  # seconds, or seconds a photo: at least and at most

# Measured on two cores with EfficientNet-Lite0 at 160 and 224 px; the ends leave room for other machines and networks.
SECONDS_PER_PRODUCT = (0.9e-11, 4e-11)  # of a pass by LiteRT, decoding included
TRAINED = (2.2, 6.0)
"""What one photo costs TensorFlow in an epoch (forwards, backwards, step, validation), in passes by LiteRT, if all of
the network trained: 3.0 to 7. The layers at the bottom, with their large pictures, take TensorFlow longest."""

ADAPTED = (2.5, 6.0)  # passes by LiteRT that batch normalisation's adaptation takes a photo
JOINT_SHARE = (1.0, 1.2)  # of a pass for features alone: activations are large; on the emoji they took the same
BELOW_SHARE = (0.8, 1.3)  # of a pass by work share: decoding comes on top, a shorter network has less to set up
CHECKED = (0.9, 1.6)  # passes that a test photo takes when the packed model is checked
REMEMBERED = (0.9, 1.15)  # from run to run of one machine
DECODING = (5e-4, 4e-3)
HEAD_SECONDS = (1e-5, 1e-4)  # a photo and epoch
COMPILING = (2.5, 7.0)  # seconds for the first step, if all of the network trains
_PASSES: dict[Rate, Range] = {
    StageKey.EXTRACT_FEATURES: (1.0, 1.0),
    StageKey.EXTRACT_FEATURES_AND_ACTIVATIONS: JOINT_SHARE,
    StageKey.ADAPT_BATCH_NORM: ADAPTED,
}
"""What tells how long a pass takes, and how many passes it is; the surest first."""

ONCE = {
    "trace": (0.15, 0.6),  # the first epoch of a head
    "evaluate": (0.2, 1.5),  # the best weights and the test photos
}
CONVERTING = (1.0, 5.0)  # TensorFlow's converter: 4.5 s for the same network
WRITING = (0.4, 1.8)  # the built-in network's weights into its file: 0.9 s, of which the comparison with Keras is most
HEAD_ALONE = (0.05, 0.5)  # a head, into the file of its network
SLOWER = (0.7, 4.0)  # at least and at most, by what factor a machine is thought to be slower than the one measured here
TODAY = (0.5, 3.0)  # and than it was itself, when other programs take its time


class Rates:
    """What is known of each kind of work.

    Args:
        names: under which each rate is remembered.
        remembered: seconds by these names, of earlier runs.
        products: multiplications of one pass of a photo through the frozen network.
    """

    def __init__(self, names: TimingNames, remembered: dict[str, float], products: float) -> None:
        self.measured: dict[Rate, float] = {}
        self.share_below = 0.0
        self._names, self._remembered, self._products = names, remembered, products

    def __getitem__(self, rate: Rate) -> Range:
        """Seconds a photo and view (and epoch), or at all."""
        return self.known(rate) or self._reckoned(rate)

    def by_name(self) -> dict[str, float]:
        """What was measured in this run, for later ones."""
        rates = dict(self.measured)
        joint = rates.get(StageKey.EXTRACT_FEATURES_AND_ACTIVATIONS)
        if joint is not None:
            rates.setdefault(StageKey.EXTRACT_FEATURES, joint)  # serves other strategies too
        return {self._names[rate]: seconds for rate, seconds in rates.items()}

    def known(self, rate: Rate) -> Range | None:
        """What was measured, in this run or an earlier one; None where this machine has not done such work yet."""
        if rate in self.measured:
            return self.measured[rate], self.measured[rate]
        if self._names[rate] in self._remembered:
            return _times(REMEMBERED, self._remembered[self._names[rate]] * self._today())
        return None

    def _today(self) -> float:
        """How many times longer than remembered the work of this run took so far."""
        ratios = [
            seconds / self._remembered[self._names[rate]]
            for rate, seconds in self.measured.items()
            if isinstance(rate, StageKey) and self._remembered.get(self._names[rate])
        ]
        return min(max(median(ratios), TODAY[0]), TODAY[1]) if ratios else 1.0

    def _slower(self) -> float:
        """How many times longer than on the machine of these figures things take, by a pass of the network."""
        known, usual = likely(self._one_pass()), likely(SECONDS_PER_PRODUCT) * self._products
        return min(max(known / usual, SLOWER[0]), SLOWER[1]) if usual else 1.0

    def _reckoned(self, rate: Rate) -> Range:
        if rate == "compile":
            return _times(COMPILING, (1 - self.share_below) * self._slower())
        if rate in ("convert", "pack"):
            return _times(self._making_file(rate), self._slower())
        if rate in ONCE:
            return _times(ONCE[rate], self._slower())
        if rate in (StageKey.TRAIN_HEAD, StageKey.DECODE_PHOTOS):
            return HEAD_SECONDS if rate == StageKey.TRAIN_HEAD else DECODING
        one_pass = self._one_pass()
        low, high = self._in_passes(rate)
        return one_pass[0] * low, one_pass[1] * high

    def _making_file(self, rate: Rate) -> Range:
        """The file of a network that adapted, or of one that did not and has a new head."""
        if rate == "pack" and not self._names.trains_network:
            return HEAD_ALONE
        return CONVERTING if self._names.converts else WRITING

    def _one_pass(self) -> Range:
        """Of a photo through the frozen network."""
        for rate, (least, most) in sorted(_PASSES.items(), key=lambda each: each[0] not in self.measured):
            if known := self.known(rate):  # what this run measured comes before what an earlier one did
                return known[0] / most, known[1] / least
        return _times(SECONDS_PER_PRODUCT, self._products)

    def _in_passes(self, rate: Rate) -> Range:
        """What a photo of a stage takes, as a multiple of a pass through the whole network."""
        if rate == StageKey.CACHE_ACTIVATIONS:
            low, high = _times(BELOW_SHARE, self.share_below)
            return min(1.0, low), min(1.0, high)
        if rate == StageKey.FINE_TUNE:
            return _times(TRAINED, 1 - self.share_below)
        shares: dict[Rate, Range] = {
            StageKey.ADAPT_BATCH_NORM: ADAPTED,
            StageKey.EXTRACT_FEATURES_AND_ACTIVATIONS: JOINT_SHARE,
            StageKey.VERIFY: CHECKED,
        }
        return shares.get(rate, (1.0, 1.0))


def num_products(spec: BackboneSpec, image_size: int) -> float:
    """The multiplications of one pass of a photo of this side, in pixels, through a network."""
    return spec.multiply_adds * (image_size / spec.default_image_size) ** 2


def _times(ends: Range, factor: float) -> Range:
    return ends[0] * factor, ends[1] * factor
