"""A trained model as what other programs run, each held against the model itself before it is handed over."""
