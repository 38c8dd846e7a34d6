"""The other side of extraction.py: nothing but `invoke` on photos that are decoded already, and another design of ours.

Bare calls come in two forms: an interpreter with one thread for each core, side by side, or one interpreter that uses
all cores; each with batches of 1, 2 and 4 photos. The fastest in two first rounds is the reference.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from tlcore.data.images import load_input
from tlcore.models.litert_runtime import LiteModel, usable_cores


def bare_rate(model: Path, images: np.ndarray, threads: int, threads_each: int, batch: int) -> float:
    """Photos a second of set_tensor and invoke, set-up outside of the clock.

    Args:
        images: float32 (n, size, size, 3); what is over a multiple of threads × batch is left out.
        threads: how many interpreters work side by side. threads_each: how many threads each of them uses.
    """
    images = images[: len(images) // (threads * batch) * threads * batch]
    batches = images.reshape(threads, -1, batch, *images.shape[1:])
    interpreters = [_ready(model, threads_each, batches.shape[2:]) for _ in range(threads)]

    def work(number: int) -> None:
        interpreter = interpreters[number]
        entry = interpreter.get_input_details()[0]["index"]
        for photos in batches[number]:
            interpreter.set_tensor(entry, photos)
            interpreter.invoke()

    with ThreadPoolExecutor(threads) as pool:
        start = time.perf_counter()
        list(pool.map(work, range(threads)))
        return len(images) / (time.perf_counter() - start)


def _ready(model: Path, threads: int, shape: tuple[int, ...]) -> Interpreter:
    """An interpreter that has answered once."""
    interpreter = Interpreter(model_path=str(model), num_threads=threads)
    entry = interpreter.get_input_details()[0]["index"]
    interpreter.resize_tensor_input(entry, shape)
    interpreter.allocate_tensors()
    interpreter.set_tensor(entry, np.zeros(shape, np.float32))
    interpreter.invoke()
    return interpreter


def one_interpreter(
    model: Path, paths: Sequence[str], read: Callable[[str], bytes], size: int, policy: str, batch: int
) -> Iterator[np.ndarray]:
    """The other design: decoding in as many threads as cores, one interpreter that uses all cores takes the results."""
    network = LiteModel(model, num_threads=usable_cores())
    order = iter(paths)

    def decode(path: str) -> np.ndarray:
        return load_input(read(path), size, policy)

    with ThreadPoolExecutor(usable_cores()) as pool:
        waiting = [pool.submit(decode, path) for path in islice(order, 4 * batch)]
        while waiting:
            images = np.stack([each.result() for each in waiting[:batch]])
            waiting = waiting[batch:] + [pool.submit(decode, path) for path in islice(order, batch)]
            yield network.run(images, "pooled")
