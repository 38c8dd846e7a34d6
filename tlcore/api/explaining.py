"""Why a model answers as it does: its heat map of a photo, and the most alike photos that it learned from."""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from tlcore.api.analyses import workspace_of
from tlcore.api.photos import PhotoLike, name_of, take_content
from tlcore.data.images import PhotoRefused
from tlcore.data.manifest import load_dataset
from tlcore.data.versions import current_version
from tlcore.errors import UserError
from tlcore.evaluation.embedding import Neighbour, load_embedding
from tlcore.jobs.store import load_run
from tlcore.serving.explain import Explanation, explainer_of
from tlcore.serving.neighbours import learned_photos, mark_same, nearest_photos
from tlcore.serving.predict import ImageClassifier

_TRAIN_AGAIN = "Train again: new runs keep it. `explain` works with every model."


def explain(classifier: ImageClassifier, photo: PhotoLike, label: str | None) -> Explanation:
    """See `Model.explain`."""
    image = _read(classifier, photo)
    label = classifier.predict_input(image).label if label is None else label
    return explainer_of(classifier).explain(image, label)


def nearest(classifier: ImageClassifier, run_folder: Path, photo: PhotoLike, number: int) -> list[Neighbour]:
    """See `Model.nearest`."""
    if number < 1:
        raise UserError(f"{number} photos can’t be looked for.", "Use n=1 or more.")
    embedding = load_embedding(run_folder)
    if embedding is None:
        raise UserError("This model doesn’t keep where its training photos lie.", _TRAIN_AGAIN)
    workspace = workspace_of(run_folder)
    dataset_id = load_run(workspace, run_folder.name).dataset_id
    dataset = load_dataset(workspace, current_version(workspace, dataset_id))
    image = _read(classifier, photo)
    features = explainer_of(classifier).features(image)
    if features is None or len(features) != len(embedding.projection):
        raise UserError("This model doesn’t show what its network makes of a photo.", _TRAIN_AGAIN)
    labels = [label for label, _ in classifier.predict_input(image).ranked[:2]]
    among = learned_photos(embedding, dataset, classifier.bundle.info)
    found = nearest_photos(embedding, features, labels, among, number)
    content = take_content(photo)
    return mark_same(found, content) if isinstance(content, bytes) else found


def _read(classifier: ImageClassifier, photo: PhotoLike) -> npt.NDArray[np.uint8]:
    """A photo as the network sees it."""
    try:
        return classifier.read(take_content(photo))
    except PhotoRefused as error:
        raise PhotoRefused(error.reason, name_of(photo)) from error
