"""The large caches: the store's safety for any shape, small memory, an estimate, room made without touching others."""

import os
import subprocess
import sys
from collections import namedtuple
from pathlib import Path

import numpy as np
import pytest

from tests.features.test_store import KILLS, all_views, key
from tlcore.data.augment import Augmentation, Views
from tlcore.errors import UserError
from tlcore.features import activations
from tlcore.features.activations import (
    ActivationCache,
    ActivationKind,
    ImageCache,
    ImageKind,
    activations_folder,
    estimate_bytes,
    evict,
    make_room,
    open_activations,
    open_features,
)
from tlcore.features.store import FeatureKind

ROOT = Path(__file__).resolve().parents[2]
KIND = ActivationKind("net-0123", "block/5 out", 96, "squash", (5, 1))
DiskUsage = namedtuple("DiskUsage", "total used free")


def rows(*numbers: int) -> np.ndarray:
    return np.array([[[number + part / 8] for part in range(5)] for number in numbers], np.float32)


def fill(workspace, layer: str, used: float, megabytes: int = 1) -> str:
    """A kind of about that size that was closed at the time `used`; its folder's name."""
    kind = ActivationKind("net-0123", layer, 96, "squash", (250_000,))
    with ActivationCache(workspace, kind) as cache:
        for number in range(megabytes):
            cache.append([key(number)], np.zeros((1, 250_000), np.float32))
    os.utime(cache.folder / "used", (used, used))
    return kind.folder_name


@pytest.mark.parametrize(("file", "size", "kept", "reason"), KILLS)
def test_a_kill_at_any_moment_costs_only_the_unfinished_rows(workspace, file, size, kept, reason):
    with ActivationCache(workspace, KIND) as cache:
        cache.append([key(1), key(2)], rows(1, 2))
    os.truncate(cache.folder / file, size)
    with ActivationCache(workspace, KIND) as again:
        assert len(again) == kept, reason
        again.append([key(7), key(8)], rows(7, 8))
    with ActivationCache(workspace, KIND) as fresh:
        np.testing.assert_array_equal(fresh.read([key(8), key(7)]), rows(8, 7))
        if kept:
            np.testing.assert_array_equal(fresh.read([key(1)]), rows(1))


def test_pixels_stay_bytes(workspace):
    images = np.random.default_rng(0).integers(0, 256, (3, 8, 8, 3), dtype=np.uint8)
    with ImageCache(workspace, 8, "squash") as cache:
        cache.append([key(1), key(2), key(3)], images)
        back = cache.read([key(3), key(1)])
    assert back.dtype == np.uint8
    np.testing.assert_array_equal(back, images[[2, 0]])
    assert (cache.folder / "vectors.bin").stat().st_size == 3 * 8 * 8 * 3


def test_what_changes_the_numbers_changes_the_folder():
    base = ("net-0123", "block5", 96, "squash", (5, 1))
    kinds = [
        ActivationKind(*base),
        ActivationKind(*base, "0123abcd"),
        ActivationKind(*base, dtype="<f2"),
        ImageKind(96, "squash"),
        ImageKind(128, "squash"),
        ImageKind(96, "center-crop"),
    ]
    for place, value in ((0, "net-9"), (1, "block6"), (2, 128), (3, "center-crop")):
        kinds.append(ActivationKind(*base[:place], value, *base[place + 1 :]))
    names = [kind.folder_name for kind in kinds]
    assert len(set(names)) == len(names)
    assert "/" not in ActivationKind("net", "block/5 out", 96, "squash", (1,)).folder_name


def test_memory_does_not_grow_with_the_number_of_photos():
    """In processes of their own: 192 KB a row, so that all rows are 40 MB and 800 MB (with holes, not on the disk)."""
    script = """
import os, resource, sys, tempfile
import numpy as np
from tlcore.features.activations import ActivationCache, ActivationKind
from tlcore.features.batches import batches
from tlcore.workspace import open_workspace
count = int(sys.argv[1])
with tempfile.TemporaryDirectory() as folder:
    kind = ActivationKind("net", "block", 160, "squash", (5, 5, 1920))
    with ActivationCache(open_workspace(folder), kind) as cache:
        (cache.folder / "vectors.bin").touch()
        os.truncate(cache.folder / "vectors.bin", count * 5 * 5 * 1920 * 4)
        (cache.folder / "keys.bin").write_bytes(b"".join(number.to_bytes(32, "big") for number in range(count)))
        cache.refresh()
        keys, order = [f"{number:064x}" for number in range(count)], np.random.default_rng(0).permutation(count)
        seen = sum(len(labels) for _, labels in batches(cache, keys, np.zeros(count), 32, order))
assert seen == count
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""
    peaks = []
    for count in (200, 4000):
        done = subprocess.run(
            [sys.executable, "-c", script, str(count)], cwd=ROOT, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, done.stderr[-2000:]
        peaks.append(int(done.stdout))
    assert peaks[1] < 1.3 * peaks[0], f"peak memory grew from {peaks[0]} to {peaks[1]}"


@pytest.mark.parametrize(
    ("kind", "photos", "views", "expected"),
    [
        (ActivationKind("n", "l", 160, "squash", (5, 5, 192)), 10_000, 1, 10_000 * 5 * 5 * 192 * 4),
        (ActivationKind("n", "l", 160, "squash", (10, 10, 112)), 1_000, 4, 4 * 1_000 * 10 * 10 * 112 * 4),
        (ImageKind(160, "squash"), 1_000, 1, 1_000 * 160 * 160 * 3),  # pixels are bytes
        (FeatureKind("n", 160, "squash", 1280), 1_000, 2, 2 * 1_000 * 1280 * 4),
        (ActivationKind("n", "l", 160, "squash", (10, 10, 112), dtype="<f2"), 10, 4, 4 * 10 * 10 * 10 * 112 * 2),
        (KIND, 0, 4, 0),
    ],
)
def test_the_estimate_is_what_the_rows_take(kind, photos, views, expected):
    assert estimate_bytes(photos, kind, views) == expected


def test_a_disk_too_small_is_reported_before_it_starts(workspace, monkeypatch):
    monkeypatch.setattr(activations.shutil, "disk_usage", lambda path: DiskUsage(0, 0, 1_700_000_000))
    kind = ActivationKind("n", "l", 160, "squash", (28, 28, 256))
    make_room(workspace, kind, 1_000)  # 0.8 GB of the 1.2 GB that may be used
    with pytest.raises(UserError) as caught:
        make_room(workspace, kind, 10_000)
    assert "about 8.0 GB" in caught.value.what and "1.2 GB is free" in caught.value.what
    assert str(workspace.root) not in str(caught.value), "visitors read it too"
    assert "fewer layers to fine-tune" in caught.value.fix and "smaller image size" in caught.value.fix
    make_room(workspace, kind, 0)  # all there already


def test_the_least_recently_used_goes_first_and_only_as_much_as_needed(workspace):
    names = [fill(workspace, layer, used) for layer, used in (("new", 300.0), ("old", 100.0), ("middle", 200.0))]
    assert evict(workspace, (), 3_100_000) == [], "all fit"
    assert evict(workspace, (), 2_500_000) == [names[1]]
    assert evict(workspace, (names[2],), 1_500_000) == [names[0]], "what is to be kept stays, though it is older"
    assert sorted(path.name for path in activations_folder(workspace).iterdir() if path.is_dir()) == [names[2]]
    assert evict(workspace, (), 0) == [names[2]]


def test_what_is_in_use_is_never_removed_and_what_the_dead_used_is(workspace):
    names = [fill(workspace, layer, 100.0) for layer in ("here", "there", "dead")]
    open_here = ActivationCache(workspace, ActivationKind("net-0123", "here", 96, "squash", (250_000,)))
    script = """
import os, sys
from tlcore.features.activations import ActivationCache, ActivationKind
from tlcore.workspace import open_workspace
cache = ActivationCache(open_workspace(sys.argv[1]), ActivationKind("net-0123", sys.argv[2], 96, "squash", (250_000,)))
print("open", flush=True)
sys.stdin.read(1) or os._exit(0)
os.kill(os.getpid(), 9)
"""
    others = [
        subprocess.Popen(
            [sys.executable, "-c", script, str(workspace.root), layer],
            cwd=ROOT,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        for layer in ("there", "dead")
    ]
    try:
        assert [other.stdout.readline() for other in others] == ["open\n", "open\n"]
        others[1].communicate("x")
        assert list((activations_folder(workspace) / names[2]).glob("use-*")), "the killed one left its lock file"
        assert evict(workspace, (), 0) == [names[2]]
        assert open_here.read([key(0)]).shape == (1, 250_000)
    finally:
        for other in others:
            other.communicate()
    open_here.close()
    open_here.close()  # twice is once
    assert sorted(evict(workspace, (), 0)) == sorted(names[:2])


def test_room_is_made_by_removing_others_but_not_the_kind_itself(workspace, monkeypatch):
    names = [fill(workspace, layer, used, 2) for layer, used in (("mine", 100.0), ("older", 200.0), ("newer", 300.0))]
    mine = ActivationKind("net-0123", "mine", 96, "squash", (250_000,))
    folders = [activations_folder(workspace) / name for name in names]
    make_room(workspace, mine, 1, limit_bytes=7_100_000)
    assert all(folder.is_dir() for folder in folders), "6 MB and 1 more are within the limit"
    make_room(workspace, mine, 2, limit_bytes=7_100_000)
    assert [folder.is_dir() for folder in folders] == [True, False, True], "the limit is for all together"

    def free(path):
        return DiskUsage(0, 0, activations.SPARE_BYTES + (500_000 if folders[2].is_dir() else 2_500_000))

    monkeypatch.setattr(activations.shutil, "disk_usage", free)
    make_room(workspace, mine, 2)
    assert [folder.is_dir() for folder in folders] == [True, False, False], "the disk was short"


def test_views_lie_beside_the_photos_in_a_folder_that_can_go_alone(workspace):
    views = Views(Augmentation(horizontal_flip=True), 3, 1)
    with open_activations(workspace, KIND, views) as store:
        pairs = [(key(number), view) for number in (1, 2) for view in range(3)]
        assert store.num_missing([key(1), key(2), key(1)]) == 6
        store.append(pairs, rows(10, 11, 12, 20, 21, 22))
        both = all_views(store, [key(2), key(1)])
        np.testing.assert_array_equal(both[..., 0, 0], [[20, 21, 22], [10, 11, 12]])
        assert evict(workspace, (), 0) == [], "both folders are in use"
    with open_activations(workspace, KIND) as plain:
        np.testing.assert_array_equal(plain.read([key(2)]), rows(20))
        assert len(evict(workspace, (), 0)) == 1, "the views go, the photos are in use"
        assert plain.missing([key(1)]) == {}
    with open_activations(workspace, KIND, Views(Augmentation(), 4)) as still:
        assert still.views.count == 1, "with the augmentation off all views would be the photo"


def test_features_of_views_can_go_and_those_of_the_photos_stay_for_good(workspace):
    kind = FeatureKind("net-0123", 96, "squash", 5)
    with open_features(workspace, kind, Views(Augmentation(horizontal_flip=True), 2, 1)) as store:
        store.append([(key(1), view) for view in range(2)], np.ones((2, 5), np.float32))
        assert evict(workspace, (), 0) == [], "in use"
    assert len(evict(workspace, (), 0)) == 1
    with open_features(workspace, kind, Views(Augmentation(horizontal_flip=True), 2, 1)) as store:
        assert store.missing([key(1)]) == {key(1): (1,)}, "only the view has to be computed again"
