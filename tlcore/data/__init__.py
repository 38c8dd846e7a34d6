"""Photos in: decoding, ingesting, manifests, splits and the ready-made sets."""
