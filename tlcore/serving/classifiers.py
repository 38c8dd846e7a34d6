"""A model for many threads: one photo a core is answered faster than one photo by all cores."""

import threading

from tlcore.models.litert_runtime import usable_cores
from tlcore.serving.bundle import Bundle
from tlcore.serving.predict import ImageClassifier

MOST_COPIES = 300_000_000  # bytes of model files, one for each thread


class Classifiers:
    """Gives each thread its own classifier, or all of them the same one where copies would take much memory.

    Raises:
        UserError: what `ImageClassifier` raises, at once.
    """

    def __init__(self, bundle: Bundle) -> None:
        self.bundle = bundle
        self._own = threading.local()
        is_large = usable_cores() * len(bundle.network) > MOST_COPIES
        first = ImageClassifier(bundle, num_threads=None if is_large else 1)
        self._shared = first if is_large else None

    def mine(self) -> ImageClassifier:
        """This thread's."""
        if self._shared is not None:
            return self._shared
        if not hasattr(self._own, "classifier"):
            self._own.classifier = ImageClassifier(self.bundle, num_threads=1)
        found: ImageClassifier = self._own.classifier
        return found
