"""Photos with their right answers for visitors of the Predict page, and what is wrong with an answer that stands there.

The right answer is what `tlcore` itself says to the same bytes. The page names the class and its probability in whole
percent, or says that the photo is none of these, and draws a bar for every class, whose length is the probability to a
tenth of a percent; less than half a percent has no bar.
"""

import html
import io
import re
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from benchmarks.visitors import Visitor
from tlcore.api.model import load_model
from tlcore.data.manifest import Dataset, load_dataset
from tlcore.messages.quantities import percent
from tlcore.workspace import open_workspace

PHOTO = (1600, 1200)
ANSWER = re.compile(
    r'<p class="tl-answer"><span class="[^"]*">([^<]*)</span> <span class="[^"]*tl-share">([^<]*)</span></p>'
)
BAR = re.compile(
    r'<span class="tl-name">(?:<span class="tl-dot"[^>]*></span>)?([^<]*)</span>'
    r'<span class="tl-track"[^>]*>(?:<span class="tl-fill" style="width:([\d.]+)%[^>]*></span>)?</span>'
    r'<span class="tl-count">([^<]*)</span>'
)
NONE = "tl-none"
LEAST_FILL = 0.005  # of a bar that is drawn, see pages/shared/answers.py
GALLERY = "transferlab_gallery"  # pages/shared/gallery.py


@dataclass(frozen=True)
class Question:
    """A photo and its right answer as the page shows it.

    Attributes:
        answer: the class and its percentage; None where the photo is none of the classes.
        bars: of every class, its name, the length of its bar in percent ("" for none) and its percentage; the order
            does not count.
    """

    data: bytes
    answer: tuple[str, str] | None
    bars: frozenset[tuple[str, str, str]]


def questions(home: Path, ids: tuple[str, str], number: int) -> list[Question]:
    """That many different photos with the answers that the model gives when it is asked directly.

    Args:
        home: a workspace. ids: of a data set there, whose pictures the photos show, and of a finished run.
    """
    model = load_model(ids[1], workspace=home)
    dataset = load_dataset(open_workspace(home), ids[0])
    made = []
    for place in range(number):
        data = _photo(dataset, place)
        answer = model.predict(data)
        bars = frozenset(
            (label, f"{share:.1%}".rstrip("%") if share >= LEAST_FILL else "", percent(share))
            for label, share in answer.ranked
        )
        made.append(Question(data, (answer.label, percent(answer.probability)) if answer.known else None, bars))
    return made


def mistakes(visitor: Visitor, question: Question, name: str) -> list[str]:
    """What the page says, where it is not what it should say of the photo with this file name."""
    page = "\n".join(visitor.html())
    answers = [tuple(map(html.unescape, each)) for each in ANSWER.findall(page)]
    bars = [tuple(map(html.unescape, bar)) for bar in BAR.findall(page)]
    photos = [photo["more"] for grid in visitor.components(GALLERY) for photo in grid["photos"]]
    right = [question.answer] if question.answer else []
    if (
        answers == right
        and (NONE in page) == (not right)
        and sorted(bars) == sorted(question.bars)
        and photos == [name]
    ):
        return []
    return [f"{photos}: {answers}, {bars} in place of {name}: {question.answer}, {sorted(question.bars)}"]


def _photo(dataset: Dataset, place: int) -> bytes:
    """A picture of the data set, large on a background of its own colour."""
    rows = dataset.photos
    path = rows["path"].iat[place * 37 % len(rows)]
    with Image.open(io.BytesIO(dataset.read(path))) as opened:
        picture = opened.convert("RGBA").resize((PHOTO[1], PHOTO[1]))
    photo = Image.new("RGB", PHOTO, (place * 53 % 256, place * 101 % 256, place * 197 % 256))
    photo.paste(picture, ((PHOTO[0] - PHOTO[1]) // 2, 0), picture)
    return jpeg(photo)


def jpeg(photo: Image.Image) -> bytes:
    """The photo as a file."""
    target = io.BytesIO()
    photo.save(target, "JPEG", quality=85)
    return target.getvalue()
