"""What an export is good for, and what its check found, in words."""

from collections.abc import Sequence

from tlcore.intervals import wilson_interval
from tlcore.messages.quantities import count, percent, percent_range

KIND_LINES: dict[str, str] = {
    "html": "One file that opens in any current browser, without internet, and classifies photos and the camera.",
    "python": "A script for a laptop or a Raspberry Pi. It needs Python and three small packages.",
    "service": "A small web service with a Dockerfile: send a photo, get the answer as JSON.",
    "space": "A page that predicts with this model alone, for a Hugging Face Space or your own Streamlit server.",
    "tflite-float16": "For phones and small boards: weights of 16 bits take half the space.",
    "tflite-int8": "For the smallest boards and accelerators: calculates with 8 bits, a quarter of the space.",
    "onnx": "For onnxruntime, and programs in C#, Java, C++ or JavaScript.",
    "project": "Photos with their history, all runs and models in one file, to continue on another computer.",
    "notebook": "The same training in plain Keras, step by step, for a lesson in Jupyter.",
    "savedmodel": "For TensorFlow Serving, TensorFlow.js and other converters.",
    "keras": "To continue training in Keras, in a notebook of your own.",
}
"""One sentence for each kind of export, by its key."""

ONE_SIZE_ONLY = (
    "An HTML file and LiteRT with 8 bits have room for one image size. The models of this ensemble take photos in "
    "different sizes."
)

INCLUDE_PHOTOS = "Include five test photos"
INCLUDE_PHOTOS_HELP = (
    "Every export carries five samples with their answers, so that it can be checked wherever it runs. They are "
    "drawings, unless you include small copies of test photos. Anyone who gets the export can see these."
)


MAX_LOSS_LABEL = "8 bits may lose"
MAX_LOSS_HELP = (
    "How many more test photos the model with 8 bits may get wrong, as a share of all test photos (rounded up to whole "
    "photos). Where it loses more, it isn’t saved."
)


def loss_message(correct: int, model_correct: int, total: int, max_loss: float) -> str:
    """Why an export that loses too much is refused. `max_loss`: the share of test photos that it may lose."""
    return (
        f"With 8 bits the model loses too much: {correct:,} of {count(total, 'test photo')} correct instead of "
        f"{model_correct:,}. At most {percent(max_loss)} more may be wrong."
    )


WITHOUT_NETWORKS_HELP = (
    "The same file without the networks that you added. Models work without them; to train further on another "
    "computer, add the networks there."
)
PROJECT_HELP = (
    "Photos with their history, all runs and models in one file. Drop it here on another computer to continue."
)


def project_message(name: str, photos: int, runs: int) -> str:
    """What a project that waits to be opened contains."""
    return f"The project “{name}”: {count(photos, 'photo')} and {count(runs, 'run')}. It opens beside your own."


def not_offered_message(titles: Sequence[str]) -> str:
    """Which kinds a model with an ONNX network can't be exported as."""
    return f"Not offered, because this model’s network is an ONNX file: {', '.join(titles)}."


def no_keras_message(titles: Sequence[str], networks: Sequence[str]) -> str:
    """Which kinds a model can't be exported as whose networks, or some of them, are no Keras networks."""
    return f"Not offered, because the layers of {' and '.join(networks)} can’t be read: {', '.join(titles)}."


def score_message(
    correct: int,
    model_correct: int,
    total: int,
    known: int | None = None,
    model_known: int | None = None,
    learned: bool = False,
    kept: int | None = None,
    kept_before: int | None = None,
    kept_of: int | None = None,
) -> str:
    """The score of an export with other weights beside that of the model, on the same test photos.

    Args:
        known, model_known: how many of them don't get "None of these"; None where the model never says so.
        learned: whether both learned from these photos, after the test.
        kept, kept_before, kept_of: of known photos that the prototypes had not seen, how many its own threshold keeps,
            and how many that of the model would; None where it has no own one.
    """
    own, model = (
        f"{percent(each / total)} ({each:,} of {total:,}; likely range {percent_range(*wilson_interval(each, total))})"
        for each in (correct, model_correct)
    )
    told = f"Correct on the test photos: {own}. The model itself: {model}."
    if learned:
        told += " The final model learned from these photos too, so only the difference counts."
    if known is None or model_known is None:
        return told
    told += f" “None of these” for {total - known:,} of them, the model itself for {total - model_known:,}."
    if kept is None or kept_before is None or not kept_of:
        return told
    return (
        f"{told} Its own threshold for that keeps {percent(kept / kept_of)} of {count(kept_of, 'known photo')}; the "
        f"model’s would keep {percent(kept_before / kept_of)}."
    )


def check_message(photos: int, largest_difference: float, are_photos: bool = False) -> str:
    """How far the answers of an export are from the model's: "Checked on 5 photos: answers within 0.0001 of the
    model’s.".

    Args:
        largest_difference: in probability, 0–1. are_photos: whether they are photos, not drawings.
    """
    within = max(1e-4, round(largest_difference + 5e-5, 4))  # rounded up: "within" must hold
    return f"Checked on {photos} {'photos' if are_photos else 'drawings'}: answers within {within:g} of the model’s."
