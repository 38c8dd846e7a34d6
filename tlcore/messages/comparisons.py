"""What the runs of a comparison are called, and what their times do not include."""

from collections.abc import Mapping, Sequence

from tlcore.comparison.results import RunResult
from tlcore.config import short_name
from tlcore.jobs.store import Run
from tlcore.messages.ensembles import short_ensemble_name
from tlcore.messages.quantities import capitalized
from tlcore.models import backbones


def run_names(runs: Sequence[Run]) -> dict[str, str]:
    """What the runs of a comparison are called, by their ids: by what differs between them, and never two alike."""
    trained = [run for run in runs if run.ensemble is None]
    titles = {run.id: backbone_title(run) for run in trained}
    strategies = {run.id: short_name(run.config.strategy) for run in trained}
    if len(set(titles.values())) == 1:
        names = strategies
    elif len(set(strategies.values())) == 1:
        names = titles
    else:
        names = {run.id: f"{titles[run.id]}, {strategies[run.id]}" for run in runs}
    names |= {run.id: short_ensemble_name(run.ensemble) for run in runs if run.ensemble is not None}
    every = list(names.values())
    return {
        run_id: name if every.count(name) == 1 else f"{name} {every[: place + 1].count(name)}"
        for place, (run_id, name) in enumerate(names.items())
    }


def backbone_title(run: Run) -> str:
    """What the network of a run is called, also one that only another version knows; "" for an ensemble."""
    if run.ensemble is not None:
        return ""
    return backbones.backbone_title(run.config.backbone, run.workspace)


def ready_message(results: Sequence[RunResult], names: Mapping[str, str]) -> str:
    """Which runs reused features, so that nobody compares their times with those of others; or ""."""
    shares = {result.run_id: result.ready or 0.0 for result in results}
    groups = {
        "all features": [names[run_id] for run_id, share in shares.items() if share > 0.99],
        "some features": [names[run_id] for run_id, share in shares.items() if 0.01 < share <= 0.99],
    }
    return " ".join(
        f"{capitalized(_listed(found))} reused {share} from an earlier run or the recommendation; without them, "
        "training takes longer."
        for share, found in groups.items()
        if found
    )


def _listed(words: Sequence[str]) -> str:
    """ "a", "a and b", "a, b and c"."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
