"""The certificate for a class's local network: for the right names, vouching for nothing else, with private keys."""

import os
import ssl
import stat
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import pytest

x509 = pytest.importorskip("cryptography.x509")

from tlcore.cli import certificates  # noqa: E402 (it needs cryptography)
from tlcore.cli.certificates import make_certificate  # noqa: E402

HOME = "192.168.1.20"


def read(path):
    return x509.load_pem_x509_certificate(path.read_bytes())


def names(certificate):
    found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return {*found.get_values_for_type(x509.DNSName), *map(str, found.get_values_for_type(x509.IPAddress))}


def test_it_is_for_this_computers_addresses_and_names_and_tls_takes_it(workspace):
    made = make_certificate(workspace, [HOME, "", "ünïcode"])
    assert names(read(made.certificate)) >= {HOME, "localhost", "127.0.0.1", "::1"}
    read(made.certificate).verify_directly_issued_by(read(made.authority))
    ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(made.certificate, made.key)


@pytest.mark.skipif(os.name != "posix", reason="Windows keeps the folder of a user private by itself")
def test_keys_are_for_their_owner_alone(workspace):
    folder = make_certificate(workspace, [HOME]).key.parent
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.iterdir())}
    assert (modes["certificates"], modes["ca.key"], modes["server.key"]) == (0o700, 0o600, 0o600)
    assert set(modes) == {"certificates", "ca.crt", "ca.key", "server.crt", "server.key"}, "no half-written file"


@pytest.mark.parametrize(
    ("change", "same_authority", "same_server", "reason"),
    [
        (lambda folder, patch: [HOME], True, True, "nothing has changed"),
        (lambda folder, patch: ["192.168.7.3"], True, False, "another address: devices that trust it go on to"),
        (lambda folder, patch: ["203.0.113.9"], False, False, "an address that the authority may not vouch for"),
        (lambda folder, patch: (folder / "server.key").write_text("x") and [HOME], True, False, "a damaged key"),
        (lambda folder, patch: (folder / "ca.key").unlink() or [HOME], False, False, "the authority's key is gone"),
        (
            lambda folder, patch: patch.setattr(certificates, "RENEWED_DAYS", certificates.SERVER_DAYS) or [HOME],
            True,
            False,
            "it ends soon",
        ),
    ],
)
def test_when_it_is_made_again(workspace, monkeypatch, change, same_authority, same_server, reason):
    before = make_certificate(workspace, [HOME])
    kept = before.authority.read_bytes(), before.certificate.read_bytes()
    after = make_certificate(workspace, change(before.key.parent, monkeypatch))
    now = after.authority.read_bytes(), after.certificate.read_bytes()
    assert [one == other for one, other in zip(kept, now, strict=True)] == [same_authority, same_server], reason


def test_the_authority_vouches_for_the_local_network_alone(workspace):
    authority = read(make_certificate(workspace, [HOME]).authority)
    limits = authority.extensions.get_extension_for_class(x509.NameConstraints)
    permitted = limits.value.permitted_subtrees
    networks = [each.value for each in permitted if isinstance(each, x509.IPAddress)]
    assert limits.critical and all(network.is_private or network.is_link_local for network in networks)
    assert not any(ip_address("8.8.8.8") in network for network in networks if network.version == 4)
    assert all(each.value == "localhost" or "." not in each.value or each.value.endswith(".local")
               for each in permitted if isinstance(each, x509.DNSName))  # fmt: skip


def test_no_system_finds_that_it_holds_too_long(workspace):
    made = make_certificate(workspace, [HOME])
    server = read(made.certificate)
    assert server.not_valid_after_utc - server.not_valid_before_utc <= timedelta(days=825), "Apple"
    assert server.not_valid_before_utc < datetime.now(UTC), "clocks of devices differ"
