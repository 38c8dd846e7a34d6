"""What a project file contains: a zip with a fixed set of members, in which nothing is a Parquet table or a pickle.

    project.json                    first in the file: format, version, and what a person sees before opening it
    dataset/dataset.json            as in the data set's folder (docs/run-format.md), without places on the disk
    dataset/photos.json             its table, a row a photo (tables.py); report.json likewise
    dataset/edits.jsonl             its edit log, without who made an edit
    dataset/edits/<n>/photos.json   what an edit brought; report.json likewise
    dataset/head.json               which version is current, and what can be redone
    photos/<sha256>                 the photos of all versions, under their hash
    runs/<id>/…                     each run: what it was to do, its events, figures, planned corrections, its model
    races/<id>.json                 which runs were compared
    networks/<id>/…                 each network that somebody brought and a run was trained on (carried_networks.py)
    samples.json                    of each model: five photos of the project, and what it answers to them
    files.json                      last: size and SHA-256 of every other member

Tables are JSON since a Parquet file of a stranger's is a program for a decoder in C++; JSON is not.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tlcore.data.folder import MAX_FILES, MAX_PHOTO_BYTES
from tlcore.data.names import clean_text
from tlcore.models.imported.stored import clean_title
from tlcore.workspace import is_id

FORMAT, VERSION = "transferlab-project", 2
WITHOUT_NETWORKS = 1  # the version of a project that has none, which earlier programs open too
HEAD, FILES, SAMPLES = "project.json", "files.json", "samples.json"
DATASET, PHOTOS, RUNS, RACES = "dataset", "photos", "runs", "races"
SUFFIX = ".zip"

MOST_RUNS = 1_000
MOST_MEMBERS = MAX_FILES + 100 * MOST_RUNS
MOST_TABLE_BYTES = 128_000_000  # JSON with a row a photo
MOST_TEXT_BYTES = 2**25
MOST_MODEL_BYTES = 2**31 - 1
MOST_NETWORK_BYTES = 2_000_000_000  # as of one that is added (networks/adding.py)
MOST_NETWORKS = 100

_RUN = r"runs/(?P<run>[a-z0-9][a-z0-9-]{0,80})"
_LIMITS: tuple[tuple[re.Pattern[str], int], ...] = tuple(
    (re.compile(pattern), limit)
    for pattern, limit in (
        (r"photos/[0-9a-f]{64}", MAX_PHOTO_BYTES),
        (r"project\.json|samples\.json|dataset/(dataset|head|name)\.json", MOST_TEXT_BYTES),
        (r"dataset/(photos|report)\.json|dataset/edits/[1-9][0-9]{0,6}/(photos|report)\.json", MOST_TABLE_BYTES),
        (r"dataset/edits\.jsonl|files\.json", MOST_TABLE_BYTES),
        (rf"{_RUN}/(job|name|report|calibration|cross-validation|corrections)\.json", MOST_TEXT_BYTES),
        (rf"{_RUN}/(events(-[1-9][0-9]{{0,3}})?\.jsonl|(predictions|folds|embedding)\.json)", MOST_TABLE_BYTES),
        (rf"{_RUN}/embedding\.npz", MOST_TABLE_BYTES),
        (rf"{_RUN}/bundle/(labels\.txt|model\.json)", MOST_TEXT_BYTES),
        (rf"{_RUN}/bundle/(model\.tflite|model\.onnx|weights\.npz|model\.keras)", MOST_MODEL_BYTES),
        (r"networks/[a-z0-9][a-z0-9-]{0,80}/network\.json", MOST_TEXT_BYTES),
        (r"networks/[a-z0-9][a-z0-9-]{0,80}/network\.(keras|tflite|onnx)", MOST_NETWORK_BYTES),
        (r"races/[a-z0-9][a-z0-9-]{0,80}\.json", MOST_TEXT_BYTES),
    )
)


def most_bytes(name: str) -> int | None:
    """How many bytes a member of this name may have; None where no member is called so."""
    return next((limit for pattern, limit in _LIMITS if pattern.fullmatch(name)), None)


@dataclass(frozen=True)
class ProjectHead:
    """What `project.json` says. `dataset`: its id where it was made; `name`: what it is called; `runs`: their ids;
    `num_photos`: of the current version; `networks`: what each network that somebody brought is called, by its name,
    of those that runs were trained on, whether it is in the file or not; `carries`: whether any of them is."""

    dataset: str
    name: str
    runs: tuple[str, ...]
    num_photos: int
    networks: Mapping[str, str] = field(default_factory=dict)
    carries: bool = False

    def to_dict(self) -> dict[str, Any]:
        """The content of `project.json`."""
        return {
            "format": FORMAT,
            "version": VERSION if self.carries else WITHOUT_NETWORKS,
            "dataset": self.dataset,
            "name": self.name,
            "runs": list(self.runs),
            "photos": self.num_photos,
            "networks": dict(self.networks),
        }

    @classmethod
    def from_dict(cls, values: Any) -> "ProjectHead":
        """Of what stands in a file of anybody's. Raises ValueError, KeyError or TypeError."""
        if values["format"] != FORMAT:
            raise ValueError("It is no project.")
        runs, name, num_photos = tuple(values["runs"]), values["name"], values["photos"]
        if not all(isinstance(each, str) and is_id(each) for each in (values["dataset"], *runs)):
            raise ValueError("An id can’t be one.")
        if len(set(runs)) != len(runs) or len(runs) > MOST_RUNS or type(num_photos) is not int or num_photos < 0:
            raise ValueError("Its counts can’t be right.")
        if not isinstance(name, str) or not clean_text(name):
            raise ValueError("It has no name.")
        networks = {name: clean_title(title) for name, title in values.get("networks", {}).items()}
        if not all(map(is_id, networks)) or len(networks) > MOST_NETWORKS:
            raise ValueError("Its networks can’t be right.")
        carries = values["version"] != WITHOUT_NETWORKS
        return cls(values["dataset"], clean_text(name)[:100], runs, num_photos, networks, carries)
