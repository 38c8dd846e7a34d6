"""The ways photos come in: a ready-made set, an upload, the camera, a folder on this machine.

Each picker draws its inputs, puts the page's primary button into `action`, and returns an ImportSpec once
it is pressed.
Uploads go to the visitor's incoming area at once, so that a page change or a refresh loses nothing that arrived.
"""

from collections.abc import Callable

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.parts.data import uploader
from pages.shared import gallery, room, state
from pages.shared.widgets import plain
from tlcore.data import incoming, receive
from tlcore.data.samples import SAMPLES
from tlcore.errors import UserError
from tlcore.jobs.store import ImportSpec
from tlcore.messages.quantities import count, format_bytes
from tlcore.settings import load_limits
from tlcore.workspace import touch_used

Picker = Callable[[DeltaGenerator], ImportSpec | None]


def pick_sample(action: DeltaGenerator) -> ImportSpec | None:
    """A ready-made set."""
    titles = {sample.key: plain(sample.title) for sample in SAMPLES}
    key = st.pills("Which one?", list(titles), default=SAMPLES[0].key, format_func=titles.__getitem__, required=True)
    sample = next(sample for sample in SAMPLES if sample.key == key)
    size = f"a download of {format_bytes(sample.download_bytes)}" if sample.download_bytes else "built in, no download"
    classes = count(sample.num_classes, "class", "classes")
    st.markdown(f"{plain(sample.sentence)} {count(sample.num_photos, 'photo')} in {classes}; {size}.")
    if key == SAMPLES[0].key:
        gallery.sample_strip()
    st.caption(f"Licence: {plain(sample.licence)}")
    if action.button(f"Use “{titles[key]}” ({count(sample.num_photos, 'photo')})", type="primary"):
        return ImportSpec("sample", key, sample.title)
    return None


def pick_class(action: DeltaGenerator) -> ImportSpec | None:
    """Several photos of one class after the other."""
    label = st.text_input("What do these photos show (the class)?", placeholder="for example: oak leaf", max_chars=100)
    busy = _upload(uploader.PHOTOS, label.strip(), ready=bool(label.strip()))
    return _from_incoming(action, busy)


def pick_folder_upload(action: DeltaGenerator) -> ImportSpec | None:
    """A folder with one folder a class, from the visitor's computer."""
    st.markdown("Choose a folder that holds one folder for each class, with its photos inside.")
    return _from_incoming(action, _upload(uploader.FOLDER))


def pick_zip(action: DeltaGenerator) -> ImportSpec | None:
    """A zip of class folders."""
    st.markdown("Choose a zip that holds one folder for each class, with its photos inside.")
    return _from_incoming(action, _upload(uploader.ZIP))


def pick_camera(action: DeltaGenerator) -> ImportSpec | None:
    """Photos from the camera, each into a named class."""
    label = st.text_input("What will you show to it (the class)?", placeholder="for example: cup", max_chars=100)
    turn = st.session_state.get("camera_turn", 0)
    ready = bool(label.strip())
    photo = st.camera_input(
        "Take a photo",
        key=f"camera_{turn}",
        disabled=not ready,
        width=480,
        help=None if ready else "Give the class a name first.",
    )
    if photo is not None:
        name = f"camera-{turn + 1}.jpg"
        area, content = _made_incoming(), photo.getvalue()
        room.for_files(len(content), 1, area)
        incoming.add_file(state.workspace(), area, name, content, label.strip())
        st.session_state["camera_turn"] = turn + 1  # a new widget, ready for the next shot
        st.rerun()
    return _from_incoming(action)


def pick_server_folder(action: DeltaGenerator) -> ImportSpec | None:
    """A folder or zip on this machine; only for the person who sits at it."""
    path = st.text_input("Where is the folder or zip on this computer?", placeholder="/home/you/Pictures/leaves")
    st.caption("It holds one folder for each class. The photos stay where they are.")
    if action.button("Use this folder", type="primary", disabled=not path.strip()):
        return ImportSpec("folder", path.strip(), None)
    return None


def available() -> dict[str, Picker]:
    """The pickers this visitor has, by what they are called."""
    pickers: dict[str, Picker] = {
        "Ready-made set": pick_sample,
        "Folder": pick_folder_upload,
        "Zip": pick_zip,
        "Photos, class by class": pick_class,
        "Camera": pick_camera,
    }
    if state.is_owner():
        pickers["Path on this computer"] = pick_server_folder
    return pickers


def _incoming_id() -> str | None:
    """The visitor's incoming area, from the URL or this visit; None where there is none."""
    found = state.chosen("incoming") or st.session_state.get("incoming")
    return None if found is None else _use_incoming(found)


def _made_incoming() -> str:
    """The visitor's incoming area; a new one where there is none."""
    return _incoming_id() or _use_incoming(incoming.new_incoming(state.workspace(), state.maker()))


def _use_incoming(area: str) -> str:
    st.session_state["incoming"] = area
    state.choose(incoming=area)
    return area


def _upload(wording: uploader.Wording, class_name: str | None = None, ready: bool = True) -> bool:
    """The uploader and what came of the last upload; returns whether one is under way."""
    widget, workspace = f"upload_{wording.kind}", state.workspace()
    area = _known_incoming()
    if area is None and uploader.wants_area(widget):
        area = _made_incoming()
    key = receive.upload_key(workspace, area) if area else None
    target = uploader.Target(area, key, load_limits(workspace))
    status = uploader.mount(widget, wording, target, class_name, ready)
    found = uploader.outcome(workspace, area, status)
    if found:
        uploader.show(found)
    return status.get("busy") is True


def _known_incoming() -> str | None:
    """The visitor's incoming area where it is still there."""
    area = _incoming_id()
    return None if _uploaded(area) is None else area


def _from_incoming(action: DeltaGenerator, busy: bool = False) -> ImportSpec | None:
    """What has been uploaded so far, and the button that makes a data set of it; not while files arrive (`busy`)."""
    if busy:
        action.button("Make a data set", type="primary", disabled=True)
        action.caption("Your files are being sent. Keep this page open.")
        return None
    area = _incoming_id()
    files = _uploaded(area)
    if area is None or files is None or files.empty:
        action.button("Make a data set", type="primary", disabled=True)
        action.caption("Add photos first.")
        return None
    _show_incoming(area, files)
    base = state.chosen("dataset")
    together = base is not None and st.checkbox("Add these to the data set in use, and keep its photos", value=False)
    name = st.text_input("Name of the data set", value="My photos", max_chars=80)
    alone = not together and files["label"].notna().all() and files["label"].nunique() < 2
    if alone:
        action.caption("Add photos of a second class: with one class there is nothing to tell apart.")
    if action.button(f"Make a data set of {count(len(files), 'file')}", type="primary", disabled=bool(alone)):
        return ImportSpec("incoming", area, name.strip() or "My photos", base=base if together else None)
    return None


def _uploaded(area: str | None) -> pd.DataFrame | None:
    """What lies in the incoming area; an area that has become a data set meanwhile is forgotten."""
    if area is None:
        return None
    try:
        touch_used(state.workspace().incoming / area)
        return incoming.summary(state.workspace(), area)
    except UserError:
        forget_incoming()
        return None


def _show_incoming(area: str, files: pd.DataFrame) -> None:
    """The classes uploaded so far, each with a way to take it out again."""
    st.subheader("Added so far", anchor=False)
    for number, (label, group) in enumerate(files.groupby("label", dropna=False, sort=True)):
        known = isinstance(label, str)
        with st.container(horizontal=True, vertical_alignment="center"):
            title = plain(label) if known else "Folders and zips, which name the classes themselves"
            size = format_bytes(int(group["bytes"].sum()))
            st.markdown(f"**{title}**: {count(len(group), 'file')}, {size}", width="content")
            out = f"Take {title if known else 'them'} out again"
            if st.button("Remove", key=f"remove_{number}", type="tertiary", help=out):
                incoming.remove_class(state.workspace(), area, label if known else None)
                st.rerun()


def forget_incoming() -> None:
    """After a data set was made of it, the next upload begins anew."""
    st.session_state.pop("incoming", None)
    state.choose(incoming=None)
