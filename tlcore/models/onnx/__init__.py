"""ONNX files: looking through foreign ones, finding their features, putting them into one form."""
