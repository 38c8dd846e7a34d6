"""A run leaves an embedding of its photos: of all of them, in the space of the features that its model pools."""

from tlcore.evaluation.embedding import load_embedding


def test_a_run_leaves_an_embedding_of_all_its_photos(trained):
    _, dataset, run = trained
    embedding = load_embedding(run.folder)
    assert embedding is not None
    columns = ["path", "sha256", "label", "split"]
    assert embedding.photos[columns].equals(dataset.photos[columns].reset_index(drop=True))
    assert embedding.projection.shape[0] == 1280
