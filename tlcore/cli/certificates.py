"""A certificate for the local network, made by this computer itself, so that browsers let a page use the camera.

    certificates/ca.crt, ca.key          who vouches for the other: a small authority that devices may trust
    certificates/server.crt, server.key  for this computer's addresses and names, made again when they change

Keys are readable by their owner alone. The authority can vouch for nothing but addresses of local networks and this
computer's own names (name constraints), so that a device that trusts it trusts it with no other site.
"""

import os
import secrets
import socket
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tlcore.workspace import Workspace, disk_error

FOLDER = "certificates"
CA_DAYS, SERVER_DAYS = 730, 365
"""How long they hold; Apple's systems take no server's certificate of more than 825 days."""
RENEWED_DAYS = 30  # before its end
LOCAL = (
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "169.254.0.0/16",
    "127.0.0.0/8",
    "::1/128",
    "fc00::/7",
    "fe80::/10",
)
"""Networks that are nobody's in the internet (RFC 1918, 3927, 4193, 4291)."""

Address = IPv4Address | IPv6Address


@dataclass(frozen=True)
class Certificate:
    """The files of a server's certificate, and that of the authority which vouches for it."""

    certificate: Path
    key: Path
    authority: Path


def make_certificate(workspace: Workspace, hosts: Iterable[str]) -> Certificate:
    """The certificate for this computer, the one that is there where it still fits.

    Args:
        hosts: addresses and names by which others reach this computer; its own names and loopback addresses come along.

    Raises:
        UserError: the workspace cannot be written.
    """
    folder = workspace.root / FOLDER
    found = Certificate(folder / "server.crt", folder / "server.key", folder / "ca.crt")
    wanted = _hosts(hosts)
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        authority = _read(found.authority, folder / "ca.key")
        if authority is None or not _may_vouch(authority[0], wanted):
            authority = _make_authority(found.authority, folder / "ca.key", wanted)
        own = _read(found.certificate, found.key)
        if own is None or not _fits(own[0], authority[0], wanted):
            _make_server(found, authority, wanted)
    except OSError as error:
        raise disk_error(folder, error) from error
    return found


def _hosts(hosts: Iterable[str]) -> list[Address | str]:
    """Addresses and names, each once: those given, and what this computer calls itself."""
    own = socket.gethostname().split(".")[0].lower()
    names = ["localhost", own, f"{own}.local"] if own and own.isascii() else ["localhost"]
    found: list[Address | str] = []
    for host in (*hosts, *names, "127.0.0.1", "::1"):
        try:
            found.append(ip_address(host))
        except ValueError:
            found += [host.lower()] if host and host.isascii() else []
    return list(dict.fromkeys(found))


def _read(certificate: Path, key: Path) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey] | None:
    """A certificate with its key, None where one is missing, damaged, or soon at its end."""
    try:
        found = x509.load_pem_x509_certificate(certificate.read_bytes())
        its_key = serialization.load_pem_private_key(key.read_bytes(), None)
    except (FileNotFoundError, ValueError):
        return None
    if not isinstance(its_key, ec.EllipticCurvePrivateKey) or found.public_key() != its_key.public_key():
        return None
    return (found, its_key) if found.not_valid_after_utc > datetime.now(UTC) + timedelta(days=RENEWED_DAYS) else None


def _may_vouch(authority: x509.Certificate, wanted: Sequence[Address | str]) -> bool:
    """Whether the authority was made for all of these."""
    permitted = authority.extensions.get_extension_for_class(x509.NameConstraints).value.permitted_subtrees or []
    networks = [each.value for each in permitted if isinstance(each, x509.IPAddress)]
    names = {each.value for each in permitted if isinstance(each, x509.DNSName)}
    return all(host in names if isinstance(host, str) else _is_inside(host, networks) for host in wanted)


def _is_inside(address: Address, networks: Iterable[object]) -> bool:
    return any(isinstance(each, IPv4Network | IPv6Network) and address in each for each in networks)


def _make_authority(
    path: Path, key_path: Path, wanted: Sequence[Address | str]
) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    key = ec.generate_private_key(ec.SECP256R1())
    networks = [ip_network(each) for each in LOCAL]
    networks += [ip_network(each) for each in wanted if not isinstance(each, str) and not _is_inside(each, networks)]
    permitted: list[x509.GeneralName] = [x509.IPAddress(each) for each in networks]
    permitted += [x509.DNSName(each) for each in wanted if isinstance(each, str)]
    name = _name(f"Transfer Lab on {socket.gethostname()}"[:60])
    made = (
        _begin(name, name, key.public_key(), CA_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs=True), critical=True)
        .add_extension(x509.NameConstraints(permitted, None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    _keep(key_path, _pem(key), 0o600)
    _keep(path, made.public_bytes(serialization.Encoding.PEM), 0o644)
    return made, key


def _fits(own: x509.Certificate, authority: x509.Certificate, wanted: Sequence[Address | str]) -> bool:
    """Whether a server's certificate is of this authority, and for exactly these."""
    try:
        own.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature):
        return False
    names = own.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return {*names.get_values_for_type(x509.DNSName), *names.get_values_for_type(x509.IPAddress)} == {*wanted}


def _make_server(
    found: Certificate, authority: tuple[x509.Certificate, ec.EllipticCurvePrivateKey], wanted: Sequence[Address | str]
) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    names = [x509.DNSName(each) if isinstance(each, str) else x509.IPAddress(each) for each in wanted]
    made = (
        _begin(_name("Transfer Lab"), authority[0].subject, key.public_key(), SERVER_DAYS)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority[1].public_key()), critical=False)
        .sign(authority[1], hashes.SHA256())
    )
    chain = b"".join(each.public_bytes(serialization.Encoding.PEM) for each in (made, authority[0]))
    _keep(found.key, _pem(key), 0o600)
    _keep(found.certificate, chain, 0o644)


def _begin(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, days: int) -> x509.CertificateBuilder:
    """A certificate that holds from yesterday, since clocks of devices differ."""
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=days - 1))
    )


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _usage(signs: bool) -> x509.KeyUsage:
    """What a key is for: to sign certificates, or to prove who a server is."""
    return x509.KeyUsage(
        digital_signature=not signs,
        key_cert_sign=signs,
        crl_sign=signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    encoding, no_password = serialization.Encoding.PEM, serialization.NoEncryption()
    return key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, no_password)


def _keep(path: Path, data: bytes, mode: int) -> None:
    """Write a file whole or not at all, and never readable by others where it must not be. Raises OSError."""
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)
