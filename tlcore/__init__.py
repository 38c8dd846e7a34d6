"""Transfer Lab's core: teach a pretrained network your own picture classes, without any page."""

__version__ = "0.1.0"
