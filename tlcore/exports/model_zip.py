"""A model as the one file that people take away, the same from a page, from Python and from the terminal."""

from pathlib import Path

from tlcore.data.names import slug
from tlcore.messages.model_readme import model_readme
from tlcore.serving.bundle import KERAS, Bundle, bundle_place, load_bundle, zip_bundle

README = "README.md"


def zip_model(folder: Path, file: str) -> bytes:
    """The model of a run as a zip with a README.

    Args:
        folder: of the run, or of a saved model. file: the name that the zip will have, for the README.

    Raises:
        UserError: the run has no model yet, or a file of it is damaged.
    """
    with_keras = (bundle_place(folder) / KERAS).exists()
    return zip_bundle(folder, {README: readme(load_bundle(folder), file, with_keras)})


def readme(bundle: Bundle, file: str, with_keras: bool) -> bytes:
    """The README of a model, UTF-8. `with_keras`: whether a `model.keras` lies beside it."""
    return model_readme(bundle.info, bundle.labels, file, with_keras).encode("utf-8")


def model_file_name(name: str) -> str:
    """What the zip of a model is called by itself: "leaves-model.zip", of the data set "Leaves".

    Args:
        name: of the data set.
    """
    return f"{slug(name)}-model.zip"
