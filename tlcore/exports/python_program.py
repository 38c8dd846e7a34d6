"""The export "python": one script that predicts with LiteRT or onnxruntime, on a laptop or a Raspberry Pi."""

from pathlib import Path

from tlcore.exports.exporter import ExportSource
from tlcore.exports.program import NUMPY, PILLOW, run_program, runtime_of, write_network, write_program
from tlcore.exports.samples import Answer, Samples

README = """# {name}

A trained image classifier as a Python program. Python 3.9 or newer, on a laptop or a Raspberry Pi:

```
python -m venv .venv
.venv/bin/pip install -r requirements.txt
.venv/bin/python predict.py --check
.venv/bin/python predict.py photo.jpg
```

It takes folders too, and `--json` for programs. For photos of iPhones (HEIC): `pip install pillow-heif`.

(On Windows: `.venv\\Scripts\\pip` and `.venv\\Scripts\\python`.)

`--check` runs the five pictures in samples/ and says how far the answers are from those of Transfer Lab.

In your own program:

```python
from predict import Classifier

classifier = Classifier()
answer = classifier.predict("photo.jpg")
print(answer["label"], answer["probability"], answer["known"])
```
"""


def make(source: ExportSource, samples: Samples, target: Path) -> None:
    """Write the folder; see exporter.py."""
    write_program(source, target, README, (runtime_of(source), NUMPY, PILLOW))
    write_network(source, target)


def answer(source: ExportSource, samples: Samples, target: Path) -> list[Answer]:
    """Run predict.py on the samples, in a process of its own."""
    return run_program(source, samples, target)
