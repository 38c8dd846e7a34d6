"""What a host allows: one value, its defaults for a public machine and for one's own, and the file that changes it.

The file is `settings.toml` in the workspace, every line of it optional; docs/host-settings.md lists the names. Nothing
here enforces anything: the rooms that take photos, runs and disk ask.
"""

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from tlcore.error_reasons import why_file_failed
from tlcore.errors import UserError
from tlcore.workspace import Workspace

FILE = "settings.toml"
HOSTED_VARIABLE = "TRANSFERLAB_HOSTED"
EXPLICIT_NO = ("", "0", "false", "no", "off")
UNLIMITED = 0
MOST = 1e15  # more is a slip, and no disk
PRIVACY, MOST_CHARACTERS = "privacy", 2_000
"""The table of the file that says who runs the server, and how long a text in it may be."""


@dataclass(frozen=True)
class Limits:
    """What is allowed. 0 means no limit; MB are 10⁶ bytes.

    Attributes:
        photo_megapixels: width × height of one picture, in millions; of an animation only the first frame is decoded.
        photo_decoded_mb: what decoding one picture takes at its peak.
        photo_seconds: time to decode one picture.
        request_mb: one request of an upload. upload_mb: all that one upload area holds.
        tab_mb: photos that one open tab holds in the server's memory (the Predict page, the camera). tabs_mb: all tabs.
        dataset_photos: photos of one data set. visitor_photos, visitor_mb: all that one visitor keeps.
        waiting_runs: of one visitor in the line. run_minutes: work on one job, each time it is begun or continued.
        worker_mb: memory that one job may hold; on a host never more than leaves the server enough
            (jobs/worker_memory.py).
        disk_mb: the whole workspace. activations_share: the part of it, 0–1, that activations may take.
        upload_hours: until an upload area that nobody works on is removed.
        keep_days: until data sets and runs of visitors are removed, counted from when they were last used.
        undo_hours: for which what somebody deleted or changed can be brought back.
    """

    photo_megapixels: float
    photo_decoded_mb: float
    photo_seconds: float
    request_mb: float
    upload_mb: float
    tab_mb: float
    tabs_mb: float
    dataset_photos: int
    visitor_photos: int
    visitor_mb: float
    waiting_runs: int
    run_minutes: float
    worker_mb: float
    disk_mb: float
    activations_share: float
    upload_hours: float
    keep_days: float
    undo_hours: float


@dataclass(frozen=True)
class Operator:
    """Who runs this server, for its privacy notice; "" where it was not said.

    Attributes:
        name: of the person or the organisation. contact: an e-mail address, or where else to write to.
        place: where the server stands. note: what else visitors should know, a few sentences.
    """

    name: str = ""
    contact: str = ""
    place: str = ""
    note: str = ""


HOSTED = Limits(
    photo_megapixels=40,
    photo_decoded_mb=200,
    photo_seconds=20,
    request_mb=50,
    upload_mb=500,
    tab_mb=100,
    tabs_mb=300,
    dataset_photos=2_000,
    visitor_photos=5_000,
    visitor_mb=1_000,
    waiting_runs=3,
    run_minutes=30,
    worker_mb=UNLIMITED,
    disk_mb=10_000,
    activations_share=0.3,
    upload_hours=1,
    keep_days=3,
    undo_hours=24,
)
"""For a public machine of one core and 1–2 GB."""

OWN = Limits(
    photo_megapixels=200,
    photo_decoded_mb=1_000,
    photo_seconds=60,
    request_mb=UNLIMITED,
    upload_mb=UNLIMITED,
    tab_mb=1_000,
    tabs_mb=UNLIMITED,
    dataset_photos=UNLIMITED,
    visitor_photos=UNLIMITED,
    visitor_mb=UNLIMITED,
    waiting_runs=UNLIMITED,
    run_minutes=UNLIMITED,
    worker_mb=UNLIMITED,
    disk_mb=UNLIMITED,
    activations_share=0.1,
    upload_hours=24 * 7,
    keep_days=UNLIMITED,
    undo_hours=24,
)
"""For a person's own machine."""


def is_hosted(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether this is a host for strangers: `TRANSFERLAB_HOSTED` is set to anything but an explicit no."""
    return environment.get(HOSTED_VARIABLE, "").strip().lower() not in EXPLICIT_NO


def load_limits(workspace: Workspace, hosted: bool | None = None) -> Limits:
    """The limits of a workspace: the defaults, changed by its `settings.toml`.

    Args:
        hosted: which defaults; None: as `is_hosted` says.

    Raises:
        UserError: the file cannot be read, or has a name or a value that is not allowed.
    """
    defaults = HOSTED if (is_hosted() if hosted is None else hosted) else OWN
    values = _read(workspace)
    values.pop(PRIVACY, None)
    changes: dict[str, Any] = {name: _checked(name, value) for name, value in values.items()}
    return replace(defaults, **changes)


def load_operator(workspace: Workspace) -> Operator:
    """Who runs this server, by the table `[privacy]` of its `settings.toml`.

    Raises:
        UserError: the file cannot be read, or the table has a name or a value that is not allowed.
    """
    values = _read(workspace).get(PRIVACY, {})
    names = [option.name for option in fields(Operator)]
    if not isinstance(values, dict) or not set(values) <= set(names):
        raise UserError(f"[{PRIVACY}] in {FILE} is not allowed.", f"It is a table and may hold: {', '.join(names)}.")
    for name, value in values.items():
        if not isinstance(value, str) or len(value) > MOST_CHARACTERS:
            raise UserError(
                f"{name} under [{PRIVACY}] in {FILE} is not allowed.",
                f'It takes a text in quotes ("…") of at most {MOST_CHARACTERS:,} characters.',
            )
    return Operator(**{name: " ".join(value.split()) for name, value in values.items()})


def _read(workspace: Workspace) -> dict[str, Any]:
    """What stands in the settings file; nothing where there is none. Raises UserError where it cannot be read."""
    try:
        return tomllib.loads((workspace.root / FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise UserError(
            f"{FILE} can’t be read: {_why(error)}.", "Correct it, or delete it to use the defaults."
        ) from error


def _why(error: OSError | ValueError) -> str:
    """Why the file could not be read; of bad TOML the line."""
    if isinstance(error, OSError):
        return why_file_failed(error)
    found = re.search(r"at (line \d+)", str(error))
    return f"{found[1]} is not valid TOML" if found else "it is not valid TOML"


def _checked(name: str, value: Any) -> float:
    """A limit as the file gives it; raises UserError for an unknown name or a value that cannot be one."""
    kinds = {option.name: option.type for option in fields(Limits)}
    if name not in kinds:
        raise UserError(
            f"{FILE} has an unknown setting, {name}.",
            f"Correct or remove that line. The settings are: {', '.join(kinds)}.",
        )
    number = isinstance(value, int | float) and not isinstance(value, bool)
    whole, most = kinds[name] is int, 1 if name == "activations_share" else MOST
    if not number or not 0 <= value <= most or (whole and value != int(value)):
        allowed = f"{'a whole number' if whole else 'a number'}{' from 0 to 1' if most == 1 else ', 0 for no limit'}"
        raise UserError(
            f"{name} = {value!r} in {FILE} is not allowed.", f"It takes {allowed}. Correct or remove that line."
        )
    return int(value) if whole else float(value)
