"""The chart of a race: lines that are told apart without colour, names that find room, an alt text with the finding."""

import altair as alt
import pytest

from tests.test_theme import THEMES, contrast
from tlcore.charts import comparison as charts_comparison
from tlcore.charts import theme, tokens
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
    assert frame[frame["label"] != ""]["label"].tolist() == ["feature extraction\n97%", "hybrid\n96%"]
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
    for colour in charts_comparison.COLOURS[dark]:
        assert contrast(colour, THEMES[dark]["backgroundColor"]) >= 3.0, "as a line"
    label = next(layer for layer in spec["layer"] if layer["mark"]["type"] == "text")
    assert label["encoding"]["color"]["value"] == tokens.INK[dark], "names are words"


@pytest.mark.parametrize(
    ("accuracies", "reason"),
    [
        ([0.97, 0.97, 0.97, 0.97], "all alike"),
        ([0.5, 0.52, 0.98, 0.99], "two and two"),
        ([0.5, 0.5, 0.5], "all at the bottom"),
        ([0.9] * 12, "as many as may race"),
    ],
)
def test_names_do_not_lie_on_each_other(accuracies, reason):
    runs = {f"run {number}": epochs(accuracy) for number, accuracy in enumerate(accuracies)}
    frame, names = charts_comparison.comparison_frame(runs), list(runs)
    low, tall = charts_comparison.lowest(frame), charts_comparison.height(names) - charts_comparison.AXIS_ROOM
    pixels = sorted((1 - place) / (1 - low) * tall for place in frame[frame["label"] != ""]["at"])
    step = charts_comparison._step(names)
    assert all(below - above >= step - 1e-6 for above, below in zip(pixels, pixels[1:])), reason
    assert pixels[0] >= -1e-6 - step and pixels[-1] <= tall, reason


def test_a_long_name_goes_on_below_where_it_has_brackets():
    runs = {"MobileNetV2 (alpha 0.35)": epochs(0.9), "VGG16": epochs(0.9)}
    assert charts_comparison.comparison_frame(runs)["label"].tolist() == [
        "MobileNetV2\n(alpha 0.35)\n90%",
        "VGG16\n90%",
    ]
    assert charts_comparison._step(list(runs)) > charts_comparison._step(["VGG16"])


def test_network_and_strategy_stand_below_each_other_and_have_the_room():
    runs = {"VGG16, hybrid": epochs(0.9), "VGG19, hybrid": epochs(0.9)}
    assert charts_comparison.comparison_frame(runs)["label"].tolist() == ["VGG16\nhybrid\n90%", "VGG19\nhybrid\n90%"]
    assert (
        charts_comparison.height(list(runs) * 6)
        > charts_comparison.height(["a"] * 12)
        > charts_comparison.height(["a", "b"])
    )


@pytest.mark.parametrize(
    ("accuracies", "low", "reason"),
    [
        ([], 0.0, "nothing yet"),
        ([0.53], 0.5, "a tenth below"),
        ([0.99], 0.9, "never less than a tenth"),
        ([0.05], 0.0, "never below nothing"),
    ],
)
def test_the_axis_begins_below_all_lines(accuracies, low, reason):
    assert charts_comparison.lowest(charts_comparison.comparison_frame({"a": epochs(*accuracies)})) == low, reason


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
        "from scratch no round yet."
    )
