"""How likely it is that somebody named a folder so: what a reading of unknown bytes is held against.

A detector of encodings lives on long texts; the names in an archive are a handful of words. What tells a wrong reading
of one is its writing: letters of two scripts in one word, a box-drawing line, a capital in the middle, a letter that no
language has beside the others, a Chinese character that hardly anybody uses.
"""

import re
import unicodedata
from collections.abc import Sequence
from functools import cache

EAST_ASIAN = {
    # encoding: what holds the characters of everyday use, and the code after the most usual ones in there
    "cp932": ("shift_jis", b"\x98\x9f"),
    "gb18030": ("gb2312", b"\xd8"),
    "cp950": ("big5", b"\xc9"),
    "cp949": ("euc_kr", b"\xca"),
}

_ALPHABETS = (
    "àçèéíïòóúü",  # Catalan
    "čćđšž",  # Croatian
    "áčďéěíňóřšťúůýž",  # Czech
    "æøåé",  # Danish and Norwegian
    "éëïóö",  # Dutch
    "àâæçéèêëîïôœùûü",  # French
    "äöüß",  # German
    "áéíóöőúüű",  # Hungarian
    "áðéíóúýþæö",  # Icelandic
    "àèéìíòóù",  # Italian
    "ąćęłńóśźż",  # Polish
    "áâãàçéêíóôõú",  # Portuguese
    "ăâîşţșț",  # Romanian
    "áäčďéíĺľňóôŕšťúýž",  # Slovak
    "áéíñóúü",  # Spanish
    "äåöé",  # Swedish and Finnish
    "çğıİöşüâ",  # Turkish
)
"""What languages write beside a–z. One of them has to cover all the names, or they are probably misread."""

_CYRILLIC = frozenset("абвгдеёжзийклмнопрстуфхцчшщъыьэюяіїєґў")
_VOWELS = {"CYRILLIC": frozenset("аеёиоуыэюяіїє"), "GREEK": frozenset("αάεέηήιίϊΐοόυύϋΰωώ")}
_GREEK_ACCENTS = frozenset("άέήίΐόύΰώ")
_NOT_ONE_ACCENT = 0.3
"""For Greek words in small letters that have none or several."""
_LEAST_VOWELS = 0.35
"""Of the letters of Greek or Russian names; both languages have above two in five."""

_PUNCTUATION = frozenset("–—‘’“”„…·°№«»¿¡")
_WIDE_PUNCTUATION = frozenset("ー・々〇（）、。「」『』！？：；＆～　")
_NO_LETTERS = frozenset("ªºµƒ")  # Unicode counts them as letters
_ODD_NEIGHBOURS = frozenset("[]{}^`|~@")  # second halves of double bytes
_HEBREW_FINALS, _HEBREW_WITH_FINALS = frozenset("ךםןףץ"), frozenset("כמנפצ")
_ARABIC_FINALS = frozenset("ةى")
_THAI_BEFORE = frozenset("เแโใไ")  # vowels that are written before their consonant
_THAI_RARE = frozenset("ฆฌฎฏฐฑฒฬ")
_THAI_OLD = frozenset("ฃฅฤฦฯๆ๎๏๚๛ๅฺ")  # letters that nobody writes any more, and signs
_THAI_AFTER = frozenset("ะาำัิีึืฺุู็่้๊๋์ํ")  # and what stands behind, above and below it
_WORD = re.compile(r"[^\W\d_]+")
_SCRIPTS = {"HIRAGANA": "KANA", "KATAKANA": "KANA", "KATAKANA-HIRAGANA": "KANA", "CJK": "HAN"}


def flaws(names: Sequence[str], encoding: str) -> float:
    """How implausible names are, 0–1, as a mean over their characters beyond ASCII.

    Args:
        names: as they would read in `encoding`.
    """
    costs, letters = [], []
    for name in names:
        words = {place: match for match in _WORD.finditer(name) for place in range(*match.span())}
        for place, character in enumerate(name):
            if character.isascii():
                continue
            if script_of(character) == "THAI":
                cost = _thai(character, name, place)
            elif place in words:
                cost = _character(character, encoding)
            else:
                cost = _symbol(character, name, place, encoding)
            if cost < 1 and place in words:
                cost = max(cost, _in_word(character, place - words[place].start(), words[place][0]))
            if name[place + 1 : place + 2] in _ODD_NEIGHBOURS:
                cost = max(cost, 0.6)
            costs.append(cost)
            letters.append(character.lower()[:1])  # a dotted İ becomes two
    if not costs:
        return 0.0
    return min(1.0, sum(costs) / len(costs) + _strangers(letters) + _lack_of_vowels(names) + _odd_accents(names))


def num_east_asian(names: Sequence[str], script: str) -> int:
    """How many different characters of a script ("HAN", "HANGUL", "KANA") names have; 0 where they have others too."""
    found = {character for name in names for character in name if not character.isascii()}
    return len(found) if all(script_of(character) == script for character in found) else 0


@cache
def script_of(character: str) -> str:
    """ "LATIN", "CYRILLIC", "GREEK", "HAN", "HANGUL", "KANA", or the first word of the character's name."""
    name = unicodedata.name(character, "").removeprefix("HALFWIDTH ").removeprefix("FULLWIDTH ").split(" ")[0]
    return _SCRIPTS.get(name, name)


def _symbol(character: str, name: str, place: int, encoding: str) -> float:
    """What tells against a character that is no letter."""
    if character in _WIDE_PUNCTUATION and encoding in EAST_ASIAN:
        return 0.1
    if character not in _PUNCTUATION:
        return 1.0
    inside = name[place - 1 : place].isalpha() and name[place + 1 : place + 2].isalpha()
    return 1.0 if inside and character != "’" else 0.3


def _character(character: str, encoding: str) -> float:
    """What tells against a letter by itself."""
    if character in _NO_LETTERS or unicodedata.category(character) == "Co":
        return 1.0
    script = script_of(character)
    if script in ("HAN", "HANGUL", "KANA"):
        return _east_asian(character, script, encoding) if encoding in EAST_ASIAN else 1.0
    if encoding in EAST_ASIAN:
        return 0.8  # their double-byte Greek and Cyrillic
    return 0.5 if script == "CYRILLIC" and character.lower() not in _CYRILLIC else 0.0


@cache
def _east_asian(character: str, script: str, encoding: str) -> float:
    usual, rare_from = EAST_ASIAN[encoding]
    if unicodedata.name(character, "").startswith("HALFWIDTH"):
        return 0.8
    try:
        code = character.encode(usual)
    except UnicodeEncodeError:
        return 0.8
    if len(code) > 2:
        return 0.8  # a Hangul syllable that has no code of its own there
    if script == "KANA":
        return {"cp932": 0.0, "gb18030": 0.1}.get(encoding, 0.5)
    if script == "HAN" and encoding == "cp949":
        return 0.5  # nobody writes Korean so any more
    return 0.0 if code < rare_from else 0.35


def _thai(character: str, name: str, place: int) -> float:
    """What tells against a Thai character where it stands; most of its vowels are marks, no letters."""
    if "๐" <= character <= "๙" or character == "฿" or character in _THAI_RARE:
        return 0.5
    if character in _THAI_OLD:
        return 1.0
    if character in _THAI_BEFORE:
        return 0.0 if "ก" <= name[place + 1 : place + 2] <= "ฮ" else 1.0
    before = name[place - 1 : place] if place else ""
    follows = "ก" <= before <= "ฮ" or (before in _THAI_AFTER and before != "")
    return 0.0 if character not in _THAI_AFTER or follows else 1.0


def _in_word(character: str, place: int, word: str) -> float:
    """What tells against a letter where it stands in its word."""
    script, before, after = script_of(character), word[place - 1 : place] if place else "", word[place + 1 : place + 2]
    scripts = {script_of(each) for each in word}
    if script in ("HAN", "HANGUL", "KANA"):
        beside_latin = any(each.isascii() and each.islower() for each in (before, after) if each)
        return 0.8 if beside_latin or scripts >= {"HAN", "HANGUL"} else 0.0
    if len(scripts) > 1:
        return 1.0
    if character.isupper() and before and not word.isupper():
        return 1.0
    if character.islower() and (after.isupper() or (before.isupper() and len(word) > 2 and not after)):
        return 0.6
    return _spelling(character, before, after)


def _spelling(character: str, before: str, after: str) -> float:
    """Rules of spelling that tell lookalikes apart."""
    if character in _HEBREW_FINALS or character in _ARABIC_FINALS:
        return 1.0 if after else 0.0
    if character in _HEBREW_WITH_FINALS:
        return 0.0 if after or not before else 0.6
    if character == "ء":
        return 0.8 if after and before not in "اوي" else 0.0
    if character == "ς":
        return 1.0 if after else 0.0
    if character == "σ":
        return 0.8 if before and not after else 0.0
    if character in "ΰΐ":
        return 0.4
    if character in "ъьЪЬ":
        return 0.0 if before else 1.0
    if character == "ß":
        return 0.0 if before and before.lower() in "aeiouäöü" else 1.0
    return 0.5 if character == "õ" and after != "e" else 0.0


def _strangers(letters: Sequence[str]) -> float:
    """The share of letters that are Latin and not of the one language that has most of them."""
    latin = [letter for letter in letters if script_of(letter) == "LATIN"]
    return min(sum(letter not in alphabet for letter in latin) for alphabet in _ALPHABETS) / len(letters)


def _lack_of_vowels(names: Sequence[str]) -> float:
    """0 for names in Greek or Cyrillic letters that can be spoken, and for all others."""
    for script, vowels in _VOWELS.items():
        letters = [letter for letter in "".join(names).lower() if script_of(letter) == script]
        if len(letters) > 2:
            return 2 * max(0.0, _LEAST_VOWELS - sum(letter in vowels for letter in letters) / len(letters))
    return 0.0


def _odd_accents(names: Sequence[str]) -> float:
    """0 for names whose Greek words have the one accent that each has in small letters, and for all others."""
    words = [word for name in names for word in _WORD.findall(name) if len(word) > 2 and not word.isupper()]
    greek = [word.lower() for word in words if all(script_of(letter) == "GREEK" for letter in word)]
    odd = sum(sum(letter in _GREEK_ACCENTS for letter in word) != 1 for word in greek)
    return _NOT_ONE_ACCENT * odd / len(greek) if greek else 0.0
