"""MLLP over TLS, with or without customers' certificates."""

import hashlib
import socket
import ssl
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from archive.config import ConfigError, settings
from archive.edges.hl7.mllp import frame
from archive.edges.hl7.server import tls_context
from archive.models import CaseEvent, Connection
from tests.edges.dicom.listening import PATIENCE, eventually
from tests.edges.hl7.conftest import OpenADoor
from tests.edges.hl7.messages import a40, verdict
from tests.edges.hl7.talking import OpenDoor
from tests.onboarding.cast import certificate_and_key

pytestmark = pytest.mark.usefixtures("fresh_database")


@pytest.fixture
def server(tmp_path: Path) -> tuple[Path, Path]:
    return written(tmp_path, "server", "127.0.0.1")


@pytest.fixture
def client(tmp_path: Path) -> tuple[Path, Path]:
    return written(tmp_path, "client", "ris.example")


def written(folder: Path, name: str, host: str) -> tuple[Path, Path]:
    certificate, key = certificate_and_key(host)
    paths = folder / f"{name}.pem", folder / f"{name}.key"
    paths[0].write_text(certificate)
    paths[1].write_text(key)
    return paths


def context(server: tuple[Path, Path], ca: Path | str = "") -> ssl.SSLContext:
    config = replace(
        settings(),
        hl7_certificate=str(server[0]),
        hl7_key=str(server[1]),
        hl7_client_ca=str(ca),
    )
    found = tls_context(config)
    assert found is not None
    return found


def caller(server: tuple[Path, Path], own: tuple[Path, Path] | None = None) -> ssl.SSLContext:
    made = ssl.create_default_context(cafile=str(server[0]))
    made.check_hostname = False
    if own:
        made.load_cert_chain(*own)
    return made


def test_messages_go_over_tls(open_door: OpenADoor, server: tuple[Path, Path]) -> None:
    door = open_door(tls=context(server))
    assert verdict(door.connect(caller(server)).ask(a40())) == ("AA", "")


def test_plain_bytes_on_a_port_of_tls_are_closed_and_told(
    open_door: OpenADoor, server: tuple[Path, Path]
) -> None:
    leave_one()
    door = open_door(tls=context(server))
    assert told(door, None) == "closed"
    assert reasons() == ["WRONG_VERSION_NUMBER"]
    assert verdict(door.connect(caller(server)).ask(a40())) == ("AA", "")


def told(door: OpenDoor, context: ssl.SSLContext | None) -> str:
    """What a caller gets to hear by TLS."""
    try:
        with socket.create_connection(("127.0.0.1", door.port), timeout=PATIENCE) as plain:
            with context.wrap_socket(plain) if context else plain as connection:
                connection.sendall(frame(a40()))
                while connection.recv(4096):
                    continue
    except ssl.SSLError as error:
        return str(error.reason)
    except ConnectionError:
        return "reset"
    return "closed"


def leave_one() -> None:
    """The demo customers share an address."""
    others = Connection.objects.filter(kind="hl7").exclude(hl7_application="ESIM_RIS")
    others.update(host="192.0.2.1")


def reasons() -> list[str]:
    """Of cases of the customer whose system is there, the newest first."""
    events = CaseEvent.objects.filter(case__reason="tls-failed", case__edge="hl7")
    eventually(events.exists)
    link = Connection.objects.get(hl7_application="ESIM_RIS")
    assert set(events.values_list("case__connection_id", flat=True)) == {link.id}
    return list(events.order_by("-at").values_list("facts__tls", flat=True))


def test_who_gets_no_tls_is_told_why_and_so_is_its_customer(
    open_door: OpenADoor, server: tuple[Path, Path], client: tuple[Path, Path], tmp_path: Path
) -> None:
    leave_one()
    door = open_door(tls=context(server, client[0]))
    assert told(door, caller(server)) == "TLSV13_ALERT_CERTIFICATE_REQUIRED"
    assert reasons() == ["PEER_DID_NOT_RETURN_A_CERTIFICATE"]
    stranger = written(tmp_path, "stranger", "ris.example")
    assert told(door, caller(server, stranger)) == "TLSV1_ALERT_UNKNOWN_CA"
    eventually(lambda: len(reasons()) == 2)
    assert reasons()[0] == "CERTIFICATE_VERIFY_FAILED: self-signed certificate"


def test_who_calls_from_nowhere_known_is_no_case(
    open_door: OpenADoor, server: tuple[Path, Path], caplog: pytest.LogCaptureFixture
) -> None:
    Connection.objects.filter(kind="hl7").update(host="192.0.2.1")
    door = open_door(tls=context(server))
    told(door, None)
    eventually(lambda: "no TLS with a caller at 127.0.0.1: WRONG_VERSION" in caplog.text)
    assert not CaseEvent.objects.exists()


def test_keys_are_agreed_on_as_over_dicom(open_door: OpenADoor, server: tuple[Path, Path]) -> None:
    door, old = open_door(tls=context(server)), caller(server)
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    old.set_ciphers("AES128-SHA:ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0")
    assert "HANDSHAKE_FAILURE" in told(door, old)
    old.set_ciphers("ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES128-GCM-SHA256")
    assert verdict(door.connect(old).ask(a40())) == ("AA", "")


def test_a_customer_shows_its_own_certificate(
    open_door: OpenADoor, server: tuple[Path, Path], client: tuple[Path, Path]
) -> None:
    door = open_door(tls=context(server, client[0]))
    found = x509.load_pem_x509_certificate(client[0].read_bytes())
    digest = hashlib.sha256(found.public_bytes(Encoding.DER)).hexdigest()
    Connection.objects.filter(hl7_application="ESIM_RIS").update(certificate_sha256=digest)
    with pytest.raises((ssl.SSLError, ConnectionError, AssertionError)):
        # TLS 1.3 tells the client with its first reading.
        assert door.connect(caller(server)).ask(a40()) != b""
    assert verdict(door.connect(caller(server, client)).ask(a40())) == ("AA", "")
    Connection.objects.filter(hl7_application="ESIM_RIS").update(certificate_sha256="00" * 32)
    assert verdict(door.connect(caller(server, client)).ask(a40())) == ("AE", "207")


@pytest.mark.parametrize("setting", ["hl7_certificate", "hl7_client_ca"])
def test_a_wrong_setting_is_named(server: tuple[Path, Path], setting: str, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.pem"
    wrong.write_text("no certificate")
    config = replace(settings(), hl7_certificate=str(server[0]), hl7_key=str(server[1]))
    with pytest.raises(ConfigError, match=setting.upper()):
        tls_context(replace(config, **{setting: str(wrong)}))
