"""The split into training, validation and test photos.

Own code instead of scikit-learn's splitters: those promise neither one photo of every class in each part (a class of
three photos gets none in a test part of 15%, 300 classes of three fail altogether) nor the same answer for another
order of the files. Here every group of photos draws a number from a hash of the seed and its content.
"""

import hashlib

import pandas as pd

from tlcore.data.manifest import SPLITS
from tlcore.errors import TooFewPhotos, UserError

MIN_PHOTOS = 3
"""Different photos that a class needs: one for training, one for validation, one for the test."""

MOST_NAMED = 10
"""Classes with too few photos that an error names."""

SPLIT_FOR_YOU = "use only class folders, and the photos are split for you"
_TEST_OF_VALIDATION = 0.2
_VALIDATION_OF_TRAIN = 0.15


def split_photos(
    photos: pd.DataFrame, seed: int = 0, fractions: tuple[float, float, float] = (0.70, 0.15, 0.15)
) -> pd.Series:
    """Part the photos of every class by `fractions` (train, validation, test), at least one in each part.

    Args:
        photos: sha256, label; optionally group (rows that belong on one side, such as two drawings of one thing) and
            split (a row that has one keeps it, and rows of its group follow).
        seed: the same seed gives the same parts, whatever the order of the rows.

    Returns:
        "train", "validation" or "test" for every row, with the index of `photos`. Equal photos are on one side.

    Raises:
        TooFewPhotos: a class has fewer than `MIN_PHOTOS` different photos.
    """
    keys = group_keys(photos)
    given = photos["split"] if "split" in photos else pd.Series(None, index=photos.index, dtype=object)
    fixed = dict(zip(keys[given.notna()], given[given.notna()]))
    homes = _homes(keys, photos["label"])
    check_enough(homes, photos["label"])
    chosen = dict(fixed)
    for home in homes.values():
        fresh = sorted((key for key in home if key not in fixed), key=lambda key: draw(key, seed))
        have = {fixed[key] for key in home if key in fixed}
        num_validation, num_test = _targets(len(fresh), fractions, have)
        for position, key in enumerate(fresh):
            part = "test" if position < num_test else "validation" if position < num_test + num_validation else "train"
            chosen[key] = part
    return keys.map(chosen)


def complete_given(photos: pd.DataFrame, seed: int = 0) -> tuple[pd.Series, list[str]]:
    """Honour parts that came with the photos, and make them complete and honest.

    A photo that lies in several parts counts for the earliest of train, validation, test, so that nothing of the test
    was ever learned from. Without a test part, a fifth of the validation photos of every class becomes one; without a
    validation part, 15% of the training photos do.

    Args:
        photos: sha256, label, split; optionally group.

    Returns:
        the part of every row, and sentences for the person.

    Raises:
        UserError: a class has no training photos, or a part stays empty.
    """
    notes = []
    keys = group_keys(photos)
    order = photos["split"].map(SPLITS.index)
    parts = order.groupby(keys).transform("min").map(SPLITS.__getitem__)
    moved = int((parts != photos["split"]).sum())
    if moved:
        notes.append(
            f"{moved:,} validation or test {_photos(moved)} {'is' if moved == 1 else 'are'} also in an earlier part. "
            "Copies now count for that part only, so that the test stays fair."
        )
    if not {"validation", "test"} & set(parts):
        raise UserError(
            "Every validation or test photo is also a training photo, so nothing is left for testing.",
            f"Use different photos for testing, or {SPLIT_FOR_YOU}.",
        )
    for part, donor, fraction, share in (
        ("validation", "train", _VALIDATION_OF_TRAIN, "15% of the training photos"),
        ("test", "validation", _TEST_OF_VALIDATION, "a fifth of the validation photos"),
    ):
        if part not in set(parts):
            parts = _donate(parts, keys, photos["label"], (donor, part, fraction), seed)
            notes.append(f"There was no {part} part, so {share} were moved there ({int((parts == part).sum()):,}).")
    _check_parts(parts, photos["label"])
    notes += _missing_notes(parts, photos["label"])
    return parts, notes


def decide_parts(photos: pd.DataFrame, seed: int = 0) -> tuple[pd.Series, list[str]]:
    """The part of every row where some (or none, or all) rows came with one in `split`, and notes for the person.

    Raises:
        UserError: see `split_photos` and `complete_given`.
    """
    given = photos[photos["split"].notna()]
    if given.empty:
        return split_photos(photos, seed), []
    parts, notes = complete_given(given, seed)
    if len(given) == len(photos):
        return parts, notes
    return split_photos(photos.assign(split=parts.reindex(photos.index)), seed), notes


def group_keys(photos: pd.DataFrame) -> pd.Series:
    """One key for all rows that must be on one side: equal bytes, equal `group`, and chains of both."""
    if "group" not in photos or photos["group"].isna().all():
        return photos["sha256"].astype(object)
    group = photos["group"].where(photos["group"].notna(), photos["sha256"]).astype(object)
    numbers, hashes = pd.factorize(photos["sha256"].to_numpy(dtype=object), sort=True)  # in the order of the hashes
    same, keys = pd.factorize(group.to_numpy(dtype=object))[0], pd.Series(numbers, index=photos.index)
    while True:
        linked = keys.groupby(same).transform("min").groupby(numbers).transform("min")
        if (linked == keys).all():
            return pd.Series(hashes[keys.to_numpy()], index=photos.index, dtype=object)
        keys = linked


def _homes(keys: pd.Series, labels: pd.Series) -> dict[str, list[str]]:
    """The groups of every class; one that lies in several classes is counted for the smallest of them."""
    pairs = pd.DataFrame({"key": keys, "label": labels}).drop_duplicates()
    sizes = pairs["label"].value_counts()
    pairs = pairs.assign(size=pairs["label"].map(sizes)).sort_values(["size", "label"])
    homes: dict[str, list[str]] = {label: [] for label in sizes.index}
    for key, label in pairs.drop_duplicates("key")[["key", "label"]].itertuples(index=False):
        homes[label].append(key)
    return homes


def check_enough(homes: dict[str, list[str]], labels: pd.Series) -> None:
    """Raise TooFewPhotos where a class has fewer groups than `MIN_PHOTOS`. `labels`: of all photos."""
    small = sorted((len(home), label) for label, home in homes.items() if len(home) < MIN_PHOTOS)
    if not small:
        return
    num_different, label = small[0]
    num_files = int((labels == label).sum())
    copies = f" in {num_files} files (the rest are copies, or belong to another class too)"
    copies = copies if num_files > num_different else ""
    what = f"The class {label} has only {num_different} different {_photos(num_different)}{copies}."
    if len(small) > 1:
        shown = ", ".join(f"{name} ({number})" for number, name in small[:MOST_NAMED])
        rest = f" and {len(small) - MOST_NAMED:,} more" if len(small) > MOST_NAMED else ""
        what = f"{len(small):,} classes have too few different photos: {shown}{rest}."
    raise TooFewPhotos(
        what,
        f"Every class needs at least {MIN_PHOTOS} different photos: for training, validation and testing. Add photos "
        f"to {'it, or leave the class' if len(small) == 1 else 'them, or leave the classes'} out.",
        tuple(sorted(name for _, name in small)) if len(homes) - len(small) >= 2 else (),
    )


def _targets(num_fresh: int, fractions: tuple[float, float, float], have: set[str]) -> tuple[int, int]:
    """How many new groups go to validation and test; a part that has none yet gets one where there is any."""
    least = [0 if part in have else 1 for part in SPLITS]
    validation = max(int(num_fresh * fractions[1] + 0.5), least[1])
    test = max(int(num_fresh * fractions[2] + 0.5), least[2])
    while validation + test > max(0, num_fresh - least[0]):
        if validation >= test:
            validation -= 1
        else:
            test -= 1
    return validation, test


def draw(key: str, seed: int) -> bytes:
    """The number that a group draws: where it stands in the order of its class."""
    return hashlib.sha256(f"{seed}:{key}".encode()).digest()


def _donate(parts: pd.Series, keys: pd.Series, labels: pd.Series, move: tuple[str, str, float], seed: int) -> pd.Series:
    """Move a fraction of every class from one part to another, at least one group, never the last one."""
    donor, part, fraction = move
    inside = parts == donor
    homes = _homes(keys[inside], labels[inside])
    moved = set()
    for home in homes.values():
        count = min(max(1, int(len(home) * fraction + 0.5)), len(home) - 1)
        moved.update(sorted(home, key=lambda key: draw(key, seed))[: max(count, 0)])
    return parts.where(~(inside & keys.isin(moved)), part)


def _check_parts(parts: pd.Series, labels: pd.Series) -> None:
    untaught = sorted(set(labels) - set(labels[parts == "train"]))
    if untaught:
        raise UserError(
            f"The class {untaught[0]} has no training photos, only photos for validation or testing.",
            f"Add photos of {untaught[0]} to the train folder, or leave the class out.",
        )
    for part in SPLITS:
        if not (parts == part).any():
            raise UserError(
                f"There are too few photos for a {part} part.",
                f"Add photos, or {SPLIT_FOR_YOU}.",
            )


def _missing_notes(parts: pd.Series, labels: pd.Series) -> list[str]:
    notes = []
    for part in ("validation", "test"):
        missing = sorted(set(labels) - set(labels[parts == part]))
        if missing:
            shown = ", ".join(missing[:5]) + (f" and {len(missing) - 5} more" if len(missing) > 5 else "")
            notes.append(f"The {part} part has no photos of: {shown}.")
    return notes


def _photos(count: int) -> str:
    return "photo" if count == 1 else "photos"
