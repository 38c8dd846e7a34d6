"""Why the model answers as it does: over a photo that was handed in, over one shown large, and what is alike."""

import pytest
from streamlit.testing.v1 import AppTest

from pages.shared import photo_viewer, why
from tests.conftest import copy_of
from tests.pages.conftest import grids, words
from tests.pages.test_corrections import order  # noqa: F401 - a fixture
from tests.pages.test_gallery import press, stage  # noqa: F401 - a fixture
from tests.pages.test_predict_page import give
from tlcore.data.edits import leave_out
from tlcore.data.wanted import RESIZE_POLICY
from tlcore.evaluation.embedding import INFO
from tlcore.messages.explanation import NO_NEIGHBOURS


def ask(visit, workspace, dataset, run) -> AppTest:
    """The Predict page with a test photo, and why."""
    at = give(visit("predict", workspace, run=run.id), ("mine.png", dataset.read(dataset.part("test")["path"][0])))
    at.toggle(key="answer_why_toggle").set_value(True).run()
    assert not at.exception and not at.error
    return at


def classes(at: AppTest):
    (found,) = at.get("button_group")
    return found


def test_a_new_photo_is_explained_for_the_class_that_one_chooses(visit, trained):
    workspace, dataset, run = trained
    at = give(visit("predict", workspace, run=run.id), ("mine.png", dataset.read(dataset.part("test")["path"][0])))
    assert not grids(at)[0][0]["over"] and "speaks for" not in words(at), "only where it is wanted"
    at.toggle(key="answer_why_toggle").set_value(True).run()
    large = grids(at)[0][0]
    assert large["over"].startswith("data:image/webp;base64,") and " speaks for " in large["alt"]
    group = classes(at)
    first, *others = [option.content for option in group.proto.options]
    assert f"speaks for {first.split(' ')[0]}" in words(at), "the predicted one first"
    group.set_value(dataset.labels[dataset.labels.index(others[0].split(" ")[0])]).run()
    other = grids(at)[0][0]
    assert (
        other["over"] != large["over"] and f"speaks for {others[0].split(' ')[0]}" in other["alt"] and not at.exception
    )


def test_the_most_alike_training_photos_are_of_the_answer_and_the_runner_up(visit, trained):
    workspace, dataset, run = trained
    at = ask(visit, workspace, dataset, run)
    beside = grids(at)[1]
    first, second = [option.content.split(" ")[0] for option in classes(at).proto.options][:2]
    assert [photo["caption"] for photo in beside] == [first] * 3 + [second] * 3
    assert all(photo["detail"].endswith("% alike") and photo["detail"] in photo["alt"] for photo in beside)


def test_what_was_left_out_is_not_shown_beside_a_new_photo(visit, trained, tmp_path):
    workspace, dataset, run = copy_of(trained, tmp_path / "own")
    shown = grids(ask(visit, workspace, dataset, run))[1][0]["more"]
    (path,) = [path for path in dataset.photos["path"] if path.endswith(shown)]
    leave_out(workspace, dataset, [path])
    left = [photo["more"] for photo in grids(ask(visit, workspace, dataset, run))[1]]
    assert left and shown not in left


def test_a_run_that_kept_nothing_to_compare_with_says_so_and_still_shows_why(visit, trained, tmp_path):
    workspace, dataset, run = copy_of(trained, tmp_path / "own")
    (run.folder / INFO).unlink()
    at = ask(visit, workspace, dataset, run)
    assert NO_NEIGHBOURS in words(at) and grids(at)[0][0]["over"] and len(grids(at)) == 1


def test_a_photo_that_is_shown_large_is_explained_too(visit, trained, press, order, tmp_path):  # noqa: F811
    workspace, dataset, run = copy_of(trained, tmp_path / "own")  # with no other run, which could be the newest
    large = (("data", {"dataset": dataset.id}, lambda: press(0)),)
    large += (("evaluate", {"run": run.id, "show": "all"}, lambda: order({"kind": "open", "number": 0})),)
    for page, ids, opens in large:
        at = visit(page, workspace, **ids)
        opens()
        at.run()
        assert stage(at) and "tl-heat" not in stage(at), page
        at.session_state[f"{photo_viewer.WHY}_toggle"] = True
        opens()
        at.run()
        assert 'class="tl-heat"' in stage(at) and "speaks for" in stage(at), page
        assert any("% alike" in photo["detail"] for photo in grids(at)[-1]) and not at.exception


def test_whoever_may_look_at_a_run_sees_its_photos_and_nobody_else(visit, trained, stranger, tmp_path):
    workspace, dataset, run = copy_of(trained, tmp_path / "own")
    stranger(workspace, {run.id: "see"})
    assert len(grids(ask(visit, workspace, dataset, run))) == 2
    other = copy_of(trained, tmp_path / "other")
    at = visit("predict", other[0], run=run.id)
    assert "You cannot open" in words(at) and not grids(at)


@pytest.mark.parametrize(
    ("width", "height", "policy", "inset", "reason"),
    [
        (300, 300, RESIZE_POLICY, "0.000% 0.000%", "a square is seen as a whole"),
        (400, 300, RESIZE_POLICY, "0.000% 12.500%", "of a wide one, the middle"),
        (300, 600, RESIZE_POLICY, "25.000% 0.000%", "of a tall one, too"),
        (400, 300, "squash", "0.000% 0.000%", "a model that sees all of it"),
    ],
)
def test_the_heat_map_lies_over_what_the_model_sees(trained, width, height, policy, inset, reason):
    import tlcore

    workspace, dataset, run = trained
    model = tlcore.load_model(run.id, workspace=workspace)
    found = model.explain(dataset.read(dataset.photos["path"][0]))
    answer = why.Answer(found, ((found.label, 1.0),), policy)
    shown = why.over_photo("<img>", answer, width, height)
    assert f'style="inset:{inset}"' in shown, reason
