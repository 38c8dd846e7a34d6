"""From a folder of photos to a tested model, 160 px, 10 epochs: our way against the classic Keras recipe.

Compared: the same photos in the same parts (our data set's), the same backbone and weights, the same processor. Inside
both clocks: everything from the first file that is read to the test accuracy. Outside: imports and a first tiny
training (the worker behind the pages is started warm, so the recipe gets the same), copying the recipe's class folders,
and building its network. Every photo has been read once before, so no side waits for the disk.

    cold    an empty workspace; median of three, one of them after the recipe, since the machine may be shared
    warm    the same folder in the same workspace once more, in a fresh process; median of three
    views   cold with four views of each photo, varied as the recipe varies them (mirrored, turned by up to 36 degrees)
    epoch   a head on 1,000 cached vectors: one tf.function an epoch, against `fit` on the same layers
    accuracy.py adds how good models with default settings get

Expected: 20 to 25 times, since the backbone sees each photo once and not (1,000 + 319) × 10 times, on a faster engine.
Seen on two cores: 6.1 s against 167 s (27 times) with 100% against 94% on the test photos; warm 0.44 s (14 times), of
which three quarters is TensorFlow tracing the epoch; 15 ms an epoch against 105 ms. With four views 16.4 s against
135 s (8.2 times; in that run the recipe's time was reckoned from 4 epochs).
"""

import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from statistics import median

from benchmarks.command import check_data, few_photos, finish, in_fresh_process, parser, touch_files
from benchmarks.table import Row, on_processors_with, share, times_faster
from tlcore.config import TrainConfig

IMAGE_SIZE, EPOCHS, ROUNDS = 160, 10, 3
COLD, VIEWS = "cold: photos to test figures", "views: the same with 4 augmented views of each photo"
AMX = "amx_bf16"  # the feature of the processor with which more is asked for
VARIED = {"views": 4, "horizontal_flip": True, "rotation": 36.0}  # as benchmarks/recipe.py


def main() -> int:
    """Measure, print, write."""
    options = parser("time_to_model", __doc__)
    options.add_argument(
        "--reference-epochs",
        type=int,
        default=EPOCHS,
        metavar="N",
        help="run the recipe for N epochs only and multiply its time (default: all %(default)s)",
    )
    options.add_argument("--skip-accuracy", action="store_true", help="leave out the twelve trainings for the accuracy")
    options = options.parse_args()
    check_data(options.data)
    with tempfile.TemporaryDirectory() as scratch:
        folder = few_photos(options.data, Path(scratch, "few")) if options.quick else options.data.resolve()
        touch_files(folder)
        rows, notes = _times(Path(scratch), folder, options.reference_epochs)
        rows.append(
            times_faster(
                "epoch of a head on 1,000 cached vectors, times faster than fit",
                *in_fresh_process(_head_epoch, 5 if options.quick else 30),
                ">= 2",
                "ms",
            )
        )
        if not options.skip_accuracy:
            rows += in_fresh_process(_accuracy, Path(scratch, "accuracy"), folder)
    return finish("Time to a tested model", rows, options, notes)


def _times(scratch: Path, folder: Path, reference_epochs: int) -> tuple[list[Row], list[str]]:
    """Rows of cold and warm, and what a person should know beside them."""
    config = TrainConfig(image_size=IMAGE_SIZE, epochs=EPOCHS, patience=0)
    cold = [in_fresh_process(_ours, scratch / f"home{number}", folder, config) for number in range(ROUNDS - 1)]
    first = TrainConfig(image_size=IMAGE_SIZE, epochs=reference_epochs)
    recipe = in_fresh_process(_classic, scratch / "home0", cold[0].dataset_id, scratch / "classes", first)
    cold.append(in_fresh_process(_ours, scratch / f"home{ROUNDS}", folder, config))
    varied = in_fresh_process(_ours, scratch / "home-varied", folder, replace(config, **VARIED))
    warm = [in_fresh_process(_ours, scratch / "home0", folder, config) for _ in range(ROUNDS)]
    ours, again = (median(outcome.seconds for outcome in each) for each in (cold, warm))
    seconds = recipe.seconds * EPOCHS / reference_epochs
    cold_name, views_name = (f"{name}, times faster than the classic recipe" for name in (COLD, VIEWS))
    rows = [
        times_faster(cold_name, ours, seconds, ">= 20"),
        on_processors_with(AMX, times_faster(f"{cold_name}, with AMX", ours, seconds, ">= 25")),
        share("test accuracy, as a share of the recipe's", 100 * cold[0].accuracy, 100 * recipe.accuracy, ">= 1", "%"),
        times_faster(views_name, varied.seconds, seconds, ">= 7"),
        on_processors_with(AMX, times_faster(f"{views_name}, with AMX", varied.seconds, seconds, ">= 9")),
        share(
            "test accuracy with 4 augmented views, as a share of the recipe's",
            100 * varied.accuracy,
            100 * recipe.accuracy,
            ">= 1",
            "%",
        ),
        times_faster("warm: the same again, times faster than cold", again, ours, ">= 10"),
    ]
    parts = (("cold", cold), ("views", [varied]), ("recipe", [recipe]), ("warm", warm))
    notes = [
        f"{name} {outcome.seconds:.2f} s: {outcome.parts}; {outcome.num_test} test photos"
        for name, outcomes in parts
        for outcome in outcomes
    ]
    if reference_epochs != EPOCHS:
        notes.append(
            f"The recipe ran for {reference_epochs} epochs only and its time was multiplied by "
            f"{EPOCHS / reference_epochs:.3g}; its accuracy is that of {reference_epochs} epochs."
        )
    return rows, notes


# What runs in fresh processes; TensorFlow is imported there and not here.


def _ours(*arguments):
    from benchmarks.ours import ours

    return ours(*arguments)


def _classic(*arguments):
    from benchmarks.recipe import classic

    return classic(*arguments)


def _head_epoch(*arguments):
    from benchmarks.ours import head_epoch

    return head_epoch(*arguments)


def _accuracy(*arguments):
    from benchmarks.accuracy import accuracy_rows

    return accuracy_rows(*arguments)


if __name__ == "__main__":
    sys.exit(main())
