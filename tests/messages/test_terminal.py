"""What a terminal would obey is shown and not obeyed; all that people write in stays as it is."""

import json

import pytest

from tlcore.messages.terminal import printable, printable_lines


@pytest.mark.parametrize(
    ("text", "shown", "reason"),
    [
        ("Über “cats” – 日本語 👩‍🔬 العربية", "Über “cats” – 日本語 👩‍🔬 العربية", "what people write"),
        ("\x1b[31mred", "\\u001b[31mred", "an escape sequence"),
        ("\x9b31mred", "\\u009b31mred", "the same in one character"),
        ("a\rb\nc\td", "a\\u000db\\u000ac\\u0009d", "ends of lines and tabs"),
        ("\x7f\x00", "\\u007f\\u0000", "delete, nothing"),
        ("evil\u202egpj.exe", "evil\\u202egpj.exe", "turns the line around"),
        ("\u2066a\u2069\u200f", "\\u2066a\\u2069\\u200f", "isolates and marks of direction"),
        ("a\u2028b\u2029", "a\\u2028b\\u2029", "separators of lines"),
        ("\udcff.jpg", "\\udcff.jpg", "a name that is no proper text, which no terminal can print"),
    ],
)
def test_characters_that_a_terminal_obeys_are_shown(text, shown, reason):
    assert printable(text) == shown, reason
    assert printable_lines(f"{text}") == shown.replace("\\u000a", "\n"), reason
    assert json.loads(printable(json.dumps({"name": text}, ensure_ascii=False))) == {"name": text}, "JSON stays valid"
