"""Running a network of unknown origin first where it can do no harm: one photo in a process of its own, with limits.

A model file is a program. One that is damaged or made for harm can crash the interpreter, take all memory or never
end; no check of its bytes can rule that out. So whatever was not made and checked here answers once in a child process.
"""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np

from tlcore.data.wanted import RESIZE_POLICY
from tlcore.errors import UserError
from tlcore.features.memory import free_memory
from tlcore.jobs.limits import limit_process
from tlcore.jobs.workers import worker_environment
from tlcore.models.onnx.checked import parse_checked
from tlcore.models.runtimes import is_onnx
from tlcore.serving.bundle import ONNX, Bundle, load_bundle
from tlcore.serving.predict import ImageClassifier

MOST_SECONDS = 60
LEAST_BYTES, USUAL_BYTES = 500_000_000, 1_500_000_000
"""What a network may take beside copies of its weights: in any case, and where as much is free."""

COPIES = 4  # of the weights: the file, the interpreter's, and those packed for XNNPACK
_REFUSED = 3
_FIX = "Get it from someone you trust, or train one here."


def load_safely(path: Path, own: bool) -> Bundle:
    """Load a bundle, and see that its network can be run.

    Args:
        path: as for `load_bundle`. own: it was made on this machine, so that checksums are enough.

    Raises:
        UserError: there is none, it is damaged, or its network does not answer as it should.
    """
    bundle = load_bundle(path)
    if not (own and bundle.has_checksums):
        probe(bundle)
    return bundle


def probe(bundle: Bundle, most_seconds: float = MOST_SECONDS) -> None:
    """Have a bundle's network answer once in a child process.

    Raises:
        UserError: it crashes, takes too much memory or time, or does not answer as it should.
    """
    arguments = [str(len(bundle.labels)), *map(str, (bundle.image_size, *bundle.other_sizes))]
    try:
        child = subprocess.run(
            [sys.executable, "-P", "-m", __name__, *arguments],
            input=bundle.network,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=worker_environment(),
            timeout=most_seconds,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        what = f"This model takes more than {most_seconds:g} seconds for one photo."
        raise UserError(what, "Use a model with a smaller network.") from error
    except OSError as error:
        raise UserError("This model can’t be tried out now.", "Close other programs and try again.") from error
    if child.returncode == _REFUSED:
        raise UserError(*json.loads(child.stdout))
    if child.returncode:
        raise UserError("This model crashes, or needs more memory than is free.", _FIX)


def main() -> int:
    """The child: one prediction with the network on standard input; refusals go to standard output."""
    num_classes, image_size, *others = map(int, sys.argv[1:])
    data = sys.stdin.buffer.read()
    beside = max(LEAST_BYTES, min(USUAL_BYTES, free_memory()))
    limit_process(COPIES * len(data) + beside, 8 * MOST_SECONDS)
    labels = tuple(str(number) for number in range(num_classes))
    bundle = Bundle(data, labels, {"input": {"size": image_size, "resize": RESIZE_POLICY, "other_sizes": others}})
    try:
        if is_onnx(data):
            parse_checked(data, ONNX)
        ImageClassifier(bundle).predict_input(np.full(bundle.wanted.input_shape, 127, np.uint8))
    except UserError as error:
        json.dump([error.what, error.fix], sys.stdout)
        return _REFUSED
    return 0


if __name__ == "__main__":
    sys.exit(main())
