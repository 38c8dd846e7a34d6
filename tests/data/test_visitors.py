"""Whose something is stands in what it leaves on disk: uploads, data sets, runs, comparisons."""

import os

import pytest

from tests.photos import make_photo, run_job
from tlcore.comparison.store import create_comparison, load_comparison, runs_of
from tlcore.config import TrainConfig
from tlcore.data import incoming
from tlcore.data.dataset_list import list_datasets
from tlcore.data.ingest import ingest_folder, ingest_incoming
from tlcore.data.manifest import load_dataset
from tlcore.data.samples import ingest_sample
from tlcore.workspace import USED, touch_used


def upload(workspace, visitor, first=0):
    area = incoming.new_incoming(workspace, visitor)
    for number in range(first, first + 8):
        incoming.add_file(workspace, area, f"{number}.jpg", make_photo(number), "cats" if number % 2 else "dogs")
    return area


@pytest.mark.parametrize("visitor", ["amber-fox", ""])
def test_uploads_data_sets_and_comparisons_know_whose_they_are(workspace, visitor):
    area = upload(workspace, visitor)
    dataset = run_job(ingest_incoming(workspace, area, "x", visitor=visitor))[0]
    made = create_comparison(workspace, dataset.id, [TrainConfig(), TrainConfig(seed=1)], "x", visitor)
    (summary,) = list_datasets(workspace)
    assert incoming.owner(workspace, area) == visitor
    assert load_dataset(workspace, dataset.id).visitor == dataset.visitor == summary.visitor == visitor
    assert load_comparison(workspace, made.id).visitor == visitor
    assert {run.visitor for run in runs_of(workspace, made)} == {visitor}
    assert summary.bytes == sum(len(make_photo(number)) for number in range(8))
    other = upload(workspace, "blue-owl", first=50)
    copy = run_job(ingest_incoming(workspace, other, "y", base=dataset.id, visitor="blue-owl"))[0]
    assert copy.visitor == "blue-owl", "whoever adds to photos of somebody else gets a copy of them"
    assert next(each for each in list_datasets(workspace) if each.id == copy.id).base == dataset.id


def test_photos_that_stay_in_a_folder_take_no_bytes(workspace, small_folder):
    run_job(ingest_folder(workspace, small_folder))
    assert list_datasets(workspace)[0].bytes == 0


def test_each_visitor_has_a_sample_of_his_own_on_the_same_bytes(workspace):
    first, _ = run_job(ingest_sample(workspace, "emoji", visitor="amber-fox"))
    touch_used(first.folder)
    second, events = run_job(ingest_sample(workspace, "emoji", visitor="blue-owl"))
    owners, _ = run_job(ingest_sample(workspace, "emoji"))
    again, _ = run_job(ingest_sample(workspace, "emoji", visitor="blue-owl"))
    assert again.id == second.id and len({first.id, second.id, owners.id}) == 3
    assert [each.visitor for each in (first, second, owners)] == ["amber-fox", "blue-owl", ""]
    assert first.fingerprint == second.fingerprint and events == [], "nothing is read a second time"
    assert {each.sample for each in list_datasets(workspace)} == {"emoji"}
    file = first.photos["file"].iat[0]
    assert os.stat(first.root / file).st_nlink == 3, "the disk holds one copy"
    assert not (second.folder / USED).exists(), "each says for itself when it was last used"
    assert all(map(second.read, second.photos["path"]))
