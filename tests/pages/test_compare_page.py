"""The Compare page: the choice, the race while it runs, what its buttons do, the table and the verdict."""

import json

import pytest
from filelock import FileLock
from streamlit.testing.v1 import AppTest

from pages.parts.compare import choice, verdict
from pages.shared import state, strategies
from tests.pages.conftest import buttons, words
from tlcore.comparison.store import Comparison, create_comparison, runs_of
from tlcore.config import STRATEGIES, TrainConfig, defaults_for
from tlcore.evaluation.report import load_report, make_report, predictions_frame, save_report
from tlcore.evaluation.significance import Verdict
from tlcore.events import EpochEnd, Evaluated, Failed, Finished, Started, Stopped, encode
from tlcore.jobs import status, store
from tlcore.jobs.locks import LOCK
from tlcore.jobs.store import Run
from tlcore.storage.sharing import rights_with
from tlcore.workspace import CHECKPOINT

NAMES = {"a": "hybrid", "b": "feature extraction", "c": "from scratch"}


@pytest.fixture
def form(visit, trained) -> AppTest:
    """The page with a data set and no race."""
    workspace, dataset, _ = trained
    return visit("compare", workspace, dataset=dataset.id)


def button(at: AppTest, label: str):
    return next(each for each in at.button if each.label == label)


def test_two_strategies_and_the_built_in_network_are_proposed(form):
    assert [box.value for box in form.checkbox] == [True, True, False, False]
    assert form.multiselect[0].value == ["efficientnet-lite0"]
    assert form.multiselect[0].options[0].endswith("built in"), "those on this machine come first"
    assert "2 strategies × 1 network = 2 runs" in words(form)
    assert [each.label for each in form.button if each.proto.type == "primary"] == ["Start a race of 2 runs"]


def test_a_race_begins_with_one_button_and_stands_in_the_address(form, trained, queue):
    form.checkbox(key="race_scratch").check().run()
    button(form, "Start a race of 3 runs").click().run()
    assert [job.config for job in queue.jobs] == [
        defaults_for("feature-extraction"),
        defaults_for("hybrid"),
        defaults_for("scratch"),
    ]
    race = state.load_comparison(trained[0], form.query_params["race"])
    assert race.run_ids == tuple(job.id for job in queue.jobs) and race.dataset_id == trained[1].id
    assert not form.error and not form.exception


def test_what_is_downloaded_first_is_told(form):
    form.multiselect[0].set_value(["efficientnet-lite0", "vgg16"]).run()
    assert "Downloaded first: VGG16 (58.9 MB)." in words(form)
    assert "Start a race of 4 runs" in buttons(form)


@pytest.mark.parametrize(
    ("strategies", "networks", "said", "reason"),
    [
        (["hybrid"], ["efficientnet-lite0"], "needs at least two", "nobody to race against"),
        ([], ["efficientnet-lite0"], "nothing to compare", "no strategy"),
        (["hybrid", "scratch"], [], "nothing to compare", "no network"),
        (
            ["hybrid", "scratch", "fine-tuning", "feature-extraction"],
            ["efficientnet-lite0", "vgg16", "vgg19", "resnet50"],
            "12 runs at most",
            "too many lines",
        ),
    ],
)
def test_what_cannot_race_is_told_and_cannot_be_started(form, strategies, networks, said, reason):
    for box in form.checkbox:
        box.set_value(box.key.removeprefix("race_") in strategies)
    form.multiselect[0].set_value(networks).run()
    assert said in words(form), reason
    [start] = [each for each in form.button if each.label.startswith("Start a race")]
    assert start.disabled


def test_the_persons_own_settings_count_and_are_told(visit, trained, queue):
    workspace, dataset, _ = trained
    at = visit("train", workspace, dataset=dataset.id)
    at.number_input(key="setting_epochs").set_value(7).run()
    at.switch_page("pages/compare.py")
    at.query_params["dataset"] = dataset.id
    at.run()
    label = TrainConfig.__dataclass_fields__["epochs"].metadata["label"]
    assert f"Your options from the Train page apply: {label}." in words(at)
    button(at, "Start a race of 2 runs").click().run()
    assert [job.config.epochs for job in queue.jobs] == [7, 7]


@pytest.fixture
def race(trained) -> tuple[Comparison, list[Run]]:
    """A race of feature extraction and hybrid that nobody works on yet."""
    workspace, dataset, _ = trained
    made = create_comparison(workspace, dataset.id, [TrainConfig(), defaults_for("hybrid")], "leaves <b>")
    return made, runs_of(workspace, made)


def happened(run: Run, *events) -> None:
    (run.folder / "events.jsonl").write_text("".join(encode(event) + "\n" for event in events))


def rounds(number: int, planned: int = 5) -> list[EpochEnd]:
    return [
        EpochEnd(n, planned, 1, 1, 1, 0.5 + n / 20, 0.1, "fine_tune", elapsed=2.0 * n) for n in range(1, number + 1)
    ]


def scored(trained, run: Run, wrong: int) -> None:
    """Give a finished run its figures: so many of the test photos wrong."""
    import numpy as np

    dataset = trained[1]
    test = dataset.part("test")
    truth = np.array([dataset.labels.index(label) for label in test["label"]])
    said = np.where(np.arange(len(test)) < wrong, (truth + 1) % len(dataset.labels), truth)
    frame = predictions_frame(test, np.eye(len(dataset.labels), dtype=np.float32)[said], dataset.labels)
    save_report(run.folder, make_report(frame, dataset.labels))
    happened(run, Started(0.0, 1), *rounds(5), Evaluated(6 - wrong, 6, 9.0, 4.0, 5.0), Finished(run.id, 10.0))


def test_a_race_that_ended_has_a_table_and_a_verdict(visit, trained, race, queue):
    made, runs = race
    scored(trained, runs[0], 0)
    scored(trained, runs[1], 1)
    at = visit("compare", trained[0], race=made.id)
    text = words(at)
    assert "100% correct: 6 of 6 (likely range 61–100%)" in text
    assert "9.0 (4.0 extracting features, 5.0 training)" in text
    assert "Feature extraction got 1 photo correct that hybrid got wrong, and 0 the other way round" in text
    assert "No clear winner\\: the difference could be chance" in text
    assert "leaves \\<b\\>" in text and "leaves <b>" not in text
    links = [link.proto.page + link.proto.query_string for link in at.get("page_link") if "Hybrid" in link.proto.label]
    assert len(links) == 1 and "evaluate" in links[0] and runs[1].id in links[0]
    assert [each.label for each in at.button if each.proto.type == "primary"] == ["View the best run"]
    assert not at.error and not at.exception


def test_a_stopped_race_leaves_a_model_that_is_being_packed_alone(visit, trained, race, queue, monkeypatch):
    made, runs = race
    monkeypatch.setattr(queue, "cancel", lambda job: None)  # as the real one does with a run that is in work
    happened(runs[0], Started(0.0, 1), *rounds(5), Evaluated(6, 6, 9.0, 4.0, 5.0))
    happened(runs[1], Started(0.0, 1), *rounds(2))
    with FileLock(runs[0].folder / LOCK), FileLock(runs[1].folder / LOCK):
        visit("compare", trained[0], race=made.id).button(key="stop_race").click().run()
    asked = [store.stop_requested(run)() for run in runs]
    assert asked == [False, True], "a stop would cut the check of the packed model short"


def test_a_run_that_ended_early_by_itself_is_not_offered_again(visit, trained, race):
    made, runs = race
    scored(trained, runs[0], 0)
    happened(runs[1], Started(0.0, 1), *rounds(3), Evaluated(6, 6, 9.0, 4.0, 5.0), Finished(runs[1].id, 10.0))
    save_report(runs[1].folder, load_report(runs[0].folder))
    (runs[1].folder / CHECKPOINT).touch()
    labels = [button.label for button in visit("compare", trained[0], race=made.id).button]
    assert not any(label.startswith("Continue") for label in labels), "its early stopping would end it at once again"


def test_one_chart_holds_a_line_for_each_run_over_seconds(visit, trained, race):
    made, runs = race
    happened(runs[0], *rounds(3))
    happened(runs[1], *rounds(2))
    [chart] = visit("compare", trained[0], race=made.id).get("vega_lite_chart")
    spec = json.loads(chart.proto.spec)
    line = next(layer for layer in spec["layer"] if layer["mark"]["type"] == "line")
    assert line["encoding"]["x"]["field"] == "seconds" and line["encoding"]["y"]["field"] == "accuracy"
    said = "Validation accuracy: feature extraction 65% after 6 seconds; hybrid 60% after 4 seconds."
    assert chart.proto.alt == said


@pytest.mark.parametrize(
    ("events", "checkpoint", "row", "way", "reason"),
    [
        ([Started(0.0, 1), *rounds(2)], True, "Continue from epoch 3", "continued", "its worker was killed"),
        ([Started(0.0, 1), *rounds(2)], False, "Restart", "submitted", "it left no checkpoint"),
        ([Started(0.0, 1)], False, "Restart", "submitted", "killed before its first round"),
        ([Started(0.0, 1), Stopped("Nothing.")], False, "Restart", "submitted", "stopped before it learned"),
        ([Started(0.0, 1), Failed("The disk is full.", "Free space.")], False, "Restart", "submitted", "failed"),
    ],
)
def test_a_run_without_figures_can_be_taken_up(visit, trained, race, queue, events, checkpoint, row, way, reason):
    made, runs = race
    scored(trained, runs[0], 0)
    happened(runs[1], *events)
    if checkpoint:
        (runs[1].folder / CHECKPOINT).touch()
    at = visit("compare", trained[0], race=made.id)
    assert [label for label in buttons(at) if label in (row, "Restart", "Stop")] == [row], reason
    assert ("The disk is full" in words(at)) == any(isinstance(event, Failed) for event in events)
    assert "as soon as two runs" in words(at)
    assert ("Continue the race" in buttons(at)) == (way == "continued") != ("Restart 1 run" in buttons(at)), reason
    button(at, "Continue the race" if way == "continued" else "Restart 1 run").click().run()
    assert (queue.continued if way == "continued" else [job.id for job in queue.jobs]) == [runs[1].id]
    assert not at.exception


@pytest.mark.parametrize(
    ("learned", "said", "reason"),
    [
        ((0, 0), "Restart the race", "stopped before anything was learned: every row says “Restart”"),
        ((0, 2), "Continue the race", "one of the rows says “Continue from epoch 3”"),
    ],
)
def test_the_button_of_a_stopped_race_says_what_its_rows_say(visit, trained, race, queue, learned, said, reason):
    made, runs = race
    for run, number in zip(runs, learned, strict=True):
        happened(run, Started(0.0, 1), *rounds(number), Stopped("Nothing."))
        if number:
            (run.folder / CHECKPOINT).touch()
    at = visit("compare", trained[0], race=made.id)
    rows = ["Continue from epoch 3" if number else "Restart" for number in learned]
    assert [label for label in buttons(at) if label in (*rows, "Restart the race", "Continue the race")] == [
        said,
        *rows,
    ], reason
    button(at, said).click().run()
    assert (len(queue.jobs), len(queue.continued)) == (learned.count(0), 2 - learned.count(0))


def test_stop_takes_out_what_waits_and_asks_what_works(visit, trained, race, queue, monkeypatch):
    made, runs = race
    real = status._state
    monkeypatch.setattr(
        status, "_state", lambda job, *found: "running" if job.id in made.run_ids else real(job, *found)
    )
    at = visit("compare", trained[0], race=made.id)
    at.button(key=f"stop_{runs[0].id}").click().run()
    assert [store.stop_requested(run)() for run in runs] == [True, False]
    assert at.button(key=f"stop_{runs[0].id}").disabled and not at.button(key=f"stop_{runs[1].id}").disabled
    button(at, "Stop the race").click().run()
    assert [store.stop_requested(run)() for run in runs] == [True, True]


def test_a_visitor_sees_only_races_that_were_shared_with_him(visit, trained, race, stranger, monkeypatch):
    made, runs = race
    workspace, dataset, _ = trained
    other = create_comparison(workspace, dataset.id, [TrainConfig(), TrainConfig(seed=1)], "of somebody else")
    with monkeypatch.context() as here:
        here.delenv("TRANSFERLAB_HOSTED")
        assert "of somebody else" in labels(visit("compare", workspace, race=made.id)), "the owner sees all"
    stranger(workspace, rights_with(workspace, "race", made.id, "see"))
    at = visit("compare", workspace, race=made.id)
    assert "Feature extraction" in labels(at) and "of somebody else" not in labels(at)
    assert other.id not in str(at.main)
    assert not [each for each in buttons(at) if "top" in each or "again" in each], "to see is not to act"
    at = visit("compare", workspace, race=other.id)
    assert "belongs to someone else" in at.error[0].value


def labels(at: AppTest) -> str:
    return "\n".join(link.proto.label for link in at.get("page_link"))


@pytest.mark.parametrize("race_id", ["nobody-0123456789abcdef", "../../etc/passwd", "<script>", "x" * 5000])
def test_an_id_that_leads_nowhere_gets_a_sentence(visit, workspace, race_id):
    at = visit("compare", workspace, race=race_id)
    assert len(at.error) == 1 and not at.exception and "bug" not in at.error[0].value


@pytest.mark.parametrize(
    ("beyond", "said", "reason"),
    [
        ((False, False), "No clear winner: the differences could be chance", "none"),
        ((False,), "No clear winner: the difference could be chance", "the only one"),
        ((True, True), "Hybrid is better than all others, by more than chance", "all"),
        ((True,), "Hybrid is better than feature extraction, by more than chance", "the only one"),
        (
            (False, True),
            "Hybrid is better than from scratch. Its lead over feature extraction could be chance",
            "one of two",
        ),
    ],
)
def test_the_verdicts_in_one_sentence(beyond, said, reason):
    judged = [Verdict("a", other, 9, 1, 0.01 if is_beyond else 0.5) for other, is_beyond in zip("bc", beyond)]
    assert verdict.summary_message(judged, NAMES) == said, reason


def judge(*pairs: tuple[str, str, float]) -> list[Verdict]:
    """Verdicts on pairs with these probabilities."""
    return [Verdict(best, other, 9, 1, p) for best, other, p in pairs]


@pytest.mark.parametrize(
    ("judged", "said", "reason"),
    [
        (
            judge(("a", "b", 1), ("a", "c", 0.2), ("b", "c", 0.01)),
            "No clear winner: the differences could be chance (among the others, 1 difference could not)",
            "one pair without the best",
        ),
        (
            judge(("a", "b", 1), ("a", "c", 0.2), ("a", "d", 0.2), ("b", "c", 0.01), ("b", "d", 0.01)),
            "No clear winner: the differences could be chance (among the others, 2 differences could not)",
            "two of them",
        ),
        (
            judge(*(("a", other, 0.01) for other in "bcde"), ("a", "f", 0.5)),
            "Hybrid is better than 4 others. Its lead over run f could be chance",
            "many are only counted",
        ),
        (
            judge(*(("a", other, 0.01) for other in "xyz"), ("a", "f", 0.5)),
            "Hybrid is better than 3 others. Its lead over run f could be chance",
            "three with commas cannot be read",
        ),
    ],
)
def test_pairs_without_the_best_count_too(judged, said, reason):
    names = NAMES | {letter: f"run {letter}" for letter in "def"} | {letter: f"{letter}, hybrid" for letter in "xyz"}
    assert verdict.summary_message(judged, names) == said, reason


@pytest.mark.parametrize(
    ("others", "sentences", "rows", "reason"),
    [
        ([("b", "c", 0.5)], 2, 0, "chance needs no word"),
        ([("b", "c", 0.01)], 3, 0, "one is told in a sentence"),
        ([("b", letter, 0.01) for letter in "cdef"], 2, 4, "many fold away in a table"),
    ],
)
def test_other_pairs_are_named_without_a_wall_of_text(others, sentences, rows, reason):
    def draw(others: list) -> None:
        from pages.parts.compare import verdict
        from tlcore.evaluation.significance import Verdict

        names = {letter: f"run {letter}" for letter in "abcdef"}
        pairs = [("a", "b", 0.5), ("a", "c", 0.5), *others]
        verdict._pair_messages([Verdict(*pair[:2], 9, 1, pair[2]) for pair in pairs], names)

    at = AppTest.from_function(draw, args=(others,)).run()
    assert at.markdown[0].value.count("- Run") == sentences, reason
    assert [each.label for each in at.expander] == (
        [f"{rows} differences among the others that are larger than chance"] if rows else []
    ), reason
    assert sum(each.body.count("<tr>") - 1 for each in at.html) == rows, reason


def test_only_the_preferred_strategies_are_ticked(visit, trained):
    def prefer() -> None:
        from pages.parts.compare import choice
        from pages.shared import recommendation

        recommendation.prefer_in_comparison(("fine-tuning", "hybrid"))
        choice.choose()

    at = AppTest.from_function(prefer, default_timeout=20).run()
    ticked = {box.key for box in at.checkbox if box.value}
    assert ticked == {"race_fine-tuning", "race_hybrid"} and choice.PREFERRED == ("feature-extraction", "hybrid")


def test_strategies_are_called_as_on_the_train_page():
    def draw() -> None:
        from pages.parts.compare import choice

        choice.choose()

    at = AppTest.from_function(draw, default_timeout=20).run()
    labels = {box.key.removeprefix("race_"): box.label for box in at.checkbox}
    assert list(labels) == list(STRATEGIES)
    for strategy, label in labels.items():
        assert label == strategies.name(strategy), "the name of its card"
        said = next(each.value for each in at.caption if each.value == strategies.sentence(strategy))
        assert not said.endswith(".") and "(" not in said, "a label has no full stop, and names nothing twice"
