"""Training again on corrected photos: the version and the run that come of it, and what classes are called since."""

import numpy as np
import pytest

from tests.conftest import copy_of
from tlcore.comparison.retraining import class_names_since, later_run, load_before_after, prepare_retraining
from tlcore.data.corrections import Correction
from tlcore.data.edits import leave_out, merge_classes, rename_class, split_off
from tlcore.data.manifest import load_dataset
from tlcore.data.versions import current_version
from tlcore.errors import TooFewPhotos
from tlcore.evaluation.report import load_report, make_report, predictions_frame, save_report
from tlcore.jobs.store import list_runs, load_run


@pytest.fixture
def own(trained, tmp_path):
    return copy_of(trained, tmp_path / "home")


def test_a_new_version_and_a_run_with_the_same_settings(own):
    workspace, dataset, run = own
    test = dataset.part("test")
    wrong, other = test["path"].iloc[0], next(label for label in dataset.labels if label != test["label"].iloc[0])
    newer = leave_out(workspace, dataset, dataset.part("train")["path"][:1].tolist())
    assert later_run(workspace, run) is None
    made = prepare_retraining(workspace, run, [Correction(wrong, test["label"].iloc[0], other)], "ann")
    assert made.dataset.version == newer.version + 1, "added to what was changed since"
    assert (made.run.dataset_id, made.run.before, made.run.visitor) == (made.dataset.id, run.id, "ann")
    assert made.run.config == run.config and set(made.dataset.part("test")["path"]) == set(test["path"])
    assert later_run(workspace, run) == made.run and load_before_after(workspace, made.run) is None, "no figures yet"
    tested = made.dataset.part("test")
    before = load_report(run.folder).predictions.set_index("path")["probabilities"]
    answers = predictions_frame(tested, np.stack(before.loc[tested["path"]].tolist()), dataset.labels)
    save_report(made.run.folder, make_report(answers, dataset.labels))
    found = load_before_after(workspace, made.run)
    assert found is not None and (found.total, found.num_relabelled, found.gain) == (len(test), 1, 0)
    assert load_before_after(workspace, run) is None, "a run of its own"


def test_what_is_refused_makes_neither(own):
    workspace, dataset, run = own
    photos = dataset.photos["path"][dataset.photos["label"] == dataset.labels[0]].tolist()
    with pytest.raises(TooFewPhotos, match="at least 3"):
        prepare_retraining(workspace, run, [Correction(path, dataset.labels[0]) for path in photos[:-2]])
    assert current_version(workspace, dataset.id) == dataset.id and [each.id for each in list_runs(workspace)] == [
        run.id
    ]


def test_after_a_kill_in_between_only_the_run_is_made(own):
    workspace, dataset, run = own
    wanted = [Correction(dataset.photos["path"].iloc[0], dataset.photos["label"].iloc[0])]
    first = prepare_retraining(workspace, run, wanted)
    again = prepare_retraining(workspace, load_run(workspace, run.id), wanted)
    assert again.dataset.id == first.dataset.id and again.run.id != first.run.id


def test_what_classes_are_called_since(own):
    workspace, dataset, _ = own
    disc, square, stripes = dataset.labels
    versions = [dataset]
    versions.append(rename_class(workspace, versions[-1], disc, "ring"))
    versions.append(merge_classes(workspace, versions[-1], ["ring", square], square))
    versions.append(rename_class(workspace, versions[-1], square, "shape"))
    versions.append(split_off(workspace, versions[-1], versions[-1].photos["path"][:5].tolist(), disc))
    versions.append(rename_class(workspace, versions[-1], disc, "plate"))
    names = [class_names_since(workspace, dataset.id, each.id) for each in versions]
    assert names[0] == {} and names[1] == {disc: "ring"}
    assert names[2] == {disc: square, "ring": square}
    assert names[4][disc] == names[4][square] == "shape", "merged, then called otherwise"
    assert names[5][disc] == "shape", "a new class of an old name is another one"
    assert class_names_since(workspace, versions[2].id, versions[3].id) == {square: "shape"}
    assert class_names_since(workspace, versions[3].id, dataset.id) == {}, "not a later version"
    assert load_dataset(workspace, versions[-1].id).labels == ("plate", "shape", stripes)
