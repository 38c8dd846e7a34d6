"""The export "space": a page with the model alone, for Hugging Face, Streamlit's cloud, or one's own computer."""

import json
from pathlib import Path

from tlcore.exports.exporter import ExportSource
from tlcore.exports.program import (
    HEIF,
    NUMPY,
    PILLOW,
    TEMPLATES,
    copy_template,
    run_program,
    runtime_of,
    write_network,
    write_program,
)
from tlcore.exports.samples import Answer, Samples
from tlcore.workspace import write_atomic

STREAMLIT = "streamlit>=1.50,<2"
CONFIG = b"""[server]
maxUploadSize = 20

[browser]
gatherUsageStats = false
"""


def make(source: ExportSource, samples: Samples, target: Path) -> None:
    """Write the folder; see exporter.py."""
    front, body = (TEMPLATES / "space.md").read_text(encoding="utf-8").split("\n---\n", 1)
    title = json.dumps(source.name[:60], ensure_ascii=False)  # a JSON string is one of YAML too
    write_program(source, target, body, (STREAMLIT, runtime_of(source), NUMPY, PILLOW, HEIF))
    readme = f"{front.replace('{title}', title)}\n---\n{(target / 'README.md').read_text(encoding='utf-8')}"
    write_atomic(target / "README.md", readme.encode("utf-8"))
    copy_template("app.py", target)
    write_atomic(target / "Dockerfile", (TEMPLATES / "space.dockerfile").read_bytes())
    (target / ".streamlit").mkdir()
    write_atomic(target / ".streamlit" / "config.toml", CONFIG)
    write_network(source, target)


def answer(source: ExportSource, samples: Samples, target: Path) -> list[Answer]:
    """Run predict.py on the samples, in a process of its own: app.py answers with it."""
    return run_program(source, samples, target)
