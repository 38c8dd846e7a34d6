"""The command `train`: from photos to a tested model."""

import argparse
import sys
import time
import traceback
from dataclasses import fields

from tlcore.api.arguments import make_config
from tlcore.api.datasets import load_dataset
from tlcore.api.progress_bars import ProgressBars
from tlcore.api.training import TrainingError
from tlcore.api.training import train as train_model
from tlcore.cli.common import SOURCES, Subparsers, add_setting, answer, given_settings
from tlcore.config import TrainConfig
from tlcore.evaluation.overfitting import best_epoch
from tlcore.events import Evaluated
from tlcore.jobs.status import job_status
from tlcore.jobs.store import open_job
from tlcore.messages.scores import score_message
from tlcore.messages.terminal import printable_lines
from tlcore.serving.bundle import FOLDER
from tlcore.worker.handlers import check_trainer
from tlcore.workspace import Workspace


def add_command(commands: Subparsers, common: argparse.ArgumentParser) -> None:
    """Add the command; see main.py."""
    parser = commands.add_parser("train", parents=[common], help="train on a folder, a zip, a data set or a ready set")
    parser.add_argument("path", help=f"folder or zip of class folders, {SOURCES}")
    parser.add_argument("--name", help="what the data set is called")
    for option in fields(TrainConfig):
        add_setting(parser, option)
    parser.set_defaults(command=_train)


def _train(workspace: Workspace, options: argparse.Namespace) -> int:
    strategy, backbone = options.strategy or TrainConfig.strategy, options.backbone or TrainConfig.backbone
    settings = given_settings(options)
    config = make_config(strategy, backbone, settings)  # a wrong setting is reported before photos are read
    check_trainer()
    start = time.perf_counter()
    with ProgressBars() as bars:
        dataset = load_dataset(
            options.path, name=options.name, seed=config.seed, workspace=workspace, on_event=bars.show
        )
        seconds_reading = time.perf_counter() - start
        try:
            model = train_model(
                dataset, strategy, backbone=backbone, workspace=workspace, on_event=bars.show, **settings
            )
        except TrainingError as error:
            cause = "".join(traceback.format_exception(error.__cause__))
            print(printable_lines(f"{cause}{error}"), file=sys.stderr)
            return 1
    report, status = model.report, job_status(open_job(model.path))
    best, evaluated = best_epoch(status.epochs), status.evaluated
    assert isinstance(evaluated, Evaluated)
    bundle = model.path / FOLDER
    score = score_message(report.correct, report.total, report.low, report.high)
    return answer(
        options,
        f"{score}\nRun {model.run_id}; model in {bundle}",
        {
            "run": model.run_id,
            "dataset": dataset.id,
            "bundle": str(bundle),
            "test_accuracy": report.accuracy,
            "test_correct": report.correct,
            "test_total": report.total,
            "test_interval_95": [report.low, report.high],
            "validation_accuracy": best.val_accuracy,
            "best_epoch": best.epoch,
            "photos": len(dataset.photos),
            "refused": len(dataset.refused),
            "seconds": seconds_reading + evaluated.seconds,
            "seconds_reading": seconds_reading,
            "seconds_features": evaluated.seconds_features,
            "seconds_training": evaluated.seconds_training,
        },
    )
