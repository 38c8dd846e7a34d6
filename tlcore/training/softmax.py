"""From logits to probabilities, in plain NumPy: for heads that are applied without TensorFlow."""

import numpy as np


def softmax(logits: np.ndarray) -> np.ndarray:
    """Probabilities float32 (n, classes), rows sum to 1, of logits float32 (n, classes)."""
    exponentials: np.ndarray = np.exp(logits - logits.max(axis=1, keepdims=True))
    probabilities: np.ndarray = exponentials / exponentials.sum(axis=1, keepdims=True)
    return probabilities
