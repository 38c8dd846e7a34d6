"""Which class each file gets: layouts that are clear, those that a person is asked about, and what they may contain."""

import json
import random
import re
import shlex
from dataclasses import replace

import pytest

from tests.data.layout_cases import ASKED, CLEAR, REFUSED, alternating, paths, read, source_files, table, voc, yolo
from tlcore.data import evidence
from tlcore.data.layout import HOW, propose, read_layout
from tlcore.data.text_files import MAX_BYTES
from tlcore.errors import UndecidedLayout, UserError
from tlcore.messages.layouts import basis_message, summary_message, undecided_message


def proposals_of(case):
    return propose("x", source_files(case.photos, case.texts), (), read)


def placed(layout):
    """The files with class and part, without what tables say of them besides."""
    return [replace(each, columns=()) for each in layout.placed]


def check(case, choice, layout, used):
    assert dict(choice.classes) == case.classes, case.reason
    assert dict(choice.parts) == case.parts, case.reason
    assert {reason for _, reason in layout.refused} == case.left_out, case.reason
    given = {tuple(path.split("/")) for path in (*case.photos, *case.texts) if "__MACOSX" not in path}
    assert len(layout.placed) + layout.num_left_out == len(given) - len(used), "nothing is lost"
    assert len(choice.examples) == min(9, choice.num_photos) and basis_message(choice) and summary_message(choice)


@pytest.mark.parametrize("case", CLEAR, ids=[case.name for case in CLEAR])
def test_a_clear_layout_asks_nothing(case):
    first = proposals_of(case)[0]
    assert first.is_clear, case.reason
    check(case, first.choice(), first.layout, first.used)
    assert placed(read_layout("x", source_files(case.photos, case.texts), (), read)) == first.layout.placed


@pytest.mark.parametrize("case", ASKED, ids=[case.name for case in ASKED])
def test_an_open_layout_is_a_question_and_its_answer_is_taken(case):
    files = source_files(case.photos, case.texts)
    with pytest.raises(UndecidedLayout) as question:
        read_layout("x", files, (), read)
    choices = question.value.choices
    assert tuple(choice.key for choice in choices) == case.asked, case.reason
    check(case, choices[0], read_layout("x", files, (), read, choices[0].key), proposals_of(case)[0].used)
    options = re.findall(r"^  (--layout .+)$", undecided_message(question.value), re.MULTILINE)
    assert [shlex.split(option) for option in options] == [["--layout", key] for key in case.asked], "can be pasted"


@pytest.mark.parametrize(("name", "reason", "photos", "texts", "words"), REFUSED, ids=[case[0] for case in REFUSED])
def test_what_gives_no_classes_is_refused_with_what_to_do(name, reason, photos, texts, words):
    with pytest.raises(UserError, match=words) as refusal:
        propose("x", source_files(photos, texts), (), read)
    assert not isinstance(refusal.value, UndecidedLayout) and HOW in refusal.value.fix, reason


@pytest.mark.parametrize(
    ("layout", "labels", "reason"),
    [
        ("folders", {"test1", "train"}, "a person says that the parts are classes"),
        ("names", {"cat", "dog"}, "the likeliest, by where the classes come from"),
        ("all-folders", {"test1", "train"}, "a key that was not offered"),
    ],
)
def test_a_reading_is_named_by_its_key_or_by_where_the_classes_come_from(layout, labels, reason):
    files = source_files(paths("train/cat.#.jpg", "train/dog.#.jpg", "test1"), {})
    assert {each.label for each in read_layout("x", files, (), read, layout).placed} == labels, reason


@pytest.mark.parametrize("layout", ["table:labels.csv", "table:LABELS.csv", "table:./a/labels.csv", "table", "names"])
def test_a_table_is_named_by_its_path_or_its_name(layout):
    rows = table([f"cat_{number}.jpg,{('big', 'small')[number % 2]}" for number in range(4)])
    files = source_files(paths("a/cat_#.jpg", "a/dog_#.jpg"), {"a/labels.csv": rows})
    labels = {each.label for each in read_layout("x", files, (), read, layout).placed}
    assert labels == ({"cat", "dog"} if layout == "names" else {"big", "small"})


def test_an_unknown_layout_names_those_that_there_are():
    with pytest.raises(UserError, match="can’t be read by the layout “tables”") as refusal:
        read_layout(
            "x", source_files(paths("site1/cat", "site1/dog", "site2/cat", "site2/dog"), {}), (), read, "tables"
        )
    assert "inner-folders, outer-folders" in refusal.value.fix


def test_several_readings_of_one_kind_are_asked_about():
    files = source_files(paths("animals/cat", "animals/dog", "vehicles/car", "vehicles/bus"), {})
    with pytest.raises(UndecidedLayout) as question:
        read_layout("x", files, (), read, "folders")
    assert [choice.key for choice in question.value.choices] == ["outer-folders", "inner-folders"]


def test_the_question_in_words():
    with pytest.raises(UndecidedLayout) as question:
        read_layout("pets", source_files(paths("train/cat.#.jpg", "train/dog.#.jpg", "test1/#.jpg:2"), {}), (), read)
    assert undecided_message(question.value).splitlines() == [
        "pets has no clear class folders.",
        "Choose how to read it by adding one of these options:",
        "  --layout names",
        "      The class is in the file names: 2 classes (cat, dog), 8 photos, 2 files left out.",
        "      For example, train/cat.0.jpg is cat.",
        "      For example, train/cat.1.jpg is cat.",
    ]


def test_a_file_of_annotations_that_is_too_large_is_named_with_what_to_do(monkeypatch):
    monkeypatch.setattr(evidence, "MAX_JSON", 10)
    texts = {"annotations.json": json.dumps({"images": [], "annotations": [], "categories": []})}
    with pytest.raises(UserError, match=r"annotations\.json is not read: it has .* MB") as refusal:
        read_layout("x", source_files(paths("#.jpg"), texts), (), read)
    assert "one folder per class" in refusal.value.fix
    found = read_layout("x", source_files(paths("cats", "dogs"), texts), (), read)
    assert ["split it into several files" in reason for _, reason in found.refused] == [True]


def test_empty_class_folders_are_reported_in_their_place():
    folders = [("train",), ("train", "birds"), ("train", "cats"), ("docs",), (".git",)]
    found = read_layout(
        "x", source_files(paths("train/cats", "train/dogs", "test/cats", "test/dogs"), {}), folders, read
    )
    assert found.empty == ["birds"]


HOSTILE = [
    ("a bomb of entities", "a.xml", "<!DOCTYPE a [<!ENTITY b 'cccc'>]>" + voc("&b;")),
    ("a deep JSON", "a.json", "[" * 200_000),
    ("a cell without end", "labels.csv", 'file,label\n0.jpg,"' + "x" * 300_000),
    ("no text at all", "labels.csv", b"\0\1\2" * 100),
    ("half a character", "labels.csv", b"file,label\n\xff\xfe\xff"),
    ("a JSON of other things", "a.json", '{"images": [1, null], "annotations": [[]], "categories": [{"id": []}, 3]}'),
    (
        "a COCO of other things",
        "a.json",
        '{"images": [{"id": {}, "file_name": 3}, 4], "annotations": [7], "categories": []}',
    ),
    ("a number without end", "0.txt", "1" * 5_000 + " 0 0 0 0"),
    ("boxes at infinity", "0.txt", "1 inf nan 1e999 0"),
    ("a name of 60,000 characters", "a" * 60_000 + "1a" * 200 + ".jpg", ""),
    ("names that are numbers", "data.yaml", "names: [" + "," * 100_000),
]


@pytest.mark.parametrize(("reason", "name", "text"), HOSTILE, ids=[case[0] for case in HOSTILE])
def test_texts_beside_photos_may_hold_anything(reason, name, text):
    texts = {name: text, **({} if name == "0.txt" else yolo("x"))}
    with pytest.raises(UserError, match="no class folders|export for object detection"):
        propose("x", source_files(paths("#.jpg"), texts), (), read)
    assert propose("x", source_files(paths("cats", "dogs"), texts), (), read)[0].is_clear, reason


def test_xml_that_defines_a_document_type_is_not_read():
    for start, is_read in (("", True), ("<!DOCTYPE annotation [<!ENTITY a 'cat'>]>", False)):
        texts = {f"{number}.xml": start + voc(("cat", "dog")[number % 2]) for number in range(4)}
        if is_read:
            assert propose("x", source_files(paths("#.jpg"), texts), (), read)[0].key == "voc"
            continue
        with pytest.raises(UserError, match="no class folders"):
            propose("x", source_files(paths("#.jpg"), texts), (), read)


def test_a_table_that_is_too_large_is_not_read():
    *photos, listed = source_files(paths("#.jpg"), {"labels.csv": table(alternating("{number}.jpg,{label}"))})
    assert propose("x", [*photos, listed], (), read)[0].key == "table:labels.csv"
    with pytest.raises(UserError, match="no class folders"):
        propose("x", [*photos, replace(listed, size=MAX_BYTES + 1)], (), read)


@pytest.mark.parametrize(
    ("known", "classes", "reason"),
    [
        (("cat", "dog"), {"cat", "dog"}, "only the inner folders are classes of the model"),
        (("SITE1", "site2"), {"site1", "site2"}, "only the outer ones, whatever their case"),
        (("horse",), None, "neither"),
    ],
)
def test_the_classes_of_a_model_decide_how_its_test_photos_are_read(known, classes, reason):
    files = source_files(paths("site1/cat", "site1/dog", "site2/cat"), {})
    if classes is None:
        with pytest.raises(UndecidedLayout):
            read_layout("x", files, (), read, known=known)
    else:
        assert {each.label for each in read_layout("x", files, (), read, known=known).placed} == classes, reason


FOLDERS = (
    "train test val cats dogs images masks docs Train test_set a A site1 n02084071 0 1 labels unlabelled part_1".split()
)
NAMES = "cat.#.jpg dog_#.png #.jpg IMG_#.jpg # preview.jpg #.txt #.xml #.csv".split()
TEXTS = [
    table(alternating("{number}.jpg,{label}")),
    "0 0.5 0.5 0.1 0.1",
    voc("cat"),
    '{"0": "zero", "1": "one"}',
    "",
    "a b c",
]


def mixture(chance):
    """Any files in any folders."""
    found = {}
    for _ in range(chance.randint(1, 6)):
        folders = "".join(f"{chance.choice(FOLDERS)}/" for _ in range(chance.randint(0, 4)))
        for path in paths(f"{folders}{chance.choice(NAMES)}:{chance.randint(1, 5)}"):
            found[path] = chance.choice(TEXTS) if path.endswith((".txt", ".xml", ".csv")) else b""
    return source_files([], found | {"labels.csv": chance.choice(TEXTS)})


def test_in_any_mixture_no_file_is_lost_and_no_part_is_a_class_without_a_question():
    num_read = 0
    for seed in range(300):
        files = mixture(random.Random(seed))
        try:
            proposals = propose("x", files, (), read, least_classes=1)
        except UserError:
            continue
        num_read += 1
        assert len({each.key for each in proposals}) == len(proposals) and not any(p.is_clear for p in proposals[1:])
        for each in proposals:
            used = sum("/".join(file.parts) in each.used for file in files)
            assert len(each.layout.placed) + each.layout.num_left_out + used == len(files), (seed, each.key)
            assert placed(read_layout("x", files, (), read, each.key, 1)) == each.layout.placed, (seed, each.key)
        if proposals[0].is_clear:
            assert not {"train", "test", "val", "Train"} & {each.label for each in proposals[0].photos}, seed
    assert num_read > 200


@pytest.mark.parametrize(
    ("photos", "noted", "reason"),
    [
        (paths("val/cats", "val/dogs", "test/cats", "test/dogs"), True, "test photos become training photos"),
        (paths("train/cats", "train/dogs", "test/cats", "test/dogs"), False, "the parts are kept"),
        (paths("test/cats", "test/dogs"), False, "a single folder only wraps the others"),
    ],
)
def test_parts_that_are_not_kept_apart_are_told(photos, noted, reason):
    notes = read_layout("x", source_files(photos, {}), (), read).notes
    assert any("not kept apart" in note for note in notes) is noted, reason
