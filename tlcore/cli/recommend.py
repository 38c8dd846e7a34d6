"""The command `recommend`: the strategy for the photos of a folder, a zip, a data set or a sample set."""

import argparse

from tlcore.advice.rule import Recommendation
from tlcore.api.arguments import take_layout
from tlcore.api.progress_bars import ProgressBars
from tlcore.api.recommendation import load_photos
from tlcore.api.recommendation import recommend as recommend_strategy
from tlcore.cli.common import SOURCES, Subparsers, add_layout, answer, newest_source
from tlcore.messages.flip_hints import flip_hints
from tlcore.messages.quantities import percent
from tlcore.messages.recommendation import recommendation_reason, recommendation_values
from tlcore.messages.terminal import printable
from tlcore.workspace import Workspace


def add_command(commands: Subparsers, common: argparse.ArgumentParser) -> None:
    """Add the command; see main.py."""
    parser = commands.add_parser("recommend", parents=[common], help="recommend a strategy for your photos")
    parser.add_argument("path", help=f"a folder, zip or tar with one folder per class, a folder of photos, {SOURCES}")
    add_layout(parser)
    parser.add_argument(
        "--seed",
        type=int,
        default=0,
        metavar="N",
        help="selects the 200 photos that are examined, if there are more (default 0)",
    )
    parser.set_defaults(command=_recommend)


def _recommend(workspace: Workspace, options: argparse.Namespace) -> int:
    with ProgressBars() as bars:
        chosen = take_layout(options.layout, options.labels)
        source = newest_source(workspace, options.path)
        dataset = load_photos(source, workspace, bars.show, chosen, options.encoding)
        found = recommend_strategy(dataset, seed=options.seed, workspace=workspace, on_event=bars.show)
    return answer(options, _text(found, dataset.labels), recommendation_values(found))


def _text(found: Recommendation, labels: tuple[str, ...]) -> str:
    """What a person reads: the strategy, the reason, what ImageNet sees, and what mirroring would do."""
    lines = [f"{found.strategy}: {recommendation_reason(found)}"]
    for examined in found.examined:
        guesses = ", ".join(f"{name} {percent(probability)}" for name, probability in examined.guesses)
        lines.append(printable(f"  {examined.path}: {guesses}"))
    lines += [sentence for _, sentence in flip_hints(labels, found.label_changing_flips)]
    return "\n".join(lines)
