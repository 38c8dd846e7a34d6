"""The charts of a race: runs that are told apart without colour, shares that find room, alt texts with the finding."""

import altair as alt
import pytest

from tests.test_theme import THEMES, contrast
from tlcore.charts import comparison as charts_comparison
from tlcore.charts import theme, tokens
from tlcore.charts.comparison import Score
from tlcore.events import EpochEnd


def epochs(*accuracies: float, seconds: float = 2.0) -> list[EpochEnd]:
    """Events of a run with these validation accuracies, an epoch every so many seconds."""
    return [
        EpochEnd(number, 9, 1, 1, 1, accuracy, seconds, elapsed=seconds * number)
        for number, accuracy in enumerate(accuracies, start=1)
    ]


RUNS = {"feature extraction": epochs(0.9, 0.97), "hybrid": epochs(0.8, 0.9, 0.96, seconds=9.0), "from scratch": []}


def test_a_row_an_epoch_and_one_name_a_run():
    frame = charts_comparison.comparison_frame(RUNS)
    assert frame["seconds"].tolist() == [2, 4, 9, 18, 27] and frame["accuracy"].tolist() == [0.9, 0.97, 0.8, 0.9, 0.96]
    assert frame[frame["label"] != ""]["label"].tolist() == ["97%", "96%"]
    assert charts_comparison.comparison_frame({}).empty


@pytest.mark.parametrize("dark", [False, True])
def test_lines_differ_without_their_colour_and_stand_out(dark):
    names = [f"run {number}" for number in range(12)]
    spec = charts_comparison.comparison_chart(names, 0.0, dark).to_dict()
    ranges = {
        (layer["mark"]["type"], channel): [str(value) for value in layer["encoding"][channel]["scale"]["range"]]
        for layer in spec["layer"]
        for channel in ("strokeDash", "shape")
        if channel in layer["encoding"]
    }
    dashes, signs = ranges["line", "strokeDash"], ranges["point", "shape"]
    assert len(set(zip(dashes, signs, strict=True))) == len(names)
    colours = next(layer for layer in spec["layer"] if layer["mark"]["type"] == "line")["encoding"]["color"]["scale"]
    for colour in colours["range"]:
        assert contrast(colour, THEMES[dark]["backgroundColor"]) >= 3.0, "as a line"
    label = next(layer for layer in spec["layer"] if layer["mark"]["type"] == "text")
    assert label["encoding"]["color"]["value"] == tokens.INK[dark], "shares are words"


@pytest.mark.parametrize(
    ("accuracies", "reason"),
    [
        ([0.97, 0.97, 0.97, 0.97], "all alike"),
        ([0.5, 0.52, 0.98, 0.99], "two and two"),
        ([0.5, 0.5, 0.5], "all at the bottom"),
        ([0.9] * 12, "as many as may race"),
    ],
)
def test_shares_do_not_lie_on_each_other(accuracies, reason):
    runs = {f"run {number}": epochs(accuracy) for number, accuracy in enumerate(accuracies)}
    frame = charts_comparison.comparison_frame(runs)
    low = charts_comparison.lowest_accuracy(frame)
    tall = charts_comparison.height(len(runs)) - charts_comparison.AXIS_ROOM
    pixels = sorted((1 - place) / (1 - low) * tall for place in frame[frame["label"] != ""]["at"])
    step = charts_comparison.SHARE_STEP
    assert all(below - above >= step - 1e-6 for above, below in zip(pixels, pixels[1:])), reason
    assert pixels[0] >= -1e-6 - step and pixels[-1] <= tall, reason


SCORES = [Score("hybrid", 14, 15, 0.702, 0.988), Score("from scratch", 9, 15, 0.357, 0.802)]


@pytest.mark.parametrize("dark", [False, True])
def test_a_score_is_a_dot_on_its_range(dark):
    frame = charts_comparison.scores_frame(SCORES)
    assert frame["words"].tolist() == ["hybrid · 93%", "from scratch · 60%"]
    assert frame["range"].tolist() == ["70–99%", "36–80%"]
    names = ["from scratch", "hybrid"]  # as the race has them; the scores stand best first
    spec = charts_comparison.scores_chart(frame, names, dark).to_dict()
    ranges, dots = spec["layer"][1]["encoding"], spec["layer"][2]["encoding"]
    assert (ranges["x"]["field"], ranges["x2"]["field"], dots["x"]["field"]) == ("low", "high", "share")
    assert dots["x"]["scale"]["domain"][0] <= frame["low"].min(), "no range is cut off"
    assert dots["color"]["scale"]["domain"] == names, "a run has the hue that it has among the lines"
    assert spec["layer"][0]["encoding"]["y"]["sort"] is None, "in the order given"


def test_the_alt_text_of_scores_has_each_with_its_range():
    assert charts_comparison.scores_alt_text(SCORES) == (
        "Test accuracy with its likely range: hybrid 93% (70–99%); from scratch 60% (36–80%)."
    )


def test_a_live_description_holds_no_data_and_all_of_the_drawing():
    spec = theme.live(charts_comparison.comparison_chart(list(RUNS), 0.5))
    assert "data" not in spec and "datasets" not in spec and not any("data" in layer for layer in spec["layer"])
    assert spec["layer"][2]["encoding"]["x"]["field"] == "seconds"
    assert isinstance(spec["padding"], dict), "the browser's part of Streamlit fails on a number"
    assert alt.LayerChart.from_dict({**spec, "data": {"name": "figures"}})


def test_the_alt_text_names_where_each_run_stands():
    alt_text = charts_comparison.comparison_alt_text(charts_comparison.comparison_frame(RUNS), list(RUNS))
    assert alt_text == (
        "Validation accuracy: feature extraction 97% after 4 seconds; hybrid 96% after 27 seconds; "
        "from scratch no epoch yet."
    )
