"""Layouts as people download or make them, as lists of paths, each with its right answer and the reason for it."""

import json
from dataclasses import dataclass, field
from typing import Any

from tlcore.data.layout import SourceFile


def paths(*patterns: str) -> list[str]:
    """Paths of photos: "cats:4" is four photos in a folder, "train/cat.#.jpg:3" three with their numbers."""
    found = []
    for pattern in patterns:
        name, _, count = pattern.partition(":")
        name = name if "#" in name else f"{name}/#.jpg".removeprefix("./")
        found += [name.replace("#", str(number)) for number in range(int(count or 4))]
    return found


def source_files(names: list[str], texts: dict[str, str | bytes]) -> list[SourceFile]:
    """The files of a layout; a text's bytes are its handle."""
    encoded = {name: text.encode() if isinstance(text, str) else text for name, text in texts.items()}
    photos = [SourceFile(tuple(name.split("/")), b"", 1_000) for name in names]
    return photos + [SourceFile(tuple(name.split("/")), data, len(data)) for name, data in encoded.items()]


def read(files):
    """The `read` of a source of such files."""
    for file in files:
        yield file, file.handle


@dataclass(frozen=True)
class Case:
    """A layout and its right answer.

    `classes`: photos in each class, of the likeliest reading; `asked`: keys of the readings that a person is asked
    about, in order, empty where nothing is asked; `parts`: photos in each part; `left_out`: the reasons for all files
    that are left out.
    """

    name: str
    reason: str
    photos: list[str]
    classes: dict[str, int]
    asked: tuple[str, ...] = ()
    parts: dict[str, int] = field(default_factory=dict)
    left_out: frozenset[str] = frozenset()
    texts: dict[str, Any] = field(default_factory=dict)


OUTSIDE = "is outside the class folders"
BESIDE_PARTS = "is outside the train, validation and test folders"
NO_FOLDER = "is not in a class folder"
NO_NAME = "has no class in its name"
TWO = {"cats": 4, "dogs": 4}
BOTH = {"cats": 8, "dogs": 8}
COCO = json.dumps(
    {
        "images": [{"id": number, "file_name": f"{number}.jpg"} for number in range(4)],
        "annotations": [{"image_id": number, "category_id": 1 + number % 2} for number in range(4)],
        "categories": [{"id": 0, "name": "pets"}, {"id": 1, "name": "cat"}, {"id": 2, "name": "dog"}],
    }
)


def table(rows: list[str], header: str = "file,label") -> str:
    return "\n".join([header, *rows]) + "\n"


def alternating(shape: str, count: int = 4, labels: str = "cat dog", first: int = 0) -> list[str]:
    """Rows of a table with a number and a label in turn."""
    names = labels.split()
    return [shape.format(number=first + number, label=names[number % len(names)]) for number in range(count)]


def voc(label: str) -> str:
    return f"<annotation><filename>x.jpg</filename><object><name>{label}</name></object></annotation>"


def yolo(place: str, counts: str = "0101") -> dict[str, str]:
    """A text with one box for each photo."""
    return {f"{place}/{number}.txt": f"{label} 0.5 0.5 0.2 0.1\n" for number, label in enumerate(counts)}


CLEAR = [
    Case("plain", "nothing to ask", paths("cats", "dogs"), TWO),
    Case("wrapped twice", "wrapping folders are no classes", paths("a/b c/cats", "a/b c/dogs"), TWO),
    Case("three parts", "as Keras wants them", paths("train/cats", "train/dogs", "validation/cats", "validation/dogs",
         "test/cats", "test/dogs"), {"cats": 12, "dogs": 12}, parts={"train": 8, "validation": 8, "test": 8}),
    Case("kaggle cat and dog", "parts in folders of the same name", paths("training_set/training_set/cats",
         "training_set/training_set/dogs", "test_set/test_set/cats", "test_set/test_set/dogs"), BOTH,
         parts={"train": 8, "test": 8}),
    Case("intel", "seg_ before the part, photos to predict beside", paths("seg_train/seg_train/sea",
         "seg_train/seg_train/forest", "seg_test/seg_test/sea", "seg_test/seg_test/forest", "seg_pred/seg_pred"),
         {"sea": 8, "forest": 8}, parts={"train": 8, "test": 8}, left_out=frozenset({BESIDE_PARTS})),
    Case("chest_xray", "the whole again inside, and what a Mac leaves", [*paths("chest_xray/train/NORMAL",
         "chest_xray/train/PNEUMONIA", "chest_xray/val/NORMAL", "chest_xray/val/PNEUMONIA", "chest_xray/test/NORMAL",
         "chest_xray/test/PNEUMONIA", "chest_xray/chest_xray/train/NORMAL", "chest_xray/chest_xray/train/PNEUMONIA"),
         "chest_xray/__MACOSX/._x.jpg"], {"NORMAL": 12, "PNEUMONIA": 12},
         parts={"train": 8, "validation": 8, "test": 8}, left_out=frozenset({BESIDE_PARTS})),
    Case("fruits-360", "other photos and papers beside the parts", paths("fruits-360/Training/Apple Red 1",
         "fruits-360/Training/Pear", "fruits-360/Test/Apple Red 1", "fruits-360/Test/Pear",
         "fruits-360/test-multiple_fruits", "fruits-360/papers"), {"Apple Red 1": 8, "Pear": 8},
         parts={"train": 8, "test": 8}, left_out=frozenset({BESIDE_PARTS})),
    Case("asl", "all parts have a name in common, the test has no classes", paths(
         "asl_alphabet_train/asl_alphabet_train/A", "asl_alphabet_train/asl_alphabet_train/B",
         "asl_alphabet_test/asl_alphabet_test/test_#.jpg"), {"A": 4, "B": 4},
         left_out=frozenset({"has no class: asl_alphabet_test has no class folders"})),
    Case("TRAIN_DATA and valid_set", "parts in capitals and with other words", paths("TRAIN_DATA/cats",
         "TRAIN_DATA/dogs", "valid_set/cats", "valid_set/dogs"), BOTH, parts={"train": 8, "validation": 8}),
    Case("train_images and eval", "dev, eval, evaluation are validation", paths("train_images/cats",
         "train_images/dogs", "eval/cats", "eval/dogs"), BOTH, parts={"train": 8, "validation": 8}),
    Case("food-11", "beside a validation, an evaluation is the test", paths("training/Bread", "training/Egg",
         "validation/Bread", "validation/Egg", "evaluation/Bread", "evaluation/Egg"), {"Bread": 12, "Egg": 12},
         parts={"train": 8, "validation": 8, "test": 8}),
    Case("unlabelled beside", "photos without classes do not hide the others", paths("labelled/cat", "labelled/dog",
         "unlabelled"), {"cat": 4, "dog": 4}, left_out=frozenset({OUTSIDE})),
    Case("some loose pictures", "class folders and what nobody sorted yet", paths("Cats", "Dogs", "IMG_#.jpg:6"),
         {"Cats": 4, "Dogs": 4}, left_out=frozenset({NO_FOLDER})),
    Case("train2017", "a year after the part", paths("train2017/cats", "train2017/dogs", "val2017/cats",
         "val2017/dogs"), BOTH, parts={"train": 8, "validation": 8}),
    Case("roboflow folders", "an export with its README", paths("train/cats", "train/dogs", "valid/cats", "valid/dogs",
         "test/cats", "test/dogs"), {"cats": 12, "dogs": 12}, parts={"train": 8, "validation": 8, "test": 8},
         left_out=frozenset({NO_FOLDER}), texts={"README.roboflow.txt": "pets - v1"}),
    Case("a lone train folder", "only a wrapping", paths("train/cats", "train/dogs"), TWO),
    Case("test without classes", "photos to predict are no class", paths("train/cats", "train/dogs", "test"), TWO,
         left_out=frozenset({"has no class: test has no class folders"})),
    Case("parts in classes", "cats/train and cats/test", paths("cats/train", "cats/test", "dogs/train", "dogs/test"),
         BOTH, parts={"train": 8, "test": 8}),
    Case("images in each part", "train/images/cats", paths("train/images/cats", "train/images/dogs", "test/images/cats",
         "test/images/dogs"), BOTH, parts={"train": 8, "test": 8}),
    Case("images in each class", "cats/images", paths("cats/images", "dogs/images"), TWO),
    Case("a class again in itself", "cats/cats, dogs/dogs", paths("cats/cats", "dogs/dogs"), TWO),
    Case("photos deeper in a class", "the folder of the photos above them is the class", paths("cats", "cats/kittens",
         "dogs"), {"cats": 8, "dogs": 4}),
    Case("a stray picture", "preview.jpg beside the classes", [*paths("w/cats", "w/dogs"), "w/preview.jpg"], TWO,
         left_out=frozenset({NO_FOLDER})),
    Case("a stray picture above", "in the folder around", [*paths("w/cats", "w/dogs"), "logo.png"], TWO,
         left_out=frozenset({OUTSIDE})),
    Case("stray pictures at two levels", "one in each folder around the classes", [*paths("w/v/cats", "w/v/dogs"),
         "w/a.jpg", "w/v/b.jpg"], TWO, left_out=frozenset({NO_FOLDER, OUTSIDE})),
    Case("a stray picture above parts", "w has a picture and train", [*paths("w/train/cats", "w/train/dogs"),
         "w/cover.jpg"], TWO, left_out=frozenset({NO_FOLDER})),
    Case("docs beside classes", "a figure is no class", [*paths("cats", "dogs"), "docs/figure.png"], TWO,
         left_out=frozenset({OUTSIDE}), texts={"docs/manual.md": "x"}),
    Case("docs beside data", "figures do not hide the classes", paths("docs:9", "data/cats", "data/dogs"), TWO,
         left_out=frozenset({OUTSIDE})),
    Case("letters", "names that differ in case are different", paths("a", "A", "b", "B"),
         {"a": 4, "A": 4, "b": 4, "B": 4}),
    Case("digits", "numbers are classes", paths("train/0", "train/1", "test/0", "test/1"), {"0": 8, "1": 8},
         parts={"train": 8, "test": 8}),
    Case("gtsrb without tables", "Meta is beside, Test has no classes", paths("Train/0", "Train/1", "Test", "Meta:2"),
         {"0": 4, "1": 4}, left_out=frozenset({OUTSIDE, "has no class: Test has no class folders"})),
    Case("cub", "lists beside class folders are of no use", paths("CUB/images/001.Albatross", "CUB/images/002.Jay"),
         {"001.Albatross": 4, "002.Jay": 4}, left_out=frozenset({OUTSIDE}), texts={
             "CUB/images.txt": "".join(f"{n} 001.Albatross/{n}.jpg\n" for n in range(4)),
             "CUB/classes.txt": "1 001.Albatross\n2 002.Jay\n",
             "CUB/image_class_labels.txt": "1 1\n2 1\n3 2\n"}),
    Case("masks of faces", "with_mask is a class, no annotation", paths("with_mask", "without_mask"),
         {"with_mask": 4, "without_mask": 4}),
    Case("search results", "names of browser folders", paths("cat - Google Search", "dog - Google Search"),
         {"cat - Google Search": 4, "dog - Google Search": 4}),
    Case("teachable machine", "a JSON beside the classes", paths("Class 1", "Class 2"), {"Class 1": 4, "Class 2": 4},
         left_out=frozenset({NO_FOLDER}), texts={"manifest.json": '{"type": "image", "version": "2"}'}),
    Case("a table that agrees", "labels.csv says what the folders say", paths("cats", "dogs"), TWO,
         left_out=frozenset({NO_FOLDER}),
         texts={"labels.csv": table([f"{c}/{n}.jpg,{c}" for c in TWO for n in range(4)])}),
    Case("a table of other things", "no column is called a label", paths("cats", "dogs"), TWO,
         left_out=frozenset({NO_FOLDER}),
         texts={"photos.csv": table([f"{c}/{n}.jpg,{'ab'[n % 2]}" for c in TWO for n in range(4)], "file,camera")}),
    Case("train_station", "a class whose name has the word of a part", paths("train_station", "bus_station"),
         {"train_station": 4, "bus_station": 4}),
    Case("inaturalist 2021", "long names with numbers", paths("train/00000_Animalia_Aves_Pica",
         "train/00001_Animalia_Aves_Sitta", "val/00000_Animalia_Aves_Pica", "val/00001_Animalia_Aves_Sitta"),
         {"00000_Animalia_Aves_Pica": 8, "00001_Animalia_Aves_Sitta": 8}, parts={"train": 8, "validation": 8}),
    Case("test/unknown", "a class that only the test has is none", paths("train/cats", "train/dogs", "valid/cats",
         "valid/dogs", "test/unknown"), BOTH, parts={"train": 8, "validation": 8},
         left_out=frozenset({"has no class: test has other class folders than the training photos"})),
    Case("covid radiography", "images and masks in each class", paths("COVID/images", "COVID/masks", "Normal/images",
         "Normal/masks"), {"COVID": 4, "Normal": 4}, left_out=frozenset({"is in a folder of annotations"})),
    Case("paddy disease", "a table that agrees and says more", paths("train_images/blast", "train_images/tungro",
         "test_images"), {"blast": 4, "tungro": 4}, left_out=frozenset({NO_FOLDER,
         "has no class: test_images has no class folders"}), texts={"train.csv": table(
             [f"{c}/{n}.jpg,{c},{'xyz'[n % 2]}" for c in ("blast", "tungro") for n in range(4)],
             "image_id,label,variety")}),
    Case("names without endings", "the content decides", paths("cats/#:4", "dogs/#:4"), TWO),
]  # fmt: skip

ASKED = [
    Case("sites with spaces", "the terminal's options can be pasted", paths("site 1/fox", "site 1/owl", "it's 2/fox",
         "it's 2/owl"), {"fox": 8, "owl": 8}, asked=("inner-folders", "outer-folders", "only-folder:it's 2",
         "only-folder:site 1")),
    Case("most pictures above", "is what lies outside really to be left out?", paths("w:9", "w/v/cats", "w/v/dogs"),
         TWO, asked=("folders",), left_out=frozenset({OUTSIDE})),
    Case("dogs vs cats", "classes in the names, the test has none", paths("train/cat.#.jpg", "train/dog.#.jpg",
         "test1/#.jpg"), {"cat": 4, "dog": 4}, ("names",), left_out=frozenset({NO_NAME, "is not a picture"}),
         texts={"sampleSubmission.csv": table(alternating("{number},{label}"), "id,label")}),
    Case("oxford pets", "breeds in the names, masks beside", paths("images/Abyssinian_#.jpg",
         "images/great_pyrenees_#.jpg", "annotations/trimaps/Abyssinian_#.png"),
         {"Abyssinian": 4, "great_pyrenees": 4}, ("names",), left_out=frozenset({NO_NAME})),
    Case("numbered by Windows", "cat (1).jpg", paths("cat (#).jpg", "dog (#).jpg"), {"cat": 4, "dog": 4}, ("names",)),
    Case("roboflow names", "their hash is no part of the name", paths("cat-#_jpg.rf.0a1b2c3d4e.jpg",
         "dog-#_jpg.rf.0a1b2c3d4e.jpg"), {"cat": 4, "dog": 4}, ("names",)),
    Case("sites in names", "site1_fox_3.jpg: what has digits is rather a site", paths(*(
         f"site{n}_{animal}_#.jpg" for n in (1, 2) for animal in ("fox", "hare"))), {"fox": 8, "hare": 8},
         ("names:2", "names", "names:1")),
    Case("sites behind", "fox-s1-3.jpg", paths(*(f"{animal}-s{n}-#.jpg" for n in (1, 2)
         for animal in ("fox", "hare"))), {"fox": 8, "hare": 8}, ("names:1", "names", "names:2")),
    Case("a number between", "fox_3_north.jpg: either word", paths(*(
         f"{animal}_#_{site}.jpg" for site in ("north", "south") for animal in ("fox", "hare"))),
         {"fox": 8, "hare": 8}, ("names:1", "names:3")),
    Case("colours of fruit", "red_apple_3.jpg: all words together first", paths(*(
         f"{colour}_{fruit}_#.jpg" for colour in ("red", "green") for fruit in ("apple", "pear"))),
         {"red_apple": 4, "red_pear": 4, "green_apple": 4, "green_pear": 4}, ("names", "names:1", "names:2")),
    Case("kinds of kinds in names", "dog_pug_3.jpg: the pug says what both say", paths(*(
         f"{name}_#.jpg" for name in ("dog_pug", "dog_husky", "cat_manx", "cat_ocicat"))),
         {"dog_pug": 4, "dog_husky": 4, "cat_manx": 4, "cat_ocicat": 4}, ("names", "names:1")),
    Case("a camera before the class", "IMG_fox_3.jpg: what all have is no class", paths("IMG_fox_#.jpg",
         "IMG_hare_#.jpg"), {"fox": 4, "hare": 4}, ("names",)),
    Case("parts in names", "train_cat_1.jpg says the part", paths(*(
         f"{part}_{animal}_#.jpg" for part in ("train", "val", "test") for animal in ("cat", "dog"))),
         {"cat": 12, "dog": 12}, ("names",), parts={"train": 8, "validation": 8, "test": 8}),
    Case("parts and sites in names", "train_site1_fox_3.jpg", paths(*(f"{part}_site{n}_{animal}_#.jpg"
         for part in ("train", "test") for n in (1, 2) for animal in ("fox", "hare"))), {"fox": 16, "hare": 16},
         ("names:3", "names", "names:2"), parts={"train": 16, "test": 16}),
    Case("a test without classes in names", "test_7.jpg has none, and makes no part", paths("train_cat_#.jpg",
         "train_dog_#.jpg", "test_#.jpg:2"), {"cat": 4, "dog": 4}, ("names",), left_out=frozenset({NO_NAME})),
    Case("a word of parts in some names", "a train is no part where others name none", paths("train_#.jpg:1",
         "bus_#.jpg", "car_#.jpg"), {"bus": 4, "car": 4}, ("names",), left_out=frozenset({NO_NAME})),
    Case("plantvillage", "the same classes three times over", paths("color/apple", "color/pear", "grayscale/apple",
         "grayscale/pear", "segmented/apple", "segmented/pear"), {"apple": 12, "pear": 12},
         ("inner-folders", "outer-folders", "only-folder:color", "only-folder:grayscale", "only-folder:segmented")),
    Case("sites", "the same animals at two sites", paths("site1/cat", "site1/dog", "site2/cat", "site2/dog"),
         {"cat": 8, "dog": 8}, ("inner-folders", "outer-folders", "only-folder:site1", "only-folder:site2")),
    Case("kinds of kinds", "animals/cat, vehicles/car", paths("animals/cat", "animals/dog", "vehicles/car",
         "vehicles/bus"), {"animals": 8, "vehicles": 8}, ("outer-folders", "inner-folders")),
    Case("some classes have breeds", "dogs/husky beside cats", paths("cats", "dogs/husky", "dogs/pug"),
         {"cats": 4, "dogs": 8}, ("outer-folders", "inner-folders")),
    Case("sites with parts", "parts in each site", paths("s1/train/cat", "s1/train/dog", "s1/test/cat", "s1/test/dog",
         "s2/train/cat", "s2/train/dog"), {"cat": 12, "dog": 12}, ("inner-folders", "outer-folders", "only-folder:s1",
         "only-folder:s2"), parts={"train": 16, "test": 8}),
    Case("yes and no", "the same classes once more in a folder", paths("brain_tumor_dataset/yes",
         "brain_tumor_dataset/no", "yes", "no"),
         {"yes": 8, "no": 8}, ("inner-folders", "outer-folders")),
    Case("horse2zebra", "class and part in one name", paths("trainA", "trainB", "testA", "testB"), {"A": 8, "B": 8},
         ("folders",), parts={"train": 8, "test": 8}),
    Case("train_cats", "class and part in one name", paths("train_cats", "train_dogs", "test_cats", "test_dogs"), BOTH,
         ("folders",), parts={"train": 8, "test": 8}),
    Case("tiny imagenet", "a table without header for the validation", paths("train/n01443537/images",
         "train/n02124075/images", "val/images"), {"n01443537": 6, "n02124075": 6},
         ("folders+table:val/val_annotations.txt", "folders"), parts={"train": 8, "validation": 4}, texts={
             "val/val_annotations.txt": "\n".join(f"{n}.jpg\t{('n01443537', 'n02124075')[n % 2]}\t{n}\t9\t44\t{n}2"
             for n in range(4))}),
    Case("Excel's table", "a first line that names the separator, and zeros that are lost", paths("000#.jpg:4"),
         {"cat": 2, "dog": 2}, ("table:l.csv",),
         texts={"l.csv": "sep=;\n" + table(alternating("{number};{label}"), "id;label")}),
    Case("names with a comma", "every class has two names, as those of ImageNet", paths("#.jpg:4"),
         {"tench, Tinca": 2, "crane, bird": 2}, ("table:l.csv",),
         texts={"l.csv": table([f'{n}.jpg,"{("tench, Tinca", "crane, bird")[n % 2]}"' for n in range(4)])}),
    Case("a JSON of lists", "the files of each class", paths("#.jpg:4"), {"cat": 2, "dog": 2}, ("table:l.json",),
         texts={"l.json": '{"cat": ["0.jpg", "1.jpg"], "dog": ["2.jpg", "3.jpg"]}'}),
    Case("cassava", "numbers in a table, names in a JSON", paths("train_images/#.jpg", "test_images/t#.jpg"),
         {"Mosaic": 2, "Healthy": 2}, ("table:train.csv+names.json", "table:train.csv"),
         left_out=frozenset({"has no row with a class in train.csv"}), texts={
             "train.csv": table(alternating("{number}.jpg,{label}", 4, "0 1"), "image_id,label"),
             "names.json": '{"0": "Mosaic", "1": "Healthy", "2": "Rust"}'}),
    Case("vehicles", "a train is a thing and a part", paths("bus", "car", "train"), {"bus": 4, "car": 4, "train": 4},
         ("all-folders", "folders")),
    Case("test beside classes", "photos to predict, or a class", paths("cats", "dogs", "test"), TWO,
         ("folders", "all-folders"), left_out=frozenset({"has no class: test has no class folders"})),
    Case("train and test alone", "parts are classes only if a person says so", paths("train", "test"),
         {"train": 4, "test": 4}, ("all-folders",)),
    Case("figures beside classes", "nine figures may be a class", paths("cats", "dogs", "figures:9"), TWO,
         ("folders", "all-folders"), left_out=frozenset({OUTSIDE})),
    Case("extra beside parts", "the same classes once more", paths("train/cat", "train/dog", "val/cat", "val/dog",
         "extra/cat", "extra/dog"), {"cat": 8, "dog": 8}, ("folders", "inner-folders", "all-folders",
         "only-folder:extra", "only-folder:train", "only-folder:val"), parts={"train": 8, "validation": 8},
         left_out=frozenset({BESIDE_PARTS})),
    Case("dog breeds", "labels.csv without endings, the test has no rows", paths("train/a#f.jpg:6", "test/b#f.jpg"),
         {"boxer": 3, "pug": 3}, ("table:labels.csv",),
         left_out=frozenset({"has no row with a class in labels.csv", "is not a picture"}),
         texts={"labels.csv": table(alternating("a{number}f,{label}", 6, "boxer pug"), "id,breed"),
                "sample_submission.csv": table(["b0f,0.5,0.5"], "id,boxer,pug")}),
    Case("ham10000", "two folders are one store, dx is the diagnosis", paths("HAM10000_images_part_1/ISIC_#.jpg",
         "HAM10000_images_part_2/ISIC_1#.jpg"), {"nv": 4, "bkl": 4}, ("table:HAM10000_metadata.csv",), texts={
             "HAM10000_metadata.csv": table([f"HAM_{n},ISIC_{n},{('nv', 'bkl')[n % 2]},histo,{40 + n}.0,male"
             for n in (0, 1, 2, 3, 10, 11, 12, 13)], "lesion_id,image_id,dx,dx_type,age,sex")}),
    Case("cifar-10 of kaggle", "the same names in train and test", paths("train", "test"), {"cat": 2, "dog": 2},
         ("table:trainLabels.csv",), left_out=frozenset({"has no row with a class in trainLabels.csv"}),
         texts={"trainLabels.csv": table(alternating("{number},{label}"), "id,label")}),
    Case("gtsrb", "a table for each part", paths("Train/0", "Train/1", "Test"), {"0": 6, "1": 6},
         ("table:Test.csv", "folders"), parts={"train": 8, "test": 4}, texts={
             "Train.csv": table([f"29,{c},Train/{c}/{n}.jpg" for c in (0, 1) for n in range(4)], "Width,ClassId,Path"),
             "Test.csv": table([f"29,{n % 2},Test/{n}.jpg" for n in range(4)], "Width,ClassId,Path")}),
    Case("a table for the test only", "its classes are those of the folders", paths("Train/0", "Train/1", "Test"),
         {"0": 6, "1": 6}, ("folders+table:Test.csv", "folders", "table:Test.csv"), parts={"train": 8, "test": 4},
         texts={"Test.csv": table([f"{n % 2},Test/{n}.jpg" for n in range(4)], "ClassId,Path")}),
    Case("a table that disagrees", "breeds in folders of colours", paths("black", "white"), {"pug": 4, "lab": 4},
         ("table:breeds.csv", "folders"), texts={"breeds.csv": table(
             [f"{c}/{n}.jpg;{('pug', 'lab')[n % 2]}" for c in ("black", "white") for n in range(4)], "file;breed")}),
    Case("a column a class", "1 where it is", paths("train", "valid"), {"cat": 4, "dog": 4},
         ("table:train/_classes.csv",), parts={"train": 4, "validation": 4}, texts={
             f"{part}/_classes.csv": table([f"{n}.jpg, {n % 2}, {1 - n % 2}" for n in range(4)], "filename, cat, dog")
             for part in ("train", "valid")}),
    Case("a column of parts", "split is honoured", paths("photos/#.jpg:6"), {"cat": 3, "dog": 3}, ("table:l.tsv",),
         parts={"train": 2, "validation": 2, "test": 2}, texts={"l.tsv": table(
             [f"{n}.jpg\t{('cat', 'dog')[n % 2]}\t{('train', 'val', 'test')[n // 2]}" for n in range(6)],
             "Image\tSpecies\tSplit")}),
    Case("hugging face", "metadata.jsonl", paths("#.jpg:4"), {"cat": 2, "dog": 2}, ("table:metadata.jsonl",), texts={
        "metadata.jsonl": "\n".join(alternating('{{"file_name": "{number}.jpg", "label": "{label}"}}'))}),
    Case("two labels", "photos with several are left out, rows without a photo are listed", paths("#.jpg:7"),
         {"cat": 3, "dog": 2}, ("table:l.csv",), left_out=frozenset({"has several classes in l.csv",
         "is listed in l.csv, but isn’t there"}), texts={"l.csv": "\ufeff" + table(
             ['"0.jpg","cat"', "1.jpg,dog", '2.jpg,"cat, dog"', "3.jpg,cat", "4.jpg,dog", "5.jpg,cat", "6.jpg,dog",
              "6.jpg,cat", "9.jpg,dog"])}),
    Case("no header", "lines of a path and a label", paths("imgs/#.jpg:4"), {"cat": 2, "dog": 2}, ("table:list.txt",),
         texts={"list.txt": "\n".join(alternating("/data/imgs/{number}.jpg {label}"))}),
    Case("windows paths in latin-1", "a table of an old program", paths("b/#.jpg:4"), {"Bär": 2, "Kuh": 2},
         ("table:l.csv",), texts={"l.csv": table(alternating("C:\\b\\{number}.JPG;{label}", 4, "Bär Kuh"),
             "Datei;Label").encode("latin-1")}),
    Case("flowers 102", "numbers with a file of names", paths("train/1", "train/2", "valid/1", "valid/2"),
         {"pink primrose": 8, "orchid": 8}, ("folders+cat_to_name.json", "folders"),
         parts={"train": 8, "validation": 8}, texts={"cat_to_name.json": '{"2": "orchid", "1": "pink primrose"}'}),
    Case("imagenet", "synsets with a file of names", paths("train/n02084071", "train/n02121808", "val/n02084071",
         "val/n02121808"), {"dog": 8, "domestic cat": 8}, ("folders+LOC_synset_mapping.txt", "folders"),
         parts={"train": 8, "validation": 8}, texts={"LOC_synset_mapping.txt":
         "n02084071 dog, domestic dog\nn02121808 domestic cat, house cat\n"}),
    Case("case between parts", "train/Cats and test/cats", paths("train/Cats", "train/Dogs", "test/cats", "test/dogs"),
         {"Cats": 8, "Dogs": 8}, ("folders+any-case", "folders"), parts={"train": 8, "test": 8}),
    Case("coco", "one class of object on each photo", paths("train", "valid"), {"cat": 4, "dog": 4}, ("coco",),
         parts={"train": 4, "validation": 4}, texts={f"{part}/_annotations.coco.json": COCO
         for part in ("train", "valid")}),
    Case("yolo", "one class of object on each photo", paths("train/images", "valid/images"), {"cat": 4, "dog": 4},
         ("yolo",), parts={"train": 4, "validation": 4}, texts={**yolo("train/labels"), **yolo("valid/labels"),
         "data.yaml": "train: ../train/images\nnc: 2\nnames:\n- cat\n- dog\n"}),
    Case("labelimg", "VOC beside the photos", paths("p/#.jpg:4"), {"cat": 2, "dog": 2}, ("voc",), texts={
        f"p/{n}.xml": voc(("cat", "dog")[n % 2]) for n in range(4)}),
    Case("voc 2012", "one class of object, masks beside", paths("VOC/JPEGImages", "VOC/SegmentationClass"),
         {"cat": 2, "dog": 2}, ("voc",), left_out=frozenset({"has no annotated object"}), texts={
             f"VOC/Annotations/{n}.xml": voc(("cat", "dog")[n % 2]) for n in range(4)}),
]  # fmt: skip

REFUSED = [
    ("utkface", "an age, a sex and a race are no classes", paths(*(f"UTK/{age}_0_1_2017#.jpg" for age in (1, 20, 30))),
     {}, "only one class, UTK"),
    ("cameras", "IMG and DSC are no classes", paths("IMG_#.jpg", "DSC_#.jpg"), {}, r"no class folders \(8 photos"),
    ("no labels", "numbers say nothing", paths("#.jpg:9"), {}, "no class folders"),
    ("a table that fits nothing", "its names are others", paths("#.jpg"), {"l.csv": table(["a,b", "c,d"])},
     r"no class folders, and l.csv gives no classes"),
    ("a table of Excel", "not a text", paths("#.jpg"), {"l.xlsx": b"PK"}, "l.xlsx gives no classes"),
    ("a table of Excel in a folder", "what the folder is called is not all there is to say", paths("pets/#.jpg"),
     {"pets/l.xlsx": b"PK"}, "only one class, pets, and l.xlsx gives no classes"),
    ("no photos", "only texts", [], {"a/readme.md": "x"}, "contains no photos"),
    ("coco of scenes", "objects of several classes", paths("train"),
     {"train/a.json": COCO.replace('"image_id": 1', '"image_id": 0')},
     r"is a COCO export for object detection, and 1 of 4 photos show objects of several classes"),
    ("yolo of one class", "nothing to tell apart", paths("images"), yolo("labels", "0000"),
     "is a YOLO export for object detection, and all of its objects have the same class"),
    ("voc of scenes", "objects of several classes", paths("p/#.jpg:4"), {f"p/{n}.xml": voc("cat").replace("</object>",
     "</object><object><name>dog</name></object>") for n in range(4)}, "is a Pascal VOC export .* 4 of 4 photos"),
]  # fmt: skip
