"""What the runs of a comparison are called, and how their times are to be taken."""

from collections.abc import Mapping, Sequence

from tlcore.comparison.results import RunResult
from tlcore.config import short_name
from tlcore.errors import UserError
from tlcore.jobs.store import Run
from tlcore.messages.quantities import capitalized
from tlcore.models.registry import find_backbone


def run_names(runs: Sequence[Run]) -> dict[str, str]:
    """What the runs of a comparison are called, by their ids: by what differs between them, and never two alike."""
    titles = {run.id: backbone_title(run) for run in runs}
    strategies = {run.id: short_name(run.config.strategy) for run in runs}
    if len(set(titles.values())) == 1:
        names = strategies
    elif len(set(strategies.values())) == 1:
        names = titles
    else:
        names = {run.id: f"{titles[run.id]}, {strategies[run.id]}" for run in runs}
    every = list(names.values())
    return {
        run_id: name if every.count(name) == 1 else f"{name} {every[: place + 1].count(name)}"
        for place, (run_id, name) in enumerate(names.items())
    }


def backbone_title(run: Run) -> str:
    """What the network of a run is called, also one that only another version knows."""
    try:
        return find_backbone(run.config.backbone).title
    except UserError:
        return run.config.backbone


def ready_message(results: Sequence[RunResult], names: Mapping[str, str]) -> str:
    """Which runs did not look at the photos themselves, so that nobody takes their time for more than it is; or ""."""
    shares = {result.run_id: result.ready or 0.0 for result in results}
    groups = {
        "all": [names[run_id] for run_id, share in shares.items() if share > 0.99],
        "a part": [names[run_id] for run_id, share in shares.items() if 0.01 < share <= 0.99],
    }
    return " ".join(
        f"{capitalized(_listed(found))} found {share} of what the network sees in the photos ready on disk, left by "
        "the look for the advice or by an earlier run; without that it takes longer."
        for share, found in groups.items()
        if found
    )


def _listed(words: Sequence[str]) -> str:
    """ "a", "a and b", "a, b and c"."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
