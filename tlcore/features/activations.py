"""What enters the lowest trained block, decoded photos, and features of views, on disk: computed once, read often.

These are the feature store's own files in folders under `activations/`, but far larger: 10,000 photos of
(5, 5, 192) numbers are 0.2 GB, of (28, 28, 256) 8 GB, half of that where they are rounded. So there is an estimate
before anything is computed, a limit on what all of them together may take, and the least recently used kinds go first.
A kind that somebody has open is never removed: each user holds a lock file in its folder, which the system lets go of
even when the user is killed.
"""

import re
import secrets
import shutil
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from pathlib import Path

from filelock import FileLock, Timeout

from tlcore.data.augment import Views
from tlcore.data.wanted import PIXELS_VERSION
from tlcore.errors import UserError
from tlcore.features.rounded import RoundedRows
from tlcore.features.store import LOCK_SECONDS, FeatureKind, FeatureStore, Kind, RowStore, name_ending, row_bytes
from tlcore.features.views import Rows, ViewedStore, has_views
from tlcore.models.predictor import EXACT
from tlcore.settings import load_limits
from tlcore.workspace import Workspace, disk_error

SPARE_BYTES = 500_000_000
"""What must be left free on the disk: runs, their events and the system itself need some."""

_USED = "used"  # its time of change says when a kind was used last
_TRASH = ".trash-"


@dataclass(frozen=True)
class ActivationKind:
    """What decides an activation beside the photo.

    `backbone`: a name with the content fingerprint in it; `layer`: the layer whose output it is; `image_size` in
    pixels; `policy`: how a photo is brought to the square; `shape` of one photo's activation;
    `views`: the name of the augmentation (`Views.name`), "" for the photos as they are; `precision`: see `Kind`;
    `dtype`: "<f4", or "<f2" for rows that were rounded (rounded.py).
    """

    backbone: str
    layer: str
    image_size: int
    policy: str
    shape: tuple[int, ...]
    views: str = ""
    precision: str = EXACT
    dtype: str = "<f4"

    output = "activation"

    @property
    def folder_name(self) -> str:
        layer = re.sub(r"[^A-Za-z0-9_]+", "-", self.layer)
        name = f"{self.backbone}-{layer}-{self.image_size}px-{self.policy}-pixels{PIXELS_VERSION}"
        name += name_ending(self.views, self.precision)
        return name if self.dtype == "<f4" else f"{name}-float16"


@dataclass(frozen=True)
class ImageKind:
    """Decoded photos: what `load_input` makes of each, uint8 (image_size, image_size, 3)."""

    image_size: int
    policy: str

    dtype = "u1"
    output = ""
    precision = EXACT

    @property
    def folder_name(self) -> str:
        return f"photos-{self.image_size}px-{self.policy}-pixels{PIXELS_VERSION}"

    @property
    def shape(self) -> tuple[int, ...]:
        return (self.image_size, self.image_size, 3)


class ActivationCache(RowStore):
    """The rows of one `ActivationKind` or `ImageKind`, in use from here to `close` (or the end of the process).

    Raises:
        UserError: the folder cannot be made or written.
    """

    def __init__(self, workspace: Workspace, kind: Kind) -> None:
        root = activations_folder(workspace)
        with _gate(root):  # between making the folder and locking it, nobody may remove it
            super().__init__(root / kind.folder_name, kind)
            self._use = FileLock(self.folder / f"use-{secrets.token_hex(8)}.lock", thread_local=False)
            try:
                self._use.acquire()
                (self.folder / _USED).touch()
            except OSError as error:
                raise disk_error(self.folder / _USED, error) from error

    def close(self) -> None:
        """Not in use any more: the kind may be removed when space is short."""
        if self._use.is_locked:
            (self.folder / _USED).touch()
            self._use.release()
            Path(self._use.lock_file).unlink(missing_ok=True)


class ImageCache(ActivationCache):
    """Decoded photos: an `ActivationCache` whose rows are uint8 pixels; `decode` of extract.py fills it."""

    def __init__(self, workspace: Workspace, image_size: int, policy: str) -> None:
        super().__init__(workspace, ImageKind(image_size, policy))


def open_activations(
    workspace: Workspace,
    kind: ActivationKind,
    views: Views | None = None,
    views_precision: str = EXACT,
    rounded: bool = False,
) -> ViewedStore:
    """The cache of a kind, and of its views unless those would all be the photo itself. Close it after use.

    Args:
        views_precision: see `Kind`; the kind's own is that of the photos as they are.
        rounded: whether new rows are rounded to float16; read they are float32 all the same.
    """

    def rows(kind: ActivationKind) -> Rows:
        exact = ActivationCache(workspace, kind)
        return RoundedRows(exact, ActivationCache(workspace, replace(kind, dtype="<f2"))) if rounded else exact

    if views is None or not has_views(views):
        return ViewedStore(rows(kind))
    return ViewedStore(rows(kind), rows(replace(kind, views=views.name, precision=views_precision)), views)


def open_features(
    workspace: Workspace, kind: FeatureKind, views: Views | None = None, views_precision: str = EXACT
) -> ViewedStore:
    """The feature store of a kind, and of its views unless those would all be the photo itself. Close it after use.

    The photos as they are serve every run and page and stay for good. Their views belong to one augmentation and one
    seed, so they lie with the activations, where what was used least recently goes when space is short.

    Args:
        views_precision: see `open_activations`.
    """
    plain = FeatureStore(workspace, kind)
    if views is None or not has_views(views):
        return ViewedStore(plain)
    kind = replace(kind, views=views.name, precision=views_precision)
    return ViewedStore(plain, ActivationCache(workspace, kind), views)


def activations_folder(workspace: Workspace) -> Path:
    """Where all kinds lie, one folder each."""
    return workspace.root / "activations"


def activations_bytes(workspace: Workspace) -> int:
    """What all kinds take on the disk now."""
    return sum(map(_folder_bytes, _kinds(activations_folder(workspace))))


def activations_limit(workspace: Workspace) -> int:
    """What all kinds together may take: a share of what the workspace may, or of the disk where that has no limit.

    Raises:
        UserError: the settings cannot be read.
    """
    limits = load_limits(workspace)
    whole = limits.disk_mb * 1e6 or shutil.disk_usage(workspace.root).total
    return int(whole * limits.activations_share)


def estimate_bytes(num_photos: int, kind: Kind, views: int = 1) -> int:
    """What so many photos with so many views each will take on the disk."""
    return num_photos * views * row_bytes(kind)


def make_room(workspace: Workspace, kind: Kind, num_rows: int, limit_bytes: int | None = None) -> None:
    """Before `num_rows` more rows of a kind are computed: remove what was used least recently, as far as needed.

    Afterwards all kinds with the new rows take at most `limit_bytes`, where that is possible without removing what is
    in use, and `SPARE_BYTES` stay free on the disk. The kind itself stays. `ViewedStore.num_missing` counts the rows.

    Args:
        limit_bytes: None: what the settings of this machine allow.

    Raises:
        UserError: the disk has not enough space even so; the sentence has the estimate.
    """
    needed, keep = estimate_bytes(num_rows, kind), (kind.folder_name,)
    if not needed:
        return
    limit = activations_limit(workspace) if limit_bytes is None else limit_bytes
    evict(workspace, keep, max(0, limit - needed))
    missing = needed + SPARE_BYTES - shutil.disk_usage(workspace.root).free
    if missing > 0:
        evict(workspace, keep, max(0, activations_bytes(workspace) - missing))
    free = shutil.disk_usage(workspace.root).free
    if needed + SPARE_BYTES > free:
        raise UserError(
            f"This training needs about {size_text(needed)} of disk space for its cache; "
            f"{size_text(max(0, free - SPARE_BYTES))} is free.",
            "Free up some space, or choose a smaller image size, fewer views per photo or fewer layers to fine-tune. "
            "Or set TRANSFERLAB_HOME to a folder on a larger disk.",
        )


def evict(workspace: Workspace, keep: Collection[str], limit_bytes: int) -> list[str]:
    """Remove the least recently used kinds until all of them together take at most `limit_bytes`.

    Kinds that are in use, here or in another process, and those named in `keep` (folder names) stay, so the rest may
    still be larger than the limit. Returns the names of those removed.
    """
    root = activations_folder(workspace)
    removed: list[str] = []
    if not root.is_dir():
        return removed
    with _gate(root):
        kinds = sorted(_kinds(root), key=_last_used)
        total = sum(map(_folder_bytes, kinds))
        for folder in kinds:
            if total <= limit_bytes:
                break
            if folder.name in keep or _in_use(folder):
                continue
            total -= _folder_bytes(folder)
            folder.rename(root / f"{_TRASH}{secrets.token_hex(8)}")  # a kill must not leave half a kind
            removed.append(folder.name)
    for trash in root.glob(f"{_TRASH}*"):
        shutil.rmtree(trash, ignore_errors=True)
    return removed


def remove_kinds(workspace: Workspace, unwanted: Callable[[Path], bool]) -> bool:
    """Remove the kinds whose folder is `unwanted`; False where one of them is in use, here or elsewhere, and stays."""
    root, done = activations_folder(workspace), True
    if not root.is_dir():
        return done
    with _gate(root):
        for folder in filter(unwanted, _kinds(root)):
            if _in_use(folder):
                done = False
            else:
                folder.rename(root / f"{_TRASH}{secrets.token_hex(8)}")
    for trash in root.glob(f"{_TRASH}*"):
        shutil.rmtree(trash, ignore_errors=True)
    return done


def _gate(root: Path) -> FileLock:
    """The lock under which kinds are opened and removed."""
    try:
        root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise disk_error(root, error) from error
    return FileLock(root / "gate.lock", timeout=LOCK_SECONDS)


def _kinds(root: Path) -> list[Path]:
    if not root.is_dir():
        return []
    return [path for path in root.iterdir() if path.is_dir() and not path.name.startswith(_TRASH)]


def _in_use(folder: Path) -> bool:
    """Whether a living process has it open; locks that the dead left behind are tidied away."""
    for path in folder.glob("use-*.lock"):
        try:
            with FileLock(path, timeout=0):
                pass
        except Timeout:
            return True
        path.unlink(missing_ok=True)
    return False


def _last_used(folder: Path) -> float:
    try:
        return (folder / _USED).stat().st_mtime
    except FileNotFoundError:  # killed before its first use
        return 0.0


def _folder_bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.glob("*.bin"))


def size_text(count: int) -> str:
    """A number of bytes in words: "340 MB", "1.2 GB"."""
    return f"{count / 1e9:,.1f} GB" if count >= 1e9 else f"{count / 1e6:,.0f} MB"
