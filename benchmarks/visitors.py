"""Visitors without a browser: websocket clients that speak Streamlit's protocol as its page in the browser does.

A visitor fetches the page's HTML and the XSRF cookie, opens the websocket, asks for a page, and reads what the server
sends until the script has finished. He uploads a file, sets a widget and speaks for a component's script as the browser
does, and reads texts off the elements. He draws nothing, so what he waits for is the server's time alone.
"""

import asyncio
import json
import re
import time
import urllib.request
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.cookiejar import CookieJar
from typing import Any
from urllib.parse import urlencode

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.BidiComponent_pb2 import BidiComponent
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.Common_pb2 import UploadedFileInfo
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

PATIENCE_SECONDS = 120
MOST_MESSAGE_BYTES = 64_000_000


class Broken(Exception):
    """The server did not do what a visitor may expect: no answer in time, an upload refused, a script that failed."""


@dataclass
class Visitor:
    """One tab of one browser on `address`, "http://host:port"; `async with` opens and closes its connection.

    `elements`: what stands on the page now, by its place. `session`: its id at the server, known after `open`.
    `cookies`: of the browser; tabs of the same one share them. `entrance`: the path and query that it comes by.
    """

    address: str
    cookies: CookieJar = field(default_factory=CookieJar)
    entrance: str = "/"
    query: dict[str, str] = field(default_factory=dict)
    elements: dict[tuple[int, ...], Element] = field(default_factory=dict)
    session: str = ""
    _page: str = ""
    _hash: str = ""
    _xsrf: str = ""
    _socket: ClientConnection | None = None
    _widgets: dict[str, WidgetState] = field(default_factory=dict)
    _cached: dict[str, ForwardMsg] = field(default_factory=dict)

    async def __aenter__(self) -> "Visitor":
        self._xsrf = await asyncio.to_thread(self._fetch_page)
        origin = self.address.replace("http", "ws", 1)
        self._socket = await connect(
            f"{origin}/_stcore/stream",
            origin=self.address,
            subprotocols=[Subprotocol("streamlit"), Subprotocol(self._xsrf)],
            additional_headers={"Cookie": "; ".join(f"{each.name}={each.value}" for each in self.cookies)},
            max_size=MOST_MESSAGE_BYTES,
            open_timeout=PATIENCE_SECONDS,
            ping_interval=None,
        )
        return self

    async def __aexit__(self, *error: object) -> None:
        if self._socket is not None:
            await self._socket.close()

    async def open(self, page: str = "", **query: str) -> float:
        """Ask for a page ("" for the welcome page, "train", …) with these query parameters; seconds until it is whole.

        Raises:
            Broken: it did not come within PATIENCE_SECONDS, or the script failed.
        """
        self._page, self._hash, self.query, self._widgets = page, "", query, {}
        return await self.rerun()

    async def rerun(self) -> float:
        """Run the page once more with the widgets as they are; seconds until it is whole."""
        start = time.perf_counter()
        await self._send(BackMsg(rerun_script=self._state()))
        await asyncio.wait_for(self._read_page(), PATIENCE_SECONDS)
        return time.perf_counter() - start

    async def press(self, label: str) -> float:
        """Press the button with exactly this label; seconds until the page is whole again."""
        found = [each.button.id for each in self.elements.values() if each.button.label == label]
        if not found:
            raise Broken(f"There is no button “{label}” on the page {self._page!r}.")
        self._widgets[found[0]] = WidgetState(id=found[0], trigger_value=True)
        try:
            return await self.rerun()
        finally:
            del self._widgets[found[0]]

    async def choose(self, label: str, value: str) -> float:
        """Set the radio buttons, pills or text field of that label to what a person sees there; seconds to the page."""
        for each in self.elements.values():
            if each.radio.label == label:
                self._widgets[each.radio.id] = WidgetState(id=each.radio.id, string_value=value)
            elif each.text_input.label == label:
                self._widgets[each.text_input.id] = WidgetState(id=each.text_input.id, string_value=value)
            elif each.button_group.label == label:
                state = WidgetState(id=each.button_group.id)
                state.string_array_value.data.append(value)
                self._widgets[each.button_group.id] = state
            else:
                continue
            return await self.rerun()
        raise Broken(f"There is nothing called “{label}” on the page {self._page!r}.")

    def components(self, name: str) -> list[Any]:
        """What the page hands to the scripts of its components of this name, "transferlab_board", one a component."""
        return [json.loads(each.mixed.json or each.json or "null") for each in self._mounted(name)]

    async def tell(self, name: str, **state: Any) -> float:
        """Say what the component of this name says of its state; seconds until the page is whole again."""
        found = self._mounted(name)
        if not found:
            raise Broken(f"There is no component “{name}” on the page {self._page!r}.")
        self._widgets[found[0].id] = WidgetState(id=found[0].id, json_value=json.dumps(state))
        return await self.rerun()

    def _mounted(self, name: str) -> list[BidiComponent]:
        found = [each.bidi_component for each in self.elements.values()]
        return [each for each in found if each.component_name == name]

    async def upload(self, files: list[tuple[str, bytes]]) -> float:
        """Put files (name, content) into the page's uploader, in place of what was there; seconds to the whole page."""
        start = time.perf_counter()
        widget = next((each.file_uploader.id for each in self.elements.values() if each.file_uploader.id), None)
        if widget is None:
            raise Broken(f"There is no uploader on the page {self._page!r}.")
        state = WidgetState(id=widget)
        for info in await self.send_files(files):
            state.file_uploader_state_value.uploaded_file_info.append(info)
        self._widgets[widget] = state
        await self.rerun()
        return time.perf_counter() - start

    async def send_files(self, files: list[tuple[str, bytes]]) -> list[UploadedFileInfo]:
        """Send files to the server as the browser's uploader does; what a widget's value names them by."""
        message, request = BackMsg(), uuid.uuid4().hex
        message.file_urls_request.request_id, message.file_urls_request.session_id = request, self.session
        message.file_urls_request.file_names.extend(name for name, _ in files)
        await self._send(message)
        urls = (await asyncio.wait_for(self._read_urls(request), PATIENCE_SECONDS)).file_urls_response.file_urls
        sent = []
        for (name, data), url in zip(files, urls, strict=True):
            await asyncio.to_thread(self._put, url.upload_url, name, data)
            sent.append(UploadedFileInfo(file_id=url.file_id, name=name, size=len(data), file_urls=url))
        return sent

    def html(self) -> Iterator[str]:
        """The pieces of HTML on the page."""
        return (each.html.body for each in self.elements.values() if each.html.body)

    def texts(self) -> Iterator[str]:
        """The pieces of Markdown on the page, headings and errors included."""
        for each in self.elements.values():
            yield from (text for text in (each.markdown.body, each.heading.body, each.alert.body) if text)

    def title(self) -> str:
        """The heading of the page, "" where it has none."""
        return next((each.heading.body for each in self.elements.values() if each.heading.tag == "h1"), "")

    def _fetch_page(self) -> str:
        """Fetch what a browser fetches first; the XSRF token of its cookie."""
        browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies))
        page = urllib.request.Request(f"{self.address}{self.entrance}", headers={"Accept": "text/html"})
        for each in (page, f"{self.address}/_stcore/host-config", f"{self.address}/_stcore/health"):
            browser.open(each, timeout=PATIENCE_SECONDS).close()
        return next((each.value or "" for each in self.cookies if each.name == "_streamlit_xsrf"), "")

    def _put(self, path: str, name: str, data: bytes) -> None:
        """Send one file as a form, with the token that a page of another site does not know."""
        border = uuid.uuid4().hex
        head = f'--{border}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
        body = head.encode() + b"Content-Type: image/jpeg\r\n\r\n" + data + f"\r\n--{border}--\r\n".encode()
        request = urllib.request.Request(
            f"{self.address}{path}",
            data=body,
            method="PUT",
            headers={
                "Content-Type": f"multipart/form-data; boundary={border}",
                "Cookie": f"_streamlit_xsrf={self._xsrf}",
                "X-Xsrftoken": self._xsrf,
                "Origin": self.address,
            },
        )
        try:
            urllib.request.urlopen(request, timeout=PATIENCE_SECONDS).close()
        except OSError as error:
            raise Broken(f"The upload of {len(data):,} bytes was refused: {error}") from error

    def _state(self) -> ClientState:
        state = ClientState(query_string=urlencode(self.query))
        if self._hash:
            state.page_script_hash = self._hash
        else:
            state.page_name = self._page
        state.context_info.timezone, state.context_info.locale = "Europe/Berlin", "en"
        state.context_info.url = f"{self.address}/{self._page}"
        state.context_info.color_scheme = "light"
        state.widget_states.widgets.extend(self._widgets.values())
        state.cached_message_hashes.extend(self._cached)
        return state

    async def _send(self, message: BackMsg) -> None:
        assert self._socket is not None  # inside `async with`
        await self._socket.send(message.SerializeToString())

    async def _receive(self) -> ForwardMsg:
        """The next message; one that the browser would have kept is put in where the server only names it."""
        assert self._socket is not None
        data = await self._socket.recv()
        assert isinstance(data, bytes)
        message = ForwardMsg.FromString(data)
        if message.WhichOneof("type") == "ref_hash":
            kept = ForwardMsg.FromString(self._cached[message.ref_hash].SerializeToString())
            kept.metadata.CopyFrom(message.metadata)
            return kept
        if message.metadata.cacheable and message.hash:
            self._cached[message.hash] = message
        return message

    async def _read_page(self) -> None:
        """Read until a run of the whole script is over; a run that another one takes over from is not the end."""
        fresh: dict[tuple[int, ...], Element] = {}
        while True:
            message = await self._receive()
            kind = message.WhichOneof("type")
            if kind == "new_session":
                self.session = message.new_session.initialize.session_id
                if not message.metadata.run.fragment_ids:
                    fresh = {}
            elif kind == "navigation":
                self._hash = message.navigation.page_script_hash
            elif kind == "delta" and message.delta.WhichOneof("type") == "new_element":
                fresh[tuple(message.metadata.delta_path)] = message.delta.new_element
            elif kind == "page_info_changed":
                self.query = dict(re.findall(r"([^=&]+)=([^&]*)", message.page_info_changed.query_string))
            elif kind == "session_event" and message.session_event.WhichOneof("type") == "script_compilation_exception":
                raise Broken(f"The page {self._page!r} failed.")
            elif kind == "script_finished":
                if message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY:
                    self.elements = fresh
                    return
                if message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                    self.elements |= fresh  # only a part of the page was drawn again

    async def _read_urls(self, request: str) -> ForwardMsg:
        """Read until the server says where files go."""
        while True:
            message = await self._receive()
            if message.WhichOneof("type") == "file_urls_response":
                if message.file_urls_response.response_id == request:
                    return message
