"""The command `train`: from photos to a tested model."""

import argparse
import time
from dataclasses import fields

from tlcore.api.arguments import make_config
from tlcore.api.progress_bars import ProgressBars
from tlcore.api.training import train as train_model
from tlcore.cli.common import SOURCES, Subparsers, add_layout, add_setting, given_settings, read_dataset
from tlcore.cli.file_report import add_report_option, show_report
from tlcore.cli.outcome import answer_with_model, reporting_bugs
from tlcore.config import TrainConfig
from tlcore.worker.handlers import check_trainer
from tlcore.workspace import Workspace


def add_command(commands: Subparsers, common: argparse.ArgumentParser) -> None:
    """Add the command; see main.py."""
    parser = commands.add_parser("train", parents=[common], help="train on a folder, a zip, a data set or a sample set")
    parser.add_argument("path", help=f"a folder, zip or tar with one folder per class, {SOURCES}")
    parser.add_argument("--name", help="name of the data set")
    add_layout(parser)
    for option in fields(TrainConfig):
        add_setting(parser, option)
    add_report_option(parser)
    parser.set_defaults(command=_train)


def _train(workspace: Workspace, options: argparse.Namespace) -> int:
    strategy, backbone = options.strategy or TrainConfig.strategy, options.backbone or [TrainConfig.backbone]
    settings = given_settings(options)
    config = make_config(strategy, backbone, settings, workspace)  # a wrong setting is reported before photos are read
    check_trainer()
    start = time.perf_counter()
    with ProgressBars() as bars, reporting_bugs():
        dataset = read_dataset(workspace, options, config.seed, bars.show)
        show_report(options, dataset.report)
        seconds_reading = time.perf_counter() - start
        model = train_model(dataset, strategy, backbone=backbone, workspace=workspace, on_event=bars.show, **settings)
    return answer_with_model(options, model, dataset, seconds_reading)
