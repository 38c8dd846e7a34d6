"""From a folder of photos to a tested model: our way against fastai's `vision_learner` with its body frozen, on a CPU.

fastai is in none of our requirements. It gets a Python of its own:

    python -m venv /tmp/fastai && /tmp/fastai/bin/pip install -r benchmarks/peer_side/requirements.txt
    python -m benchmarks.peer --python /tmp/fastai/bin/python

Compared: the same photos in the same parts (our data set's), both in a fresh process after its imports, 160 px, every
file read once before; inside both clocks everything from the first file to the test figures. Ours is what a person gets
by default: EfficientNet-Lite0 and a head, no augmentation, 10 epochs. Theirs is ResNet18 as in fastai's tutorials, with
random weights, which take the same time; its accuracy says nothing and is not compared. A photo takes ResNet18 4.6
times the multiplications of EfficientNet-Lite0, so this compares what two programs offer and not two engines. fastai
trains for `--peer-epochs`, and its time for 10 is reckoned from that; the second row grants it a single one.

Seen on two busy cores of a Xeon with AMX, fastai 2.8.12, PyTorch 2.14: ours 8.6 s, and 22 s in worse company; fastai
115 s for one epoch. That is 70 times, and 7.5 times for a single epoch.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.command import check_data, few_photos, finish, in_fresh_process, parser, touch_files
from benchmarks.table import Row, times_faster
from tlcore.config import TrainConfig

OTHER = Path(__file__).parent / "peer_side" / "fastai_learner.py"
IMAGE_SIZE, EPOCHS = 160, 10


def main() -> int:
    """Measure, print, write."""
    options = parser("peer", __doc__)
    options.add_argument("--python", required=True, metavar="FILE", help="a Python that has fastai")
    options.add_argument("--architecture", default="resnet18", help="of fastai's side (default: %(default)s)")
    options.add_argument("--peer-epochs", type=int, default=2, metavar="N", help="(default: %(default)s)")
    options = options.parse_args()
    check_data(options.data)
    with tempfile.TemporaryDirectory() as scratch:
        folder = few_photos(options.data, Path(scratch, "few")) if options.quick else options.data.resolve()
        touch_files(folder)
        rows, notes = _rows(Path(scratch), folder, options)
    return finish("A peer", rows, options, notes)


def _rows(scratch: Path, folder: Path, options) -> tuple[list[Row], list[str]]:
    config = TrainConfig(image_size=IMAGE_SIZE, epochs=EPOCHS, patience=0)
    ours = in_fresh_process(_ours, scratch / "home", folder, config)
    classes = scratch / "classes"
    in_fresh_process(_lay_out, scratch / "home", ours.dataset_id, classes)
    command = [options.python, OTHER, classes, options.architecture, IMAGE_SIZE, options.peer_epochs]
    done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, text=True, check=True)
    theirs = json.loads(done.stdout.splitlines()[-1])
    again = in_fresh_process(_ours, scratch / "again", folder, config)
    epoch = theirs["trained"] / options.peer_epochs
    rest, mine = theirs["seconds"] - theirs["trained"], (ours.seconds + again.seconds) / 2
    name = f"photos to test figures, times faster than fastai's vision_learner ({options.architecture})"
    rows = [
        times_faster(f"{name}, {EPOCHS} epochs", mine, EPOCHS * epoch + rest, ">= 10"),
        times_faster(f"{name}, a single epoch", mine, epoch + rest, ">= 1"),
    ]
    notes = [f"ours {each.seconds:.2f} s: {each.parts}; {each.num_test} test photos" for each in (ours, again)]
    notes.append(f"fastai {theirs['seconds']:.2f} s for {options.peer_epochs} epochs; {theirs['num_test']} test photos")
    return rows, notes


# What runs in fresh processes; TensorFlow is imported there and not here.


def _ours(*arguments):
    from benchmarks.ours import ours

    return ours(*arguments)


def _lay_out(workspace: Path, dataset_id: str, target: Path) -> None:
    from benchmarks.recipe import lay_out
    from tlcore.data.manifest import load_dataset
    from tlcore.workspace import open_workspace

    lay_out(load_dataset(open_workspace(workspace), dataset_id), target)


if __name__ == "__main__":
    sys.exit(main())
