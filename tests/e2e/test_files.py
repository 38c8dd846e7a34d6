"""Which folders the board takes for class folders itself: only those that can be nothing else; the server reads others.

The script of the board is run in a browser's empty tab, without a server.
"""

import pytest

from tests.pages.conftest import ROOT

SORT = """(paths) => {
  const { classes, loose, whole } = sorted(paths.map((path) => ({ path, kind: "" })));
  return { cards: [...classes.keys()].sort(), loose: loose.length, whole: whole.length };
}"""
PETS = [f"pets/{label}/{number}.jpg" for label in ("cats", "dogs") for number in range(3)]
KAGGLE = [
    f"{part}/{part}/{label}/{n}.jpg" for part in ("training_set", "test_set") for label in ("a", "b") for n in "12"
]


@pytest.fixture(scope="module")
def tab(browser):
    page = browser.new_context().new_page()
    page.add_script_tag(content=(ROOT / "pages/shared/files.js").read_text(encoding="utf-8"))
    yield page
    page.context.close()


@pytest.mark.parametrize(
    ("paths", "cards", "loose", "reason"),
    [
        (PETS, ["cats", "dogs"], 0, "class folders"),
        (["cats/1.jpg", "cats/2.jpg"], ["cats"], 0, "one class, others may follow"),
        ([*PETS, "pets/preview.jpg", "pets/README.txt"], ["cats", "dogs"], 2, "what lies beside them hides nothing"),
        (["1.jpg", "2.jpg"], [], 2, "photos in no folder"),
        ([f"x/{label}/1.jpg" for label in ("a", "A", "b", "B")], ["A", "B", "a", "b"], 0, "case makes two classes"),
        (["x/photos/cats/indoors/1.jpg", "x/photos/dogs/outdoors/1.jpg"], None, 0, "the class may be either folder"),
        (KAGGLE, None, 0, "folders of parts, in whatever spelling"),
        ([f"{part}/1.jpg" for part in ("train", "test1")], None, 0, "parts without classes below"),
        ([f"{part}/cats/1.jpg" for part in ("seg_train", "seg_pred")], None, 0, "one of them is enough"),
        (["car/1.jpg", "train/1.jpg"], None, 0, "a train may be a vehicle: the server asks"),
        ([*PETS, "pets/labels.csv"], None, 0, "a table of labels beside the folders"),
        (["set/images/1.jpg", "set/labels/1.txt"], None, 0, "a text beside each photo, as YOLO has"),
        ([f"x/class {number}/1.jpg" for number in range(41)], None, 0, "more classes than anybody wants cards of"),
        ([*KAGGLE, "alone.jpg"], None, 1, "one photo in no folder has no class"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_board_makes_cards_only_of_what_is_clear(tab, paths, cards, loose, reason):
    found = tab.evaluate(SORT, paths)
    assert found["cards"] == (cards or []), reason
    assert found["loose"] == loose, reason
    assert found["whole"] == (len(paths) - loose if cards is None else 0), reason
