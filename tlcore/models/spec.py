"""What is known about one pretrained network without opening its files: the row of the table, as a type."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Block:
    """A part of a network that can be unfrozen, and where the network is cut to do so.

    `layer` is the Keras layer whose one output tensor enters the block: all paths from the photo to the features go
    through it. Unfreezing the block unfreezes it and everything above it, `num_layers` layers in all (pooling not
    counted), with `num_weights` weights that then train (batch normalisation stays as it is, and is not counted).
    """

    name: str
    layer: str
    num_layers: int
    num_weights: int


@dataclass(frozen=True)
class ImportedFiles:
    """Where the files of a network lie that somebody brought, and how they are to be read.

    `form`: how it is stored: "keras", "tflite" or "onnx". `folder`: the network's own in the
    workspace. `embedding`: the tensor in it from which the features come. `layout`: "NHWC" or "NCHW", the order of the
    axes that the stored network expects of its images.
    """

    form: str
    folder: Path
    embedding: str
    layout: str = "NHWC"


@dataclass(frozen=True)
class BackboneSpec:
    """One pretrained network. Every network takes RGB values 0–255: scaling is inside what build.py makes.

    Where it comes from: `function` is its name in `keras.applications` ("" for a built-in one) and `arguments` what it
    is called with; `weights_url` is where Keras fetches its weights without the classifier, `weights_hash` the MD5 or
    SHA-256 (hex) that Keras expects of that file, "" where Keras publishes none; `download_bytes` is the file's size
    (an estimate of 4 bytes a parameter where it ends in 000). A built-in one has an `asset` instead: folder and file
    stem under tlcore/assets.

    What it is: `parameters` counts all weights with the ImageNet classifier, `num_weights` those that train when all
    of it is unfrozen, without that classifier, counted as in a block; `multiply_adds` counts the products of one photo
    at `default_image_size` without it; `imagenet_top1` is a fraction, 0–1, as published by `source`, None where nobody
    published one; `feature_size` is the length of a pooled feature vector; `default_image_size` and `least_image_size`
    are the square side in pixels that the weights were trained for and that the network needs at least.
    `most_image_size` is 0 where any larger size will do; where it equals the least one, the network takes that alone.
    `scaling` is what the weights expect: a key of scalings.py, "inside" where the network does it itself.
    `blocks` are the named cut points from the top down; none where the network can only be used frozen.
    `imported`: of a network that somebody brought (imported/), which lies in the workspace; None for the table's.

    `fingerprint` tells features of one file from those of another: the SHA-256 of a built-in `.tflite`, else the
    `weights_hash`; where it is "", ask weights.fingerprint, which reads the file.

    `members`: the networks that work side by side where the row stands for several (several.py); else none.
    """

    name: str
    title: str
    sentence: str
    parameters: int
    num_weights: int
    multiply_adds: int
    imagenet_top1: float | None
    feature_size: int
    default_image_size: int
    licence: str
    source: str
    blocks: tuple[Block, ...]
    fingerprint: str
    function: str = ""
    arguments: tuple[tuple[str, float], ...] = ()
    scaling: str = "inside"
    weights_url: str = ""
    weights_hash: str = ""
    download_bytes: int = 0
    least_image_size: int = 32
    asset: str = ""
    most_image_size: int = 0
    imported: ImportedFiles | None = None
    members: "tuple[BackboneSpec, ...]" = ()

    @property
    def built_in(self) -> bool:
        """Whether the weights come with the program."""
        return bool(self.asset)

    @property
    def is_downloaded(self) -> bool:
        """Whether its weights are fetched from where Keras has them; else they came with the program or a person."""
        if self.members:
            return any(member.is_downloaded for member in self.members)
        return not self.built_in and self.imported is None

    @property
    def can_unfreeze(self) -> bool:
        """Whether a part of it can be trained too; else it is good for feature extraction only."""
        return bool(self.blocks)

    @property
    def weights_file(self) -> str:
        """The name of the weights file in Keras' folder of models."""
        return self.weights_url.rsplit("/", 1)[-1]
