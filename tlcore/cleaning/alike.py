"""Photos that are nearly the same: copies of one photo, and bursts. By their features, their look and their time.

Two edits of one photo (cropped, turned, brightened, mirrored) have features that point the same way: the cosine is 0.90
and more for most, where other photos of cats and dogs reach 0.84 at most; from 0.80 on their look decides. In a class
whose photos are all alike (digits, X-rays) any two are near, so a pair must be much nearer than is usual there.
Drawings and icons are alike by nature (two arrows, two smileys): of them only those that look the same are copies.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from tlcore.cleaning.groups import connect
from tlcore.cleaning.quality import EMPTY_SPREAD
from tlcore.events import ShouldStop, never

ALIKE = 0.90
"""Cosine of two photos' features from which they count as nearly the same, in a data set of various photos."""

LEAST_ALIKE = 0.80  # the same where something else speaks for it: their look, or one camera took both within seconds
BURST_SECONDS = 3.0  # from one photo of a burst to the next
SAME_BITS, ALIKE_BITS = 4, 14  # of 64, in which perceptual hashes differ: looks the same, and nearly so (others: 22)
DRAWN_BITS = 2  # the same of two drawings; among emoji and digits other pairs differ in 4 or more
FLAT_SHARE, SMALL_SIDE = 0.3, 64  # of pixels that equal their neighbour, and pixels of the shorter side: a drawing
MOST_NEIGHBOURS = 20  # of a photo that are looked at; a longer burst hangs together all the same
BLOCK = 512  # rows of the matrix of similarities that are in memory at once: 41 MB for 20,000 photos
SAMPLE = 2_000  # photos by which the usual similarity is measured
USUAL_SHARE, BURST_SHARE = 0.165, 0.33  # of the usual distance in a class: nearer ones are nearly the same
NEARBY, NEARBY_SHARE = 10, 0.25  # or nearer than that share of the distance to the tenth photo around both


@dataclass(frozen=True)
class Alike:
    """Which photos are alike.

    `similarity`: float (n,), of each photo to the one that is most like it, 0–1. `pairs`: first, second (row numbers),
    similarity, bits (in which their perceptual hashes differ), seconds (between them where one camera took both in a
    burst, else not a number). `group`: (n,), a name for those that hang together, None for a photo that is like no
    other.
    """

    similarity: npt.NDArray[np.float64]
    pairs: pd.DataFrame
    group: npt.NDArray[np.object_]


def find_alike(features: npt.NDArray[np.float32], photos: pd.DataFrame, should_stop: ShouldStop = never) -> Alike:
    """Find the photos that are nearly the same, and those of one burst.

    Args:
        features: (n, dimension). photos: in their order: sha256, label, width, height, look, taken, camera, spread and
            flat (quality.py).
        should_stop: asked after every block of photos; when true, what comes back is not whole.
    """
    unit = features / np.maximum(np.linalg.norm(features, axis=1, keepdims=True), 1e-12)
    first = photos.groupby("sha256", sort=False)["sha256"].transform(lambda rows: rows.index[0]).to_numpy()
    different = np.flatnonzero(first == np.arange(len(photos)))  # one row for each file content
    unit = unit if len(different) == len(photos) else unit[different]  # once in memory
    similarity, neighbours = _neighbours(unit, LEAST_ALIKE, should_stop)
    pairs = neighbours.assign(first=different[neighbours["first"]], second=different[neighbours["second"]])
    background = np.ones(len(photos))
    background[different] = _backgrounds(unit, photos["label"].to_numpy(object)[different])
    pairs = _chosen(pairs, np.minimum(background[pairs["first"]], background[pairs["second"]]), photos)
    whole = np.zeros(len(photos))
    whole[different] = similarity
    same = np.flatnonzero(first != np.arange(len(photos)))
    copies = pd.DataFrame({"first": first[same], "second": same, "similarity": 1.0, "seconds": np.nan, "bits": 0})
    whole[same] = whole[first[same]] = 1.0
    pairs = pd.concat([copies, pairs], ignore_index=True)
    return Alike(whole.clip(0, 1), pairs, _groups(pairs, photos))


def _neighbours(
    unit: npt.NDArray[np.float32], least: float, should_stop: ShouldStop
) -> tuple[npt.NDArray[np.float64], pd.DataFrame]:
    """The largest similarity of each row, and the pairs that reach `least`: of each row its nearest ones at most.

    `nearby` of a pair: the distance within which one of its photos has `NEARBY` others.

    A block of rows at a time, so that memory grows with the number of photos and not with its square.
    """
    number = len(unit)
    most = min(MOST_NEIGHBOURS, number - 1)
    largest, nearby, found = np.zeros(number), np.zeros(number), []
    for start in range(0, number if most else 0, BLOCK):
        if should_stop():
            break
        block = unit[start : start + BLOCK] @ unit.T
        rows = np.arange(len(block))
        block[rows, start + rows] = -1  # a photo is no neighbour of itself
        largest[start : start + BLOCK] = block.max(axis=1)
        some = np.flatnonzero(largest[start : start + BLOCK] >= least)  # of most photos nobody else is near
        close = block[some]
        nearest = np.argpartition(close, -most, axis=1)[:, -most:]
        values = np.take_along_axis(close, nearest, axis=1)
        nearby[start + some] = 1 - np.sort(values, axis=1)[:, -min(NEARBY, most)]
        row, place = np.nonzero(values >= least)
        found.append(np.column_stack([start + some[row], nearest[row, place], values[row, place]]))
    table = np.concatenate(found) if found else np.empty((0, 3))
    ends = np.sort(table[:, :2].astype(np.int64), axis=1)
    pairs = pd.DataFrame({"first": ends[:, 0], "second": ends[:, 1], "similarity": table[:, 2]})
    pairs["nearby"] = np.minimum(nearby[pairs["first"]], nearby[pairs["second"]])
    return largest, pairs.drop_duplicates(["first", "second"]).reset_index(drop=True)


def _chosen(pairs: pd.DataFrame, background: npt.NDArray[np.float64], photos: pd.DataFrame) -> pd.DataFrame:
    """The pairs that are alike enough, with the seconds between those of one burst.

    Args:
        pairs: with `nearby`, the distance beyond which a pair's photos have at most `NEARBY` others. background: the
            usual distance of photos like those of each pair.
    """
    seconds = _seconds_apart(pairs, photos)
    pairs = pairs.assign(seconds=seconds.where(seconds <= BURST_SECONDS), bits=_bits_apart(pairs, photos))
    distance = 1 - pairs["similarity"]
    near = distance <= 1 - ALIKE
    alike = near & ((distance <= USUAL_SHARE * background) | (distance <= NEARBY_SHARE * pairs["nearby"]))
    in_burst = pairs["seconds"].notna() & (distance <= np.minimum(1 - LEAST_ALIKE, BURST_SHARE * background))
    is_varied = USUAL_SHARE * background >= 1 - ALIKE
    looks_same = (pairs["bits"] <= ALIKE_BITS) & is_varied
    drawn = ((photos["flat"] >= FLAT_SHARE) | (photos[["width", "height"]].min(axis=1) <= SMALL_SIDE)).to_numpy()
    are_drawn = drawn[pairs["first"]] & drawn[pairs["second"]]
    alike = (alike | looks_same) & (~are_drawn | (pairs["bits"] <= DRAWN_BITS))
    one_colour = (photos["spread"] <= EMPTY_SPREAD).to_numpy()
    shows_something = ~(one_colour[pairs["first"]] & one_colour[pairs["second"]])  # two black photos are no copies
    return pairs[(alike | in_burst) & shows_something].reset_index(drop=True)


def _backgrounds(unit: npt.NDArray[np.float32], labels: npt.NDArray[np.object_]) -> npt.NDArray[np.float64]:
    """The usual distance (1 minus the cosine) of each photo to others of its class: that which a quarter exceed.

    A quarter and not half, so that a class of two long bursts is not thought to be all alike. Of a class of few photos
    that of all photos counts, and 1 where these are few too.

    Args:
        unit: the features, each row of length 1.
    """
    draw = np.random.default_rng(0)

    def usual(rows: npt.NDArray[np.int64]) -> float | None:
        rows = draw.permutation(rows)[:SAMPLE]
        half = len(rows) // 2
        if half < NEARBY:
            return None
        distances = 1 - np.sum(unit[rows[:half]] * unit[rows[half : 2 * half]], axis=1)
        return float(np.quantile(distances, 0.75))

    whole = usual(np.arange(len(unit))) or 1.0
    found = np.full(len(unit), whole)
    for label in np.unique(labels):
        rows = np.flatnonzero(labels == label)
        own = usual(rows)
        found[rows] = whole if own is None else min(own, whole)
    return found


def _seconds_apart(pairs: pd.DataFrame, photos: pd.DataFrame) -> pd.Series:
    """The time between the two photos of each pair, not a number where another camera took one of them."""
    taken, camera = photos["taken"].to_numpy(float), photos["camera"].to_numpy(object)
    apart = np.abs(taken[pairs["first"]] - taken[pairs["second"]])
    return pd.Series(np.where(camera[pairs["first"]] == camera[pairs["second"]], apart, np.nan), index=pairs.index)


def _bits_apart(pairs: pd.DataFrame, photos: pd.DataFrame) -> npt.NDArray[np.int64]:
    """In how many bits the perceptual hashes of the two photos of each pair differ."""
    looks = photos["look"].to_numpy(np.uint64)
    different = looks[pairs["first"]] ^ looks[pairs["second"]]
    bits: npt.NDArray[np.int64] = np.unpackbits(different.view(np.uint8).reshape(-1, 8), axis=1).sum(axis=1)
    return bits.astype(np.int64)


def _groups(pairs: pd.DataFrame, photos: pd.DataFrame) -> npt.NDArray[np.object_]:
    """A name for all that hang together: the smallest hash among them."""
    component = pd.Series(connect(len(photos), zip(pairs["first"].tolist(), pairs["second"].tolist())))
    names = photos["sha256"].reset_index(drop=True).groupby(component).transform("min")
    alone = component.map(component.value_counts()) == 1
    named: npt.NDArray[np.object_] = names.astype(object).where(~alone, None).to_numpy()
    return named
