"""Why files were left out: reasons of one kind in one sentence with a count, and none of them passed over."""

import pytest

from tlcore.data.layout import CLASS_LEFT_OUT
from tlcore.data.reasons import MOST_KINDS, describe_reasons, reasons_given
from tlcore.errors import TooFewPhotos, UserError

HEIC = "is a HEIC photo from a phone, which isn’t supported; save it as JPEG or PNG and try again"


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        (HEIC, " are HEIC photos from a phone, which aren’t supported; save them as JPEG or PNG and try again"),
        ("is a PDF, not a picture", " are PDFs, not pictures"),
        ("is empty (0 bytes)", " are empty (0 bytes)"),
        ("is not a supported picture (JPEG or PNG)", " are not supported pictures (JPEG or PNG)"),
        ("is a link to something outside the folder", " are links to something outside the folder"),
        ("is a folder that can’t be opened: no", " are folders that can’t be opened: no"),
        ("is damaged: it starts like a PNG", " are damaged: they start like a PNG"),
        ("is damaged so badly that it can’t be opened", " are damaged so badly that they can’t be opened"),
        ("is an archive inside the archive; unpack it first", " are archives inside the archive; unpack them first"),
        ("is an SVG drawing, which has no pixels", " are SVG drawings, which have no pixels"),
        ("can’t be used: The zip is empty.", " can’t be used: The zip is empty"),
        ("was not uploaded", " were not uploaded"),
        ("lies outside the class folders", " lie outside the class folders"),
        ("is listed in labels.csv, but isn’t there", " are listed in labels.csv, but aren’t there"),
        ("is the preview of a RAW file", ": each is the preview of a RAW file"),  # a number is in no such words
        ("is a link or a device, not a file", ": each is a link or a device, not a file"),
        ("shows nothing", ": each shows nothing"),
    ],
)
def test_many_files_with_one_reason(reason, words):
    assert describe_reasons([("a.jpg", reason)] * 1200) == (f"1,200 files{words}. For example: a.jpg.",)


def test_every_kind_is_named_the_most_frequent_first():
    refused = [("b.txt", "is empty (0 bytes)"), *[(f"{n}.heic", HEIC) for n in range(3)]]
    first, second = describe_reasons(refused)
    assert first.startswith("3 files are HEIC photos") and second == "b.txt is empty (0 bytes)."


def test_reasons_that_differ_in_numbers_are_one_kind_and_its_numbers_are_an_example():
    refused = [(f"{n}.png", f"is too small ({n} × 4 pixels; the minimum is 8 × 8)") for n in (3, 4)]
    assert describe_reasons(refused) == (
        "2 files are like 3.png, which is too small (3 × 4 pixels; the minimum is 8 × 8).",
    )


def test_endless_kinds_are_bounded_and_counted():
    refused = [(f"{n}.jpg", f"is odd{'!' * n}") for n in range(1000)]
    sentences = describe_reasons(refused)
    assert len(sentences) == MOST_KINDS + 1
    assert sentences[-1] == f"{1000 - MOST_KINDS} more files can’t be used for other reasons."


def test_an_error_gets_all_reasons_but_for_what_a_person_chose():
    refused = [("a.heic", HEIC), ("b.jpg", CLASS_LEFT_OUT)]
    with pytest.raises(TooFewPhotos) as caught, reasons_given(refused):
        raise TooFewPhotos("The class a has no photos.", "Add some.", ("a",))
    assert caught.value.reasons == (f"a.heic {HEIC}.",)
    assert str(caught.value) == f"The class a has no photos. a.heic {HEIC}. Add some."
    with pytest.raises(UserError) as caught, reasons_given([]):
        raise UserError("No.", "Yes.")
    assert str(caught.value) == "No. Yes."
