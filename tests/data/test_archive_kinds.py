"""Kinds of archives × ways in: each is taken or refused in the same way wherever it comes from, whatever its name."""

import io
import struct
import tarfile
import zipfile
import zlib

import pytest

from tests.archives import write_tar
from tests.photos import class_files, make_photo, run_job, write_files, write_zip
from tlcore.data import archive, incoming, listing_archives, tar_stream, tarball
from tlcore.data.archive_kinds import archive_kind, without_ending
from tlcore.data.archives import open_archive
from tlcore.data.folder import FolderSource
from tlcore.data.ingest import ingest_incoming, ingest_path, ingest_zip
from tlcore.errors import UserError
from tlcore.events import StageKey

TWO = class_files({"cats": 4, "dogs": 4})
GOOD = make_photo(700)
TAKEN = [
    # name of the file, how it is made
    ("pets.zip", lambda path: write_zip(path, TWO)),
    ("pets.jpg", lambda path: write_zip(path, TWO)),  # the content decides
    ("pets", lambda path: write_zip(path, TWO)),
    ("pets.tar", lambda path: write_tar(path, TWO)),
    ("pets.tar.gz", lambda path: write_tar(path, TWO, "w:gz")),
    ("pets.tgz", lambda path: write_tar(path, TWO, "w:gz")),
    ("pets.zip", lambda path: write_tar(path, TWO, "w:gz")),
    ("pets.tar.bz2", lambda path: write_tar(path, TWO, "w:bz2")),
    ("pets.txz", lambda path: write_tar(path, TWO, "w:xz")),
]
REFUSED = [
    # name of the file, its bytes, words of the sentence
    ("pets.7z", b"7z\xbc\xaf\x27\x1c" + bytes(40), "is a 7z archive, which can’t be opened here"),
    ("pets.zip", b"7z\xbc\xaf\x27\x1c" + bytes(40), "is a 7z archive, which can’t be opened here"),
    ("pets.rar", b"Rar!\x1a\x07\x01\x00" + bytes(40), "is a RAR archive, which can’t be opened here"),
    ("pets.tar.zst", b"\x28\xb5\x2f\xfd" + bytes(40), "is a Zstandard archive, which can’t be opened here"),
    ("pets.lzh", b"\x21\x6a-lh5-" + bytes(40), "is an LHA archive"),
    ("photo.jpg.gz", zlib.compress(GOOD, wbits=31), "what is packed in it is not a tar archive"),
    ("pets.tar.gz", zlib.compress(bytes(3000), wbits=31), "what is packed in it is not a tar archive"),
    ("pets.zip", b"I am not a zip", "it is damaged, or not a zip file"),
]


def _by_path(workspace, path):
    return run_job(ingest_path(workspace, path))[0]


def _by_upload(workspace, path):
    """As the board sends what is dropped on it."""
    area = incoming.new_incoming(workspace)
    incoming.add_file(workspace, area, path.name, path.read_bytes(), None)
    return run_job(ingest_incoming(workspace, area, ""))[0]


WAYS = {"terminal": _by_path, "browser": _by_upload}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("name", "make"), TAKEN)
def test_zips_and_tars_are_taken_by_their_content(workspace, tmp_path, name, make, way):
    dataset = WAYS[way](workspace, make(tmp_path / name))
    assert dataset.labels == ("cats", "dogs") and set(dataset.photos["path"]) == set(TWO)
    assert sorted(dataset.read(path) for path in dataset.photos["path"]) == sorted(TWO.values())
    assert dataset.name == "pets" or (way, name) == ("browser", "pets.jpg")


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("name", "data", "words"), REFUSED)
def test_other_kinds_are_refused_with_what_to_do(workspace, tmp_path, name, data, words, way):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(UserError) as caught:
        WAYS[way](workspace, tmp_path / name)
    assert f"{name}" in caught.value.what and words in caught.value.what and caught.value.fix
    assert list(workspace.datasets.iterdir()) == []


def test_a_single_photo_is_no_archive(workspace, tmp_path):
    (tmp_path / "cat.zip").write_bytes(GOOD)
    with pytest.raises(UserError, match=r"cat.zip is a single photo, not a folder or an archive. Use its folder"):
        _by_path(workspace, tmp_path / "cat.zip")


@pytest.mark.parametrize("inner", ["[Content_Types].xml", "META-INF/MANIFEST.MF"])
def test_documents_and_programs_are_zips_too_and_not_meant(workspace, tmp_path, inner):
    path = write_zip(tmp_path / "letter.docx", {inner: b"<x/>", "word/media/a.jpg": GOOD})
    with pytest.raises(UserError, match=r"letter.docx is a document or a program, not a zip of photos"):
        _by_path(workspace, path)


NESTED = [
    # name of a file within class cats, its bytes, whether it is left out as an archive
    ("more.zip", b"PK\x03\x04" + bytes(40), True),
    ("more.TAR.GZ", b"\x1f\x8b" + bytes(40), True),
    ("more.7z", b"7z\xbc\xaf\x27\x1c" + bytes(40), True),
    ("more.zip", GOOD, False),  # a photo, whatever it is called
]


@pytest.mark.parametrize(("name", "data", "left_out"), NESTED)
@pytest.mark.parametrize("way", ["zip", "tar", "folder", "uploaded folder"])
def test_archives_in_folders_and_archives_are_refused_by_name(workspace, tmp_path, name, data, left_out, way):
    files = TWO | {f"cats/{name}": data}
    if way == "uploaded folder":
        area = incoming.new_incoming(workspace)
        incoming.add_files(workspace, area, [(f"pets/{path}", content, None) for path, content in files.items()])
        dataset = run_job(ingest_incoming(workspace, area, ""))[0]
    elif way == "folder":
        dataset = _by_path(workspace, write_files(tmp_path / "pets", files))
    else:
        dataset = _by_path(workspace, (write_zip if way == "zip" else write_tar)(tmp_path / f"pets.{way}", files))
    refused = dict(dataset.refused[["path", "reason"]].values.tolist())
    prefix = "pets/" if way == "uploaded folder" else ""
    inside = "a folder" if "folder" in way else "the archive"
    reason = f"is an archive inside {inside}; unpack it first, or add it on its own"
    assert dataset.labels == ("cats", "dogs") and len(dataset.photos) == (8 if left_out else 9)
    assert refused == ({f"{prefix}cats/{name}": reason} if left_out else {})


def test_a_folder_with_nothing_but_an_archive_names_it(workspace, tmp_path):
    with pytest.raises(UserError, match=r"pets.zip is an archive inside a folder; unpack it first"):
        _by_path(workspace, write_files(tmp_path / "downloads", {"pets.zip": b"PK\x03\x04"}))


def _odd(form, suffix):
    """Photos of two classes in a format, under names with an ending that may not be its own."""
    names = [(label, number) for label in ("stop", "yield") for number in range(4)]
    return {
        f"{label}/{number:05d}{suffix}": make_photo(10 * place + number, image_format=form)
        for place, (label, number) in enumerate(names)
    }


ODD = [
    # format, ending of the names
    ("PPM", ".ppm"),  # the German traffic signs
    ("JPEG", ""),  # names of numbers alone
    ("JPEG", ".jfif"),
    ("PNG", ".jpg"),
    ("JPEG", ".png"),
    ("WEBP", ".JPEG"),
    ("JPEG", ".jpg_large"),  # as some sites name their downloads
]


@pytest.mark.parametrize(("form", "suffix"), ODD)
@pytest.mark.parametrize("way", ["zip", "tar", "folder", "uploaded zip", "uploaded folder"])
def test_the_content_decides_the_format_on_every_way_in(workspace, tmp_path, form, suffix, way):
    files = _odd(form, suffix)
    if way == "uploaded folder":
        area = incoming.new_incoming(workspace)
        incoming.add_files(workspace, area, [(f"signs/{path}", content, None) for path, content in files.items()])
        dataset = run_job(ingest_incoming(workspace, area, ""))[0]
    elif way == "folder":
        dataset = _by_path(workspace, write_files(tmp_path / "signs", files))
    else:
        path = (write_tar if way == "tar" else write_zip)(tmp_path / "signs.zip", files)
        dataset = (_by_upload if way == "uploaded zip" else _by_path)(workspace, path)
    assert dataset.labels == ("stop", "yield") and len(dataset.photos) == 8 and dataset.refused.empty


def _member(name, kind=tarfile.REGTYPE, data=b"", **fields):
    member = tarfile.TarInfo(name)
    member.type, member.size = kind, len(data)
    for field, value in fields.items():
        setattr(member, field, value)
    return member.tobuf(tarfile.GNU_FORMAT) + data + bytes(-len(data) % 512)


def _tar(path, *members):
    path.write_bytes(b"".join(members) + bytes(1024))
    return path


def _photos():
    return [_member(name, data=data) for name, data in TWO.items()]


@pytest.mark.parametrize(
    ("member", "words"),
    [
        (_member("cats/link.jpg", tarfile.SYMTYPE, linkname="/etc/passwd"), "is a link or a device"),
        (_member("cats/hard.jpg", tarfile.LNKTYPE, linkname="cats/photo 0.jpg"), "is a link or a device"),
        (_member("cats/null.jpg", tarfile.CHRTYPE), "is a link or a device"),
        (_member("cats/pipe.jpg", tarfile.FIFOTYPE), "is a link or a device"),
        (_member("../../evil.jpg", data=GOOD), "points outside"),
        (_member("/etc/evil.jpg", data=GOOD), "points outside"),
        (_member("c:evil.jpg", data=GOOD), "points outside"),
        (_member("d/" * 41 + "deep.jpg", data=GOOD), "folders deep"),
    ],
)
def test_members_of_a_tar_that_are_no_files_or_point_elsewhere(workspace, tmp_path, member, words):
    dataset = _by_path(workspace, _tar(tmp_path / "a.tar", *_photos(), member))
    assert len(dataset.photos) == 8
    assert len(dataset.refused) == 1 and words in dataset.refused["reason"][0]


def _pax(name, **headers):
    member = tarfile.TarInfo(name)
    member.pax_headers = headers
    return member.tobuf(tarfile.PAX_FORMAT)


def _claiming(header: bytes, size: int) -> bytes:
    """A header that claims a size, its checksum made good."""
    number = b"\x80" + size.to_bytes(11, "big") if size >= 0 else b"\xff" + (256**11 + size).to_bytes(11, "big")
    header = header[:124] + number + header[136:148] + b" " * 8 + header[156:]
    return header[:148] + b"%06o\0 " % sum(header[:512]) + header[156:]


HOSTILE = [
    # what is wrong, the members after the photos, words of the sentence
    ("a long name of 4 GB", [_claiming(_member("x", tarfile.GNUTYPE_LONGNAME), 4_000_000_000)], "damaged"),
    ("a pax header of 4 GB", [_claiming(_member("x", tarfile.XHDTYPE), 4_000_000_000)], "damaged"),
    ("a pax header of 2 MB", [_member("x", tarfile.XHDTYPE, b"9 a=bcde\n" * 222_223)], "damaged"),
    ("a file of less than no bytes", [_claiming(_member("cats/x.jpg"), -512)], "damaged"),
    ("a header of less than no bytes", [_claiming(_member("x", tarfile.XHDTYPE), -512)], "damaged"),
    ("a file of 4 GB", [_claiming(_member("cats/x.jpg"), 4_000_000_000)], "would unpack to 4.0 GB"),
    ("a file longer than the tar", [_claiming(_member("cats/x.jpg"), 100_000)], "damaged"),
    ("headers of headers", [_member("x", tarfile.GNUTYPE_LONGNAME, b"y")] * 3_000, "damaged"),
    ("a damaged header", [b"!" + _member("cats/x.jpg")[1:]], "damaged"),
]


@pytest.mark.parametrize(("members", "words"), [case[1:] for case in HOSTILE], ids=[case[0] for case in HOSTILE])
@pytest.mark.parametrize("packed", [False, True])
def test_tars_that_lie_end_in_a_sentence(workspace, tmp_path, members, words, packed):
    path = _tar(tmp_path / "a.tar", *_photos(), *members)
    if packed:
        path.write_bytes(zlib.compress(path.read_bytes(), wbits=31))
    with pytest.raises(UserError, match=words):
        _by_path(workspace, path)


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_a_tar_that_is_cut_off_is_no_shorter_tar(tmp_path, mode):
    path = write_tar(tmp_path / "a.tar", TWO, mode)
    whole = path.read_bytes()
    for length in (len(whole) // 3, 2 * len(whole) // 3, 700):
        path.write_bytes(whole[:length])
        with pytest.raises(UserError, match="can’t be opened"):
            open_archive(path)


@pytest.mark.parametrize("mode", ["w:gz", "w:bz2", "w:xz"])
def test_bombs_are_unpacked_no_further_than_photos_would_be(tmp_path, monkeypatch, mode):
    path = write_tar(tmp_path / "a.tar", {"cats/1.bmp": bytes(30_000_000)}, mode)
    monkeypatch.setattr(archive, "MAX_RATIO_FREE", 1_000_000)
    with pytest.raises(UserError, match="would unpack to"):
        open_archive(path)
    headers = _tar(tmp_path / "b.tar", *[_pax(f"cats/{number}", comment="x" * 3000) for number in range(500)])
    headers.write_bytes(zlib.compress(headers.read_bytes(), wbits=31))
    with pytest.raises(UserError, match="would unpack to"):  # though all of its files are empty
        open_archive(headers)


def test_no_member_is_kept_in_memory(tmp_path):
    path = _tar(tmp_path / "a.tar", *[_member(f"cats/{number}.jpg") for number in range(300)])
    stream = tar_stream.TarStream(path, "tar", lambda total: None)
    members = tarball._Members(stream)
    assert sum(1 for _ in members) == 300 and len(members._tar.getmembers()) <= 1
    stream.close()


def test_an_xz_that_wants_too_much_memory_is_refused(tmp_path, monkeypatch):
    path = write_tar(tmp_path / "a.tar.xz", TWO, "w:xz")
    monkeypatch.setattr(tar_stream, "XZ_MEMORY", 1_000_000)
    with pytest.raises(UserError, match="can’t be opened"):
        open_archive(path)


def test_large_files_of_a_tar_cost_only_themselves(workspace, tmp_path, monkeypatch):
    monkeypatch.setattr(tarball, "MAX_PHOTO_BYTES", 1_000_000)
    dataset = _by_path(workspace, write_tar(tmp_path / "a.tar", TWO | {"cats/z.bmp": bytes(3_000_000)}))
    assert len(dataset.photos) == 8 and "is too large (3 MB" in dataset.refused["reason"][0]


def test_tars_of_any_make_are_known(tmp_path):
    for form in (tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
        target = io.BytesIO()
        with tarfile.open(fileobj=target, mode="w", format=form) as tar:
            tar.addfile(tarfile.TarInfo("猫/" + "x" * 90 if form != tarfile.USTAR_FORMAT else "cats/x"))
        assert archive_kind(target.getvalue()[:512]) == "tar"
    old = bytearray(tarfile.TarInfo("cats/x").tobuf(tarfile.USTAR_FORMAT))
    old[257:512] = bytes(255)  # before 1988 there was no "ustar"
    old[148:156] = b"%06o\0 " % (sum(old[:148]) + 256 + sum(old[156:]))
    assert archive_kind(bytes(old)) == "tar" and archive_kind(bytes(512)) == "" and archive_kind(GOOD) == ""


@pytest.mark.parametrize(
    ("name", "short"),
    [("pets.zip", "pets"), ("pets.tar.gz", "pets"), ("a.b.TGZ", "a.b"), ("pets", "pets"), (".zip", ".zip")],
)
def test_what_an_archive_is_called_without_its_ending(name, short):
    assert without_ending(name) == short


def test_a_zip_after_something_else_opens(tmp_path):
    path = write_zip(tmp_path / "a.zip", TWO)
    path.write_bytes(b"MZ" + bytes(600) + path.read_bytes())  # one that unpacks itself on Windows
    assert len(open_archive(path).files) == 8


def test_a_changed_archive_in_a_folder_changes_the_folder(tmp_path):
    folder = write_files(tmp_path / "pets", TWO | {"cats/more.zip": b"PK\x03\x04"})
    before = FolderSource(folder).signature()
    (folder / "cats" / "more.zip").write_bytes(GOOD)
    assert FolderSource(folder).signature() != before


def test_zip64_and_many_entries_still_open(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as target:
        for number in range(66_000):
            target.writestr(zipfile.ZipInfo(f"cats/{number}.jpg"), b"")
    assert struct.pack("<L", 0x06064B50) in (tmp_path / "a.zip").read_bytes()
    assert len(open_archive(tmp_path / "a.zip").files) == 66_000


def test_listing_a_large_tar_shows_how_far_it_is_and_can_be_stopped(workspace, tmp_path, monkeypatch):
    monkeypatch.setattr(listing_archives, "SECONDS_BETWEEN_EVENTS", 0.001)
    path = tmp_path / "pets.tar"
    with tarfile.open(path, "w") as archive:
        for number in range(6_000):
            info = tarfile.TarInfo(f"{('cats', 'dogs')[number % 2]}/{number}.jpg")
            archive.addfile(info)
    told = []
    job = ingest_zip(workspace, path, should_stop=lambda: len(told) > 1)
    with pytest.raises(StopIteration) as end:
        while True:
            told.append(next(job))
    assert end.value.value is None and {event.stage for event in told} == {StageKey.LIST}
    assert 0 < told[0].done <= told[-1].done < told[0].total == path.stat().st_size, "stopped before its end"
