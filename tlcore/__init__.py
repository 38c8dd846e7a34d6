"""Transfer Lab: train an image classifier on your own photos. docs/python.md shows how to use this package.

    import tlcore

    model = tlcore.train("leaves/")
    model.predict("new.jpg").label

Each name below is imported when it is used for the first time, so that `import tlcore` costs next to nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tlcore.api.checking import CheckResult, find_issues, split_by
    from tlcore.api.classroom import Classroom, create_classroom, list_classrooms, load_classroom
    from tlcore.api.comparison import ComparisonResult, compare
    from tlcore.api.datasets import load_dataset
    from tlcore.api.ensembles import combine
    from tlcore.api.listings import list_backbones, list_datasets, list_runs, list_samples
    from tlcore.api.managing import (
        delete,
        delete_class,
        delete_photos,
        list_deleted,
        rename,
        rename_class,
        restore,
    )
    from tlcore.api.model import Model, load_model
    from tlcore.api.networks import add_backbone, remove_backbone
    from tlcore.api.photos import read_photo
    from tlcore.api.projects import open_project, save_project
    from tlcore.api.recommendation import recommend
    from tlcore.api.retraining import retrain
    from tlcore.api.training import TrainingError, TrainingStopped, continue_run, train
    from tlcore.data.images import PhotoRefused
    from tlcore.data.manifest import Dataset
    from tlcore.errors import EncodingChoice, LayoutChoice, UndecidedEncoding, UndecidedLayout, UserError
    from tlcore.storage.put_aside import Deletion

__version__ = "0.2.0.dev0"

__all__ = [
    "CheckResult",
    "Classroom",
    "ComparisonResult",
    "Dataset",
    "Deletion",
    "EncodingChoice",
    "LayoutChoice",
    "Model",
    "PhotoRefused",
    "TrainingError",
    "TrainingStopped",
    "UndecidedEncoding",
    "UndecidedLayout",
    "UserError",
    "__version__",
    "add_backbone",
    "combine",
    "compare",
    "continue_run",
    "create_classroom",
    "delete",
    "delete_class",
    "delete_photos",
    "find_issues",
    "list_backbones",
    "list_classrooms",
    "list_datasets",
    "list_deleted",
    "list_runs",
    "list_samples",
    "load_classroom",
    "load_dataset",
    "load_model",
    "open_project",
    "read_photo",
    "recommend",
    "remove_backbone",
    "rename",
    "rename_class",
    "restore",
    "retrain",
    "save_project",
    "split_by",
    "train",
]

_MODULES = {
    "CheckResult": "tlcore.api.checking",
    "Classroom": "tlcore.api.classroom",
    "ComparisonResult": "tlcore.api.comparison",
    "Dataset": "tlcore.data.manifest",
    "Deletion": "tlcore.storage.put_aside",
    "EncodingChoice": "tlcore.errors",
    "LayoutChoice": "tlcore.errors",
    "Model": "tlcore.api.model",
    "PhotoRefused": "tlcore.data.images",
    "TrainingError": "tlcore.api.training",
    "TrainingStopped": "tlcore.api.training",
    "UndecidedEncoding": "tlcore.errors",
    "UndecidedLayout": "tlcore.errors",
    "UserError": "tlcore.errors",
    "add_backbone": "tlcore.api.networks",
    "combine": "tlcore.api.ensembles",
    "compare": "tlcore.api.comparison",
    "continue_run": "tlcore.api.training",
    "create_classroom": "tlcore.api.classroom",
    "delete": "tlcore.api.managing",
    "delete_class": "tlcore.api.managing",
    "delete_photos": "tlcore.api.managing",
    "find_issues": "tlcore.api.checking",
    "list_backbones": "tlcore.api.listings",
    "list_classrooms": "tlcore.api.classroom",
    "list_datasets": "tlcore.api.listings",
    "list_deleted": "tlcore.api.managing",
    "list_runs": "tlcore.api.listings",
    "list_samples": "tlcore.api.listings",
    "load_classroom": "tlcore.api.classroom",
    "load_dataset": "tlcore.api.datasets",
    "load_model": "tlcore.api.model",
    "open_project": "tlcore.api.projects",
    "read_photo": "tlcore.api.photos",
    "recommend": "tlcore.api.recommendation",
    "remove_backbone": "tlcore.api.networks",
    "rename": "tlcore.api.managing",
    "rename_class": "tlcore.api.managing",
    "restore": "tlcore.api.managing",
    "retrain": "tlcore.api.retraining",
    "save_project": "tlcore.api.projects",
    "split_by": "tlcore.api.checking",
    "train": "tlcore.api.training",
}


def __getattr__(name: str) -> object:
    """A public name, imported now (PEP 562)."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_MODULES[name]), name)
    return value


def __dir__() -> list[str]:
    """What editors offer."""
    return sorted(__all__)
