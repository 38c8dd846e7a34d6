"""What a benchmark found: rows with a target each, as a table for people and as JSON for tools."""

import json
import operator
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

from tlcore.processor import features

TOLD = ("avx2", "avx512f", "avx512_bf16", "amx_bf16", "asimd", "asimdhp", "bf16", "sve")
"""The features of a processor on which the speed of a network depends most, by the names of processor.py."""

_COMPARE = {">=": operator.ge, "<=": operator.le, "<": operator.lt}


@dataclass(frozen=True)
class Row:
    """One figure of ours, beside a reference where there is one.

    `ours` and `reference` are in `unit`. `ratio` is what the name of the row says (how many times faster, or ours as a
    share of the reference). `target` is for the ratio where there is one, else for `ours`: ">= 20", "<= 1.2", "< 3".
    `lacks`: the feature of the processor that the target is for and that this machine has not; such a row is shown and
    not counted.
    """

    name: str
    ours: float
    reference: float | None
    ratio: float | None
    target: str
    met: bool
    unit: str
    lacks: str = ""


def on_processors_with(feature: str, row: Row) -> Row:
    """The row as one that counts only where the processor has a feature ("amx_bf16", see processor.py)."""
    return row if feature in features() else replace(row, lacks=feature)


def processor_note() -> str:
    """What a person has to know of the processor to compare figures with those of another machine."""
    found = [name for name in TOLD if name in features()]
    return f"Processor: {os.cpu_count()} cores, {', '.join(found) if found else 'features not told by the system'}."


def times_faster(name: str, ours: float, reference: float, target: str, unit: str = "s") -> Row:
    """A row of two durations; the ratio is reference / ours."""
    ratio = reference / ours
    return Row(name, ours, reference, ratio, target, reaches(ratio, target), unit)


def share(name: str, ours: float, reference: float, target: str, unit: str) -> Row:
    """A row of two amounts; the ratio is ours / reference."""
    ratio = ours / reference
    return Row(name, ours, reference, ratio, target, reaches(ratio, target), unit)


def figure(name: str, ours: float, target: str, unit: str, reference: float | None = None) -> Row:
    """A row whose target is for the figure itself; a reference only stands beside it."""
    return Row(name, ours, reference, None, target, reaches(ours, target), unit)


def reaches(value: float, target: str) -> bool:
    """Whether a value is where a target such as ">= 20" wants it."""
    sign, number = target.split()
    return bool(_COMPARE[sign](value, float(number)))


def print_table(title: str, rows: Sequence[Row], notes: Sequence[str] = ()) -> None:
    """Print the rows in aligned columns, with notes below."""
    head = [field.name for field in fields(Row) if field.name != "lacks"]
    cells = [[_counted(row) if name == "met" else _cell(getattr(row, name)) for name in head] for row in rows]
    widths = [max(len(line[column]) for line in (head, *cells)) for column in range(len(head))]
    print(f"\n{title}")
    for line in (head, ["-" * width for width in widths], *cells):
        print("  " + "  ".join(_align(text, width, column) for column, (text, width) in enumerate(zip(line, widths))))
    for note in notes:
        print(f"  {note}")
    print(flush=True)


def write_json(path: Path, rows: Sequence[Row]) -> None:
    """Write the rows as a list of objects."""
    path.write_text(json.dumps([asdict(row) for row in rows], indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def read_json(path: Path) -> list[Row]:
    """The rows that `write_json` wrote."""
    return [Row(**values) for values in json.loads(path.read_text(encoding="utf-8"))]


def _counted(row: Row) -> str:
    return f"not counted: no {row.lacks}" if row.lacks else _cell(row.met)


def _cell(value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "NO"
    return f"{value:,.4g}" if isinstance(value, float) else str(value)


def _align(text: str, width: int, column: int) -> str:
    return text.ljust(width) if column in (0, 6) else text.rjust(width)
