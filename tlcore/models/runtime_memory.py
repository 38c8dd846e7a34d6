"""Which runtime was fastest for each network on this machine, kept in the workspace; no runtime is imported here.

One small file of plain values by machine and network. What was measured with another processor, number of cores or
version of a runtime is not looked at. Whoever loses the file loses a second of measuring.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from tlcore.errors import UserError
from tlcore.models.predictor import EXACT, LOWER
from tlcore.models.processor import processor
from tlcore.workspace import Workspace, read_json, write_json

FILE = "runtimes.json"
LITERT, OPENVINO, NCNN = "ai-edge-litert", "openvino", "ncnn"
MOST_ATTEMPTS = 2  # at measuring a network; one may be ended by a person
_ATTEMPTS = "attempts"
_PRECISION = "lower precision"  # in the file, among the networks
RUNTIMES = (LITERT, OPENVINO, NCNN)
"""By the names of their packages."""


LIGHT = 60.0
"""Images a second on LiteRT from which on OpenVINO is not used in 32 bits: its threads compete with those that decode,
and a whole extraction took 8–28% longer, though the network alone was 1.4–1.5 times as fast (benchmarks.extraction)."""


@dataclass(frozen=True)
class RuntimeChoice:
    """What was measured to be fastest for a network, and what LiteRT does in its place.

    `precision`: EXACT, or the lower one in which it computes; `threads` that are given images, `batch` at once to each;
    `rate` and `litert_rate`: images a second with all cores; `set_up_seconds`: before the first image, over what
    LiteRT takes; `difference`: from LiteRT on photos, as a share of the largest value; `cosine`: the least similarity
    of a photo's features to LiteRT's.
    """

    runtime: str
    threads: int
    batch: int
    rate: float
    litert_rate: float
    precision: str = EXACT
    set_up_seconds: float = 0.0
    difference: float = 0.0
    cosine: float = 1.0

    def pays(self, num_images: int) -> bool:
        """Whether for so many images it saves more than setting it up takes; never for a light network in 32 bits."""
        if self.runtime == OPENVINO and self.precision == EXACT and self.litert_rate > LIGHT:
            return False
        return num_images * (1 / self.litert_rate - 1 / self.rate) > self.set_up_seconds


@dataclass(frozen=True)
class Measured:
    """What is known of a network: what is fastest in 32 bits, and at all where less is allowed."""

    exact: RuntimeChoice
    fast: RuntimeChoice

    def choice(self, precision: str) -> RuntimeChoice:
        """The fastest where `precision` is allowed."""
        return self.fast if precision != EXACT else self.exact


def machine_key() -> str:
    """This machine with the versions of the runtimes that are installed."""
    return "; ".join([processor().key, *(f"{name} {number}" for name, number in runtime_versions().items())])


def runtime_versions() -> dict[str, str]:
    """The runtimes that are installed, with their versions; nothing is imported."""
    found = {}
    for name in RUNTIMES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def recall(workspace: Workspace, network: str) -> Measured | None:
    """What was measured of a network on this machine; None where nothing was."""
    return dict(recall_all(workspace)).get(network)


def recall_all(workspace: Workspace) -> Iterator[tuple[str, Measured]]:
    """All networks that were measured on this machine."""
    for network, values in _read(workspace).get(machine_key(), {}).items():
        if (found := _measured(values)) is not None:
            yield network, found


def remember(workspace: Workspace, network: str, measured: Measured) -> None:
    """Keep what was measured."""
    _write(workspace, network, asdict(measured))


def begin_measuring(workspace: Workspace, network: str) -> bool:
    """Note that a network is about to be measured; False where that has ended without a result too often.

    A runtime that does not suit a processor may end the whole process, and must not do so again in every training.
    """
    values = _read(workspace).get(machine_key(), {}).get(network)
    attempts = values.get(_ATTEMPTS, 0) if isinstance(values, dict) else 0
    if not isinstance(attempts, int) or attempts >= MOST_ATTEMPTS:
        return False
    _write(workspace, network, {_ATTEMPTS: attempts + 1})
    return True


def recall_precision(workspace: Workspace) -> str:
    """Which lower precision is fast on this machine, as far as a worker has found out; EXACT for none."""
    found = _read(workspace).get(machine_key(), {}).get(_PRECISION)
    return found if found in LOWER else EXACT


def remember_precision(workspace: Workspace, precision: str) -> None:
    """Keep which lower precision is fast on this machine."""
    _write(workspace, _PRECISION, precision)


def _write(workspace: Workspace, name: str, value: Any) -> None:
    """Two jobs that end at once may lose one's figures, which are measured again then."""
    values = _read(workspace)
    values.setdefault(machine_key(), {})[name] = value
    try:
        write_json(workspace.root / FILE, values)
    except UserError:  # a full disk must not fail what needs nothing more from it
        return


def _read(workspace: Workspace) -> dict[str, dict[str, Any]]:
    try:
        values = read_json(workspace.root / FILE)
    except (OSError, ValueError):
        return {}
    whole = isinstance(values, dict) and all(isinstance(each, dict) for each in values.values())
    return values if whole else {}


def _measured(values: Any) -> Measured | None:
    try:
        return Measured(*(_choice(values[name]) for name in ("exact", "fast")))
    except (TypeError, KeyError, ValueError, AttributeError):
        return None


def _choice(values: dict[str, Any]) -> RuntimeChoice:
    """Raises ValueError, KeyError or TypeError where these are no such values."""
    kinds: dict[str, type] = {"runtime": str, "precision": str, "threads": int, "batch": int}
    choice = RuntimeChoice(
        **{each.name: kinds.get(each.name, float)(values[each.name]) for each in fields(RuntimeChoice)}
    )
    if choice.runtime not in RUNTIMES or min(choice.threads, choice.batch, choice.rate, choice.litert_rate) <= 0:
        raise ValueError("No runtime of ours.")
    return choice
