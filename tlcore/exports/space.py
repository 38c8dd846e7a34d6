"""The export "space": a page with the model alone, for Hugging Face, Streamlit's cloud, or one's own computer."""

import json
from pathlib import Path

from tlcore.charts.tokens import ACCENT, INK, LINE, PAPER, SUNKEN
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

STREAMLIT = "streamlit>=1.52,<2"
CONFIG = """[server]
maxUploadSize = 20

[browser]
gatherUsageStats = false

[client]
toolbarMode = "minimal"

[theme]
baseRadius = "10px"
"""
_THEME = {"primaryColor": ACCENT, "backgroundColor": PAPER, "secondaryBackgroundColor": SUNKEN, "textColor": INK}
_THEME |= {"linkColor": ACCENT, "borderColor": LINE, "blueColor": ACCENT}  # Streamlit's bars are blue


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
    write_atomic(target / ".streamlit" / "config.toml", _config().encode())
    write_network(source, target)


def _config() -> str:
    """How the page looks: in the colours of Transfer Lab, light and dark."""
    themes = [
        f"\n[theme.{name}]\n" + "".join(f'{option} = "{colour[is_dark]}"\n' for option, colour in _THEME.items())
        for name, is_dark in (("light", False), ("dark", True))
    ]
    return CONFIG + "".join(themes)


def answer(source: ExportSource, samples: Samples, target: Path) -> list[Answer]:
    """Run predict.py on the samples, in a process of its own: app.py answers with it."""
    return run_program(source, samples, target)
