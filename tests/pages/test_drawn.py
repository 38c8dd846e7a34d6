"""Charts that are described once: what is drawn is what Altair makes of the figures at hand, not of earlier ones."""

import json
import re
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from streamlit.testing.v1 import AppTest

from tlcore.charts import results, theme

ROOT = Path(__file__).resolve().parents[2]


def counts(rows: list[tuple[str, str, int]], dark: bool) -> None:
    import pandas as pd

    from pages.shared import drawn
    from tlcore.charts import results

    frame = pd.DataFrame(rows, columns=["label", "split", "photos"])
    drawn.chart(results.class_counts, frame, dark, key="counts", description="How many.")


def drawn_by(page, **arguments):
    """The description and the data of the chart that a page draws, and its alt text."""
    at = AppTest.from_function(page, kwargs=arguments).run()
    assert not at.exception, at.exception
    proto = at.get("vega_lite_chart")[0].proto
    data = proto.datasets[0].data.data if proto.datasets else proto.data.data
    return json.loads(proto.spec), pa.ipc.open_stream(data).read_pandas(), proto.alt


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_a_chart_has_the_figures_that_it_was_given(dark):
    for number in (3, 5, 3):
        rows = [("cat", "train", number), ("dog", "test", 1)]
        spec, data, _ = drawn_by(counts, rows=rows, dark=dark)
        expected = results.class_counts(pd.DataFrame(rows, columns=["label", "split", "photos"]), dark)
        layers = json.loads(json.dumps(theme.described(expected)["layer"]))
        assert [layer["encoding"] for layer in spec["layer"]] == [layer["encoding"] for layer in layers]
        assert data["photos"].tolist() == [number, 1]


def test_no_page_builds_a_chart_each_time_it_is_drawn():
    """`st.altair_chart` takes ten times as long, and under one lock for all visitors."""
    sources = [ROOT / "streamlit_app.py", *(ROOT / "pages").rglob("*.py")]
    found = [path.name for path in sources if re.search(r"\.altair_chart\(", path.read_text(encoding="utf-8"))]
    assert not found, "draw it with pages/shared/drawn.py"
