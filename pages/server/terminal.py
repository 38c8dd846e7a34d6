"""What the person at the terminal is told: the owner's link at the start, at the end what goes on without it."""

import os
import threading
import webbrowser

import streamlit as st

from pages.server.owner import listens_here_alone, owner_token
from tlcore.access import TOKEN_VARIABLE
from tlcore.errors import UserError
from tlcore.jobs.locks import LOCK, is_locked
from tlcore.jobs.store import QUEUED
from tlcore.messages.quantities import count
from tlcore.settings import is_hosted
from tlcore.workspace import Workspace, open_workspace

EVERY_ADDRESS = ("0.0.0.0", "::", None)


def greet() -> None:
    """Say how the owner gets in, where nobody has said it yet and sitting here is not enough; open the browser."""
    was_given = bool(os.environ.get(TOKEN_VARIABLE))  # then who gave it knows it, and has printed it if he wished
    link = f"{_place()}/?owner={owner_token()}"
    if not was_given and (is_hosted() or not listens_here_alone()):
        print(f"Whoever opens this link is the owner and sees everything: {link}", flush=True)
    if not st.get_option("server.headless"):
        threading.Thread(target=webbrowser.open, args=(link,), daemon=True).start()  # some browsers return when closed


def take_leave() -> None:
    """Say what goes on and what waits, once the server has ended."""
    try:
        words = farewell(open_workspace())
    except UserError:  # it was said when the server started
        return
    if words:
        print(words, flush=True)


def farewell(workspace: Workspace) -> str:
    """Which trainings go on without the server and which wait for it; "" where there are none."""
    folders = [folder for folder in workspace.runs.iterdir() if folder.is_dir()]
    working = [folder for folder in folders if is_locked(folder / LOCK)]
    waiting = [folder for folder in folders if (folder / QUEUED).exists() and folder not in working]
    words = []
    if working:
        names = "A training is still running" if len(working) == 1 else f"{len(working)} trainings are still running"
        words.append(f"{names} and will finish without this server. Start Transfer Lab again to see the result.")
    if waiting:
        verb = "waits" if len(waiting) == 1 else "wait"
        words.append(f"{count(len(waiting), 'training')} {verb} until Transfer Lab is started again.")
    return "\n".join(words)


def _place() -> str:
    """The address of this server in a browser on this machine."""
    address, port = st.get_option("server.address"), st.get_option("server.port")
    name = "localhost" if address in EVERY_ADDRESS else f"[{address}]" if ":" in address else address
    scheme = "https" if st.get_option("server.sslCertFile") else "http"
    base = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return f"{scheme}://{name}:{port}" + (f"/{base}" if base else "")
