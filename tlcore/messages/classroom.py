"""A classroom in sentences: its groups, its task, and the places on its podium. Pages and terminal say the same."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations

from tlcore.classroom.hidden_test import HiddenScore
from tlcore.classroom.overview import GroupState, RunState
from tlcore.classroom.podium import Place, Podium, level_sets
from tlcore.classroom.values import ENSEMBLE, Task
from tlcore.config import STRATEGIES, short_name
from tlcore.messages.quantities import count, percent, percent_range

HIDDEN_TEST_NOTE = "Only you see these photos. Every group’s model is scored on all of them."
MOST_SENTENCES = 6  # about groups that are level; nobody reads more, and each place names its own

_STATES = {
    "queued": "waiting",
    "running": "training",
    "finished": "finished",
    "stopped": "stopped",
    "failed": "failed",
    "interrupted": "interrupted",
    "tested": "tested",
}


def ordinal(number: int) -> str:
    """ "1st", "2nd", "3rd", "4th", "11th"."""
    ending = "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number:,}{ending}"


def hidden_score_message(score: HiddenScore) -> str:
    """A score on the hidden test: "92% correct: 46 of 50, likely range 81–97%"; where there is none, why."""
    if not score.right:
        return score.problem
    share, (low, high) = score.correct / score.total, score.interval
    return f"{percent(share)} correct: {score.correct:,} of {score.total:,}, likely range {percent_range(low, high)}"


def place_message(place: Place, names: Mapping[str, str]) -> str:
    """ "1st: Foxes, 92% correct: 46 of 50, likely range 81–97%".

    Args:
        names: of the groups, by their ids.
    """
    return f"{ordinal(place.place)}: {names[place.group_id]}, {hidden_score_message(place.score)}"


def learned_message(score: HiddenScore) -> str:
    """That a group's model has learned from photos of the hidden test; "" where it has not."""
    if not score.num_learned:
        return ""
    return (
        f"{score.num_learned:,} of the {score.total:,} photos were among those it learned from: the score is too good."
    )


def level_messages(podium: Podium, names: Mapping[str, str]) -> list[str]:
    """Which groups chance cannot tell apart, and which it can although another one is level with both.

    Args:
        names: of the groups, by their ids.
    """
    ids = [place.group_id for place in podium.places]
    if len(ids) < 2:
        return []
    if all(podium.are_level(*pair) for pair in combinations(ids, 2)):
        return [f"{'Both' if len(ids) == 2 else 'All'} groups are level: the difference could be chance."]
    sentences = [_level_sentence([names[each] for each in level]) for level in level_sets(podium)]
    more = ["More groups are level with one another."] if len(sentences) > MOST_SENTENCES else []
    return sentences[:MOST_SENTENCES] + more + _between(podium, names)


def _level_sentence(names: Sequence[str]) -> str:
    which = "the difference" if len(names) == 2 else "any difference between two of them"
    return f"{_listed(names)} are level: {which} could be chance."


def _between(podium: Podium, names: Mapping[str, str]) -> list[str]:
    """That a group did better than another one though a third is level with both: not all of them are level."""
    found = []
    for place in podium.places:
        for other in place.behind:
            both = [
                each.group_id
                for each in podium.places
                if podium.are_level(each.group_id, place.group_id) and podium.are_level(each.group_id, other)
            ]
            if both:
                verb = "is" if len(both) == 1 else "are"
                found.append(
                    f"{names[other]} did better than {names[place.group_id]} by more than chance, "
                    f"although {_listed([names[each] for each in both])} {verb} level with both."
                )
    return found[:MOST_SENTENCES]


def podium_lines(podium: Podium, names: Mapping[str, str]) -> list[str]:
    """The podium in lines: the places, who is level, and who has no score and why."""
    lines = [place_message(place, names) for place in podium.places]
    lines += level_messages(podium, names)
    return lines + [f"{names[each.group_id]}: {each.problem}" for each in podium.unranked]


def photos_message(state: GroupState) -> str:
    """The photos of a group: "24 photos: cat 12, dog 12"; "no photos yet"."""
    if state.dataset is None or not state.dataset.num_photos:
        return "no photos yet"
    classes = ", ".join(f"{label} {number:,}" for label, number in state.dataset.photos.items())
    return f"{count(state.dataset.num_photos, 'photo')}: {classes}"


def run_message(run: RunState) -> str:
    """How a run stands: "hybrid: waiting, 2 before it", "hybrid: 92% correct: 46 of 50, likely range 81–97%"."""
    name = strategy_name(run.strategy)
    if run.correct is not None and run.total and run.interval is not None:
        share, (low, high) = run.correct / run.total, run.interval
        figures = f"{run.correct:,} of {run.total:,}, likely range {percent_range(low, high)}"
        return f"{name}: {percent(share)} correct: {figures}"
    before = f", {run.position:,} before it" if run.position else ""
    return f"{name}: {_STATES.get(run.state, run.state)}{before}"


def group_line(state: GroupState) -> str:
    """A group in one line: its devices, its photos, and what it hands in or is doing."""
    latest = next(iter(state.runs), None)
    shown = latest if latest is not None and latest.state in ("queued", "running") else state.entry or latest
    run = run_message(shown) if shown is not None else "no training yet"
    return f"{state.group.name}: {count(state.devices, 'device')} · {photos_message(state)} · {run}"


def task_lines(task: Task, dataset: str = "") -> list[str]:
    """The task in lines; none where all is left to the groups.

    Args:
        dataset: what its photos are called.
    """
    lines = [task.text] if task.text else []
    if task.dataset_id:
        lines.append(f"Photos: “{dataset or task.dataset_id}”, the same for all groups.")
    if task.classes:
        lines.append(f"Classes: {', '.join(task.classes)}.")
    if task.photos_per_class:
        lines.append(f"Up to {count(task.photos_per_class, 'photo')} a class.")
    if task.strategies:
        lines.append(f"Training with {_listed([strategy_name(each) for each in task.strategies], 'or')}.")
    if task.runs:
        lines.append(f"Up to {count(task.runs, 'training')}.")
    return lines


def strategy_name(strategy: str) -> str:
    """What a strategy is called within a sentence: "feature extraction"."""
    return "an ensemble" if strategy == ENSEMBLE else short_name(strategy) if strategy in STRATEGIES else strategy


def removal_message(name: str) -> str:
    """What removing a group does, before it is done."""
    return (
        f"This removes the group “{name}” with its photos and trainings, and its devices leave the classroom. "
        "It can be undone for a day."
    )


def erase_message(name: str, groups: int) -> str:
    """What erasing a classroom does, before it is done."""
    return (
        f"This deletes “{name}” for good: {count(groups, 'group')} with all photos, trainings and scores. "
        "Your own photos stay. This cannot be undone."
    )


def _listed(names: Iterable[str], word: str = "and") -> str:
    """ "Foxes, Owls and Hares"."""
    found = list(names)
    return f" {word} ".join([", ".join(found[:-1])] * (len(found) > 1) + found[-1:])


def names_of(states: Iterable[GroupState]) -> dict[str, str]:
    """The names of the groups by their ids."""
    return {state.group.id: state.group.name for state in states}
