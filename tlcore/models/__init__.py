"""Pretrained networks: the table of backbones, their weights, and how they are built and converted."""
