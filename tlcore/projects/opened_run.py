"""A run of a project, checked, as the folder of a run in the making."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from tlcore.checksums import parse_json
from tlcore.cleaning.planned import PLANNED
from tlcore.config import TrainConfig
from tlcore.data.corrections import Correction
from tlcore.data.names import clean_text
from tlcore.evaluation.calibration import CALIBRATION, load_calibration
from tlcore.evaluation.cross_validation import parse_cross_validation, save_cross_validation
from tlcore.evaluation.embedding import Embedding, save_embedding
from tlcore.evaluation.figures import parse_figures
from tlcore.evaluation.report import FAMILIARITY, Report, load_report, save_familiarity, save_report
from tlcore.events import Finished, decode, encode
from tlcore.jobs.store import EVENTS, JOB, EnsembleSpec
from tlcore.projects.file import ProjectFile, refusing_damage
from tlcore.projects.opened_networks import OpenedNetworks
from tlcore.projects.run_members import BUNDLE
from tlcore.projects.tables import parse_table
from tlcore.serving.bundle import INFO, Bundle
from tlcore.serving.bundle_weights import WEIGHTS, unpack_arrays
from tlcore.serving.probe import load_safely
from tlcore.workspace import new_id, split_version, version_id, write_atomic, write_json

_PREDICTIONS = {
    "path": "text",
    "sha256": "text",
    "label": "text",
    "predicted": "text",
    "correct": "bool",
    "probability": "float32",
    "probability_true": "float32",
    "probabilities": "list",
}
_EMBEDDED = {"path": "text", "sha256": "text", "label": "text", "split": "text", "kept": "float32"}
LONGEST_NAME = 200


def write_run(
    project: ProjectFile,
    run_id: str,
    folder: Path,
    ids: Mapping[str, str],
    visitor: str,
    networks: OpenedNetworks,
) -> None:
    """Write the files of a run into a folder, but for its model.

    Args:
        run_id: as the project calls it. ids: the new id of each data set and run by its old one. visitor: whose it is
            now. networks: what those that somebody brought are called here.

    Raises:
        UserError: something in it can't be right, or the disk is full.
    """
    place = f"runs/{run_id}"
    folder.mkdir(parents=True)
    with refusing_damage(project.name):
        job = _job(project.read_json(f"{place}/job.json"), ids, networks) | {"visitor": visitor}
        write_json(folder / JOB, job)
        if project.has(f"{place}/name.json"):
            given = project.read_json(f"{place}/name.json")["name"]
            write_json(folder / "name.json", {"name": clean_text(given)[:LONGEST_NAME]})
        _write_events(project, place, folder, ids)
        _write_figures(project, place, folder)
        _write_embedding(project, place, folder)
        _write_corrections(project, place, folder)


def _job(values: Mapping[str, Any], ids: Mapping[str, str], networks: OpenedNetworks) -> dict[str, Any]:
    """The content of `job.json`, with new ids. What is no run of this project becomes nobody's."""
    spec, name, created = values["spec"], values["name"], float(values["created"])
    if values["kind"] != "train" or not isinstance(name, str) or not 0 < created < 4e9:
        raise ValueError("It is no run.")
    dataset, version = split_version(spec["dataset"])
    config = TrainConfig.from_dict(spec["config"])
    config = replace(config, backbone=networks.rename(config.backbone))
    made: dict[str, Any] = {"dataset": version_id(ids[dataset], version), "config": config.to_dict()}
    if spec.get("before") in ids:
        made["before"] = ids[spec["before"]]
    if "ensemble" in spec:
        ensemble = EnsembleSpec.from_dict(spec["ensemble"])
        members = [ids[each] if each in ids else new_id("gone") for each in ensemble.runs]
        weights = ensemble.weights if isinstance(ensemble.weights, str) else [float(each) for each in ensemble.weights]
        made["ensemble"] = {"runs": members, "method": str(ensemble.method), "weights": weights}
    return {"kind": "train", "name": clean_text(name)[:LONGEST_NAME], "created": created, "spec": made}


def _write_events(project: ProjectFile, place: str, folder: Path, ids: Mapping[str, str]) -> None:
    """The events that this program knows, told of the run under its new id."""
    for member in project.names(f"{place}/events"):
        lines = []
        for line in project.read(member).decode("utf-8").split("\n"):
            try:
                event = decode(line)
            except ValueError:  # of another version, as in a run that was made here
                continue
            if isinstance(event, Finished):
                event = replace(event, result=ids[member.split("/")[1]])
            lines.append(encode(event))
        name = EVENTS if member.endswith(EVENTS) else member.rsplit("/", 1)[1]
        write_atomic(folder / name, "".join(f"{line}\n" for line in lines).encode())


def _write_figures(project: ProjectFile, place: str, folder: Path) -> None:
    """What the run was found to be worth; figures that contradict their predictions are refused."""
    values = project.read_json(f"{place}/report.json")
    predictions = parse_table(project.read(f"{place}/predictions.json"), _PREDICTIONS)
    report = Report(**vars(parse_figures(values, tuple(values["labels"]))), predictions=predictions)
    save_report(folder, report)
    if FAMILIARITY in predictions and predictions[FAMILIARITY].notna().all():
        save_familiarity(folder, report)
    load_report(folder)
    if project.has(f"{place}/{CALIBRATION}"):
        write_json(folder / CALIBRATION, project.read_json(f"{place}/{CALIBRATION}"))
        if load_calibration(folder) is None:
            raise ValueError("The calibration can’t be right.")
    if project.has(f"{place}/cross-validation.json"):
        folds = parse_table(project.read(f"{place}/folds.json"), _PREDICTIONS)
        save_cross_validation(
            folder, parse_cross_validation(project.read_json(f"{place}/cross-validation.json"), folds)
        )


def _write_embedding(project: ProjectFile, place: str, folder: Path) -> None:
    if not project.has(f"{place}/embedding.npz"):
        return
    photos = parse_table(project.read(f"{place}/embedding.json"), _EMBEDDED)
    arrays = {name: each[0] for name, each in unpack_arrays(project.read(f"{place}/embedding.npz")).items()}
    vectors, projection, mean = arrays["vectors"], arrays["projection"], arrays["mean"]
    if vectors.ndim != 2 or vectors.shape[0] != len(photos) or projection.ndim != 2 or mean.ndim != 1:
        raise ValueError("The embedding does not fit its photos.")
    save_embedding(folder, Embedding(photos, vectors, projection, mean))


def _write_corrections(project: ProjectFile, place: str, folder: Path) -> None:
    if not project.has(f"{place}/corrections.json"):
        return
    rows = project.read_json(f"{place}/corrections.json")["corrections"]
    planned = [Correction(str(row["path"]), str(row["label"]), str(row["to"])) for row in rows]
    write_json(folder / PLANNED, {"corrections": [vars(each) for each in planned]})


def write_model(
    project: ProjectFile, run_id: str, run_folder: Path, ids: Mapping[str, str], networks: OpenedNetworks
) -> Bundle:
    """Write the model of a run: its files as they are, tried like that of any stranger, then told under new ids.

    Args:
        run_folder: where `write_run` has put the rest. ids, networks: as there.

    Raises:
        UserError: it is damaged, or does not answer as it should, in a process of its own; or the disk is full.
    """
    place, folder = f"runs/{run_id}", run_folder / "bundle"
    folder.mkdir()
    for name in BUNDLE:
        if project.has(f"{place}/bundle/{name}"):
            write_atomic(folder / name, project.read(f"{place}/bundle/{name}"))
    bundle = load_safely(folder, own=False)
    if (folder / WEIGHTS).exists():
        unpack_arrays((folder / WEIGHTS).read_bytes())
    with refusing_damage(project.name):
        info = parse_json((folder / INFO).read_bytes())
        if isinstance(info.get("dataset"), dict):
            dataset, version = split_version(str(info["dataset"].get("id", "")))
            if dataset in ids:
                info["dataset"]["id"] = version_id(ids[dataset], version)
        for member in (info.get("ensemble") or {}).get("members", ()):
            member["run"] = ids.get(member["run"], new_id("gone"))
        _rename_networks(info, networks)
    write_json(folder / INFO, info)
    return bundle


def _rename_networks(info: dict[str, Any], networks: OpenedNetworks) -> None:
    """Call the networks in `model.json` as they are called here."""
    members = (info.get("ensemble") or {}).get("members", ())
    places = [(each, "backbone") for each in (info.get("config"), *members)]
    places += [(each, "name") for each in (info.get("backbone"), *(info.get("backbones") or ()))]
    for values, key in places:
        if isinstance(values, dict) and isinstance(values.get(key), str):
            values[key] = networks.rename(values[key])
