"""When one model is called better than another on the same photos, and what a score counts."""

import numpy as np
import pytest

from tlcore.training.optimise import Score, validation_score


@pytest.mark.parametrize(
    ("only_this", "only_other", "both", "clearly", "reason"),
    [
        (0, 0, 50, False, "the same photos: no difference at all"),
        (1, 0, 50, False, "one photo says nothing"),
        (2, 0, 50, False, "two heads in a row are nothing special"),
        (3, 0, 0, True, "nothing against it, and the last resort of three validation photos"),
        (8, 4, 100, False, "of emoji: by chance the highest of thirteen epochs, and nine of the test photos worse"),
        (12, 4, 100, True, "three of four"),
        (120, 80, 2000, True, "the same share of more photos says more"),
        (12, 8, 200, False, "as far ahead, on fewer photos"),
        (0, 9, 50, False, "it is the other that is better"),
    ],
)
def test_better_by_more_than_chance(only_this, only_other, both, clearly, reason):
    hits = np.repeat([[1, 0], [0, 1], [1, 1]], [only_this, only_other, both], axis=0).astype(bool)
    assert Score(0.5, hits[:, 0]).is_clearly_better(Score(0.1, hits[:, 1])) is clearly, reason


def test_a_score_is_the_cross_entropy_and_the_photos_that_are_right():
    logits = np.log(np.array([[0.5, 0.25, 0.25], [0.1, 0.1, 0.8]], np.float32)) + 7  # softmax does not see the 7
    score = validation_score(logits, np.array([0, 1], np.int32))
    assert score.hits.tolist() == [True, False] and score.accuracy == 0.5
    assert score.loss == pytest.approx(-(np.log(0.5) + np.log(0.1)) / 2, rel=1e-5)
