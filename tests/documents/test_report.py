"""The report of a run: its sections in order, figures that are those on disk, and nothing hostile in it."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

import tlcore
from tests.conftest import copy_of
from tests.small import write_small_folder
from tlcore.advice.rule import LabelChangingFlip
from tlcore.analysis.learning_curve import CurvePoint, LearningCurve
from tlcore.analysis.shortcuts import ClassShortcut, Hidden, Shortcuts
from tlcore.cli.main import main
from tlcore.documents.facts import Facts, gather_facts
from tlcore.documents.report import POLICY, report_html
from tlcore.evaluation.before_after import compare_before_after
from tlcore.evaluation.calibration import CROSS_VALIDATION, Bin, Calibration, Reliability
from tlcore.evaluation.cross_validation import CrossValidation
from tlcore.evaluation.report import load_report
from tlcore.evaluation.trust import Evidence, find_limits
from tlcore.jobs.store import analysis_job
from tlcore.messages.calibration import error_message
from tlcore.messages.corrections import before_after_title
from tlcore.messages.cross_validation import spread_message
from tlcore.messages.learning_curves import curve_message
from tlcore.messages.quantities import percent, percent_range
from tlcore.messages.trust import finding_message
from tlcore.worker.runner import run_job

SECTIONS = [
    "How far you can trust this",
    "Photos",
    "How they were split",
    "Training",
    "Scores",
    "Results by class",
    "Which classes get mixed up (confusion matrix)",
    "Mistakes",
    "Does the background give it away?",
    "Other photos",
    "Is its confidence honest? (calibration)",
    "None of these",
    "Intended use",
    "How it was made",
]
HOSTILE = "<script>alert(1)</script>\"'&<img src=x onerror=y>🦊 \u05e9\u05dc\u05d5\u05dd"


class Seen(HTMLParser):
    """What a browser makes of a page: its elements with their attributes, its headings, and all of its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[tuple[str, str]] = []
        self._open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag not in ("meta", "img", "br"):
            self._open.append(tag)

    def handle_endtag(self, tag):
        assert self._open.pop() == tag, "every element ends where it should"

    def handle_data(self, data):
        if data.strip():
            self.words.append((self._open[-1] if self._open else "", data.strip()))

    def texts(self, tag: str) -> list[str]:
        return [words for where, words in self.words if where == tag]


@pytest.fixture(scope="module")
def facts(trained, tmp_path_factory) -> Facts:
    """Of a run that was also tested on other photos, once with classes and once without."""
    workspace, _, run = copy_of(trained, tmp_path_factory.mktemp("reported") / "home")
    other = write_small_folder(tmp_path_factory.mktemp("other") / "park", 3, seed=7)
    for path in (other, other / "disc"):
        run_job(workspace, analysis_job(workspace, run, "test-set", {"path": str(path), "name": f"At {path.name}"}))
    found = gather_facts(workspace, run)
    folded = replace(found.report, predictions=found.report.predictions.assign(fold=[1, 2] * (found.report.total // 2)))
    now = CurvePoint(30, 0.8, 0.7, 0.9)
    bins = (Bin(0.6, 15, 30, 0.33, 0.67), Bin(0.9, 27, 30, 0.74, 0.97))
    reliability = Reliability(0.05, 0.01, 0.1, bins)
    return replace(
        found,
        cross_validation=CrossValidation(2, folded),
        calibration=Calibration(1.2, CROSS_VALIDATION, 60, reliability, reliability),
        learning_curve=LearningCurve((now,), (now,), (now, now), (0.0, 0.01), (), "", 36, True, 5, 5),
    )


@pytest.fixture(scope="module")
def page(facts) -> str:
    return report_html(facts)


def test_its_sections_stand_in_order(page):
    assert Seen(page).texts("h2") == SECTIONS


def test_every_figure_is_the_one_on_disk(facts, page, trained):
    """Score, range, classes and cross-validation, as report.json and the pages have them."""
    report, words = load_report(trained[2].folder), " ".join(text for _, text in Seen(page).words)
    assert f"{report.correct:,} of {report.total:,} test photos correct" in words
    assert f"likely range {percent_range(report.low, report.high)}" in words
    for row in report.per_class.to_dict(orient="records"):
        assert f"{percent(row['recall'])} ({row['correct']:,} of {row['support']:,})" in words
    cells = [text for tag, text in Seen(page).words if tag == "td"]
    for count in report.confusion.to_numpy().ravel():
        assert f"{count}" in cells
    cross = facts.cross_validation
    assert cross is not None and spread_message(cross) in words
    assert facts.learning_curve is not None and curve_message(facts.learning_curve) in words
    assert facts.calibration is not None and error_message(facts.calibration) in words
    for finding in facts.findings:
        assert finding_message(finding) in words


def test_shortcuts_corrections_and_mirroring_are_told_where_they_were_found(facts, page):
    hidden = Hidden(9, 10, 0.6, 0.98, 1, 10)
    sha256 = facts.dataset.photos["sha256"].iloc[0]
    classes = tuple(
        ClassShortcut(label, hidden, hidden, hidden, label == HOSTILE, (sha256,)) for label in ("x", HOSTILE)
    )
    after = facts.report.predictions
    before = after.assign(predicted="?", correct=False)
    told = replace(
        facts,
        shortcuts=Shortcuts(classes, 20, True),
        shortcut_pictures=facts.pictures,
        before_after=compare_before_after(before, after, {}),
        flips=(LabelChangingFlip("horizontal_flip", "six", HOSTILE, 0.6),),
    )
    seen = Seen(report_html(told))
    words, more = " ".join(text for _, text in seen.words), seen.texts("h2")
    assert "1 class recognised without the object." in words and f"“{HOSTILE}” is recognised" in words
    assert "Before and after corrections" in more and before_after_title(told.before_after) in words
    assert f"60% of the photos of six look like {HOSTILE}. This training did not." in words
    alts = [attributes["alt"] for tag, attributes in seen.elements if tag == "img"]
    assert sum("with its middle hidden" in alt for alt in alts) == 1, "the photos of the class that is named"
    assert "Nobody has looked for shortcuts yet" in page and "Before and after" not in page


def test_other_photos_stand_beside_its_own(facts, page):
    assert [each.name for each in facts.others] == ["At disc", "At park"]
    words = Seen(page).texts("h3") + Seen(page).texts("th")
    assert {"At disc", "At park", "Other photos: At park"} <= set(words)


def test_nothing_is_fetched_and_nothing_runs(page):
    """It opens without a network, and asks for nothing with one."""
    seen = Seen(page)
    assert not {"script", "iframe", "link", "object", "embed", "form"} & {tag for tag, _ in seen.elements}
    for _, attributes in seen.elements:
        assert not [name for name in attributes if name.startswith("on") and name != "open"]
        address = attributes.get("src") or attributes.get("href") or "data:"
        assert address.startswith("data:")
    assert "url(" not in page and "@import" not in page
    assert POLICY in page and "default-src 'none'" in POLICY


def test_whoever_cannot_see_it_can_read_it(page):
    seen = Seen(page)
    for tag, attributes in seen.elements:
        if tag == "img":
            assert attributes["alt"], "every picture says what it shows"
        if tag == "svg":
            assert attributes.get("role") == "img" or attributes.get("aria-hidden") == "true"
        if tag == "th":
            assert attributes.get("scope") in ("row", "col")
    tags = [tag for tag, _ in seen.elements]
    assert tags.count("h1") == tags.count("main") == 1 and 'lang="en"' in page
    assert tags.count("caption") == tags.count("table") > 5


def test_a_hostile_name_is_only_text(facts):
    """Of the run, the data set, its classes, files and other test sets."""
    labels = (HOSTILE, *facts.labels[1:])
    named = {facts.labels[0]: HOSTILE}
    report = facts.report
    predictions = report.predictions.assign(
        path=HOSTILE, label=report.predictions["label"].replace(named), predicted=HOSTILE, correct=False
    )
    report = replace(
        report,
        labels=labels,
        per_class=report.per_class.assign(label=list(labels)),
        confusion=report.confusion.rename(index=named, columns=named),
        predictions=predictions,
    )
    dataset = replace(facts.dataset, name=HOSTILE, source=HOSTILE, licence=HOSTILE, notes=(HOSTILE,), labels=labels)
    others = tuple(replace(each, name=HOSTILE) for each in facts.others)
    info = {**facts.info, "versions": {HOSTILE: HOSTILE}, "backbone": {"name": HOSTILE, "licence": HOSTILE}}
    page = report_html(replace(facts, name=HOSTILE, report=report, dataset=dataset, others=others, info=info))
    seen = Seen(page)
    assert "script" not in {tag for tag, _ in seen.elements} and "<script" not in page
    assert not [each for tag, each in seen.elements if tag == "img" and each["src"] == "x"]
    assert seen.texts("h1") == [HOSTILE]


def test_what_an_older_run_does_not_have_is_said(facts):
    old = replace(facts, info={}, cross_validation=None, calibration=None, others=(), dataset=None, epochs=(), edits=())
    words = " ".join(text for _, text in Seen(report_html(old)).words)
    for said in (
        "The data set isn’t here",
        "No epochs were recorded",
        "Not every photo was tested once",
        "It was tested on no other photos",
        "This run was trained by an earlier version",
        "This model gives every photo one of its classes",
    ):
        assert said in words


def test_of_a_saved_model_it_tells_what_that_brings(trained, tmp_path):
    """The terminal, a file and the run itself give the same figures and the same limits."""
    workspace, _, run = trained
    model = tlcore.load_model(run.id, workspace=workspace)
    saved = tlcore.load_model(model.save(tmp_path / "shapes.zip"))
    own, brought = (each.write_report(tmp_path / f"{name}.html") for name, each in (("own", model), ("saved", saved)))
    for path in (own, brought):
        seen = Seen(path.read_text(encoding="utf-8"))
        assert f"{model.report.correct:,} of {model.report.total:,}" in " ".join(seen.texts("td"))
    assert "The photos aren’t here" in " ".join(text for _, text in seen.words)
    assert saved.limits and set(saved.limits) <= {*model.limits, *saved.limits}


def test_the_terminal_writes_it(trained, tmp_path, capsys):
    workspace, _, run = trained
    path = tmp_path / "out" / "r.html"
    assert main(["report", run.id, "--out", str(path), "--json", "--workspace", str(workspace.root)]) == 0
    values = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert values["path"] == str(path) and values["limits"] == tlcore.load_model(run.id, workspace=workspace).limits
    assert path.read_text(encoding="utf-8").startswith("<!doctype html>")


def test_only_a_page_is_replaced(trained, tmp_path):
    workspace, _, run = trained
    model = tlcore.load_model(run.id, workspace=workspace)
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(tlcore.UserError, match="is not a report"):
        model.write_report(tmp_path / "thesis.txt")
    assert model.write_report(tmp_path / "r.html") == model.write_report(tmp_path / "r.html")


def test_in_a_browser_it_asks_for_nothing_and_prints(page, browser, tmp_path):
    (tmp_path / "report.html").write_text(page, encoding="utf-8")
    asked, said = [], []
    tab = browser.new_page(viewport={"width": 390, "height": 800})
    tab.on("request", lambda request: asked.append(request.url))
    tab.on("console", lambda message: said.append(message.text))
    tab.goto((tmp_path / "report.html").as_uri())
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == [] and said == []
    assert tab.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), "no scrolling sideways on a phone"
    assert tab.evaluate("[...document.images].every((image) => image.complete && image.naturalWidth > 0)")
    for paper in ("A4", "Letter"):
        pdf = tab.pdf(format=paper)
        assert len(re.findall(rb"/Type\s*/Page\b", pdf)) >= 2 and len(pdf) > 20_000
    tab.close()


def test_findings_are_those_of_the_counts(facts):
    """Nothing is measured for them: the same counts give the same findings."""
    assert facts.findings[0] == find_limits(Evidence(test=(facts.report.correct, facts.report.total)))[0]
