"""Charts: what stands in their description, and whether their alt text has the finding."""

import re
from itertools import pairwise

import altair as alt
import numpy as np
import pandas as pd
import pytest

from tlcore.charts import curves as curve_charts
from tlcore.charts import results as charts
from tlcore.charts import theme, tokens
from tlcore.data.manifest import SPLITS
from tlcore.events import EpochEnd
from tlcore.messages import quantities


def epochs(accuracies: list[float], losses: list[float] | None = None, planned: int = 30) -> list[EpochEnd]:
    """Events of a training with these validation figures."""
    losses = losses or [1 - value for value in accuracies]
    return [
        EpochEnd(number, planned, 0.5, 0.9, loss, accuracy, 0.02)
        for number, (accuracy, loss) in enumerate(zip(accuracies, losses, strict=True), start=1)
    ]


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("metric", ["accuracy", "loss"])
def test_the_two_curves_differ_by_colour_and_dash_and_name(metric, dark):
    spec = curve_charts.curve(curve_charts.curve_frame(epochs([0.5, 0.9])), metric, 30, dark).to_dict()
    line = spec["layer"][0]["encoding"]
    assert line["color"]["scale"]["range"] == [tokens.TRAINING[dark], tokens.VALIDATION[dark]]
    dashes = line["strokeDash"]["scale"]["range"]
    assert dashes[0] != dashes[1]
    assert any(layer["mark"].get("type") == "text" for layer in spec["layer"])


@pytest.mark.parametrize(
    ("planned", "domain", "reason"),
    [(30, [0, 30], "the axis is as long as the plan from the first epoch on"), (1, [0, 2], "one epoch is not a line")],
)
@pytest.mark.parametrize("done", [0, 1, 5])
def test_the_axis_does_not_grow(planned, domain, reason, done):
    frame = curve_charts.curve_frame(epochs([0.5] * min(done, planned), planned=planned))
    spec = curve_charts.curve(frame, "accuracy", planned).to_dict()
    assert spec["layer"][0]["encoding"]["x"]["scale"]["domain"] == domain, reason
    assert spec["height"] == curve_charts.CURVE_HEIGHT


def two_phases() -> list[EpochEnd]:
    """Three epochs of a head, then two of fine-tuning."""
    return [
        EpochEnd(number, 5, 0.5, 0.9, 0.4, 0.9, 0.02, "fine_tune" if number > 3 else "head") for number in range(1, 6)
    ]


@pytest.mark.parametrize(
    ("events", "ending", "reason"),
    [
        (two_phases(), " Fine-tuning starts after epoch 3.", "the head first"),
        (two_phases()[:3], "", "fine-tuning has not begun yet"),
        (two_phases()[3:], "", "from scratch everything trains from the start"),
    ],
)
def test_where_fine_tuning_begins_is_in_the_alt_text(events, ending, reason):
    alt_text = curve_charts.curve_alt_text(curve_charts.curve_frame(events), "accuracy")
    assert alt_text.endswith(ending) and ("starts" in alt_text) is bool(ending), reason


@pytest.mark.parametrize("metric", ["accuracy", "loss"])
def test_a_rule_with_its_name_stands_where_fine_tuning_begins(metric):
    spec = curve_charts.curve(curve_charts.curve_frame(two_phases()), metric, 5).to_dict()
    rule = next(layer for layer in spec["layer"] if layer["mark"]["type"] == "rule")
    names = [layer for layer in spec["layer"] if layer["mark"].get("text") == "fine-tuning starts"]
    assert all(name["transform"][:-1] == rule["transform"] for name in names)
    phases = {end.phase for end in two_phases()}
    assert set(re.findall(r"datum\.phase == '(\w+)'", str(rule["transform"]))) == phases - {"head"}, "as events name it"
    assert {(name["transform"][-1]["filter"], name["mark"]["align"]) for name in names} == {
        ("datum.first > 2.0", "right"),
        ("datum.first <= 2.0", "left"),
    }, "one of them, by where fine-tuning begins"
    assert rule["encoding"]["x"]["field"] == "between" and "y" not in rule["encoding"]


@pytest.mark.parametrize("metric", ["accuracy", "loss"])
@pytest.mark.parametrize("kept", [1, 3, 4, 5])
def test_the_names_of_what_is_marked_stand_above_the_plot_in_rows_of_their_own(metric, kept):
    spec = curve_charts.curve(curve_charts.curve_frame(two_phases()), metric, 5, kept=kept).to_dict()
    texts = [layer for layer in spec["layer"] if layer["mark"]["type"] == "text"]
    assert all(layer["encoding"]["y"] == {"value": 0} for layer in texts), "beside its point a value lies on a curve"
    heights = sorted({layer["mark"]["dy"] for layer in texts})
    assert len(heights) == 3 and heights[-1] + 7 < 0, "training, validation, and where fine-tuning starts"
    assert all(lower - upper >= 14 for upper, lower in pairwise(heights)), "letters are 14 pixels high"
    room = spec["layer"][0]["encoding"]["color"]["legend"]["offset"]
    assert room + heights[0] - 7 >= 0, "below the legend"


@pytest.mark.parametrize(
    ("kept", "align", "reason"),
    [(1, "left", "there is room on the right"), (15, "left", "half of it"), (16, "right", "there is more on the left")],
)
def test_the_values_that_were_kept_are_named_and_find_room(kept, align, reason):
    frame = curve_charts.curve_frame(epochs([0.9] * 30))
    spec = curve_charts.curve(frame, "accuracy", 30, kept=kept).to_dict()
    values = [each for each in spec["layer"] if each["encoding"].get("text", {}).get("field") == "kept_text"]
    assert {each["mark"]["align"] for each in values} == {align}, reason
    names = [each["transform"][-1]["calculate"] for each in values]
    assert names == ["'kept: validation ' + datum.accuracy_text", "'training ' + datum.accuracy_text"]
    assert all(f"datum.epoch == {kept}" in str(each["transform"]) for each in values), "as sentences tell it"
    rule = next(each for each in spec["layer"] if each["mark"].get("strokeDash"))
    assert (rule["encoding"]["y"], rule["encoding"]["y2"]) == ({"value": 0}, {"value": "height"}), "all of the plot"


VALUES_AT = [
    (1, "left", "on the right of an early point"),
    (24, "left", "there is room yet"),
    (25, "right", "at the end of the axis leftwards: the plot has no room kept beside it"),
]


@pytest.mark.parametrize("metric", ["accuracy", "loss"])
@pytest.mark.parametrize(("epoch", "align", "reason"), VALUES_AT)
def test_two_values_never_touch_each_other_or_leave_the_plot(metric, epoch, align, reason):
    frame = curve_charts.curve_frame(epochs([1.0] * epoch))
    spec = curve_charts.curve(frame, metric, 30).to_dict()
    texts = [each for each in spec["layer"] if each["encoding"].get("text", {}).get("field") == f"{metric}_text"]
    shown = [each for each in texts if eval_filter(each["transform"][-1]["filter"], epoch)]
    assert {each["mark"]["align"] for each in shown} == {align}, reason
    ends = {(each["mark"]["baseline"], each["mark"]["dy"]) for each in texts}
    assert ends == {("bottom", -curve_charts.VALUE_GAP), ("top", curve_charts.VALUE_GAP)}, "10 pixels between them"
    inks = {each["encoding"]["color"]["value"] for each in texts}
    assert inks == {tokens.PAPER[False], tokens.MUTED[False], tokens.VALIDATION[False]}, "each in its own family"
    labels = spec["layer"][0]["encoding"]["x"]["axis"]["labelPadding"]
    assert labels >= curve_charts.VALUE_GAP + 14, "a value at the bottom stands above the numbers of the axis"


def eval_filter(words: str, epoch: int) -> bool:
    """Whether a value's filter lets a point of this epoch through, its rank and part aside."""
    sign, number = re.search(r"datum\.epoch (<=|>) ([\d.]+)", words).groups()
    return epoch <= float(number) if sign == "<=" else epoch > float(number)


@pytest.mark.parametrize(
    ("shares", "kept", "low", "reason"),
    [
        ([0.5, *[0.97] * 11], None, 0.9, "the jump of the first epochs is clipped"),
        ([0.5, *[0.97] * 11], 1, 0.5, "unless it is what was kept"),
        ([0.5, 0.97, 0.97], None, 0.5, "too few epochs for a start"),
        ([*[0.97] * 6, 0.6, *[0.97] * 5], None, 0.5, "a fall later on is seen"),
    ],
)
def test_the_first_epochs_do_not_flatten_the_rest(shares, kept, low, reason):
    frame = curve_charts.curve_frame(epochs(shares))
    frame["accuracy"] = frame["accuracy"].where(frame["part"] == "validation", max(shares))
    assert curve_charts.lowest_accuracy(frame, kept) == low, reason


def test_a_live_description_holds_no_data_and_all_of_the_drawing():
    chart = curve_charts.curve(curve_charts.curve_frame(epochs([0.5, 0.9])), "accuracy", 30)
    spec = theme.live(chart)
    assert "data" not in spec and "datasets" not in spec
    assert not any("data" in layer for layer in spec["layer"])
    assert alt.LayerChart.from_dict({**spec, "data": {"name": "figures"}})


@pytest.mark.parametrize(
    ("metric", "values", "alt_text", "reason"),
    [
        ("accuracy", [], "No accuracy yet: the first epoch is still to come.", "nothing yet"),
        ("accuracy", [0.5], "Validation accuracy is 50% after the first epoch.", "one epoch"),
        ("accuracy", [0.5, 0.9, 0.975, 0.98, 0.98], "Validation accuracy rises to 98% and stays there.", "the usual"),
        ("accuracy", [0.2, 0.4, 0.6, 0.8], "Validation accuracy rises to 80% within 4 epochs.", "still rising"),
        ("accuracy", [0.97, 0.98, 0.98], "Validation accuracy stays at about 98% over 3 epochs.", "good at once"),
        (
            "accuracy",
            [0.5, 0.9, 0.7],
            "Validation accuracy reaches 90% and then falls back to 70% after 3 epochs.",
            "learned by heart",
        ),
        ("loss", [1.0, 0.5, 0.11, 0.1, 0.1], "Validation loss falls to 0.10 and stays there.", "lower is better"),
        (
            "loss",
            [1.0, 0.3, 0.6],
            "Validation loss reaches 0.30 and then climbs again to 0.60 after 3 epochs.",
            "learned by heart",
        ),
    ],
)
def test_the_alt_text_of_a_curve_has_the_finding(metric, values, alt_text, reason):
    events = epochs(values, values) if values else []
    assert curve_charts.curve_alt_text(curve_charts.curve_frame(events), metric) == alt_text, reason


def test_a_training_that_is_over_is_told_by_what_was_kept():
    frame = curve_charts.curve_frame(epochs([0.5, 0.9, 0.88]))
    assert curve_charts.curve_alt_text(frame, "accuracy", 2).endswith(" Epoch 2 was kept, with 90%.")


@pytest.mark.parametrize(
    ("shares", "low", "reason"),
    [
        ([], 0.0, "nothing yet"),
        ([0.1, 0.99], 0.0, "one low point counts"),
        ([0.53, 0.9], 0.5, "the upper half"),
        ([0.85], 0.8, "all good"),
        ([0.9, 1.0], 0.9, "differences near 100% can be seen"),
    ],
)
def test_the_axis_of_accuracies_zooms_where_all_is_good(shares, low, reason):
    assert theme.lowest(shares) == low, reason
    frame = curve_charts.curve_frame(epochs(shares))
    if shares:
        frame["accuracy"] = frame["accuracy"].where(frame["part"] == "validation", max(shares))
    start = curve_charts.lowest_accuracy(frame)
    spec = curve_charts.curve(frame, "accuracy", 30, low=start).to_dict()
    assert spec["layer"][0]["encoding"]["y"]["scale"]["domain"] == [low, 1], reason


def test_chart_and_sentence_round_alike():
    """Halves of a percent are where two ways to round would part: 0.5% becomes 0% in one and 1% in the other."""
    for count in range(201):
        text = curve_charts.curve_frame([EpochEnd(1, 1, 0, 0, 0, count / 200, 0)])["accuracy_text"].iloc[1]
        assert text == quantities.percent(count / 200)


def counts(num_classes: int) -> pd.DataFrame:
    """Photos per class with growing classes."""
    rows = [(f"class {index:03d}", split, index + 1) for index in range(num_classes) for split in SPLITS]
    return pd.DataFrame(rows, columns=["label", "split", "photos"])


def test_photos_are_counted_by_class_and_part():
    photos = pd.DataFrame({"label": ["a", "a", "b"], "split": ["train", "test", "train"]})
    frame = charts.count_frame(photos)
    assert frame.values.tolist() == [["a", "test", 1], ["a", "train", 1], ["b", "train", 1]]
    assert charts.class_counts_alt_text(frame) == "2 classes with 1 to 2 photos each; fewest in “b”, most in “a”."


def test_even_classes_are_described_as_even():
    frame = pd.DataFrame({"label": ["a", "b"], "split": ["train", "train"], "photos": [5, 5]})
    assert charts.class_counts_alt_text(frame) == "2 classes with 5 photos each."


@pytest.mark.parametrize(
    ("num_classes", "named", "reason"),
    [(2, True, "two names fit"), (40, True, "forty still fit"), (300, False, "300 names would be a page of their own")],
)
def test_class_counts_stay_of_a_size(num_classes, named, reason):
    spec = charts.class_counts(counts(num_classes)).to_dict()
    names = spec["layer"][0]["encoding"]["y" if named else "x"]
    assert names["field"] == "label", reason
    assert names["sort"][0] == f"class {num_classes - 1:03d}", "the largest comes first"
    assert isinstance(spec["height"], int) is not named


@pytest.mark.parametrize("dark", [False, True])
def test_each_class_has_its_hue_in_the_order_of_the_data_set(dark):
    spec = charts.class_counts(counts(3), dark).to_dict()
    fills, outlines = (layer["encoding"] for layer in spec["layer"])
    for scale in (fills["color"]["scale"], outlines["stroke"]["scale"]):
        assert dict(zip(scale["domain"], scale["range"])) == tokens.class_hues(
            ["class 000", "class 001", "class 002"], dark
        )
    assert fills["opacity"]["field"] == "part", "parts are told apart without colours"


@pytest.mark.parametrize(
    ("cells", "alt_text"),
    [
        ([[5, 1], [0, 4]], "The only mistake: a photo of “cat” is predicted as “dog”."),
        ([[5, 0], [3, 4]], "Most often, “dog” is predicted as “cat”: 3 of 3 mistakes."),
        ([[5, 0], [0, 4]], "No classes get mixed up on the test photos."),
    ],
)
def test_the_alt_text_of_a_confusion_matrix_names_the_worst_pair(cells, alt_text):
    assert charts.confusion_alt_text(pd.DataFrame(cells, index=["cat", "dog"], columns=["cat", "dog"])) == alt_text


def test_the_most_confused_pairs_come_worst_first():
    labels = [f"c{index}" for index in range(30)]
    cells = np.zeros((30, 30), int)
    cells[3, 4], cells[7, 8], cells[2, 2] = 2, 9, 50
    frame = charts.most_confused(pd.DataFrame(cells, index=labels, columns=labels))
    assert frame.values.tolist() == [["c7", "c8", 9], ["c3", "c4", 2]]


@pytest.mark.parametrize("dark", [False, True])
def test_every_chart_is_dressed_alike(dark):
    """Labels on their gridlines and columns, legends above in one size, marks that no screen reader spells out."""
    frame = curve_charts.curve_frame(epochs([0.5, 0.9]))
    for chart in (
        curve_charts.curve(frame, "accuracy", 30, dark),
        charts.class_counts(counts(3), dark),
    ):
        config = chart.to_dict()["config"]
        assert config["axis"]["labelFlush"] is False and config["legend"]["orient"] == "top"
        assert {config[part]["labelFontSize"] for part in ("axis", "legend")} == {tokens.SMALL}
        assert config["font"] == tokens.FONT and config["mark"]["aria"] is False
