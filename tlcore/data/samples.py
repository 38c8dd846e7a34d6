"""Data sets to begin with: two that come along, two that are fetched when somebody asks for them."""

import hashlib
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

from tlcore.data.archive import ZipSource
from tlcore.data.archives import open_archive
from tlcore.data.assemble import Ingestion, Origin
from tlcore.data.collect import Source
from tlcore.data.download import fetch
from tlcore.data.images import PhotoRefused, thumbnail
from tlcore.data.ingest import ingest_source
from tlcore.data.layout import SourceFile
from tlcore.errors import UserError, require_package
from tlcore.events import ShouldStop, never
from tlcore.workspace import Workspace

_ASSETS = Path(__file__).parents[1] / "assets"
EMOJI = _ASSETS / "emoji" / "emoji.zip"
EMOJI_PIXELS = 64
"""Pixels a side of each of its pictures."""
DIGITS = _ASSETS / "digits"
_SHOWN = (
    "animals/1f431-noto.png",
    "food/1f34e-twemoji.png",
    "vehicles/1f697-twemoji.png",
    "faces/1f60e-twemoji.png",
)


@dataclass(frozen=True)
class Sample:
    """A data set to begin with.

    `sentence` is for a person who chooses; `download_bytes` is 0 for what is built in; `sha256` is the hex digest of
    the download, "" where nobody published one (then its size and the checksums inside the archive are checked);
    `classes`: the names of some of its classes, of one that has no pictures before it is fetched.
    """

    key: str
    title: str
    sentence: str
    num_photos: int
    num_classes: int
    licence: str
    source: str
    download_bytes: int = 0
    url: str = ""
    sha256: str = ""
    classes: tuple[str, ...] = ()


SAMPLES: tuple[Sample, ...] = (
    Sample(
        key="emoji",
        title="Emoji",
        sentence="Small colourful drawings of animals, buildings, clothing, faces, food, hands and vehicles. "
        "Ready in a second; each emoji comes in two drawing styles.",
        num_photos=882,
        num_classes=7,
        licence="Noto Emoji: Apache-2.0; Twemoji: CC-BY 4.0, © Twitter, Inc and other contributors",
        source="emoji-datasource-google and emoji-datasource-twitter 16.0.0",
    ),
    Sample(
        key="digits",
        title="Handwritten digits",
        sentence="The digits 0 to 9, written by 43 people, only 8 × 8 pixels each. "
        "A hard test for a network trained on photos.",
        num_photos=1797,
        num_classes=10,
        licence="CC-BY 4.0 (E. Alpaydin, C. Kaynak, UCI Machine Learning Repository)",
        source="scikit-learn load_digits, https://archive.ics.uci.edu/dataset/80",
    ),
    Sample(
        key="cats-dogs",
        title="Cats and dogs",
        sentence="3,000 photos of cats and dogs, the classic example of transfer learning.",
        num_photos=3000,
        num_classes=2,
        licence="A part of Kaggle’s Dogs vs. Cats, for learning and research; the photos are their owners’",
        source="TensorFlow’s filtered cats and dogs",
        download_bytes=68_606_236,  # as Keras' get_file has printed it since 2019; no checksum is published
        url="https://storage.googleapis.com/mledu-datasets/cats_and_dogs_filtered.zip",
        classes=("cats", "dogs"),
    ),
    Sample(
        key="flowers",
        title="Flowers",
        sentence="Everyday photos of daisies, dandelions, roses, sunflowers and tulips.",
        num_photos=3670,
        num_classes=5,
        licence="CC-BY 2.0, each photo by its author, named in the archive’s LICENSE.txt",
        source="TensorFlow’s flower photos",
        # size and checksum: tensorflow_datasets/url_checksums/tf_flowers.txt in github.com/tensorflow/datasets
        download_bytes=228_813_984,
        url="https://storage.googleapis.com/download.tensorflow.org/example_images/flower_photos.tgz",
        sha256="4c54ace7911aaffe13a365c34f650e71dd5bf1be0a58b464e5a7183e3e595d9c",
        classes=("daisy", "roses", "sunflowers", "tulips"),
    ),
)


def find_sample(key: str) -> Sample:
    """The sample with this key.

    Raises:
        UserError: there is none.
    """
    for sample in SAMPLES:
        if sample.key == key:
            return sample
    allowed = ", ".join(sample.key for sample in SAMPLES)
    raise UserError(f"There is no sample set “{key}”.", f"Choose one of: {allowed}.")


def ingest_sample(
    workspace: Workspace, key: str, seed: int = 0, should_stop: ShouldStop = never, visitor: str = ""
) -> Ingestion:
    """Make a data set of a sample, fetching it first where that is needed. A second time it is there at once.

    Raises:
        UserError: there is no such sample, no network, or a damaged download.
    """
    sample = find_sample(key)
    if sample.download_bytes:
        name = f"{sample.key}-{sample.sha256[:12] or sample.download_bytes}{Path(sample.url).suffix}"
        path = workspace.downloads / name
        if (yield from fetch(sample.url, path, sample.download_bytes, sample.sha256, should_stop)) is None:
            return None
        source: Source = open_archive(path)
    else:
        source = DigitsSource() if key == "digits" else ZipSource(EMOJI)
    origin = Origin(sample.title, sample.source, sample.licence, visitor, sample=key)
    group = _emoji_of if key == "emoji" else None
    return (yield from ingest_source(workspace, source, origin, seed, should_stop, group))


def emoji_thumbnails(names: Sequence[str], size: int) -> list[tuple[str, bytes]]:
    """A few of the built-in pictures, by their names in the archive, as square thumbnails. `size`: side in pixels."""
    with zipfile.ZipFile(EMOJI) as archive:
        return [(name, thumbnail(archive.read(name), size)) for name in names]


def sample_pictures(key: str) -> list[bytes]:
    """A few pictures of a built-in sample, as PNGs at their own size; none of one that is to be fetched."""
    if key == "digits":
        return [path.read_bytes() for path in sorted(DIGITS.glob("*.png"))]
    if key != "emoji":
        return []
    with zipfile.ZipFile(EMOJI) as archive:
        return [archive.read(name) for name in _SHOWN]


class DigitsSource:
    """scikit-learn's 1,797 digits as PNG, dark on white as on paper, 64 × 64 pixels so that a person sees them."""

    root = Path()
    name = "The digits"
    keeps_photos = False

    def __init__(self) -> None:
        require_package("sklearn", "scikit-learn", "The sample of handwritten digits", "train")
        from sklearn.datasets import load_digits  # takes a second, and only this sample needs it

        self._digits = load_digits()
        self.folders: list[tuple[str, ...]] = []
        self.refused: list[tuple[str, str]] = []
        self.guessed: list[tuple[str, str]] = []
        self.files = [
            SourceFile((str(digit), f"digit-{number:04d}.png"), number, 0)
            for number, digit in enumerate(self._digits.target)
        ]

    def signature(self) -> str:
        """A hash over all digits."""
        return hashlib.sha256(self._digits.images.tobytes()).hexdigest()

    def read(self, files: Iterable[SourceFile]) -> Iterator[tuple[SourceFile, bytes | PhotoRefused]]:
        """Each digit as the bytes of a PNG."""
        for file in files:
            yield file, draw_digit(self._digits.images[file.handle])


def draw_digit(strokes: np.ndarray) -> bytes:
    """A PNG of a digit. `strokes`: float64 (8, 8), 0 (paper) to 16 (ink)."""
    grey = np.rint(255 - strokes * (255 / 16)).astype(np.uint8)
    target = BytesIO()
    Image.fromarray(grey).resize((64, 64), Image.Resampling.BICUBIC).save(target, "PNG")
    return target.getvalue()


def _emoji_of(path: str) -> str:
    """What stands before the family: both drawings of one emoji have it in common."""
    return path.rpartition("/")[2].rpartition("-")[0]
