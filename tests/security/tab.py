"""A browser's tab without the browser: it speaks Streamlit's protocol over a websocket, and lies where a test wants.

What a page may send is only a wish; a visitor with a program of his own sends whatever he likes. So the tests do.
"""

import socket
import urllib.error
import urllib.request
import uuid
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlencode, urlsplit

from google.protobuf.json_format import MessageToDict
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

PATIENCE_SECONDS = 60


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: object) -> None:
        """Leave it to the test."""


@dataclass
class Answer:
    """An answer to a plain request; header names in small letters."""

    status: int
    headers: dict[str, str]
    body: str


@dataclass
class Browser:
    """Keeps cookies as a browser does, HttpOnly ones too."""

    address: str
    cookies: dict[str, str] = field(default_factory=dict)

    def get(self, path: str, headers: Mapping[str, str] | None = None, data: bytes | None = None) -> Answer:
        """Ask for a page as a browser does, without following a redirect; with `data`, PUT that."""
        sent = {"Accept": "text/html", "Cookie": self.cookie_line(), **(headers or {})}
        method = "GET" if data is None else "PUT"
        request = urllib.request.Request(self.address + path, headers=sent, data=data, method=method)
        try:
            answer = urllib.request.build_opener(_NoRedirect).open(request, timeout=PATIENCE_SECONDS)
        except urllib.error.HTTPError as refused:
            answer = refused
        with answer:
            for line in answer.headers.get_all("Set-Cookie", []):
                self.cookies |= {name: each.value for name, each in SimpleCookie(line).items()}
            headers = {name.lower(): value for name, value in answer.headers.items()}
            return Answer(answer.status, headers, answer.read().decode())

    def cookie_line(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    def open(self, page: str = "", headers: Mapping[str, str | None] | None = None, **query: str) -> "Tab":
        """A tab on a page ("" for the welcome page); `headers` replace those of the handshake, None leaves one out."""
        self.get(f"/{page}?{urlencode(query)}")
        self.get("/_stcore/health")  # gives the XSRF cookie
        tab = Tab(self, headers or {})
        tab.run(page, urlencode(query))
        return tab


class Tab:
    """An open connection; `elements`: what the page shows, by its place."""

    def __init__(self, browser: Browser, headers: Mapping[str, str | None], session: str = "") -> None:
        address = urlsplit(browser.address)
        sent = {"Origin": browser.address, "Cookie": browser.cookie_line()} | dict(headers)
        protocols = ["streamlit", browser.cookies.get("_streamlit_xsrf", ""), *([session] if session else [])]
        self.browser = browser
        self.elements: dict[tuple[int, ...], Element] = {}
        self.session = ""
        self.redirect = ""  # where the page sends the browser to log in or out
        self.page = self.query = ""
        self._cached: dict[str, ForwardMsg] = {}
        self._open = ExitStack()
        connecting = connect(
            f"ws://{sent.pop('Host', None) or address.netloc}/_stcore/stream",
            sock=socket.create_connection((address.hostname, address.port)),
            subprotocols=[Subprotocol(each) for each in protocols if each],
            additional_headers={name: value for name, value in sent.items() if value is not None},
            user_agent_header="Mozilla/5.0",
            max_size=None,
        )
        self.socket: ClientConnection = self._open.enter_context(connecting)

    def __enter__(self) -> "Tab":
        return self

    def __exit__(self, *error: object) -> None:
        self._open.close()

    def run(self, page: str | None = None, query: str | None = None, states: list[WidgetState] | None = None) -> None:
        """Ask for the page (the same one again where none is given) with these states of widgets, and wait for it."""
        message = BackMsg()
        if page is not None:
            self.page, self.query, self.elements = page, query or "", {}
        message.rerun_script.page_name = self.page
        message.rerun_script.query_string = self.query if query is None else query
        message.rerun_script.widget_states.widgets.extend(states or [])
        message.rerun_script.context_info.url = f"{self.browser.address}/{self.page}"
        self.send(message)
        self.read()

    def send(self, message: BackMsg) -> None:
        self.socket.send(message.SerializeToString())

    def read(self) -> None:
        """Take in what the server sends until the script has ended."""
        while True:
            message = ForwardMsg()
            message.ParseFromString(bytes(self.socket.recv(timeout=PATIENCE_SECONDS)))
            if message.WhichOneof("type") == "ref_hash":
                message = self._cached[message.ref_hash]
            elif message.hash:
                self._cached[message.hash] = message
            kind = message.WhichOneof("type")
            if kind == "new_session":
                self.elements = {}  # those of the run before; what stays is sent again
                self.session = message.new_session.initialize.session_id
            elif kind == "delta" and message.delta.WhichOneof("type") == "new_element":
                self.elements[tuple(message.metadata.delta_path)] = message.delta.new_element
            elif kind == "auth_redirect":
                self.redirect = message.auth_redirect.url
            elif kind == "script_finished" and message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY:
                return

    @property
    def words(self) -> str:
        """Everything on the page, labels and links included."""
        return "\n".join(str(MessageToDict(element)) for element in self.elements.values())

    @property
    def buttons(self) -> dict[str, str]:
        """The ids of the buttons, by their labels."""
        shown = [each.button for each in self.elements.values() if each.WhichOneof("type") == "button"]
        return {button.label: button.id for button in shown}

    def of_type(self, kind: str) -> Any:
        """The first element of a kind, by its name in the protocol."""
        return self.all_of_type(kind)[0]

    def all_of_type(self, kind: str) -> list[Any]:
        return [getattr(each, kind) for each in self.elements.values() if each.WhichOneof("type") == kind]

    def press(self, widget_id: str) -> None:
        """Press the button with this id, whether it is there or not."""
        self.run(states=[WidgetState(id=widget_id, trigger_value=True)])

    def upload(self, data: bytes, session: str = "", name: str = "photo.png") -> tuple[str, int]:
        """Send a file for a session, one's own by default; returns its id and the status of the answer."""
        file_id, edge = str(uuid.uuid4()), uuid.uuid4().hex
        head = f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
        headers = {
            "Content-Type": f"multipart/form-data; boundary={edge}",
            "X-Xsrftoken": self.browser.cookies.get("_streamlit_xsrf", ""),
        }
        body = head.encode() + data + f"\r\n--{edge}--\r\n".encode()
        path = f"/_stcore/upload_file/{session or self.session}/{file_id}"
        return file_id, self.browser.get(path, headers, body).status
