"""`tlcore.retrain` and the command `retrain`: correct, train again, compare; and what is refused before that."""

import json
from dataclasses import replace

import pytest

import tlcore
from tests.conftest import copy_of
from tlcore.cli.main import main
from tlcore.cli.retrain import _path_and_class
from tlcore.data.versions import current_version, load_current
from tlcore.errors import UserError
from tlcore.jobs.store import list_runs


@pytest.fixture(scope="module")
def own(trained, tmp_path_factory):
    return copy_of(trained, tmp_path_factory.mktemp("retraining") / "home")


def test_a_model_is_trained_again_on_corrected_photos(own, capsys):
    workspace, dataset, run = own
    earlier = tlcore.load_model(run.id, workspace=workspace)
    assert earlier.before_after is None, "a run of its own"
    test, train = dataset.part("test"), dataset.part("train")
    moved, left = test["path"].iloc[0], train["path"].iloc[0]
    other = next(label for label in dataset.labels if label != test["label"].iloc[0])
    model = earlier.retrain(relabel={moved: other}, leave_out=[left], progress=False)
    newest = load_current(workspace, dataset.id)
    assert (newest.version, model.config) == (2, run.config) and left not in set(newest.photos["path"])
    found = model.before_after
    assert found is not None and found.total == len(test) and found.num_relabelled == 1
    assert set(found.photos["path"]) == set(test["path"]), "test photos stay test photos"
    copy = tlcore.load_model(model.save(workspace.root / "elsewhere.zip"))
    assert copy.before_after is None
    with pytest.raises(UserError, match="loaded from a file"):
        tlcore.retrain(copy, leave_out=[moved])

    # The command, from the run that came of it: back to the class that it had.
    said = ["retrain", model.run_id, "--relabel", f"{moved}={test['label'].iloc[0]}", "--json"]
    assert main([*said, "--workspace", str(workspace.root)]) == 0
    values = json.loads(capsys.readouterr().out.splitlines()[-1])
    compared = values["before_after"]
    assert values["dataset"] == f"{dataset.id}@3" and compared["photos"] == len(test) and compared["relabelled"] == 1
    assert compared["correct"] - compared["correct_before"] == compared["only_after"] - compared["only_before"]
    assert values["run"] == list_runs(workspace)[0].id


@pytest.mark.parametrize(
    ("options", "said", "reason"),
    [
        ({}, "Nothing to correct", "nothing given"),
        ({"leave_out": ["no.jpg"]}, "no photo no.jpg", "no such photo"),
        ({"relabel": {"PHOTO": "fish"}}, "no class “fish”", "no such class"),
        ({"relabel": {"PHOTO": " "}}, "No class was given", "an empty name is not leaving out"),
        ({"relabel": {"PHOTO": "disc"}, "leave_out": ["PHOTO"]}, "both relabelled and left out", "both"),
    ],
)
def test_what_is_refused_changes_nothing(own, options, said, reason):
    workspace, dataset, run = own
    photo = dataset.photos["path"].iloc[-1]
    given = json.loads(json.dumps(options).replace("PHOTO", photo))
    before = current_version(workspace, dataset.id), len(list_runs(workspace))
    with pytest.raises(UserError, match=said):
        tlcore.retrain(run.id, workspace=workspace, progress=False, **given)
    assert (current_version(workspace, dataset.id), len(list_runs(workspace))) == before, reason


def test_either_side_of_the_option_may_have_an_equals_sign(own):
    _, dataset, _ = own
    path, label = dataset.photos[["path", "label"]].iloc[0]
    odd = dataset.photos.assign(path=dataset.photos["path"].replace({path: "a=b.jpg"}))
    named = replace(dataset, photos=odd)
    assert _path_and_class(f"a=b.jpg={label}", named) == ("a=b.jpg", label)
    assert _path_and_class("a=b.jpg=x=y", named) == ("a=b.jpg", "x=y"), "an unknown class is said later, whole"
    with pytest.raises(UserError, match="PATH=CLASS"):
        _path_and_class("a.jpg", named)
