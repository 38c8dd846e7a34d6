"""Names in zips and tars in every usual encoding: read as they were meant, or asked about; never read wrong."""

import zipfile

import pytest

from tests.archives import unicode_path, write_raw_zip, write_tar
from tests.photos import make_photo, run_job, write_zip
from tlcore.data.archives import open_archive
from tlcore.data.ingest import ingest_path
from tlcore.data.name_encodings import ENCODINGS, choose_encoding
from tlcore.data.name_plausibility import script_of
from tlcore.errors import UndecidedEncoding, UserError

DECIDED = [
    # encoding in which the names are written, class names
    ("cp932", ["ソース", "ソフト", "いぬ"]),  # a backslash byte within ソ
    ("cp932", ["表", "猫"]),  # and within 表
    ("cp932", ["猫の写真", "犬の写真", "鳥"]),
    ("cp932", ["りんご", "バナナ", "ぶどう"]),
    ("cp932", ["自転車", "自動車", "電車"]),
    ("gb18030", ["苹果", "香蕉", "葡萄"]),
    ("gb18030", ["玫瑰", "向日葵", "郁金香"]),
    ("gb18030", ["训练集", "测试集"]),
    ("cp950", ["蘋果", "香蕉", "許功蓋"]),  # backslash bytes within all of the last
    ("cp950", ["汽車", "腳踏車", "公車"]),
    ("cp950", ["玫瑰", "向日葵", "鬱金香"]),
    ("cp949", ["사과", "바나나", "포도", "자동차", "자전거"]),
    ("cp437", ["Bär", "Hund"]),
    ("cp437", ["Vögel", "Käfer", "Füchse"]),
    ("cp437", ["niño", "árbol"]),
    ("cp850", ["Größe", "Straße"]),
    ("cp850", ["forêt", "château"]),
    ("cp850", ["Ação", "Maçã"]),
    ("cp850", ["smørrebrød", "æble"]),
    ("cp1252", ["Äpfel", "Öl"]),
    ("cp1252", ["forêt", "château"]),
    ("cp1252", ["Maçã", "pêra"]),
    ("cp1252", ["Größe", "Straße"]),
    ("cp1251", ["кошки", "собаки"]),
    ("cp1251", ["Яблоки", "груши"]),
    ("cp866", ["кошки", "собаки"]),
    ("cp866", ["розы", "тюльпаны", "ромашки"]),
    ("cp1253", ["γάτες", "σκύλοι"]),
    ("cp737", ["γάτες", "σκύλοι"]),
    ("mac_roman", ["forêt", "château"]),
    ("mac_roman", ["Vögel", "Käfer", "Füchse"]),
    ("cp1250", ["kočka", "žába"]),
    ("cp852", ["kočka", "žába"]),
    ("cp1250", ["jabłko", "gruszka", "śliwka"]),
    ("cp1254", ["kuş", "köpek", "ağaç"]),
    ("cp862", ["חתולים", "כלבים"]),
    ("cp1255", ["תפוחים", "בננות", "ענבים"]),
    ("cp1256", ["قطة", "كلب", "حصان"]),
    ("cp720", ["قطة", "كلب"]),
    ("cp874", ["แมว", "หมา"]),
    ("cp874", ["กล้วย", "ส้ม", "มะม่วง"]),
    ("utf-8", ["Bär", "猫", "кошки"]),  # as macOS and 7-Zip write
]

ASKED = [
    # likewise, with what could have been meant as well
    ("gb18030", ["猫", "狗"]),  # 癡, 僩 in Big5; 챔, 뭍 in Korean
    ("cp949", ["고양이", "개"]),  # plain Chinese words in GBK
    ("cp437", ["Vögel", "Hunde"]),  # Vîgel on a Mac
    ("cp850", ["flèche"]),  # fläche on a Mac
    ("cp866", ["КОТ", "СОБАКА"]),  # ΛΟΤ, ΣΟΒΑΛΑ
    ("cp1255", ["חתולים", "כלבים"]),  # in Arabic, with a dot in the middle of a word
    ("cp850", ["é"]),
]


def _entries(encoding, names):
    return [f"pets/{name}/{number}.jpg".encode(encoding) for name in names for number in range(3)]


def _folders(source):
    return {file.parts[-2] for file in source.files}


def _unsaid(names):
    """The names that read differently in several encodings."""
    return {name for name in names if not name.isascii()}


def _write(path, raws):
    return write_raw_zip(path, dict.fromkeys(raws, b"x"))


@pytest.mark.parametrize(("encoding", "names"), DECIDED, ids=lambda case: case if isinstance(case, str) else case[0])
def test_names_are_read_as_they_were_meant(tmp_path, encoding, names):
    source = open_archive(_write(tmp_path / "a.zip", _entries(encoding, names)))
    assert _folders(source) == set(names) and not source.refused
    assert [path for path, _ in source.guessed] == ([] if encoding == "utf-8" else ["a.zip"])


@pytest.mark.parametrize(("encoding", "names"), ASKED, ids=lambda case: case if isinstance(case, str) else case[0])
def test_names_that_could_mean_several_things_are_asked_about(tmp_path, encoding, names):
    path = _write(tmp_path / "a.zip", _entries(encoding, names))
    with pytest.raises(UndecidedEncoding) as caught:
        open_archive(path)
    readings = {each.encoding: set(each.names) for each in caught.value.choices}
    assert _unsaid(names) in readings.values() and 2 <= len(readings) <= 5
    for choice in caught.value.choices:  # what was shown is what one gets
        source = open_archive(path, encoding=choice.encoding)
        assert _unsaid(_folders(source)) == readings[choice.encoding] and not source.guessed


REPERTOIRES = {  # what people write in the encodings that have more than that: a script each, and its usual characters
    "cp932": (("HAN", "KANA"), "shift_jis"),
    "gb18030": (("HAN",), "gb2312"),
    "cp950": (("HAN",), "big5"),
    "cp949": (("HANGUL",), "cp949"),
}


def _can_write(encoding, names):
    scripts, usual = REPERTOIRES.get(encoding, ((), encoding))
    text = "".join(sorted(_unsaid(names)))
    if scripts and any(script_of(each) not in scripts for each in text if not each.isascii() and each != "ー"):
        return False
    try:
        return bool(text.encode(usual))
    except UnicodeEncodeError:
        return False


@pytest.mark.parametrize("encoding", list(ENCODINGS))
def test_names_are_never_read_wrong_in_silence(encoding):
    """Every list of the tables, written in each encoding that it may be written in: right, or a question with it."""
    for _, names in DECIDED + ASKED:
        if not _can_write(encoding, names):
            continue
        raws = _entries(encoding, names)
        try:
            found = choose_encoding(raws, "a.zip")
        except UndecidedEncoding as error:
            assert any(set(each.names) == _unsaid(names) for each in error.choices), (names, error.choices)
            continue
        assert [raw.decode(found) for raw in raws] == [raw.decode(encoding) for raw in raws], (names, found)


def test_what_a_zip_says_itself_is_believed(tmp_path):
    flagged = write_zip(tmp_path / "flag.zip", {f"{name}/1.jpg": b"x" for name in ("Bär", "猫")})
    assert _folders(open_archive(flagged)) == {"Bär", "猫"}
    name = "Vögel/1.jpg".encode("cp437")
    field = unicode_path(name, "Vögel/1.jpg")
    source = open_archive(write_raw_zip(tmp_path / "extra.zip", {name: b"x"}, {name: field}))
    assert _folders(source) == {"Vögel"} and not source.guessed
    plain = b"V#U00f6gel/1.jpg"  # what Info-ZIP writes beside the field
    assert _folders(
        open_archive(write_raw_zip(tmp_path / "ascii.zip", {plain: b"x"}, {plain: unicode_path(plain, "Vögel/1.jpg")}))
    ) == {"Vögel"}
    stale = unicode_path(name, "dogs/1.jpg", crc=1)  # of a name that the entry had before
    with pytest.raises(UndecidedEncoding):
        open_archive(write_raw_zip(tmp_path / "stale.zip", {name: b"x"}, {name: stale}))


@pytest.mark.parametrize("field", [b"\x75\x70\x05\x00\x01", b"\x75\x70\xff\xff\x01abcdef", unicode_path(b"", "")])
def test_a_broken_extra_field_is_as_none(tmp_path, field):
    name = b"cats/1.jpg"
    try:
        source = open_archive(write_raw_zip(tmp_path / "a.zip", {name: b"x"}, {name: field}))
    except UserError as error:  # zipfile itself refuses one that is longer than the entry
        assert "damaged" in error.what
    else:
        assert _folders(source) == {"cats"}


def test_backslashes_of_windows_separate_also_beside_other_letters(tmp_path):
    raws = [f"写真\\{name}\\1.jpg".encode("cp932") for name in ("ソース", "表")]
    source = open_archive(_write(tmp_path / "a.zip", raws), encoding="cp932")
    assert {file.parts for file in source.files} == {("写真", "ソース", "1.jpg"), ("写真", "表", "1.jpg")}


def test_names_of_files_alone_are_never_asked_about(tmp_path):
    """They are no classes, so a guess does no harm; the report says it."""
    raws = [f"{label}/{name}.jpg".encode("cp437") for label in ("cats", "dogs") for name in ("Vögel", "Löwe", "König")]
    source = open_archive(_write(tmp_path / "a.zip", raws))
    assert {file.parts[1] for file in source.files} == {"Vögel.jpg", "Löwe.jpg", "König.jpg"}
    assert "read as Western, DOS (cp437)" in source.guessed[0][1]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("klingon", "no encoding called klingon"),
        ("zlib_codec", "no encoding called"),  # turns bytes into bytes
        ("utf-8", "aren’t written in utf-8"),
        ("ascii", "aren’t written in ascii"),
    ],
)
def test_an_encoding_that_cannot_be_meant_is_refused(tmp_path, given, words):
    with pytest.raises(UserError, match=words):
        open_archive(_write(tmp_path / "a.zip", _entries("cp932", ["ソース", "表"])), encoding=given)


def test_the_data_set_of_another_encoding_is_another_one(workspace, tmp_path):
    files = {raw: make_photo(number) for number, raw in enumerate(_entries("gb18030", ["猫", "狗"]))}
    path = write_raw_zip(tmp_path / "a.zip", files)
    labels = [run_job(ingest_path(workspace, path, encoding=each))[0].labels for each in ("gb18030", "cp949")]
    assert [set(each) for each in labels] == [{"猫", "狗"}, {"챔", "뭍"}]


def test_tars_are_read_by_the_same_rules(tmp_path):
    names = ["猫の写真", "犬の写真", "鳥"]
    files = {f"{name}/{number}.jpg": b"x" for name in names for number in range(3)}
    for encoding, guesses in (("utf-8", 0), ("cp932", 1)):
        source = open_archive(write_tar(tmp_path / f"{encoding}.tar", files, encoding=encoding))
        assert _folders(source) == set(names) and len(source.guessed) == guesses
    path = write_tar(tmp_path / "ask.tar", {f"{name}/1.jpg": b"x" for name in ("猫", "狗")}, encoding="gb18030")
    with pytest.raises(UndecidedEncoding):
        open_archive(path)
    assert _folders(open_archive(path, encoding="gb18030")) == {"猫", "狗"}


def test_very_many_names_do_not_take_long(tmp_path):
    """100,000 of them: the detector gets a few hundred."""
    raws = [f"りんご/写真{number}.jpg".encode("cp932") for number in range(100_000)]
    assert choose_encoding(raws, "a.zip") == "cp932"


def test_control_characters_are_no_names(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as target:
        target.writestr("cats/a.jpg\0.exe", b"x")
    assert [file.parts for file in open_archive(tmp_path / "a.zip").files] == [("cats", "a.jpg")]
