"""The edit log against a plain model of it, kills at every step, and two processes at once."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.photos import class_files, run_job, write_zip
from tlcore.data import edits
from tlcore.data.edit_log import LOG, read_log
from tlcore.data.ingest import ingest_zip
from tlcore.data.manifest import Dataset, load_dataset
from tlcore.data.replay import _Rows, replay
from tlcore.data.versions import current_version, load_current
from tlcore.errors import UserError
from tlcore.workspace import Workspace, open_workspace

CLASSES = {"a": 6, "b": 6, "c": 6}
PATHS = [f"{label}/photo {number}.jpg" for label, count in CLASSES.items() for number in range(count)]
LABELS, PARTS = ("a", "b", "c", "d", "e"), ("train", "validation", "test")
HOME = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> tuple[Workspace, Dataset]:
    folder = tmp_path_factory.mktemp("log")
    workspace = open_workspace(folder / "home")
    return workspace, run_job(ingest_zip(workspace, write_zip(folder / "pets.zip", class_files(CLASSES))))[0]


paths = st.sets(st.sampled_from(PATHS), min_size=1, max_size=5).map(sorted)
steps = st.one_of(
    st.tuples(st.just("relabel"), paths, st.sampled_from(LABELS)),
    st.tuples(st.just("leave_out"), paths),
    st.tuples(st.just("bring_back"), paths),
    st.tuples(st.just("move_to_part"), paths, st.sampled_from(PARTS)),
    st.tuples(st.just("rename_class"), st.sampled_from(LABELS), st.sampled_from(LABELS)),
    st.tuples(
        st.just("merge_classes"), st.sets(st.sampled_from(LABELS), min_size=2, max_size=3).map(sorted), st.just("d")
    ),
    st.tuples(st.just("split_off"), paths, st.just("e")),
    st.tuples(st.just("reorder_classes"), st.permutations(LABELS[:3])),
    st.tuples(st.just("set_groups"), st.dictionaries(st.sampled_from(PATHS), st.sampled_from("xyz")), st.just(False)),
    st.tuples(st.just("undo")),
    st.tuples(st.just("redo")),
)


class Model:
    """What a person expects of a list of photos with a line of states, as in an editor."""

    def __init__(self, dataset: Dataset) -> None:
        self.line, self.place = [self.state(dataset)], 0

    @staticmethod
    def state(dataset: Dataset) -> dict[str, tuple[str, bool, str | None]]:
        """Label, whether it is left out, and group of each photo."""
        rows = [(dataset.photos, False), (dataset.left_out, True)]
        return {row.path: (row.label, out, row.group) for frame, out in rows for row in frame.itertuples()}

    def do(self, name: str, *arguments) -> None:
        if name in ("undo", "redo"):
            self.place += 1 if name == "redo" else -1
            return
        now = dict(self.line[self.place])
        label = {"relabel", "split_off"}
        for path, (old, out, group) in now.items():
            if name in label and path in arguments[0]:
                now[path] = (arguments[1], out, group)
            elif name in ("leave_out", "bring_back") and path in arguments[0]:
                now[path] = (old, name == "leave_out", group)
            elif (name == "rename_class" and old == arguments[0]) or (name == "merge_classes" and old in arguments[0]):
                now[path] = (arguments[1], out, group)
            elif name == "set_groups" and not out:
                now[path] = (old, out, arguments[0].get(path))
        self.line = [*self.line[: self.place + 1], now]
        self.place += 1


@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.lists(steps, max_size=12))
def test_any_sequence_of_edits_is_what_a_plain_model_says(made, sequence):
    workspace, first = made
    for file in ("head.json", LOG):
        (first.folder / file).unlink(missing_ok=True)
    model, versions = Model(first), {first.id: first}
    for name, *arguments in sequence:
        before = current_version(workspace, first.id)
        try:
            now = getattr(edits, name)(workspace, first, *arguments)
        except UserError:
            assert current_version(workspace, first.id) == before, "what is refused changes nothing"
            continue
        if now.id != before:
            model.do(name, *arguments)
        assert Model.state(now) == model.line[model.place], name
        assert len(now.photos) + len(now.left_out) == len(PATHS), "nothing is lost"
        assert (now.photos.groupby("label")["split"].nunique() == 3).all(), "every class has photos in each part"
        known = versions.setdefault(now.id, now)
        assert known.photos.equals(now.photos), "a version is always the same"
    for an_id, version in versions.items():
        again = load_dataset(workspace, an_id)
        assert again.photos.equals(version.photos) and again.labels == version.labels, "and can be read again"
    log = [each for each in edits.history(workspace, first) if not each.undone]
    assert len(log) == model.place and len(model.line) == len(edits.history(workspace, first)) + 1


KILLED = """
import sys
from tests.faults.crash_points import kill_at
from tlcore.data import edits
from tlcore.data.versions import load_current
from tlcore.workspace import open_workspace
workspace = open_workspace(sys.argv[1])
dataset = load_current(workspace, sys.argv[2])
number, what = int(sys.argv[3]), sys.argv[4]
paths = list(dataset.photos["path"][dataset.photos["split"] == "train"][:1])
kill_at(number, workspace.root)
if what == "rotate":
    edits.rotate(workspace, dataset, paths, 90)
elif what == "undo":
    edits.undo(workspace, dataset)
else:
    edits.leave_out(workspace, dataset, paths)
"""


@pytest.mark.parametrize("what", ["leave_out", "rotate", "undo"])
def test_a_kill_leaves_the_version_before_or_after(made, tmp_path, what):
    workspace, first = made
    shutil.copytree(workspace.root, tmp_path / "home", ignore=shutil.ignore_patterns("head.json", "edits*"))
    home = open_workspace(tmp_path / "home")
    edits.relabel(home, load_dataset(home, first.id), ["a/photo 0.jpg"], "b")
    seen = set()
    for number in range(1, 40):
        shutil.rmtree(tmp_path / "now", ignore_errors=True)
        shutil.copytree(home.root, tmp_path / "now")
        child = os.fork()
        if not child:
            sys.argv = ["", str(tmp_path / "now"), first.id, str(number), what]
            exec(compile(KILLED, "killed", "exec"), {})
            os._exit(0)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        now = open_workspace(tmp_path / "now")
        dataset = load_current(now, first.id)
        seen.add(dataset.id)
        assert dataset.id in (f"{first.id}@2", f"{first.id}@3", first.id)
        assert all(map(dataset.read, dataset.photos["path"])), number
        again = edits.leave_out(now, dataset, ["c/photo 1.jpg"])
        assert load_dataset(now, again.id).photos.equals(again.photos), "and one goes on from there"
        if code != -signal.SIGKILL:
            assert code == 0
            break
    else:
        pytest.fail("it never came to its end")
    assert len(seen) == 2, seen


def test_a_line_that_a_kill_left_half_written_is_passed_over(made, tmp_path):
    workspace, first = made
    shutil.copytree(workspace.root, tmp_path / "home", ignore=shutil.ignore_patterns("head.json", "edits*"))
    home = open_workspace(tmp_path / "home")
    second = edits.relabel(home, load_dataset(home, first.id), ["a/photo 0.jpg"], "b")
    with open(second.folder / LOG, "a") as file:
        file.write('{"version": 3, "before": 2, "made"')
    third = edits.relabel(home, second, ["a/photo 1.jpg"], "b")
    assert third.version == 3 and load_dataset(home, third.id).photos.equals(third.photos)
    assert sorted(read_log(third.folder).entries) == [2, 3]


@pytest.mark.parametrize("file", ["head.json", LOG])
def test_a_flipped_bit_is_never_another_answer(made, tmp_path, file):
    workspace, first = made
    shutil.copytree(workspace.root, tmp_path / "home", ignore=shutil.ignore_patterns("head.json", "edits*"))
    home = open_workspace(tmp_path / "home")
    second = edits.relabel(home, load_dataset(home, first.id), ["a/photo 0.jpg"], "b")
    third = edits.leave_out(home, second, ["b/photo 0.jpg"])
    known = {each.id: each.photos for each in (load_dataset(home, first.id), second, third)}
    path = third.folder / file
    whole = path.read_bytes()
    for place in range(0, len(whole), max(1, len(whole) // 25)):
        damaged = bytearray(whole)
        damaged[place] ^= 4
        path.write_bytes(bytes(damaged))
        current = load_current(home, first.id)
        assert current.photos.equals(known[current.id]), place
        path.write_bytes(whole)


TOGETHER = """
import sys
from tlcore.data import edits
from tlcore.data.versions import load_current
from tlcore.workspace import open_workspace
workspace = open_workspace(sys.argv[1])
for path in sys.argv[3:]:
    edits.relabel(workspace, load_current(workspace, sys.argv[2]), [path], "c")
"""


def test_two_processes_that_edit_at_once_lose_nothing(made, tmp_path):
    workspace, first = made
    shutil.copytree(workspace.root, tmp_path / "home", ignore=shutil.ignore_patterns("head.json", "edits*"))
    rows = first.photos[(first.photos["split"] == "train") & (first.photos["label"] != "c")]
    chosen = [list(rows["path"][rows["label"] == label][:3]) for label in ("a", "b")]
    commands = [[sys.executable, "-c", TOGETHER, str(tmp_path / "home"), first.id, *each] for each in chosen]
    running = [subprocess.Popen(command, cwd=HOME) for command in commands]
    assert [process.wait(60) for process in running] == [0, 0]
    now = load_current(open_workspace(tmp_path / "home"), first.id)
    labels = dict(zip(now.photos["path"], now.photos["label"]))
    assert {labels[path] for each in chosen for path in each} == {"c"} and now.version == 7
    assert json.loads((now.folder / "head.json").read_text())["version"] == 7


@pytest.mark.parametrize(
    ("order", "reason"),
    [(["a", "b", "c"], "as every import writes them"), (["c", "a", "b"], "by hand, or by a version that did not sort")],
)
def test_photos_that_nobody_edited_come_as_edited_ones_do(order, reason):
    photos = pd.DataFrame({"path": order, "label": order, "split": "train", "sha256": order})
    plain, renamed = replay(photos, [], _nothing), _Rows(photos).frame()
    pd.testing.assert_frame_equal(plain[renamed.columns], renamed)
    assert list(plain["path"]) == ["a", "b", "c"], reason


def _nothing(entry):
    raise AssertionError("no edit brought anything")
