"""Transfer Lab from a terminal: `python -m tlcore train|evaluate|predict|datasets|runs|backbones|weights`.

Exit codes: 0 done, 1 failed, 2 a user's mistake (one sentence on standard error), 130 stopped with Ctrl-C.
"""

import argparse
import csv
import os
import sys
import time
from dataclasses import fields
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # before anything imports TensorFlow

from tlcore.cli.app import add_app
from tlcore.cli.backbones import add_commands
from tlcore.cli.common import add_option, ctrl_c_stops, find_dataset, finish, tell, train_config, without_chatter
from tlcore.cli.progress import Bars
from tlcore.cli.race import add_race
from tlcore.cli.recommend import add_recommend
from tlcore.config import TrainConfig
from tlcore.data.images import PhotoRefused
from tlcore.data.manifest import list_datasets
from tlcore.data.samples import SAMPLES
from tlcore.errors import UserError
from tlcore.evaluation.overfitting import best_epoch
from tlcore.evaluation.report import figures, load_report
from tlcore.events import Evaluated, Event, Failed, Stopped
from tlcore.jobs.status import job_status
from tlcore.jobs.store import create_run, list_runs, load_run
from tlcore.messages.scores import score_message
from tlcore.models.registry import find_backbone
from tlcore.serving.bundle import load_bundle
from tlcore.serving.predict import Predictor
from tlcore.serving.score import score_folder
from tlcore.worker.handlers import load_trainer, work
from tlcore.workspace import Workspace, open_workspace


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    options = _parser().parse_args(arguments)
    try:
        return options.command(open_workspace(options.workspace), options)
    except UserError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--workspace", metavar="FOLDER", help="where everything is kept (default: $TRANSFERLAB_HOME)")
    common.add_argument("--json", action="store_true", help="print one JSON object as the last line")
    parser = argparse.ArgumentParser(
        prog="transferlab" if Path(sys.argv[0]).stem == "transferlab" else "python -m tlcore",
        description="Teach a pretrained network your own picture classes.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    train = commands.add_parser("train", parents=[common], help="train on a folder, a zip, a data set or a ready set")
    train.add_argument(
        "path",
        help="folder or zip of class folders, a data set's id, or one of: "
        + ", ".join(sample.key for sample in SAMPLES),
    )
    train.add_argument("--name", help="what the data set is called")
    for option in fields(TrainConfig):
        add_option(train, option)
    train.set_defaults(command=_train)

    evaluate = commands.add_parser("evaluate", parents=[common], help="tell how good a model is")
    evaluate.add_argument("model", help="a run's id, or the folder or zip of a trained model")
    evaluate.add_argument("--data", metavar="FOLDER", help="a folder of class folders to test on, instead of the run's")
    evaluate.set_defaults(command=_evaluate)

    predict = commands.add_parser("predict", parents=[common], help="tell what is on photos")
    predict.add_argument("model", help="a run's id, or the folder or zip of a trained model")
    predict.add_argument("images", nargs="+", metavar="IMAGE")
    predict.add_argument("--csv", metavar="FILE", help="write a table with every class's probability")
    predict.set_defaults(command=_predict)

    for name, command, text in (("datasets", _datasets, "list the data sets"), ("runs", _runs, "list the runs")):
        commands.add_parser(name, parents=[common], help=text).set_defaults(command=command)
    add_commands(commands, common)
    add_race(commands, common)
    add_recommend(commands, common)
    add_app(commands)
    return parser


def _train(workspace: Workspace, options: argparse.Namespace) -> int:
    config = train_config(options)
    find_backbone(config.backbone)
    start = time.perf_counter()
    with Bars() as bars:
        dataset = finish(find_dataset(workspace, options.path, options.name, config.seed), bars)
        seconds_reading = time.perf_counter() - start
        with without_chatter():
            load_trainer()  # takes seconds; the clock is for the work
        run = create_run(workspace, dataset.id, config, dataset.name)
        heard: dict[type, Event] = {}

        def listen(event: Event) -> None:
            heard[type(event)] = event
            bars.show(event)

        with ctrl_c_stops(run):
            last = work(workspace, run, listen)
    if isinstance(last, Failed):
        print(f"{last.what} {last.fix}", file=sys.stderr)
        return 1 if last.bug else 2
    if isinstance(last, Stopped):
        print(last.kept, file=sys.stderr)
        return 130
    report, evaluated = load_report(run.folder), heard[Evaluated]
    best = best_epoch(job_status(run).epochs)
    score = score_message(report.correct, report.total, report.low, report.high)
    text = f"{score}\nRun {run.id}; model in {run.folder / 'bundle'}"
    return tell(
        options,
        text,
        {
            "run": run.id,
            "dataset": dataset.id,
            "bundle": str(run.folder / "bundle"),
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


def _model_path(workspace: Workspace, given: str) -> Path:
    """A run's folder or a bundle's path from what was typed."""
    path = Path(given).expanduser()
    return path if path.exists() else load_run(workspace, given).folder


def _evaluate(workspace: Workspace, options: argparse.Namespace) -> int:
    path = _model_path(workspace, options.model)
    bundle = load_bundle(path)
    if options.data:
        with Bars() as bars:
            report, refused = finish(score_folder(bundle, Path(options.data)), bars)
        extra = {"refused": refused.to_dict(orient="records")}
    elif (path / "report.json").exists():
        report, extra = load_report(path), {}
    else:
        raise UserError(f"{path} brings no test photos.", "Give a folder of class folders with --data FOLDER.")
    lines = [score_message(report.correct, report.total, report.low, report.high)]
    for row in report.per_class.itertuples():
        lines.append(
            f"  {row.label:<24} {row.correct} of {row.support} found (recall {row.recall:.1%}), "
            f"precision {row.precision:.1%}, F1 {row.f1:.3f}"
        )
    values = {
        "run": bundle.info.get("run"),
        "test_accuracy": report.accuracy,
        "test_correct": report.correct,
        "test_total": report.total,
        **figures(report),
        **extra,
    }
    return tell(options, "\n".join(lines), values)


def _predict(workspace: Workspace, options: argparse.Namespace) -> int:
    predictor = Predictor(load_bundle(_model_path(workspace, options.model)))
    rows, lines = [], []
    for name in options.images:
        try:
            answer = predictor.ask(Path(name).read_bytes())
        except (OSError, PhotoRefused) as error:
            reason = error.reason if isinstance(error, PhotoRefused) else f"cannot be read ({error.strerror})"
            rows.append({"image": name, "error": reason})
            lines.append(f"{name}: {reason}")
            continue
        rows.append(
            {
                "image": name,
                "label": answer.label,
                "probability": answer.probability,
                "probabilities": dict(answer.ranked),
                "milliseconds": answer.milliseconds,
            }
        )
        top = ", ".join(f"{label} {probability:.1%}" for label, probability in answer.ranked[:3])
        lines.append(f"{name}: {top} ({answer.milliseconds:.0f} ms)")
    if options.csv:
        _write_csv(Path(options.csv), rows, predictor.bundle.labels)
    tell(options, "\n".join(lines), {"predictions": rows})
    return 2 if all("error" in row for row in rows) else 0


def _write_csv(path: Path, rows: list[dict], labels: tuple[str, ...]) -> None:
    try:
        with open(path, "w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(["image", "label", "probability", *labels, "error"])
            for row in rows:
                chances = [row.get("probabilities", {}).get(label, "") for label in labels]
                writer.writerow(
                    [row["image"], row.get("label", ""), row.get("probability", ""), *chances, row.get("error", "")]
                )
    except OSError as error:
        what = f"{path} could not be written ({error.strerror})."
        raise UserError(what, "Give --csv a file in another folder.") from error


def _datasets(workspace: Workspace, options: argparse.Namespace) -> int:
    rows = [
        {"id": item.id, "name": item.name, "photos": item.num_photos, "classes": len(item.labels)}
        for item in list_datasets(workspace)
    ]
    ready = [
        {
            "key": item.key,
            "title": item.title,
            "photos": item.num_photos,
            "classes": item.num_classes,
            "download_bytes": item.download_bytes,
        }
        for item in SAMPLES
    ]
    lines = [f"{row['id']}  {row['photos']} photos, {row['classes']} classes" for row in rows]
    for row in ready:
        size = f", download of {row['download_bytes'] / 1e6:.0f} MB" if row["download_bytes"] else ""
        lines.append(f"{row['key']}  (ready set) {row['photos']} photos, {row['classes']} classes{size}")
    return tell(options, "\n".join(lines), {"datasets": rows, "samples": ready})


def _runs(workspace: Workspace, options: argparse.Namespace) -> int:
    rows = []
    for run in list_runs(workspace):
        status = job_status(run)
        score = status.evaluated
        rows.append(
            {
                "run": run.id,
                "name": run.name,
                "dataset": run.dataset_id,
                "state": status.state,
                "test_correct": score and score.test_correct,
                "test_total": score and score.test_total,
            }
        )
    lines = [
        f"{row['run']}  {row['name']}  {row['state']}"
        + (f"  {row['test_correct']} of {row['test_total']} right" if row["test_total"] else "")
        for row in rows
    ]
    return tell(options, "\n".join(lines) or "No runs yet.", {"runs": rows})


if __name__ == "__main__":
    sys.exit(main())
