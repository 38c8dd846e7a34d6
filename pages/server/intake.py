"""What one upload request brings, into an upload area: which slices are written, which files count, what is refused."""

import errno
import shutil
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import anyio
import anyio.to_thread

from pages.server.frames import Body, Slice, TooLarge
from tlcore.data import receive
from tlcore.data.incoming import owner
from tlcore.data.receive import OutOfOrder, Part, SentFile, Usage
from tlcore.errors import UserError
from tlcore.settings import Limits
from tlcore.storage.quota import SPARE_BYTES, check_room
from tlcore.workspace import Workspace, touch_used

COMMIT_FILES = 100
"""Files that are let count at once."""

FREE_BYTES = 50_000_000
"""Of the disk, which uploads leave to everything else even while they come; a request begins with more."""

Result = TypeVar("Result")


class Reason(NamedTuple):
    """A status code and a sentence."""

    status: int
    what: str
    fix: str


class Refusal(Exception):
    """Why a request, or the rest of it, is not taken."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.what)
        self.reason = reason


DISK_FULL = Reason(507, "The disk of the server is full.", "What arrived is kept. Free some space, then send the rest.")
GONE = Reason(404, "These uploads are gone.", "Reload the Data page and choose the files again.")
BUSY = Reason(429, "Too much is being sent at once.", "Wait a moment, then send the rest.")


class Place(NamedTuple):
    """Where files go, and what may go there."""

    workspace: Workspace
    area: str
    limits: Limits


class Intake:
    """One request: its slices go into the files of an area.

    Args:
        writing: the files (area, id) that are being written; each by one request at a time. announced: the bytes
            that the request says it has, 0 where it does not.
    """

    def __init__(self, place: Place, writing: set[tuple[str, str]], announced: int = 0) -> None:
        self.arrived: list[str] = []
        self.have: dict[str, int] = {}
        self.out_of_order = False
        self._place = place
        self._area = (place.workspace, place.area)
        self._writing = writing
        self._announced = announced
        self._whole: list[SentFile] = []
        self._used = Usage(0, 0)
        self._known: set[str] = set()

    async def take_all(self, body: Body) -> None:
        """Take every slice. Whatever ends it, files that are whole count. Raises Refusal and what `body` does."""
        batch = ""
        try:
            while (piece := await body.next_slice()) is not None:
                if batch_of(piece.file.id) != batch:
                    batch = batch_of(piece.file.id)
                    await _on_disk(self._look, piece.file)
                await self._take(body, piece)
                if len(self._whole) >= COMMIT_FILES:
                    await _on_disk(self._commit)
        finally:
            with anyio.CancelScope(shield=True):
                await _on_disk(self._commit)

    async def _take(self, body: Body, piece: Slice) -> None:
        """Write one slice, or pass over one that need not or cannot be written."""
        key = (self._place.area, piece.file.id)
        if key in self._writing:  # by a request that this browser has given up
            raise Refusal(BUSY)
        self._writing.add(key)
        try:
            part = await _on_disk(self._open, piece)
            if part is None:
                async for _ in body.pieces(piece.length):
                    pass
                return
            try:
                async for data in body.pieces(piece.length):
                    await _on_disk(part.write, data)
            except TooLarge:
                await _on_disk(part.drop)
                raise
            finally:
                with anyio.CancelScope(shield=True):
                    await _on_disk(part.close)
        finally:
            self._writing.discard(key)
        if piece.offset + piece.length == piece.file.size:
            self._whole.append(piece.file._replace(sha256=part.sha256))
        else:
            self.have[piece.file.id] = piece.offset + piece.length

    def _look(self, file: SentFile) -> None:
        """What is there already, and whether the visitor may keep more. Raises Refusal."""
        workspace, area, limits = self._place
        batch = batch_of(file.id)
        touch_used(workspace.incoming / area)
        self._known = {f"{batch}-{number}" for number in receive.arrived(workspace, area, batch)}
        self._used = receive.usage(workspace, area)
        if file.id not in self._known:
            more = max(0, file.size - receive.received(workspace, area, file.id))
            try:
                check_room(workspace, owner(workspace, area), max(more, self._announced), 1, limits)
            except UserError as error:
                full = _free(workspace) < more + SPARE_BYTES
                raise Refusal(Reason(507 if full else 413, error.what, error.fix)) from error

    def _open(self, piece: Slice) -> Part | None:
        """The file to write to; None where it has arrived, or the slice does not go on where it ends so far."""
        file = piece.file
        if file.id in self._known:  # the answer to the first sending was lost
            self.arrived.append(file.id)
            return None
        have = receive.received(*self._area, file.id)
        self._check_room(file, have)
        try:
            part = Part(*self._area, file.id, piece.offset)
        except OutOfOrder as error:
            self.have[file.id] = error.have
            self.out_of_order = True
            return None
        more = max(0, piece.offset + piece.length - have)
        self._used = Usage(self._used.files + (not have), self._used.size + more)
        return part

    def _check_room(self, file: SentFile, have: int) -> None:
        """Whether the whole file may come. Raises Refusal."""
        limits, files, size = self._place.limits, int(not have), max(0, file.size - have)
        if receive.beyond(limits, self._used.files + files, self._used.size + size):
            receive.drop_left_parts(*self._area, batch_of(file.id))
            self._used = receive.usage(*self._area)
        full = receive.beyond(limits, self._used.files + files, self._used.size + size)
        if full:
            raise Refusal(Reason(413, full.what, full.fix))
        if _free(self._place.workspace) < size + FREE_BYTES:
            raise Refusal(DISK_FULL)

    def _commit(self) -> None:
        files, self._whole = self._whole, []
        if not files:
            return
        limits, done = self._place.limits, receive.commit(*self._area, files, self._place.limits)
        self.arrived += done
        if len(done) < len(files):  # several requests at once filled the area
            full = receive.beyond(limits, self._used.files + 1, self._used.size + 1)
            raise Refusal(Reason(413, full.what, full.fix) if full else BUSY)


def _free(workspace: Workspace) -> int:
    return shutil.disk_usage(workspace.incoming).free


async def _on_disk(function: Callable[..., Result], *arguments: Any) -> Result:
    """The function's result, from a thread. What a disk says becomes a Refusal that names no path of the server."""
    try:
        return await anyio.to_thread.run_sync(function, *arguments)
    except OutOfOrder as error:  # something else took the file meanwhile
        raise Refusal(BUSY) from error
    except UserError as error:
        cause = error.__cause__
        full = isinstance(cause, OSError) and cause.errno in (errno.ENOSPC, errno.EDQUOT)
        raise Refusal(DISK_FULL if full else GONE) from error


def batch_of(file_id: str) -> str:
    """What the ids of files have in common that were chosen at once."""
    return file_id.partition("-")[0]
