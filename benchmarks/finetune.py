"""An epoch with a part of EfficientNet-Lite0 unfrozen, at 160 px, against Keras' `fit` with the same layers trainable.

Ours trains the unfrozen part on what enters it, read from disk as in a run; `fit` gets the decoded photos as an array
in memory and has the frozen part in its graph, as every tutorial does. Same photos, same layers trainable, batch
normalisation in inference mode, same head, Adam 1e-4, batches of 32, no augmentation, same initial weights. Inside
the clock: one epoch over the training photos, without validation. Epochs alternate between the two sides; the first
of each, in which TensorFlow compiles, does not count.

And what comes before the epochs: all photos, new to the program, extracted in one pass for head and unfrozen part,
against one pass for each. Inside the clock: cutting the files, decoding, computing, writing.

And steps in mixed precision against the same steps in 32 bits, for networks of plain convolutions, which are trained so
on a processor with AMX (training/mixed_precision.py): random weights, 160 px, batches of 16, by turns, medians.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.command import check_data, few_photos, finish, parser
from benchmarks.table import Row, figure, on_processors_with, times_faster
from tlcore.events import run_to_end

SIZE, BATCH = 160, 32
CASES = (
    ("last block unfrozen", "block7a", 5.0),
    ("last third unfrozen", "block6a", 3.0),
    ("everything unfrozen", None, 1.2),
)
IN_16_BITS = (("ResNet50, last third", "resnet50", "auto"), ("VGG16, last block", "vgg16", "block5"))
LEAST_GAIN = 1.15
MOST_LOSS_GAP = 0.1  # between the two loss curves, as a share: dropout draws differently on the two sides


def measure(photos_folder: Path, folder: Path, rounds: int, most: int) -> list[Row]:
    """The rows of all cases, on `most` training photos."""
    from tlcore.config import defaults_for
    from tlcore.pipeline.head_stages import extract_features, train_head_stage

    rows = [_passes(photos_folder, folder, rounds)]
    for name, block, target in CASES:
        changes = {
            "image_size": SIZE,
            "rotation": 0.0,
            "zoom": 0.0,
            "width_shift": 0.0,
            "height_shift": 0.0,
            "brightness": 0.0,
            "contrast": 0.0,
            "label_smoothing": 0.0,
            "schedule": "constant",
            "fine_tune_learning_rate": 1e-4,
            "views": 1,
            "epochs": 3,
            "batch_size": BATCH,
        }
        config = defaults_for(
            "hybrid" if block else "fine-tuning", **changes | ({"unfreeze_from": block} if block else {})
        )
        context = _context(photos_folder, folder / "home", config)
        run_to_end(extract_features(context))
        run_to_end(train_head_stage(context))
        ours, reference, gap = _compare(context, rounds, most)
        rows.append(times_faster(f"an epoch, {name}, times faster than fit", ours, reference, f">= {target:g}"))
        rows.append(figure(f"an epoch, {name}: largest gap between the losses, share", gap, f"<= {MOST_LOSS_GAP}", ""))
    return rows + [_in_16_bits(*case, rounds) for case in IN_16_BITS]


def _in_16_bits(title: str, backbone: str, block: str, rounds: int) -> Row:
    """Steps of the same part in bfloat16, and in float32 as the reference."""
    import keras
    import tensorflow as tf

    from tlcore.config import defaults_for
    from tlcore.models.build import build_backbone, cut_backbone
    from tlcore.models.registry import TABLE, lowest_unfrozen_block
    from tlcore.serving.export import stack_head
    from tlcore.training.batch_norm import freeze_batch_norm
    from tlcore.training.fine_tune import _step_function
    from tlcore.training.mixed_precision import BFLOAT16, FASTER_WITH, FLOAT32, computing_with
    from tlcore.training.optimise import Loss, PhaseSettings, make_optimizer

    keras.utils.set_random_seed(0)
    config = defaults_for("hybrid", image_size=SIZE)
    network = build_backbone(TABLE[backbone], SIZE, weights=None)
    trunk = keras.Model(network.input, stack_head(network.output, 2, config, [])[0])
    freeze_batch_norm(trunk)
    part = cut_backbone(trunk, lowest_unfrozen_block(TABLE[backbone], block).layer)[1]
    random, classes = np.random.default_rng(0), np.arange(16, dtype=np.int32) % 2
    batch = tf.constant(random.uniform(size=(16, *part.input_shape[1:])), tf.float32), tf.constant(classes)
    steps = {}
    for policy in (BFLOAT16, FLOAT32):
        optimizer = make_optimizer(config, PhaseSettings(1, 1e-6, 100))
        optimizer.build(part.trainable_variables)
        with computing_with(policy, part):
            steps[policy] = _step_function(part, optimizer, Loss(config, 2, classes))
    seconds: dict[str, list[float]] = {policy: [] for policy in steps}
    for policy, step in (each for _ in range(rounds + 1) for each in steps.items()):
        start = time.perf_counter()
        float(step(*batch)[0])
        seconds[policy].append(time.perf_counter() - start)
    both = (float(np.median(seconds[policy][1:])) for policy in (BFLOAT16, FLOAT32))
    row = times_faster(f"{title}: a step in 16 bits, times faster than in 32", *both, f">= {LEAST_GAIN}")
    return on_processors_with(FASTER_WITH, row)


def _context(photos_folder: Path, home: Path, config):
    """A run on these photos, in a workspace of its own."""
    from tlcore.data.ingest import ingest_folder
    from tlcore.jobs.store import create_run
    from tlcore.pipeline.train import make_context
    from tlcore.workspace import open_workspace

    workspace = open_workspace(home)
    dataset = run_to_end(ingest_folder(workspace, photos_folder))
    return make_context(workspace, create_run(workspace, dataset.id, config, "benchmark"), lambda: False)


def _passes(photos_folder: Path, folder: Path, rounds: int) -> Row:
    """Photos that are new, extracted for head and fine-tuning: in one pass, and in one for each as the reference.

    By turns, in workspaces of their own; the first turn of each does not count.
    """
    from tlcore.config import defaults_for
    from tlcore.events import StageKey
    from tlcore.pipeline.fine_tune_stages import model_of
    from tlcore.pipeline.plan import build_plan

    joint = StageKey.EXTRACT_FEATURES_AND_ACTIVATIONS
    seconds: dict[str, list[float]] = {"one": [], "two": []}
    for turn, name in ((turn, name) for turn in range(rounds + 1) for name in seconds):
        config = defaults_for("hybrid", image_size=SIZE, batch_norm_adaptation=0.0, views=1)
        context = _context(photos_folder, folder / f"{name}{turn}", config)
        model_of(context)
        start = time.perf_counter()
        context.done |= {joint} if name == "two" else set()
        with context.held:
            for stage in [stage for stage in build_plan(context) if stage.num_outputs]:
                assert (stage.key == joint) == (name == "one")
                run_to_end(stage.run(context))
        seconds[name].append(time.perf_counter() - start)
        assert all(stage.cached == stage.total for stage in build_plan(context) if stage.num_outputs == 1)
    return times_faster(
        "new photos extracted for head and fine-tuning in one pass, times faster than in one for each",
        *(float(np.median(seconds[name][1:])) for name in ("one", "two")),
        ">= 1.3",
    )


def _compare(context, rounds: int, most: int) -> tuple[float, float, float]:
    """Median seconds of an epoch, ours and Keras', and the largest gap between their losses as a share."""
    import keras

    from tlcore.pipeline import fine_tune_stages
    from tlcore.serving.export import set_dense
    from tlcore.training.fine_tune import _run_epoch, _step_function
    from tlcore.training.layer_fusion import fused_layers
    from tlcore.training.optimise import Loss

    network, other = (fine_tune_stages.build_network(context) for _ in range(2))
    for each in (network, other):
        set_dense(each.dense, context.head.layers)
    context.fine_tune_model = network
    photos, classes = (part[:most] for part in context.part("train"))
    optimizer = keras.optimizers.Adam(1e-4)
    optimizer.build(network.trainable.trainable_variables)
    with fused_layers(network.trainable):
        step = _step_function(network.trainable, optimizer, Loss(context.config, 2, classes))
    cached = fine_tune_stages.decode_photos if network.layer is None else fine_tune_stages.cache_activations
    run_to_end(cached(context))
    whole_part = context.part
    context.part = lambda split: (photos, classes) if split == "train" else whole_part(split)

    whole = keras.Model(other.whole.input, other.whole.layers[-2].output)
    trainable = {layer.name for layer in other.trainable.layers if layer.trainable}
    for layer in whole.layers:
        layer.trainable = layer.name in trainable
    whole.compile(keras.optimizers.Adam(1e-4), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    images = np.stack([_image(context, photo) for photo in photos])

    times: dict[str, list[float]] = {"ours": [], "reference": []}
    losses: dict[str, list[float]] = {"ours": [], "reference": []}
    with fine_tune_stages._open_inputs(context, network) as stores:
        source = fine_tune_stages._batch_source(context, network, stores)
        for epoch in range(1, rounds + 2):
            start = time.perf_counter()
            loss, _ = run_to_end(_run_epoch(step, source.train(epoch), lambda: False, lambda number: None))
            times["ours"].append(time.perf_counter() - start)
            losses["ours"].append(loss)
            start = time.perf_counter()
            history = whole.fit(images, classes, batch_size=BATCH, epochs=1, verbose=0)
            times["reference"].append(time.perf_counter() - start)
            losses["reference"].append(history.history["loss"][0])
    gaps = [abs(a - b) / max(a, b) for a, b in zip(losses["ours"], losses["reference"], strict=True)]
    absolute = [abs(a - b) for a, b in zip(losses["ours"], losses["reference"], strict=True)]
    gap = max(min(share, distance) for share, distance in zip(gaps, absolute, strict=True))
    return float(np.median(times["ours"][1:])), float(np.median(times["reference"][1:])), gap


def _image(context, photo) -> np.ndarray:
    from tlcore.data.images import load_input
    from tlcore.data.wanted import RESIZE_POLICY

    return load_input(context.dataset.read(photo.path), SIZE, RESIZE_POLICY)


def main() -> int:
    """Measure and print."""
    options = parser("finetune", __doc__).parse_args()
    photos = check_data(options.data)
    with tempfile.TemporaryDirectory() as folder:
        if options.quick:
            photos = few_photos(photos, Path(folder, "few"))
        rows = measure(photos, Path(folder), *((1, 64) if options.quick else (3, 320)))
    return finish("Fine-tuning", rows, options, ["320 training photos, 160 px, median of three epochs each."])


if __name__ == "__main__":
    sys.exit(main())
