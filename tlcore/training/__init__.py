"""Training: heads on cached features, unfrozen layers on cached activations or photos."""
