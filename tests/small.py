"""A small data set with something to learn: squares, discs and stripes in random colours."""

from pathlib import Path

import numpy as np
from PIL import Image

CLASSES = ("disc", "square", "stripes")
SIDE = 96


def write_small_folder(folder: Path, photos_per_class: int = 12, seed: int = 0) -> Path:
    """Class folders with PNGs of 96 × 96 pixels; the same arguments write the same bytes."""
    random = np.random.default_rng(seed)
    for label in CLASSES:
        (folder / label).mkdir(parents=True)
        for number in range(photos_per_class):
            Image.fromarray(_draw(label, random)).save(folder / label / f"{label}{number:03}.png")
    return folder


def _draw(label: str, random: np.random.Generator) -> np.ndarray:
    """uint8 (SIDE, SIDE, 3): one shape in one colour on another."""
    back, front = random.integers(0, 256, (2, 3))
    rows, columns = np.mgrid[:SIDE, :SIDE]
    row, column = random.integers(35, 61, 2)
    reach = random.integers(18, 32)
    shapes = {
        "disc": (rows - row) ** 2 + (columns - column) ** 2 < reach**2,
        "square": (abs(rows - row) < reach) & (abs(columns - column) < reach),
        "stripes": (rows + columns) // 8 % 2 == 0,
    }
    return np.where(shapes[label][..., np.newaxis], front, back).astype(np.uint8)
