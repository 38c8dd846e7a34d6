"""Data augmentation, defined once: the changes that a photo may undergo so that a network does not memorise it.

Cached views, training on the fly and the preview on a page all call `augment`, so what a person sees is what the
network sees. Only NumPy and Pillow: no TensorFlow, and Pillow lets other threads run while it computes.

All geometry is one affine map and one resampling, however many changes are on. What the map brings in from outside
the photo is the photo mirrored at its edge (d c b a | a b c d | d c b a), as Keras does it: black corners would be
a shape of their own to learn.
"""

import hashlib
import json
from dataclasses import asdict, dataclass, field
from math import ceil, cos, radians, sin, tan

import numpy as np
from PIL import Image


@dataclass(frozen=True)
class Augmentation:
    """How strongly photos are changed. Of a strength s, each view draws its own amount evenly from −s…s.

    `horizontal_flip`, `vertical_flip`: mirrored in half of the views; `rotation`: degrees, positive is
    counter-clockwise; `zoom`: fraction below 1, positive is closer; `width_shift`, `height_shift`: fractions of the
    side, positive is right and down; `shear`: degrees below 90; `brightness`: fraction of white that is added;
    `contrast`: fraction by which differences from the photo's mean grow.

    Raises:
        ValueError: a zoom, contrast or shear beyond which there is no photo left.
    """

    horizontal_flip: bool = False
    vertical_flip: bool = False
    rotation: float = 0.0
    zoom: float = 0.0
    width_shift: float = 0.0
    height_shift: float = 0.0
    shear: float = 0.0
    brightness: float = 0.0
    contrast: float = 0.0

    def __post_init__(self) -> None:
        for name, limit in (("zoom", 1), ("shear", 90)):
            if not abs(getattr(self, name)) < limit:
                raise ValueError(f"Received: {name} = {getattr(self, name)}. Allowed: less than {limit}.")
        if not abs(self.contrast) <= 1:
            raise ValueError(f"Received: contrast = {self.contrast}. Allowed: up to 1.")

    @property
    def is_off(self) -> bool:
        """True when no photo would change."""
        return self == Augmentation()


@dataclass(frozen=True)
class Views:
    """The views of each photo that a frozen network sees: number 0 is the photo itself, the others are drawn.

    `count`: how many in all, the photo included; `seed`: of the random numbers.
    """

    augmentation: Augmentation = field(default_factory=Augmentation)
    count: int = 1
    seed: int = 0

    def __post_init__(self) -> None:
        if self.count < 1:
            raise ValueError(f"Received: {self.count} views. Allowed: 1 or more.")

    @property
    def name(self) -> str:
        """Eight letters that stand for augmentation and seed. More views of the same drawing keep the name."""
        text = json.dumps([asdict(self.augmentation), self.seed])
        return hashlib.sha256(text.encode()).hexdigest()[:8]

    def image(self, image: np.ndarray, sha256: str, view: int) -> np.ndarray:
        """A view of a photo: uint8 (height, width, 3) in and out; view 0 is the array itself."""
        if view == 0:
            return image
        return augment(image, self.augmentation, view_random(self.seed, sha256, view))


def view_key(sha256: str, view: int) -> str:
    """The name of a view in a store, 64 hex digits: the photo's own hash for view 0, a hash of both for others."""
    return sha256 if view == 0 else hashlib.sha256(f"{sha256}/{view}".encode()).hexdigest()


def view_random(seed: int, sha256: str, view: int) -> np.random.Generator:
    """Random numbers that depend on these three alone: not on the order of photos, on threads or on earlier epochs."""
    return np.random.Generator(np.random.PCG64([seed, view, int(sha256, 16)]))


def augment(image: np.ndarray, augmentation: Augmentation, random: np.random.Generator) -> np.ndarray:
    """One drawn view of a photo.

    Args:
        image: uint8 (height, width, 3), 0–255.

    Returns:
        uint8 of the same shape; with the augmentation off the very same array.
    """
    if augmentation.is_off:
        return image
    return apply(image, draw(augmentation, random))


def draw(augmentation: Augmentation, random: np.random.Generator) -> Augmentation:
    """Draw at random: an Augmentation whose values are the signed amounts that `apply` shall apply.

    Always takes as many random numbers, so that switching one change on leaves the amounts of the others as they are.
    """
    flips, signs = random.random(2) < 0.5, iter((random.random(7) * 2 - 1).tolist())
    return Augmentation(
        horizontal_flip=augmentation.horizontal_flip and bool(flips[0]),
        vertical_flip=augmentation.vertical_flip and bool(flips[1]),
        rotation=augmentation.rotation * next(signs),
        zoom=augmentation.zoom * next(signs),
        width_shift=augmentation.width_shift * next(signs),
        height_shift=augmentation.height_shift * next(signs),
        shear=augmentation.shear * next(signs),
        brightness=augmentation.brightness * next(signs),
        contrast=augmentation.contrast * next(signs),
    )


def apply(image: np.ndarray, amounts: Augmentation) -> np.ndarray:
    """Exactly these changes, nothing drawn. uint8 (height, width, 3) in and out."""
    height, width = image.shape[:2]
    matrix = _matrix(amounts, width, height)
    if matrix == (1, 0, 0, 0, 1, 0):
        picture = Image.fromarray(image)
    else:
        margin = _reach(matrix, width, height)
        padded = np.pad(image, ((margin, margin), (margin, margin), (0, 0)), mode="symmetric") if margin else image
        a, b, c, d, e, f = matrix
        picture = Image.fromarray(padded).transform(
            (width, height), Image.Transform.AFFINE, (a, b, c + margin, d, e, f + margin), Image.Resampling.BILINEAR
        )
    if amounts.brightness or amounts.contrast:
        picture = picture.point(_tone(amounts, float(image.mean())) * 3)
    return np.asarray(picture)


def _matrix(amounts: Augmentation, width: int, height: int) -> tuple[float, ...]:
    """Where in the photo (x, y) each pixel of the view comes from: x = a·X + b·Y + c, y = d·X + e·Y + f, in pixels.

    The photo is zoomed, sheared, rotated and flipped about its centre and then shifted; this is the inverse.
    """
    angle, lean, closer = radians(amounts.rotation), tan(radians(amounts.shear)), 1 + amounts.zoom
    across, down = (-1 if amounts.horizontal_flip else 1), (-1 if amounts.vertical_flip else 1)
    # Forwards, y pointing down: p = cos, q = cos·lean + sin, r = −sin, s = cos − sin·lean, times flips and zoom.
    p, q = across * closer * cos(angle), across * closer * (cos(angle) * lean + sin(angle))
    r, s = -down * closer * sin(angle), down * closer * (cos(angle) - sin(angle) * lean)
    determinant = p * s - q * r
    # Rounded, so that a quarter turn, whose cosine is 6e-17 and not 0, takes whole pixels.
    a, b, d, e = (round(value / determinant, 12) for value in (s, -q, -r, p))
    x, y = width * (0.5 + amounts.width_shift), height * (0.5 + amounts.height_shift)
    return (a, b, round(width / 2 - a * x - b * y, 9), d, e, round(height / 2 - d * x - e * y, 9))


def _reach(matrix: tuple[float, ...], width: int, height: int) -> int:
    """How many pixels beyond the photo's edge the view asks for: its corners go farthest."""
    a, b, c, d, e, f = matrix
    corners = [(x, y) for x in (0, width) for y in (0, height)]
    columns = [a * x + b * y + c for x, y in corners]
    rows = [d * x + e * y + f for x, y in corners]
    return max(0, ceil(max(-min(columns), max(columns) - width, -min(rows), max(rows) - height)))


def _tone(amounts: Augmentation, mean: float) -> list[int]:
    """Brightness and contrast in one step: the new value for each old value 0–255, clipped."""
    values = mean + (np.arange(256) - mean) * (1 + amounts.contrast) + 255 * amounts.brightness
    table: list[int] = np.rint(values.clip(0, 255)).astype(int).tolist()
    return table
