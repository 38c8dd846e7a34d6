"""The charts of the advice and the Learn page: where the dot stands, what curves are called, and their alt texts."""

import pytest

from tests.recommendations import FEW, make_recommendation
from tlcore.advice.rule import LARGE_FROM, RULES, SIMILAR_FROM, FewShotAccuracy
from tlcore.charts import learn as charts_learn
from tlcore.charts import tokens
from tlcore.charts.learn import Known

KNOWN = (Known("digits", 0.1, 1000), Known("cats", 0.9, 1000))


def texts(spec: dict) -> dict[str, dict]:
    """What stands on a chart: the first row of each layer of words, by the words."""
    found = {}
    for layer in spec["layer"]:
        if layer["mark"]["type"] == "text" and "text" in layer["encoding"]:
            row = spec["datasets"][layer["data"]["name"]][0]
            found[row[layer["encoding"]["text"]["field"]]] = layer["mark"]
    return found


@pytest.mark.parametrize(
    ("similarity", "num_photos", "reason"),
    [
        (0.1, 24, "few, different"),
        (0.9, 24, "few, similar"),
        (0.1, 50_000, "many, different"),
        (0.9, 50_000, "many, similar"),
        (SIMILAR_FROM, LARGE_FROM, "on the corner"),
        (0.0, 1, "at the ends"),
        (1.0, 3_000_000, "more than the axis has"),
    ],
)
def test_the_quadrant_of_the_dot_is_tinted_and_is_that_of_the_recommendation(similarity, num_photos, reason):
    recommendation = make_recommendation(similarity, num_photos)
    spec = charts_learn.quadrants(charts_learn.quadrant_frame(recommendation, "mine", ()), RULES).to_dict()
    tints = [layer for layer in spec["layer"] if layer["mark"]["type"] == "rect"]
    assert len(tints) == 1, reason
    field = spec["datasets"][tints[0]["data"]["name"]][0]
    assert field["name"] == charts_learn.QUADRANTS[recommendation.quadrant], reason
    assert field["left"] <= similarity <= field["right"] and field["bottom"] <= num_photos <= field["top"], reason


@pytest.mark.parametrize("dark", [False, True])
def test_every_quadrant_has_its_name_and_strategy(dark):
    spec = charts_learn.quadrants(charts_learn.quadrant_frame(None, "", KNOWN), RULES, dark).to_dict()
    found = texts(spec)
    assert set(charts_learn.QUADRANTS.values()) <= set(found)
    assert {strategy.replace(" ", charts_learn.LINE) for strategy in RULES.values()} <= set(found)
    assert not [layer for layer in spec["layer"] if layer["mark"]["type"] == "rect"], "no own set, no tint"
    assert {mark["color"] for mark in found.values()} == {tokens.INK[dark]}


@pytest.mark.parametrize(
    ("similarity", "num_photos", "names", "reason"),
    [
        (0.5, 1000, ["digits", "cats", "mine"], "far from both"),
        (0.12, 900, ["cats", "mine"], "beside the digits"),
        (0.12, 9, ["digits", "cats", "mine"], "much smaller"),
    ],
)
def test_known_sets_make_room_for_the_own_one(similarity, num_photos, names, reason):
    frame = charts_learn.quadrant_frame(make_recommendation(similarity, num_photos), "mine", KNOWN)
    assert frame["name"].tolist() == names, reason
    assert frame["own"].tolist() == [name == "mine" for name in names]


@pytest.mark.parametrize(("similarity", "align"), [(0.0, "left"), (0.5, "center"), (1.0, "right")])
def test_a_name_at_a_side_is_not_cut_off(similarity, align):
    frame = charts_learn.quadrant_frame(make_recommendation(similarity, 100), "mine", ())
    assert texts(charts_learn.quadrants(frame, RULES).to_dict())["mine"]["align"] == align


@pytest.mark.parametrize(
    ("name", "similarity", "reason"),
    [
        ("cats, dogs", 0.86, "in the narrower half"),
        ("Arabic digits", 0.13, "long, near the left side"),
        ("emoji", 0.55, "near the border"),
        ("emoji", SIMILAR_FROM - 0.04, "so near that it must stand beside its dot"),
        ("emoji", SIMILAR_FROM + 0.04, "the same on the other side"),
    ],
)
def test_a_name_stays_off_the_border_between_the_halves(name, similarity, reason):
    left, right = charts_learn._span(name, similarity)[charts_learn._align(name, similarity)]
    assert not left < SIMILAR_FROM < right, reason
    assert left > -0.03 and right < 1.03, reason


@pytest.mark.parametrize(
    ("num_photos", "low", "high", "reason"),
    [
        (5, 0.05, 300_000, "room below for the names"),
        (1000, 1, 300_000, "the usual"),
        (100_000, 1, 30_000_000, "room above for the names"),
    ],
)
def test_the_axis_leaves_room_for_the_names_of_the_quadrants(num_photos, low, high, reason):
    frame = charts_learn.quadrant_frame(make_recommendation(0.9, num_photos), "mine", ())
    rule = next(
        layer
        for layer in charts_learn.quadrants(frame, RULES).to_dict()["layer"]
        if layer["mark"]["type"] == "rule" and "y" in layer["encoding"]
    )
    assert rule["encoding"]["y"]["scale"]["domain"] == [low, high], reason


@pytest.mark.parametrize(("features", "pixels"), [(0.85, 0.51), (0.72, 0.88), (0.2, 0.15), (0.6, 0.6)])
def test_the_shares_beside_few_photos_have_room(features, pixels):
    few = (FewShotAccuracy(1, 0.3, 0.2), FewShotAccuracy(10, features, pixels))
    spec = charts_learn.few_shot_chart(charts_learn.few_shot_frame(few, 4)).to_dict()
    at = sorted(
        spec["datasets"][layer["data"]["name"]][0]["right"]
        for layer in spec["layer"]
        if layer["mark"]["type"] == "text"
    )
    assert len(at) == 3, "features, pixels and guessing"
    assert all((above - below) * charts_learn.FEW_PLOT > charts_learn.FEW_STEP - 1 for below, above in zip(at, at[1:]))


def test_the_alt_text_of_the_quadrants_says_where_the_set_stands():
    assert charts_learn.quadrants_alt_text(make_recommendation(0.43, 610), "Emoji") == (
        "Emoji: 610 training photos count as few, and a similarity of 0.43 (of 1) counts as different from ImageNet."
    )
    assert charts_learn.quadrants_alt_text(None, "x").startswith("Four quadrants")


@pytest.mark.parametrize("dark", [False, True])
def test_the_ways_differ_by_colour_and_dash_and_name(dark):
    spec = charts_learn.few_shot_chart(charts_learn.few_shot_frame(FEW, 4), dark).to_dict()
    line = spec["layer"][0]["encoding"]
    for channel in ("color", "strokeDash"):
        scale = line[channel]["scale"]
        assert scale["domain"] == [charts_learn.FEATURES, charts_learn.PIXELS, charts_learn.GUESSING]
        assert len({str(each) for each in scale["range"]}) == 3
        assert "legend" in line[channel] and line[channel]["legend"] is not None


@pytest.mark.parametrize("few", [FEW, FEW[:1]], ids=["two", "one"])
def test_the_axis_holds_all_numbers_of_photos(few):
    spec = charts_learn.few_shot_chart(charts_learn.few_shot_frame(few, 4)).to_dict()
    low, high = spec["layer"][0]["encoding"]["x"]["scale"]["domain"]
    assert 0 < low <= few[0].per_class <= few[-1].per_class <= high and low < high


@pytest.mark.parametrize(
    ("few", "alt_text", "reason"),
    [
        (
            FEW,
            "With one photo per class, 50% are correct by features and 30% by raw pixels; with 10 photos, "
            "90% are correct by features and 40% by raw pixels. Guessing gives 25%.",
            "the usual",
        ),
        (
            FEW[1:],
            "With 10 photos per class, 90% are correct by features and 40% by raw pixels. Guessing gives 25%.",
            "one number only",
        ),
        (
            (FewShotAccuracy(10, 0.7, 0.9),),
            "With 10 photos per class, 70% are correct by features and 90% by raw pixels. Guessing gives 25%. "
            "Here, raw pixels do no worse.",
            "digits: the figures are given as they are",
        ),
    ],
)
def test_the_alt_text_of_few_photos_has_the_finding(few, alt_text, reason):
    assert charts_learn.few_shot_alt_text(few, 4) == alt_text, reason
