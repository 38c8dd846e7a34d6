"""Whose turn it is, and how much may lie in memory until then."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus

SECONDS_TO_WAIT = 20  # until it is a photo's turn, or for a slow sender to go on
MOST_WAITING = 10  # times the largest photo: what may lie in memory until its turn
MOST_IN_FORM = 5  # times the largest photo: what the photos of one request may have together
TOO_MANY = "Too many photos at once. Try again in a moment."


class Refused(Exception):
    """Why a request gets no answer: the status and a sentence."""

    def __init__(self, status: HTTPStatus, why: str) -> None:
        super().__init__(why)
        self.status = status


class Limits:
    """Of a service. `most_bytes`: of one photo; `most_at_once`: photos that are decoded side by side; `most_photos`: in
    one request; `most_form_bytes`: of all of these together."""

    def __init__(self, most_bytes: int, most_at_once: int, most_photos: int) -> None:
        self.most_bytes, self.most_photos = most_bytes, most_photos
        self.most_form_bytes = MOST_IN_FORM * most_bytes
        self._free = threading.BoundedSemaphore(most_at_once)
        self._changed = threading.Condition()
        self._requests = self._bytes = 0

    def check_size(self, size: int) -> None:
        """Raise Refused where a photo has more bytes than it may."""
        if size > self.most_bytes:
            why = f"A photo may have {self.most_bytes:,} bytes at most."
            raise Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, why)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """A photo's turn to be decoded; waits for it. Raises Refused."""
        if not self._free.acquire(timeout=SECONDS_TO_WAIT):
            raise Refused(HTTPStatus.SERVICE_UNAVAILABLE, TOO_MANY)
        try:
            yield
        finally:
            self._free.release()

    @contextmanager
    def memory(self, size: int) -> Iterator[None]:
        """Room for a request of so many bytes; waits for it. Raises Refused."""
        with self._changed:
            most = MOST_WAITING * self.most_bytes
            if not self._changed.wait_for(lambda: self._bytes + size <= most, SECONDS_TO_WAIT):
                raise Refused(HTTPStatus.SERVICE_UNAVAILABLE, TOO_MANY)
            self._bytes += size
        try:
            yield
        finally:
            with self._changed:
                self._bytes -= size
                self._changed.notify_all()

    @contextmanager
    def request(self) -> Iterator[None]:
        """A photo is under way: `wait_for_the_last` waits for it."""
        with self._changed:
            self._requests += 1
        try:
            yield
        finally:
            with self._changed:
                self._requests -= 1
                self._changed.notify_all()

    def wait_for_the_last(self, seconds: float) -> None:
        """Wait until no photo is under way, at most so long."""
        with self._changed:
            self._changed.wait_for(lambda: not self._requests, seconds)
