"""What there is: pretrained networks, samples, data sets and runs, each as a list of plain values.

pandas.DataFrame(list_runs()) makes a table of one.
"""

from dataclasses import dataclass
from pathlib import Path

from tlcore.api.arguments import WorkspaceLike, take_workspace
from tlcore.data.dataset_list import DatasetSummary, dataset_names
from tlcore.data.dataset_list import list_datasets as read_datasets
from tlcore.data.samples import SAMPLES, Sample
from tlcore.jobs.status import job_status
from tlcore.jobs.store import list_runs as read_runs
from tlcore.messages.titles import run_name
from tlcore.models.backbones import list_backbones as all_backbones
from tlcore.models.spec import BackboneSpec
from tlcore.models.weights_cache import is_present
from tlcore.workspace import Workspace, workspace_root


@dataclass(frozen=True)
class BackboneInfo:
    """A pretrained network, in short; tlcore.models.registry has the whole row of the table.

    Attributes:
        parameters: all weights, with the classifier for ImageNet.
        multiply_adds: products for one photo of `image_size`, without that classifier.
        imagenet_top1: share of ImageNet's test photos right, 0–1; None where nobody published it.
        image_size, least_image_size: side of the square in pixels that it was trained for, and that it needs.
        feature_size: length of the vector that it makes of a photo.
        present: whether its weights are on this machine; else `train` fetches `download_bytes`.
        blocks: names of the parts that can be unfrozen from there on up (`unfreeze_from`), from the top down;
            none for a network that can only be used frozen.
        added: whether somebody brought it (`add_backbone`).
    """

    name: str
    title: str
    parameters: int
    multiply_adds: int
    imagenet_top1: float | None
    image_size: int
    least_image_size: int
    feature_size: int
    present: bool
    download_bytes: int
    licence: str
    blocks: tuple[str, ...]
    added: bool = False


@dataclass(frozen=True)
class RunInfo:
    """A training run, in short.

    Attributes:
        name: the one that it was given, else that of its data set.
        created: Unix seconds.
        state: "queued", "running", "finished", "stopped" (nothing came of it), "failed", "interrupted", or "tested": it
            has its figures, and ended before its model was packed; `continue_run` packs it.
        strategy, backbone: what was trained; of an ensemble "ensemble" and "".
        correct, total: test photos right, and all; None while there are no figures.
        folder: where its files are, see docs/run-format.md.
    """

    id: str
    name: str
    dataset_id: str
    created: float
    state: str
    strategy: str
    backbone: str
    correct: int | None
    total: int | None
    folder: Path

    @property
    def accuracy(self) -> float | None:
        """Share of the test photos that are correct, 0–1; None while there are no test results."""
        return self.correct / self.total if self.correct is not None and self.total else None


def list_backbones(workspace: WorkspaceLike = None) -> list[BackboneInfo]:
    """The pretrained networks that `train` can start from, the built-in one first, those that were added last.

    Args:
        workspace: by default `$TRANSFERLAB_HOME`, else the user's data folder.
    """
    place = (
        workspace
        if isinstance(workspace, Workspace)
        else Workspace(workspace_root(None if workspace is None else Path(workspace)))
    )  # none is made
    return [describe_backbone(spec) for spec in all_backbones(place)]


def describe_backbone(spec: BackboneSpec) -> BackboneInfo:
    """A network in short."""
    return BackboneInfo(
        name=spec.name,
        title=spec.title,
        parameters=spec.parameters,
        multiply_adds=spec.multiply_adds,
        imagenet_top1=spec.imagenet_top1,
        image_size=spec.default_image_size,
        least_image_size=spec.least_image_size,
        feature_size=spec.feature_size,
        present=is_present(spec),
        download_bytes=spec.download_bytes,
        licence=spec.licence,
        blocks=tuple(block.name for block in spec.blocks),
        added=spec.imported is not None,
    )


def list_samples() -> list[Sample]:
    """The data sets to begin with; `load_dataset` and `train` take the `key` of one. `download_bytes` is 0 for those
    that come with the package."""
    return list(SAMPLES)


def list_datasets(workspace: WorkspaceLike = None) -> list[DatasetSummary]:
    """The data sets of a workspace, newest first: id, name, num_photos, labels, created (Unix seconds), source.

    Args:
        workspace: by default `$TRANSFERLAB_HOME`, else the user's data folder.

    Raises:
        UserError: the workspace cannot be written.
    """
    return read_datasets(take_workspace(workspace))


def list_runs(workspace: WorkspaceLike = None) -> list[RunInfo]:
    """The training runs of a workspace, newest first; `load_model` takes the `id` of one.

    Args:
        workspace: by default `$TRANSFERLAB_HOME`, else the user's data folder.

    Raises:
        UserError: the workspace cannot be written.
    """
    found, place = [], take_workspace(workspace)
    names = dataset_names(place)
    for run in read_runs(place):
        status, settings = job_status(run), run.spec["config"]  # as they are: another version may know other values
        score = status.evaluated
        found.append(
            RunInfo(
                id=run.id,
                name=run_name(run, names),
                dataset_id=run.dataset_id,
                created=run.created,
                state=status.state,
                strategy=settings["strategy"] if run.ensemble is None else "ensemble",
                backbone=settings["backbone"] if run.ensemble is None else "",
                correct=score.test_correct if score else None,
                total=score.test_total if score else None,
                folder=run.folder,
            )
        )
    return found
