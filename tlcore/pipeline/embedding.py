"""The embedding of a run's photos, made at its end of the features that its model is judged by [TF]."""

from collections.abc import Iterator

from tlcore.evaluation.embedding import make_embedding, remove_embedding, save_embedding
from tlcore.events import Event
from tlcore.pipeline.context import Context, TrainedModel
from tlcore.pipeline.final_features import features_of


def write_embedding(context: Context, model: TrainedModel) -> Iterator[Event]:
    """Write the embedding of all photos of the data set into the run's folder.

    Raises:
        UserError: a photo is gone or has changed, or the disk is full.
    """
    remove_embedding(context.run.folder)
    features = yield from features_of(context, model, context.photos)
    save_embedding(context.run.folder, make_embedding(context.dataset.photos, features))
