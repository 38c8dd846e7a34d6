"""A trained model in memory: its bundle, and what it is read from."""

from pathlib import Path
from typing import Any

from tlcore.serving.bundle import Bundle
from tlcore.serving.predict import ImageClassifier
from tlcore.workspace import is_id


class LoadedModel:
    """What everything else about a model rests on: its bundle, where its files lie, and a classifier made of it."""

    def __init__(self, bundle: Bundle, path: Path) -> None:
        self.labels = bundle.labels
        self.path = path
        self.info: dict[str, Any] = bundle.info
        self._bundle = bundle
        self._files = path.absolute()  # wherever the program goes meanwhile
        self._classifier = ImageClassifier(bundle)

    @property
    def run_id(self) -> str | None:
        """The id of the training run that made it; None where `model.json` has none."""
        run = self.info.get("run")
        return run if isinstance(run, str) and is_id(run) else None
