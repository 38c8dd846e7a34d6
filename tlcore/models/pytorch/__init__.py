"""PyTorch's weights without PyTorch: reading their files, and mapping them into the same architectures in Keras."""
