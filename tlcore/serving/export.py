"""The `model.keras` of a bundle: backbone and head as one Keras network [TF]."""

import os
import secrets
from pathlib import Path

import keras
import numpy as np

from tlcore.config import TrainConfig
from tlcore.models.build import build_backbone
from tlcore.models.registry import BackboneSpec
from tlcore.serving.bundle import KERAS


def keras_model(spec: BackboneSpec, weights: np.ndarray, bias: np.ndarray, config: TrainConfig) -> keras.Model:
    """Photo in (float32 (n, S, S, 3), 0–255), probabilities out; weights (dimension, classes), bias (classes,)."""
    backbone = build_backbone(spec, config.image_size)
    dense = keras.layers.Dense(len(bias), activation="softmax", name="probabilities")
    hidden = keras.layers.Dropout(config.dropout, name="head_dropout")(backbone.output)
    model = keras.Model(backbone.input, dense(hidden), name="transferlab")
    dense.set_weights([weights, bias])
    return model


def save_keras_model(
    folder: Path, spec: BackboneSpec, weights: np.ndarray, bias: np.ndarray, config: TrainConfig
) -> None:
    """Write `model.keras` into the bundle's folder, whole or not at all."""
    partial = folder / f"partial-{secrets.token_hex(4)}.keras"
    try:
        keras_model(spec, weights, bias, config).save(partial)
        os.replace(partial, folder / KERAS)
    finally:
        partial.unlink(missing_ok=True)
