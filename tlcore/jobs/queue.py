"""The queue in front of the workers: one job of each kind at a time (a training, an import, …), each in a process.

Who waits, and in which order, is on disk (line.py), so it outlives this process and several servers share it. Here
are the threads that start a worker for the job whose turn it is and watch it to its end (supervision.py): one a kind of
job, and of several servers only one at a time. What an earlier server left waiting or running they take up.
"""

import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from tlcore.errors import UserError
from tlcore.jobs.line import FOLDER, KINDS, Line
from tlcore.jobs.locks import LOCK, is_locked
from tlcore.jobs.places import entry_of, has_begun
from tlcore.jobs.small_machine import keeps_trainer_warm
from tlcore.jobs.status import job_status
from tlcore.jobs.store import Job
from tlcore.jobs.supervision import Allowance, Supervision, settle
from tlcore.jobs.worker_memory import memory_limit
from tlcore.jobs.workers import AdoptedWorker, Exit, OwnWorker
from tlcore.settings import HOSTED, OWN, Limits, is_hosted, load_limits
from tlcore.workspace import Workspace

IDLE_SECONDS = 0.5  # between two looks for what another process put into the line
RETRY_SECONDS = 0.5  # before another worker is started for a job that one could not begin, longer each time
WARM_OPTIONS = {"train": "--warm", "import": "--warm-import"}  # of a worker that waits for a job, see worker/process.py
FRESH_SECONDS = 0.25  # for so long the order of the line is not read again: every open page asks every second

Admit = Callable[[Job, bool], None]
"""Lets a job into the line, or raises UserError; the second argument: whether the owner asks for it. The line is held
meanwhile, so that what it counts is true. `classroom/rules.py:admit` is the one of the pages."""

_queues: dict[Path, "JobQueue"] = {}
_queues_lock = threading.Lock()


def admit_all(job: Job, by_owner: bool) -> None:
    """Let any job into the line."""


def queue_of(workspace: Workspace, admit: Admit) -> "JobQueue":
    """The queue of this process for a workspace, made when it is first asked for; nothing but its `close` ends it."""
    with _queues_lock:
        queue = _queues.get(workspace.root)
        if queue is None or queue.closed:
            queue = _queues[workspace.root] = JobQueue(workspace, admit)
        return queue


class JobQueue:
    """Takes jobs of one workspace and sees that they are worked on, visitors in turn. Get one with `queue_of`."""

    def __init__(self, workspace: Workspace, admit: Admit = admit_all) -> None:
        self._workspace, self._admit = workspace, admit
        self._line = Line(workspace)
        self._closing = threading.Event()
        self._changed = {kind: threading.Event() for kind in KINDS}
        self._mutex = threading.Lock()  # of the four below
        self._warm: dict[str, OwnWorker] = {}  # by the kind of job that they wait for
        self._wanted: set[str] = set()  # the kinds of job for which one shall wait
        self._at_work: dict[str, str] = {}  # the job of each kind that this queue begins or watches
        self._seen: dict[str, tuple[float, list[str], int]] = {}
        for kind in KINDS:
            threading.Thread(target=self._serve, args=(kind,), name=f"queue of {kind}", daemon=True).start()

    @property
    def closed(self) -> bool:
        """Whether it takes up nothing any more."""
        return self._closing.is_set()

    def submit(self, job: Job, by_owner: bool = False) -> None:
        """Put a job at the end of the line, once: one that waits or is worked on stays as it is.

        Args:
            by_owner: whether the owner of the workspace asks for it, whosever it is.

        Raises:
            UserError: the visitor has as many runs waiting as are allowed, the classroom that he is in does not allow
                it, or the disk is full.
        """
        self._add(job, "restart" if has_begun(job) else "", by_owner)

    def restart(self, job: Job, by_owner: bool = False) -> None:
        """Work on a job once more from the beginning; one that waits or is worked on stays as it is.

        Raises:
            UserError: as for `submit`.
        """
        self._add(job, "restart", by_owner)

    def resume(self, job: Job, by_owner: bool = False) -> None:
        """Continue a training from its last epoch, where `can_resume` says that it can.

        Raises:
            UserError: as for `submit`.
        """
        self._add(job, "resume", by_owner)

    def _add(self, job: Job, again: str, by_owner: bool) -> None:
        with self._line.locked():
            if entry_of(job) is not None or job_status(job).active:
                return
            self._check_room(job)
            self._admit(job, by_owner)
            self._line.add(job, again)
        self._notice(job.kind)

    def _check_room(self, job: Job) -> None:
        """Raises UserError where a visitor has as many runs waiting as one may have."""
        most = self._limits().waiting_runs
        if job.kind != "train" or not job.visitor or not most:
            return
        if sum(other.visitor == job.visitor for other in self._line.waiting("train")) >= most:
            raise UserError(
                f"You already have {most} runs waiting, the most this server allows.",
                "Wait until one of them starts, or remove one from the queue.",
            )

    def position(self, job: Job) -> int:
        """How many jobs of its kind come before it, the running one included; 0 when it is its turn."""
        order, working = self._order(job.kind)
        return order.index(job.id) + working if job.id in order else 0

    def waiting(self, kind: str = "train") -> list[str]:
        """The ids of the jobs that wait, the next one first."""
        return list(self._order(kind)[0])

    def _order(self, kind: str) -> tuple[list[str], int]:
        """The ids of the jobs that wait, and how many are worked on; a moment old at most."""
        with self._mutex:
            now = time.monotonic()
            seen = self._seen.get(kind)
            if seen is None or now - seen[0] > FRESH_SECONDS:
                order = [job.id for job in self._line.waiting(kind)]
                working = sum(is_locked(job.folder / LOCK) for job in self._line.jobs(kind) if job.id not in order)
                seen = self._seen[kind] = (now, order, working)
            return seen[1], seen[2]

    def cancel(self, job: Job) -> None:
        """End a job that waits, before it has begun; a running one is left alone."""
        self._line.cancel(job)
        self._notice(job.kind)

    def move_to_front(self, job: Job) -> None:
        """Let a waiting job go before the others of the same visitor that wait."""
        self._line.move_to_front(job)
        self._notice(job.kind)

    def warm_up(self, *kinds: str) -> None:
        """Start workers that wait with everything loaded; not where one waits already, nor where memory is short.

        From now on another one is started when a job of the kind has ended, so that the next one need not wait either.
        While one is at work and none waits in the line that would slow it down: loading takes all of a processor.

        Args:
            kinds: "train" (TensorFlow, 600 MB), "import" (a decoder, 200 MB); without any, a trainer.
        """
        if not keeps_trainer_warm():
            return
        for kind in kinds or ("train",):
            waiting = self._order(kind)[0]
            with self._mutex:
                self._wanted.add(kind)
                at_work = self._at_work.get(kind)
                others_wait = any(each != at_work for each in waiting)
                if others_wait == (at_work is not None):  # one that waits while none is at work is about to begin
                    self._start_warm(kind)

    def _start_warm(self, kind: str) -> None:
        """Start a worker that waits where none does; the mutex is held."""
        if not self.closed and (kind not in self._warm or self._warm[kind].exit() is not None):
            with suppress(OSError):  # no memory for it: a page that only looks must not fail
                self._warm[kind] = self._start_worker(WARM_OPTIONS[kind], str(self._workspace.root))

    def close(self) -> None:
        """Take up nothing any more and end the workers that wait for a job; running jobs go on."""
        self._closing.set()
        with self._mutex:
            for worker in self._warm.values():
                worker.kill()
            self._warm.clear()
        for changed in self._changed.values():
            changed.set()

    def _notice(self, kind: str) -> None:
        with self._mutex:
            self._seen.pop(kind, None)
        self._changed[kind].set()

    def _serve(self, kind: str) -> None:
        """A thread of each kind: work off what is in the line, until this queue is closed. Nothing ends it else."""
        recovered = False
        while not self.closed:
            self._changed[kind].clear()
            worked = False
            try:
                if not recovered:
                    self._line.recover(kind)
                    recovered = True
                if not self._line.is_empty(kind):
                    with FileLock(self._line.server_lock(kind), timeout=0):
                        worked = self._work(kind)
            except Timeout:  # another server does it
                pass
            except (OSError, UserError):  # the workspace is gone, or cannot be written; it may come back
                pass
            except Exception:  # a fault of ours must not end the line for all
                traceback.print_exc(file=sys.stderr)
            if not worked:
                self._changed[kind].wait(IDLE_SECONDS)

    def _work(self, kind: str) -> bool:
        """Watch a job at work, or start a worker for the next one, to its end; False when there is nothing to do."""
        self._line.tidy(kind)
        for job in self._line.jobs(kind):
            if entry_of(job) is None:
                if is_locked(job.folder / LOCK):
                    with self._working(job):
                        return self._watch(job, AdoptedWorker(job))
                settle(self._line, job, Exit())
        if is_locked(self._line.slot(kind)):  # another server's worker, which begins or ends just now
            return False
        next_job = self._line.hand_out(kind)
        if next_job is None:
            return False
        with self._working(next_job):
            return self._begin(next_job)

    @contextmanager
    def _working(self, job: Job) -> Iterator[None]:
        """While a job is begun and watched; then a worker waits for the next one, where that is wanted."""
        with self._mutex:
            self._at_work[job.kind] = job.id
        try:
            yield
        finally:
            others_wait = bool(self._line.waiting(job.kind))
            with self._mutex:
                del self._at_work[job.kind]
                if job.kind in self._wanted and not others_wait:
                    self._start_warm(job.kind)

    def _begin(self, job: Job) -> bool:
        """Start a worker for a job and watch it."""
        try:
            worker = self._take_worker(job)
        except OSError:
            return self._wait_before_retry(job, failed=True)
        try:
            worker.send(job)
        except OSError:
            worker.leave()  # it is on its way out
            return self._wait_before_retry(job, failed=True)
        return self._watch(job, worker)

    def _watch(self, job: Job, worker: OwnWorker | AdoptedWorker) -> bool:
        """Until a worker has ended, and what is to be written down about that."""
        limited = job.visitor or job.kind == "advice"  # an advice is everybody's who sees the photos
        limits = self._limits()
        allowed = Allowance(limits.run_minutes if limited else 0, memory_limit(limits))
        watch = Supervision(job, worker, allowed, lambda: self._line.tidy(job.kind))
        end = watch.wait(self._closing)
        if end is None:
            worker.leave()
            return False
        if job.folder.is_dir():
            settle(self._line, job, end, watch)
            self._wait_before_retry(job, failed=end != Exit())
        self._notice(job.kind)
        return True

    def _wait_before_retry(self, job: Job, failed: bool) -> bool:
        """Where a job still waits after its worker has ended: count that, and give the machine a moment."""
        tries = self._line.give_back(job, failed) if entry_of(job) is not None else 0
        if tries and failed:
            self._closing.wait(RETRY_SECONDS * tries)
        return True

    def _take_worker(self, job: Job) -> OwnWorker:
        """One that waits for this kind of job, else a fresh process. Raises OSError when none can be started."""
        with self._mutex:
            warm = self._warm.pop(job.kind, None)
            if warm is not None and warm.exit() is None:
                return warm
        return self._start_worker()

    def _start_worker(self, *options: str) -> OwnWorker:
        return OwnWorker(self._workspace.root / FOLDER / "worker.log", *options)

    def _limits(self) -> Limits:
        """What is allowed here, read each time; where the file is wrong, the defaults: the line must go on."""
        try:
            return load_limits(self._workspace)
        except UserError:
            return HOSTED if is_hosted() else OWN
