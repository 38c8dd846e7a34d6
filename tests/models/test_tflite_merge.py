"""Networks in one file take one photo in one size, whichever size each of their files was made for."""

import numpy as np

from tlcore.models.litert_runtime import LiteModel
from tlcore.models.registry import BUILT_IN
from tlcore.models.tflite_file import named, pack, unpack
from tlcore.models.tflite_merge import join_features
from tlcore.models.weights import asset_path


def test_files_made_for_other_sizes_share_the_photo():
    first = asset_path(BUILT_IN).read_bytes()
    model, signature = unpack(first)
    model.subgraphs[0].tensors[named(signature.inputs, "image")].shape = np.array([1, 96, 96, 3], np.int32)
    joined = LiteModel(join_features([first, pack(model)], "pooled"))
    images = np.random.default_rng(0).uniform(0, 255, (2, 96, 96, 3)).astype(np.float32)
    features = joined.run(images, "pooled")
    alone = LiteModel(first).run(images, "pooled")
    alone /= np.linalg.norm(alone, axis=1, keepdims=True)
    np.testing.assert_allclose(features, np.concatenate([alone, alone], axis=1), atol=1e-5)
