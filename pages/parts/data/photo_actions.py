"""What can be done with a photo that is shown large on the Data page: each action changes its data set at once."""

from collections.abc import Callable, Iterable, Sequence

from pages.shared import actions, state, undo
from pages.shared.photo_viewer import ViewerAction
from tlcore.data.manifest import Dataset
from tlcore.data.versions import current_version

Edit = Callable[[Dataset, Sequence[str]], Dataset | None]
"""An edit of pages/shared/actions."""

TURNS = {"Left (90°)": 270, "Right (90°)": 90, "Upside down (180°)": 180}


def photo_actions(dataset: Dataset, paths: Iterable[str]) -> tuple[ViewerAction, ...]:
    """The actions for photos, for who may: each changes the current version of their data set.

    Args:
        paths: of the photos, in the order in which they are shown.
    """
    newest = state.dataset_of(current_version(state.workspace(), dataset.id))
    if not (state.may_act(dataset) and state.may_act(newest)):
        return ()
    shown = list(paths)
    labels = dict(zip(newest.photos["path"], newest.photos["label"]))
    left_out = set(newest.left_out["path"])

    def is_there(place: int) -> bool:
        return shown[place] in labels

    def others(place: int) -> list[str]:
        return [label for label in newest.labels if label != labels[shown[place]]]

    def move(place: int, label: str) -> bool:
        return _do(lambda: actions.relabel(newest, [shown[place]], label))

    def single(label: str, edit: Edit, offered: Callable[[int], bool], done: str) -> ViewerAction:
        """An edit of the photo that is shown, after which it is done with."""
        return ViewerAction(
            label,
            lambda place: _do(lambda: edit(newest, [shown[place]])),
            offered,
            removes=True,
            done=f"Photo {done}. Close this to undo it.",
        )

    return (
        ViewerAction(
            "Move to class", move, is_there, removes=True, done="Photo moved. Close this to undo it.", options=others
        ),
        ViewerAction(
            "Rotate",
            lambda place, turn: _do(lambda: actions.rotate(newest, [shown[place]], TURNS[turn])),
            is_there,
            options=lambda place: list(TURNS),
        ),
        single("Leave out", actions.leave_out, is_there, "left out"),
        single("Delete photo", actions.delete_photos, is_there, "deleted"),
        single("Bring back", actions.bring_back, lambda place: shown[place] in left_out, "brought back"),
    )


def _do(edit: Callable[[], Dataset | None]) -> bool:
    """Make an edit, which can be undone; False where this visitor may not. Raises UserError."""
    newer = edit()
    undo.edited(newer)
    return newer is not None
