"""Cleaning while the server runs, and the look at the settings file before it takes anybody in."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tlcore.classroom.keeping import clean_workspace
from tlcore.errors import UserError
from tlcore.settings import load_limits, load_operator
from tlcore.storage.cleaner import Cleaner
from tlcore.workspace import open_workspace


def check_settings() -> None:
    """Look at the settings file before the server takes anybody in: a host that set a limit must not run without it.

    Raises:
        UserError: it has a mistake.
    """
    try:
        workspace = open_workspace()
    except UserError:  # every page tells it
        return
    load_limits(workspace)
    load_operator(workspace)


@asynccontextmanager
async def cleaning() -> AsyncIterator[None]:
    """Clean the workspace every few minutes until the server ends; not where it cannot be written."""
    try:
        cleaner = Cleaner(open_workspace(), clean_workspace)
    except UserError:
        yield
        return
    cleaner.start()
    try:
        yield
    finally:
        await asyncio.to_thread(cleaner.stop)
