"""In which encoding an archive has its names, where it does not say so: decided over all of them at once, or asked.

Old zips hold the bytes that the computer of their maker used for file names. Every reading that fits all of them is
held against charset-normalizer's detector of mess and against what somebody may have written (name_plausibility.py).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from charset_normalizer import from_bytes

from tlcore.data.name_plausibility import flaws, num_east_asian
from tlcore.data.names import clean_text
from tlcore.errors import EncodingChoice, UndecidedEncoding, UserError

ENCODINGS = {
    # the likeliest first, where nothing else tells them apart
    "cp437": "Western, DOS",
    "cp850": "Western, DOS (850)",
    "cp1252": "Western, Windows",
    "cp932": "Japanese, Shift-JIS",
    "gb18030": "Simplified Chinese, GBK",
    "cp950": "Traditional Chinese, Big5",
    "cp949": "Korean, EUC-KR",
    "cp866": "Cyrillic, DOS",
    "cp1251": "Cyrillic, Windows",
    "cp737": "Greek, DOS",
    "cp1253": "Greek, Windows",
    "cp852": "Central European, DOS",
    "cp1250": "Central European, Windows",
    "cp1254": "Turkish, Windows",
    "mac_roman": "Western, Mac",
    "cp862": "Hebrew, DOS",
    "cp1255": "Hebrew, Windows",
    "cp720": "Arabic, DOS",
    "cp1256": "Arabic, Windows",
    "cp874": "Thai",
}
"""Python's names of the encodings that are considered, each with what people call it."""

MOST_CHOICES, MOST_SHOWN = 5, 6
_MOST_WEIGHED = 300  # names, folders first
_CLEAR, _CLEAR_FROM = 0.12, 5  # how much worse all other readings of so many characters have to be
_CLEAR_OF_FEW = 0.25
_DETECTOR_SHARE = 0.3  # what the detector's mess counts beside the flaws
_KOREAN_FROM = 8  # different syllables: so many Chinese characters seldom all lie where Korean has its syllables
_NOT_KOREAN = 0.3


@dataclass(frozen=True)
class Reading:
    """Names in one of the encodings. `score`: 0 for flawless, more for less plausible ones."""

    encoding: str
    names: tuple[str, ...]
    score: float


def choose_encoding(raw_names: Sequence[bytes], archive: str, given: str = "") -> str:
    """The encoding of names of which nothing says it, as Python calls it.

    Args:
        raw_names: paths with "/" between their parts.
        archive: its name, for sentences.
        given: what a person said; "" for nothing.

    Raises:
        UndecidedEncoding: folders read differently in several encodings, and none of them is clearly right.
        UserError: the given encoding is none, or the names are not written in it.
    """
    if given:
        return _given(raw_names, archive, given)
    whole = b"\n".join(raw_names)
    if _fits(whole, "utf-8"):
        return "utf-8"  # other encodings hardly ever make valid UTF-8
    folders = _not_ascii(part for raw in raw_names for part in raw.split(b"/")[:-1])
    files = _not_ascii(raw.rsplit(b"/", 1)[-1] for raw in raw_names)
    fitting = [encoding for encoding in ENCODINGS if _fits(whole, encoding)]
    readings = _ranked([*folders, *files][:_MOST_WEIGHED], fitting)
    best = readings[0]
    if folders:  # what files are called matters little
        shown = {each.encoding: _read(folders, each.encoding) for each in readings}
        close = [each for each in readings if each.score - best.score < _clear_margin(best.names)]
        others = [each for each in close if shown[each.encoding] != shown[best.encoding]]
        if others:
            raise _undecided(archive, {each.encoding: shown[each.encoding] for each in close})
    return best.encoding


def guessed_reason(encoding: str) -> str:
    """What the report says of an archive whose names were read in an encoding that nothing in it names."""
    title = ENCODINGS.get(encoding, encoding)
    return f"doesn’t say how its file names are written; they were read as {title} ({encoding})"


def _given(raw_names: Sequence[bytes], archive: str, given: str) -> str:
    try:
        "a".encode(given)
        b"\n".join(raw_names).decode(given)
    except LookupError as error:
        raise UserError(
            f"There is no encoding called {given}.", f"Use one of these: {', '.join(['utf-8', *ENCODINGS])}."
        ) from error
    except UnicodeError as error:
        raise UserError(
            f"The file names in {archive} aren’t written in {given}.",
            f"Use another encoding ({', '.join(['utf-8', *ENCODINGS])}), or none to let the program choose.",
        ) from error
    return given


def _ranked(raws: Sequence[bytes], encodings: Sequence[str]) -> list[Reading]:
    """The different readings of names, the most plausible first; of equal ones the first of `ENCODINGS`."""
    found: dict[tuple[str, ...], str] = {}
    for encoding in encodings:
        found.setdefault(_read(raws, encoding), encoding)
    mess = _mess(b"\n".join(raws), list(found.values()))
    korean = any(
        encoding == "cp949" and num_east_asian(names, "HANGUL") >= _KOREAN_FROM for names, encoding in found.items()
    )
    readings = []
    for names, encoding in found.items():
        score = flaws(names, encoding) + _DETECTOR_SHARE * mess.get("\n".join(names), 1.0)
        if korean and encoding in ("gb18030", "cp950"):
            score += _NOT_KOREAN
        readings.append(Reading(encoding, names, score))
    return sorted(readings, key=lambda each: each.score)


def _mess(payload: bytes, encodings: list[str]) -> dict[str, float]:
    """How much of a mess each text is that the payload may be, 0–1, by the detector; it leaves some out."""
    found = from_bytes(
        payload,
        steps=1,
        chunk_size=max(1, len(payload)),
        threshold=1.0,
        cp_isolation=encodings,
        preemptive_behaviour=False,
        enable_fallback=False,
    )
    return {str(match): match.chaos for match in found}


def _clear_margin(names: Sequence[str]) -> float:
    num_characters = sum(not character.isascii() for name in names for character in name)
    return _CLEAR if num_characters >= _CLEAR_FROM else _CLEAR_OF_FEW


def _not_ascii(parts: Iterable[bytes]) -> list[bytes]:
    """The different parts that are not plain ASCII, in their order."""
    return [part for part in dict.fromkeys(parts) if not part.isascii()]


def _fits(whole: bytes, encoding: str) -> bool:
    try:
        text = whole.decode(encoding)
    except UnicodeError:
        return False
    return not any("\x7f" <= character <= "\x9f" for character in text)  # control characters name nothing


def _read(raws: Iterable[bytes], encoding: str) -> tuple[str, ...]:
    return tuple(raw.decode(encoding) for raw in raws)


def _undecided(archive: str, readings: dict[str, tuple[str, ...]]) -> UndecidedEncoding:
    choices: dict[tuple[str, ...], EncodingChoice] = {}
    for encoding, names in readings.items():
        shown = tuple(clean_text(name) for name in names[:MOST_SHOWN])
        choices.setdefault(names, EncodingChoice(encoding, ENCODINGS[encoding], shown))
    kept = tuple(choices.values())[:MOST_CHOICES]
    return UndecidedEncoding(
        f"{archive} doesn’t say how its folder names are written, and they can be read in {len(kept)} ways.",
        f"Choose the right encoding: {', '.join(each.encoding for each in kept)}.",
        kept,
    )
