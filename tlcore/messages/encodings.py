"""How the names in an archive can be read, in sentences: in the terminal with the option that decides it."""

from tlcore.errors import EncodingChoice, UndecidedEncoding


def reading_message(choice: EncodingChoice) -> str:
    """What a reading gives, as a label: "ソース, ソフト, いぬ"."""
    return ", ".join(choice.names)


def encoding_message(choice: EncodingChoice) -> str:
    """How a reading is called: "Japanese, Shift-JIS (cp932)"."""
    return f"{choice.title} ({choice.encoding})"


def undecided_encoding_message(error: UndecidedEncoding) -> str:
    """What the terminal shows where it needs a choice: every reading with its option."""
    lines = [error.what, "Choose the right names by adding one of these options:"]
    for choice in error.choices:
        lines += [f"  --encoding {choice.encoding}", f"      {reading_message(choice)} ({choice.title})"]
    return "\n".join(lines)
