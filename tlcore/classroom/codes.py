"""The code that a class joins with: six characters that nobody mixes up, read aloud or off a board."""

import secrets
import unicodedata

LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
"""Without I, L and O, 0 and 1."""

LENGTH = 6


def new_code() -> str:
    """A fresh code: one of 31⁶, nearly 900 million."""
    return "".join(secrets.choice(LETTERS) for _ in range(LENGTH))


def read_code(text: str) -> str:
    """The code that somebody typed, in small letters, wide ones or with spaces and dashes; "" where it can be none."""
    plain = "".join(each for each in unicodedata.normalize("NFKC", text).upper() if each.isalnum())
    return plain if len(plain) == LENGTH and all(each in LETTERS for each in plain) else ""


def spaced(code: str) -> str:
    """A code in two halves, as people read it: "ABC DEF"."""
    return f"{code[: LENGTH // 2]} {code[LENGTH // 2 :]}"
