"""The other side of benchmarks/peer.py, run by a Python that has fastai and none of our packages.

    python fastai_learner.py FOLDER ARCHITECTURE SIZE EPOCHS

FOLDER has train, validation and test, a folder a class in each. Prints one line of JSON. It follows fastai's tutorial
(https://docs.fast.ai/tutorial.vision.html) with the body frozen: `vision_learner`, `fit_one_cycle`, `validate`. As
`vision_learner` has it, the body's batch normalisation goes on learning.
"""

import json
import sys
import time
from pathlib import Path

import torch
from fastai.vision.all import ImageDataLoaders, Resize, accuracy, get_image_files, models, vision_learner


def main() -> None:
    """Train and test. Inside the clock: from the listing of the files to the test accuracy."""
    folder, architecture, size, epochs = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    torch.manual_seed(0)
    start = time.perf_counter()
    loaders = ImageDataLoaders.from_folder(folder, train="train", valid="validation", item_tfms=Resize(size))
    learner = vision_learner(loaders, getattr(models, architecture), pretrained=False, metrics=accuracy)
    learner.freeze()  # vision_learner does it by itself where the weights are pretrained
    with learner.no_bar(), learner.no_logging():
        learner.fit_one_cycle(epochs)
        trained = time.perf_counter() - start
        files = get_image_files(folder / "test")
        _, share = learner.validate(dl=loaders.test_dl(files, with_labels=True))
    seconds = time.perf_counter() - start
    print(json.dumps({"seconds": seconds, "trained": trained, "accuracy": float(share), "num_test": len(files)}))


if __name__ == "__main__":
    main()
