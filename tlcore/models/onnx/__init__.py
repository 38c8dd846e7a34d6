"""ONNX files: looking through foreign ones, finding their features, and making classifiers of them. Running is elsewhere."""
