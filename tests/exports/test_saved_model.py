"""The SavedModel is loaded as others load it, and answers as the model does, to one photo and to many."""

import numpy as np
import pytest

from tlcore.exports import saved_model
from tlcore.exports.exporter import ExportSource
from tlcore.exports.samples import Answer, largest_difference, make_samples
from tlcore.exports.templates.predict import Classifier
from tlcore.serving.bundle import load_bundle


def test_it_loads_and_answers(trained, tmp_path):
    place = trained[2].folder
    source = ExportSource(load_bundle(place), place)
    samples = make_samples(source.bundle, place)
    saved_model.make(source, samples, tmp_path)
    assert not (tmp_path / "model.tflite").exists()
    classifier = Classifier(tmp_path)  # in this process, where TensorFlow is already
    given = [classifier.predict(photo.data) for photo in samples.photos]
    answers = [
        Answer(tuple(each["probabilities"][label] for label in source.bundle.labels), each["familiarity"])
        for each in given
    ]
    assert largest_difference(samples, answers) < 1e-3

    import tensorflow as tf

    size = source.bundle.image_size
    many = np.random.default_rng(0).uniform(0, 255, (3, size, size, 3)).astype(np.float32)
    model = tf.saved_model.load(str(tmp_path / "saved_model"))
    found = model.signatures["serving_default"](image=tf.constant(many))
    assert found["probabilities"].shape == (3, len(source.bundle.labels)) and found["familiarity"].shape == (3, 1)
    assert found["probabilities"].numpy().sum(axis=1) == pytest.approx(1, abs=1e-5)
