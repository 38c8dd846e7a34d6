"""What sends photos to the upload route as the board of the Data page does."""

import http.client
import json
import secrets
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Slice:
    """A piece of a file. `size`: bytes of the whole file; `label`: of its card, None where its folder names it."""

    number: int
    name: str
    size: int
    offset: int
    data: bytes
    label: str | None = None


class Sender:
    """Sends into an upload area with its key. `address`: of the server, "http://host:port"."""

    def __init__(self, address: str, area: str, key: str) -> None:
        self.area = area
        self._batch = secrets.token_hex(8)
        self._host = urlsplit(address).netloc
        self._headers = {"Origin": address, "X-Upload-Key": key}

    def send(self, slices: Sequence[Slice]) -> int:
        """One request; how many files it brought to their end. Raises RuntimeError where the server refuses it."""
        body = b"".join(self._parts(slices))
        connection = http.client.HTTPConnection(self._host, timeout=60)
        connection.request("POST", f"/upload/{self.area}", body, self._headers)
        response = connection.getresponse()
        text = response.read()
        connection.close()
        if response.status != 200:
            raise RuntimeError(f"The server answered {response.status}: {text.decode()[:200]}")
        return len(json.loads(text)["arrived"])

    def _parts(self, slices: Sequence[Slice]) -> Iterator[bytes]:
        for each in slices:
            values = {"id": f"{self._batch}-{each.number}", "name": each.name, "label": each.label, "size": each.size}
            text = json.dumps(values | {"offset": each.offset, "length": len(each.data)}).encode()
            yield from (struct.pack(">I", len(text)), text, each.data)
