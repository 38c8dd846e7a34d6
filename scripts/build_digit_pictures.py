"""Make the pictures of the handwritten digits on the Data page, tlcore/assets/digits/*.png, out of scikit-learn's set.

    python scripts/build_digit_pictures.py

They have the set's own 8 × 8 pixels, as grey ink on nothing, so that they stand on a light page and on a dark one.
"""

from pathlib import Path

import numpy as np
from PIL import Image
from sklearn.datasets import load_digits

TARGET = Path(__file__).parents[1] / "tlcore" / "assets" / "digits"
SHOWN = (0, 3, 7, 8)
INK = 125
"""A grey that has a contrast of 3 : 1 and more on both pages."""


def main() -> None:
    """Write a picture of the first drawing of each shown digit."""
    digits = load_digits()
    for digit in SHOWN:
        strokes = digits.images[int(np.argmax(digits.target == digit))]
        alpha = np.rint(strokes * (255 / 16)).astype(np.uint8)
        picture = np.dstack([np.full_like(alpha, INK), alpha])
        Image.fromarray(picture, "LA").save(TARGET / f"{digit}.png", optimize=True)


if __name__ == "__main__":
    main()
