"""Sentences for a person about photos that are there more than once, byte for byte."""

import pandas as pd


def describe_duplicates(photos: pd.DataFrame) -> list[str]:
    """Sentences about equal photos (columns path, sha256, label); none when all differ."""
    repeated = photos[photos.duplicated("sha256", keep=False)]
    if repeated.empty:
        return []
    groups = [group for _, group in repeated.groupby("sha256", sort=False)]
    example = " and ".join(groups[0]["path"].iloc[:2])
    times = "photo appears" if len(groups) == 1 else "photos appear"
    notes = [
        f"{len(groups):,} {times} more than once ({len(repeated):,} files, for example {example}). "
        "Copies always stay in the same part, so that the test stays fair."
    ]
    torn = [group for group in groups if group["label"].nunique() > 1]
    if torn:
        labels = " and ".join(sorted(set(torn[0]["label"])))
        times = "photo is" if len(torn) == 1 else "photos are"
        notes.append(
            f"{len(torn):,} {times} in more than one class (for example {torn[0]['path'].iloc[0]}, in {labels}). "
            "Check which class is correct."
        )
    return notes
