"""What goes on elsewhere, told on every page with the way back to it, until one has been there."""

import shutil

import pytest
from filelock import FileLock
from streamlit.testing.v1 import AppTest

from tests.pages.conftest import PAGES, words
from tlcore.comparison.store import create_comparison, runs_of
from tlcore.config import TrainConfig, defaults_for
from tlcore.events import EpochEnd, Evaluated, Finished, Progress, Started, Stopped, encode
from tlcore.jobs import store
from tlcore.jobs.locks import LOCK
from tlcore.jobs.store import ImportSpec, Job, check_job, create_import, create_run
from tlcore.storage.sharing import rights_with

GO = {"race": "Open race", "train": "Open training", "import": "Open import", "check": "Open check"}
LEARNING = [Started(0.0, 1), *(EpochEnd(number, 30, 1, 1, 1, 0.5, 0.1) for number in range(1, 13))]
ENDED = "View results"


def happened(job: Job, *events) -> None:
    (job.folder / store.EVENTS).write_text("".join(encode(event) + "\n" for event in events))


def way_back(at: AppTest, label: str) -> list[str]:
    """Where the links with this label lead: page and ids."""
    links = [link.proto for link in at.get("page_link")]
    return [f"{link.page}?{link.query_string}" for link in links if link.label == label]


@pytest.fixture
def work(trained):
    """`work(kind)`: a training, a race whose second run learns, or an import; its id and its lock."""
    workspace, dataset, _ = trained

    def begin(kind: str) -> tuple[str, FileLock]:
        if kind == "import":
            job = create_import(workspace, ImportSpec("sample", "emoji", "Emoji"))
            happened(job, Started(0.0, 1), Progress("read", 5, 20, None))
        elif kind == "check":
            job = check_job(workspace, dataset.id, "")
            happened(job, Started(0.0, 1), Progress("measure", 5, 20, None, share=0.25))
        elif kind == "train":
            job = create_run(workspace, dataset.id, TrainConfig(), "leaves <b>")
            happened(job, *LEARNING)
        else:
            race = create_comparison(workspace, dataset.id, [TrainConfig(), defaults_for("hybrid")], "leaves <b>")
            first, job = runs_of(workspace, race)
            happened(first, Started(0.0, 1), Stopped("Nothing."))
            happened(job, *LEARNING)
        return race.id if kind == "race" else job.id, FileLock(job.folder / LOCK)

    yield begin
    shutil.rmtree(workspace.checks, ignore_errors=True)  # the data set has one check, which others begin too


@pytest.mark.parametrize("page", ["welcome", *PAGES])
@pytest.mark.parametrize("kind", GO)
def test_what_is_under_way_is_reachable_from_every_page(visit, trained, work, page, kind):
    an_id, lock = work(kind)
    used = {} if (page, kind) == ("data", "check") else {"dataset": trained[1].id}  # there it is shown itself
    with lock:
        at = visit(page, trained[0], **used)
        [way] = way_back(at, GO[kind])
        assert an_id in way and not at.exception and not at.error
    said = {
        "race": "race, run 2 of 2 · Training the last layer · epoch 12",
        "train": "Training · epoch 12 of up to 30",
        "import": "25% (5 of 20)",
        "check": "check · ",
    }
    assert said[kind] in words(at) and "leaves <b>" not in words(at)


@pytest.mark.parametrize(
    ("page", "kind", "name"),
    [("compare", "race", "race"), ("train", "train", "run"), ("data", "import", "job"), ("data", "check", "dataset")],
)
def test_the_page_that_shows_it_has_no_line(visit, trained, work, page, kind, name):
    an_id, lock = work(kind)
    with lock:
        at = visit(page, trained[0], **{name: an_id})
        assert way_back(at, GO[kind]) == []


def test_what_ended_is_told_until_one_has_been_there(visit, trained, work):
    run_id, lock = work("train")
    run = store.load_run(trained[0], run_id)
    with lock:
        at = visit("learn", trained[0], dataset=trained[1].id)
    happened(run, *LEARNING, Evaluated(6, 6, 9.0, 4.0, 5.0), Finished(run_id, 10.0))
    for _ in range(2):
        at.run()
        assert "training finished" in words(at)
    [way] = way_back(at, ENDED)
    assert "evaluate" in way and run_id in way
    at.query_params["run"] = run_id
    at.switch_page("pages/train.py").run()
    at.switch_page("pages/learn.py").run()
    assert way_back(at, ENDED) == []


@pytest.mark.parametrize(
    ("end", "said"),
    [([Stopped("Nothing.")], "training stopped"), ([], "training interrupted")],
)
def test_a_training_that_came_to_nothing_is_told_too(visit, trained, work, end, said):
    run_id, lock = work("train")
    with lock:
        at = visit("learn", trained[0], dataset=trained[1].id)
    happened(store.load_run(trained[0], run_id), *LEARNING, *end)
    at.run()
    assert said in words(at) and run_id in way_back(at, ENDED)[0]


def test_a_run_that_is_only_being_packed_is_no_news(visit, trained, work):
    run_id, lock = work("train")
    happened(store.load_run(trained[0], run_id), *LEARNING, Evaluated(6, 6, 9.0, 4.0, 5.0))
    with lock:
        at = visit("learn", trained[0], dataset=trained[1].id)
        assert way_back(at, GO["train"]) == way_back(at, ENDED) == []


def test_a_visitor_hears_nothing_of_other_peoples_work_until_it_is_shared(visit, trained, work, stranger):
    an_id, lock = work("race")
    with lock:
        at = visit("learn", trained[0])
        assert way_back(at, GO["race"]) == [] and "leaves" not in words(at)
        at = visit("compare", trained[0], race=an_id)  # its address alone gives nothing
        assert "belongs to someone else" in at.error[0].value and "leaves" not in words(at)
        stranger(trained[0], rights_with(trained[0], "race", an_id, "see"))
        at = visit("learn", trained[0])
        assert an_id in way_back(at, GO["race"])[0]
