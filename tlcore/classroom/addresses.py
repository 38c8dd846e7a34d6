"""Where others reach this server: the address that a class opens, which is never the one that means "this computer"."""

import re
import socket
from ipaddress import ip_address
from urllib.parse import urlsplit

import psutil

from tlcore.errors import UserError

MAX_ADDRESS = 200
_ADDRESS = re.compile(r"https?://([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:\d{1,5})?(/[\w.~/-]*)?", re.ASCII)
_NOWHERE = ("192.0.2.1", 9)  # RFC 5737: nobody's address; connecting a datagram socket sends nothing
_VIRTUAL = ("docker", "br-", "veth", "virbr", "vmnet", "vboxnet", "utun", "zt")
"""How the names of networks begin that lead to programs on this computer, or into a tunnel."""


def network_addresses() -> list[str]:
    """This computer’s IPv4 addresses in its networks, the one it talks to others with first; [] without any."""
    virtual: list[str] = []
    usual: list[str] = []
    for name, found in psutil.net_if_addrs().items():
        kept = [each.address for each in found if each.family == socket.AF_INET and _is_for_others(each.address)]
        (virtual if name.lower().startswith(_VIRTUAL) else usual).extend(kept)
    first = _outward_address()
    return sorted([*usual, *virtual], key=lambda each: each != first)


def is_this_computer(host: str) -> bool:
    """Whether a host in an address means the computer that asks: "localhost" or a loopback address."""
    try:
        return host == "localhost" or host.endswith(".localhost") or ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def class_address(url: str, addresses: list[str]) -> str:
    """The address of this server for a class: that which the teacher's browser has, without the page.

    Args:
        url: of a page as the teacher sees it, "http://localhost:8501/classroom".
        addresses: of this computer (`network_addresses`), the first of which takes the place of a loopback one.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = f":{parts.port}" if parts.port else ""
    shown = f"[{host}]" if ":" in host else host
    if is_this_computer(host) and addresses:
        shown = addresses[0]
    return f"{parts.scheme}://{shown}{port}{parts.path.rpartition('/')[0]}"


def read_address(text: str) -> str:
    """The address of a server as somebody typed it, with its scheme and without a slash at its end; "" for nothing.

    Raises:
        UserError: it cannot be one.
    """
    typed = text.strip().rstrip("/")
    if not typed:
        return ""
    whole = typed if "://" in typed else f"http://{typed}"
    try:
        is_address = _ADDRESS.fullmatch(whole) is not None and urlsplit(whole).port != 0
    except ValueError:  # a port above 65535, or what is no IPv6 address
        is_address = False
    if not is_address or len(whole) > MAX_ADDRESS:
        raise UserError("This is not the address of a server.", "Enter one like http://192.168.1.20:8501.")
    return whole


def _is_for_others(address: str) -> bool:
    found = ip_address(address)
    return not (found.is_loopback or found.is_link_local or found.is_unspecified)


def _outward_address() -> str:
    """The address that this computer has in the network of its default route; "" where it has none."""
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect(_NOWHERE)
            return str(probe.getsockname()[0])
    except OSError:
        return ""
