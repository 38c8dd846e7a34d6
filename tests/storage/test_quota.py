"""Past a limit there is a sentence with what is there and what is allowed; the owner is limited by the disk alone."""

import os
import shutil
from dataclasses import replace

import pytest

from tests.photos import class_files, make_photo, run_job, write_zip
from tlcore.comparison.store import create_comparison
from tlcore.config import TrainConfig
from tlcore.data import incoming
from tlcore.data.dataset_list import list_datasets
from tlcore.data.ingest import ingest_incoming
from tlcore.data.samples import ingest_sample
from tlcore.errors import UserError
from tlcore.events import Failed, Started
from tlcore.features.activations import activations_limit
from tlcore.jobs.event_log import EventLog
from tlcore.jobs.line import Line
from tlcore.jobs.store import ImportSpec, create_import, create_run, recommendation_job
from tlcore.settings import HOSTED, OWN, load_limits
from tlcore.storage import quota
from tlcore.storage.cleanup import clean
from tlcore.storage.quota import check_disk, check_edits, check_room, check_waiting, import_allowance
from tlcore.storage.usage import Usage, disk_used, usage
from tlcore.worker import runner

FOX, OWL = "amber-fox", "blue-owl"
PHOTO = len(make_photo(0))


def upload(workspace, visitor, number=10, first=0):
    area = incoming.new_incoming(workspace, visitor)
    photos = [(f"{each}.jpg", make_photo(first + each), "cats" if each % 2 else "dogs") for each in range(number)]
    incoming.add_files(workspace, area, photos)
    return area


def dataset_of(workspace, visitor, number=10, first=0, base=None):
    area = upload(workspace, visitor, number, first)
    dataset = run_job(ingest_incoming(workspace, area, "x", base=base, visitor=visitor))[0]
    incoming.clear(workspace, area)
    return dataset


def test_what_a_visitor_keeps_is_counted_once_and_only_his(workspace):
    assert not usage(workspace, FOX)
    first = dataset_of(workspace, FOX)
    dataset_of(workspace, FOX, 5, first=100, base=first.id)
    dataset_of(workspace, OWL, 7)
    run_job(ingest_sample(workspace, "emoji", visitor=FOX))
    area = upload(workspace, FOX, 4)
    run = create_run(workspace, first.id, TrainConfig(), "x", FOX)
    (run.folder / "model.tflite").write_bytes(b"0" * 5_000)
    create_comparison(workspace, first.id, [TrainConfig(), TrainConfig(seed=1)], "x", FOX)
    recommendation_job(workspace, first.id)  # it has the id of its data set
    found = usage(workspace, FOX)
    assert (found.datasets, found.uploads, found.runs, found.comparisons) == (2, 1, 3, 1)
    assert found.photos == 10 + 5 + 4, "photos that were added count, and a sample's are everybody's"
    photos = sum(len(make_photo(each)) for each in [*range(10), *range(100, 105), *range(4)])
    assert photos + 5_000 < found.bytes < photos + 10_000
    assert usage(workspace, FOX, without=area).photos == 15
    assert usage(workspace, OWL) == Usage(datasets=1, photos=7, bytes=sum(len(make_photo(n)) for n in range(7)))


ROOM = [
    ({"visitor_photos": 20}, 11, 0, "You have 10 of 20 photos,", "one too many"),
    ({"visitor_photos": 20}, 10, 0, None, "just as many as there is room for"),
    ({"visitor_photos": 5}, 1, 0, "You have 5 of 5 photos,", "the limit was lowered since"),
    ({"visitor_photos": 0}, 10**6, 0, None, "no limit"),
    ({"visitor_mb": 1}, 1, 1_000_000, "of your 1 MB", "with what is there it is too much"),
    ({"visitor_mb": 1}, 1, 900_000, None, "there is room"),
    ({"visitor_mb": 0}, 1, 20_000_000, None, "no limit"),
    ({"dataset_photos": 30}, 31, 0, "at most 30 photos in one data set", "no data set could take them"),
    ({"upload_mb": 1}, 1, 1_000_000, "allows 1 MB at once", "with what the area holds"),
    ({"upload_mb": 1}, 1, 500_000, None, "there is room in the area"),
]


@pytest.mark.parametrize(("limits", "files", "size", "words", "reason"), ROOM)
@pytest.mark.parametrize("visitor", [FOX, ""])
def test_room_for_more(workspace, limits, files, size, words, reason, visitor):
    area = upload(workspace, visitor)
    allowed = replace(OWN, **limits)
    if words and visitor:
        with pytest.raises(UserError, match=words) as error:
            check_room(workspace, visitor, size, files, allowed, area)
        assert error.value.fix, "and what to do"
    else:
        check_room(workspace, visitor, size, files, allowed, area)


EDITS = [
    (FOX, 1_000_000, 1.0, False, "his share is just used up"),
    (FOX, 1_000_000, 1.04, False, "within the reserve"),
    (FOX, 1_000_000, 1.2, True, "past the reserve"),
    (FOX, 0, 9.0, False, "no limit"),
    (OWL, 1_000_000, 9.0, False, "another one's bytes do not count"),
    ("", 1_000_000, 9.0, False, "the owner is limited by the disk alone"),
]


@pytest.mark.parametrize(("visitor", "allowed", "share", "refused", "reason"), EDITS)
def test_edits_end_a_little_past_the_limit(workspace, visitor, allowed, share, refused, reason):
    area = incoming.new_incoming(workspace, FOX)
    there = workspace.incoming / area
    (there / "0-photo.jpg").write_bytes(b"0" * (int(share * 1_000_000) - usage(workspace, FOX).bytes))
    limits = replace(OWN, visitor_mb=allowed / 1e6)
    if refused:
        with pytest.raises(UserError, match=r"no room for more changes") as error:
            check_edits(workspace, visitor, limits)
        assert "Delete" in error.value.fix
    else:
        check_edits(workspace, visitor, limits)


IMPORTS = [
    ({"visitor_photos": 10}, None, "the uploads are what becomes the photos, so they count once"),
    ({"visitor_photos": 9}, "You have 0 of 9 photos,", "one photo too many"),
    ({"dataset_photos": 9}, "at most 9 photos", "too many for one data set"),
    ({"visitor_mb": 0.001}, "of your 0 MB", "too many bytes"),
]


@pytest.mark.parametrize(("limits", "words", "reason"), IMPORTS)
@pytest.mark.parametrize("packed", [False, True])
def test_an_import_ends_at_the_limit_and_the_uploads_stay(workspace, tmp_path, limits, words, reason, packed):
    """The zip is one small file for the route that took it; what is in it counts when it is unpacked."""
    lines = [f"{name} = {value}" for name, value in limits.items()]
    (workspace.root / "settings.toml").write_text("\n".join(lines))
    if packed:
        area = incoming.new_incoming(workspace, FOX)
        path = write_zip(tmp_path / "a.zip", class_files({"cats": 5, "dogs": 5}))
        incoming.add_file(workspace, area, "a.zip", path.read_bytes(), None)
    else:
        area = upload(workspace, FOX)
    last = runner.run_job(workspace, create_import(workspace, ImportSpec("incoming", area, "x"), FOX))
    if words:
        assert isinstance(last, Failed) and words in last.what, reason
        assert list_datasets(workspace) == [] and incoming.list_uploads(workspace, area)
        assert not list(workspace.datasets.glob(".draft*"))
    else:
        assert last.type == "finished", reason


def test_photos_that_come_along_count_for_the_data_set_but_not_twice_for_the_visitor(workspace):
    base = dataset_of(workspace, FOX)
    (workspace.root / "settings.toml").write_text("dataset_photos = 14\nvisitor_photos = 100")
    area = upload(workspace, FOX, 5, first=100)
    allowance = import_allowance(workspace, FOX, area)
    assert allowance.photos == 90
    with pytest.raises(UserError, match="at most 14 photos"):
        run_job(ingest_incoming(workspace, area, "x", base=base.id, visitor=FOX, allowance=allowance))


WAITING = [
    (0, 3, None, "three wait"),
    (0, 4, "You already have 0 runs waiting, and 4 more", "a race that is too long"),
    (2, 1, None, "three wait"),
    (3, 1, "You already have 3 runs waiting, and 1 more", "one too many"),
]


@pytest.mark.parametrize(("there", "more", "words", "reason"), WAITING)
@pytest.mark.parametrize("visitor", [FOX, ""])
def test_runs_that_wait(workspace, there, more, words, reason, visitor):
    for owner in (FOX, OWL):
        for number in range(there):
            queue(workspace, create_run(workspace, "data-1", TrainConfig(seed=number), "x", owner))
    begun = create_run(workspace, "data-1", TrainConfig(), "x", FOX)
    queue(workspace, begun)
    EventLog(begun).write(Started(0.0, 1))
    if words and visitor:
        with pytest.raises(UserError, match=words):
            check_waiting(workspace, visitor, more, HOSTED)
    else:
        check_waiting(workspace, visitor, more, HOSTED)
    check_waiting(workspace, visitor, 100, OWN)


def queue(workspace, run):
    line = Line(workspace)
    with line.locked():
        line.add(run)


def test_a_full_disk_is_told_to_everybody_and_caches_make_room_first(workspace):
    limits = replace(HOSTED, disk_mb=3)
    kind = workspace.root / "activations" / "some-kind"
    kind.mkdir(parents=True)
    (kind / "vectors.bin").write_bytes(b"0" * 2_000_000)
    for visitor in (FOX, ""):
        with pytest.raises(UserError, match="not enough disk space: 1 MB"):
            check_room(workspace, visitor, 4_000_000, 1, limits)
    (workspace.root / "downloads" / "a").write_bytes(b"0" * 500_000)
    check_room(workspace, FOX, 2_000_000, 1, limits)
    assert not kind.exists(), "what can be computed again goes before anybody is sent away"


def test_free_space_counts_too(workspace, monkeypatch):
    check_disk(workspace, 0, OWN)
    monkeypatch.setattr(quota, "SPARE_BYTES", 10**18)
    with pytest.raises(UserError, match="not enough disk space"):
        check_disk(workspace, 0, OWN)


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("disk_mb = 10\nactivations_share = 0.2", 2_000_000),
        ("disk_mb = 10\nactivations_share = 0", 0),
        ("activations_share = 0.5", None),
    ],
)
def test_activations_get_a_share_of_the_disk_and_no_more(workspace, text, limit):
    (workspace.root / "settings.toml").write_text(text)
    expected = shutil.disk_usage(workspace.root).total // 2 if limit is None else limit
    assert abs(activations_limit(workspace) - expected) <= 1
    for number in range(3):
        kind = workspace.root / "activations" / f"kind-{number}"
        kind.mkdir(parents=True)
        (kind / "vectors.bin").write_bytes(b"0" * 900_000)
        (kind / "used").touch()
        os.utime(kind / "used", (number, number))
    clean(workspace, load_limits(workspace))
    left = sorted(path.name for path in (workspace.root / "activations").iterdir() if path.is_dir())
    assert left == ["kind-0", "kind-1", "kind-2"][0 if limit is None else 1 if limit else 3 :], "the oldest go first"


def test_the_disk_is_measured_at_most_once_a_minute(workspace):
    before = disk_used(workspace, now=1_000)
    (workspace.root / "downloads" / "a").write_bytes(b"0" * 70_000)
    assert disk_used(workspace, now=1_059) == before
    assert disk_used(workspace, now=1_060) >= before + 70_000
    assert disk_used(workspace, now=900) >= before + 70_000, "a clock that was set back"
