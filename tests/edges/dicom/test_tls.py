"""Encrypted associations, both ways, bound to an AE title's certificate (ON-3)."""

import os
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from queue import SimpleQueue

import pytest
from pynetdicom.association import Association
from pynetdicom.events import Event

from archive.config import settings
from archive.edges.dicom import client, tls
from archive.errors import PeerUnreachable
from archive.models import Case, CaseEvent, Connection, Instance, SeenCertificate
from archive.objects.messages import Target
from archive.services.connections import target_of
from archive.values import uuid7
from tests import cast
from tests.edges import commands
from tests.edges.dicom import test_getting, wire
from tests.edges.dicom.authority import Authority, Identity
from tests.edges.dicom.conftest import Listen
from tests.edges.dicom.customer import Inbox, customer
from tests.edges.dicom.destination import storage
from tests.edges.dicom.listening import (
    PATIENCE,
    VERIFICATION,
    Listening,
    dcmtk,
    eventually,
    send,
)
from tests.edges.dicom.moves import MOVE, counts, failed_uids, moved, stored, study_level
from tests.edges.dicom.test_commitment import BOTH, ask, taking
from tests.edges.dicom.test_storing import write

pytestmark = pytest.mark.usefixtures("fresh_database")


@dataclass(slots=True)
class Encrypted:
    """A listener with a port for TLS, and who may use it."""

    listener: Listening
    port: int
    authority: Authority
    archive: Identity
    pacs: Identity

    def hears(self, identity: Identity | None) -> bytes:
        """The first byte that a caller with this certificate gets."""
        context = self.authority.client(identity)
        try:
            plain = socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)
            with context.wrap_socket(plain) as connection:
                connection.sendall(wire.request())
                return connection.recv(1)
        except (ssl.SSLError, ConnectionError):
            return b""

    def alert(self, identity: Identity | None) -> str:
        """What a caller with this certificate is told by TLS itself."""
        context = self.authority.client(identity)
        with socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE) as plain:
            with pytest.raises(ssl.SSLError) as raised:
                with context.wrap_socket(plain) as connection:
                    connection.sendall(wire.request())
                    connection.recv(1)
        return str(raised.value.reason)

    def request(
        self,
        identity: Identity,
        *contexts: tuple[str, str],
        calling: str = "ESIM_PACS",
        **options: object,
    ) -> Association:
        wanted = contexts or ((VERIFICATION, cast.IMPLICIT),)
        tls = (self.authority.client(identity), None)
        return self.listener.request(
            *wanted, calling=calling, port=self.port, tls_args=tls, **options
        )


@pytest.fixture
def encrypted(
    listen: Listen,
    pick_port: Callable[[], int],
    tmp_path: Path,
) -> Encrypted:
    authority = Authority(tmp_path)
    archive, pacs = authority.issue("archive"), authority.issue("pacs")
    port = pick_port()
    files = {
        "DICOM_TLS_CERTIFICATE": str(archive.certificate),
        "DICOM_TLS_KEY": str(archive.key),
        "DICOM_TLS_CA": str(authority.file),
    }
    listener = listen(DICOM_TLS_PORT=str(port), **files)
    return Encrypted(listener, port, authority, archive, pacs)


def bind(identity: Identity, *, tls: bool = True, aet: str = "ESIM_PACS") -> None:
    Connection.objects.filter(aet=aet).update(tls=tls, certificate_sha256=identity.sha256)


def test_storescu_sends_over_tls_and_findscu_asks(encrypted: Encrypted, tmp_path: Path) -> None:
    bind(encrypted.pacs)
    made = cast.dataset()
    file = write(made, tmp_path / "one.dcm")
    options = (
        *("+tls", encrypted.pacs.key, encrypted.pacs.certificate),
        *("+cf", encrypted.authority.file),
    )
    sent = dcmtk("storescu", encrypted.port, *options, file)
    assert sent.returncode == 0, sent.stderr
    assert Instance.objects.get().sop_instance_uid == made.SOPInstanceUID
    assert SeenCertificate.objects.get().sha256 == encrypted.pacs.sha256
    keys = ("-k", "QueryRetrieveLevel=STUDY", "-k", f"StudyInstanceUID={made.StudyInstanceUID}")
    asked = dcmtk("findscu", encrypted.port, *options, "-S", *keys)
    assert asked.stderr.count("Find Response: 1") == 1, asked.stderr


def test_a_study_comes_over_tls_on_the_askers_own_association(encrypted: Encrypted) -> None:
    """C-GET; Debian's getscu speaks no TLS. The pieces of an object are larger than TLS's records,
    and a cancel comes in the middle of them.
    """
    bind(encrypted.pacs)
    made, inbox = stored(4, PixelData=bytes(1 << 20)), Taken()
    inbox.statuses = {1: 0xA700}
    wanted = (test_getting.GET, (cast.CT, cast.EXPLICIT))
    assoc = encrypted.request(encrypted.pacs, *wanted, **inbox.options())
    _, last, identifier = test_getting.got(assoc, study_level())
    assert (last.Status, counts(last)) == (0xB000, (None, 3, 1, 0))
    sent = {str(each.SOPInstanceUID): (cast.EXPLICIT, cast.encoded(each)) for each in made}
    assert inbox.brought == sent
    assert len(failed_uids(identifier)) == 1
    inbox.brought.clear()
    inbox.cancel_after = 2
    assert test_getting.got(assoc, study_level())[1].Status == 0xFE00
    assert 2 <= len(inbox.brought) < 4
    assoc.release()
    assert not encrypted.request(encrypted.authority.issue("other"), *wanted).is_established
    reasons = CaseEvent.objects.order_by("at").values_list("case__reason", flat=True)
    assert list(reasons) == ["peer-rejected", "peer-certificate-wrong"]


class Taken(test_getting.Inbox):
    """Answers with these statuses, by how many have come."""

    statuses: dict[int, int]

    def take(self, event: Event) -> int:
        super().take(event)
        return self.statuses.pop(len(self.brought), 0x0000)


def test_objects_are_taken_and_committed_over_tls(encrypted: Encrypted) -> None:
    bind(encrypted.pacs)
    inbox: Inbox = SimpleQueue()
    assoc = encrypted.request(encrypted.pacs, *BOTH, evt_handlers=taking(inbox))
    assert assoc.is_established
    assert send(assoc, cast.dataset(PixelData=bytes(1 << 20))).Status == 0x0000
    made = cast.dataset()
    assert send(assoc, made).Status == 0x0000
    assert ask(assoc, str(made.SOPInstanceUID)) == 0x0000
    assert inbox.get(timeout=30).event_type == 1
    assoc.release()


def test_who_must_use_tls_is_refused_without_it_and_with_another_certificate(
    encrypted: Encrypted,
) -> None:
    bind(encrypted.pacs)
    assert not encrypted.listener.request((VERIFICATION, cast.IMPLICIT)).is_established
    other = encrypted.authority.issue("other")
    assert not encrypted.request(other).is_established
    assert encrypted.request(encrypted.pacs).is_established
    reasons = CaseEvent.objects.order_by("at").values_list("case__reason", flat=True)
    assert list(reasons) == ["peer-unencrypted", "peer-certificate-wrong"]


def test_who_shows_the_certificate_of_another_system_is_told_whose_if_it_is_its_own(
    encrypted: Encrypted,
) -> None:
    bind(encrypted.pacs)
    own, foreign = encrypted.authority.issue("own"), encrypted.authority.issue("foreign")
    row = cast.connection()
    row.pk, row.aet, row.certificate_sha256 = uuid7(), "ESIM_CT", own.sha256
    row.save(force_insert=True)
    bind(foreign, aet="MALLI_PACS")
    for identity, told in ((own, "ESIM_CT"), (foreign, None)):
        assert not encrypted.request(identity).is_established
        facts = CaseEvent.objects.latest("at").facts
        assert (facts["certificate"], facts["certificate_expected"]) == (
            identity.sha256,
            encrypted.pacs.sha256,
        )
        assert facts.get("certificate_of") == told


def test_a_certificate_counts_over_tls_though_plain_connections_are_let_in(
    encrypted: Encrypted,
) -> None:
    bind(encrypted.pacs, tls=False)
    assert encrypted.listener.echoes()
    assert encrypted.request(encrypted.pacs).is_established
    assert not encrypted.request(encrypted.authority.issue("other")).is_established


def test_without_a_trusted_certificate_nobody_gets_as_far_as_a_request(
    encrypted: Encrypted, tmp_path: Path
) -> None:
    stranger = Authority(tmp_path, "untrusted").issue("pacs")
    assert encrypted.hears(encrypted.pacs) == b"\2"  # an acceptance
    assert encrypted.hears(None) == encrypted.hears(stranger) == b""
    speaks_plainly(encrypted.port)
    assert encrypted.listener.echoes()


def speaks_plainly(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as plain:
        plain.sendall(b"\1\0\0\0\0\4garbage")
        with suppress(ConnectionResetError):
            assert plain.recv(1024)[:1] in (b"", b"\x15")  # closed, or a TLS alert before


def test_who_gets_no_tls_is_told_why_and_so_is_its_customer(
    encrypted: Encrypted, tmp_path: Path
) -> None:
    """The demo customers share an address; one of them has a certificate."""
    bind(encrypted.pacs)
    stranger = Authority(tmp_path, "untrusted").issue("pacs")
    assert encrypted.alert(stranger) == "TLSV1_ALERT_UNKNOWN_CA"
    assert (
        encrypted.alert(encrypted.authority.issue("old", -1)) == "SSLV3_ALERT_CERTIFICATE_EXPIRED"
    )
    assert encrypted.alert(None) == "TLSV13_ALERT_CERTIFICATE_REQUIRED"
    speaks_plainly(encrypted.port)
    encrypted.port = encrypted.listener.port
    assert encrypted.alert(encrypted.pacs) == "WRONG_VERSION_NUMBER"
    told = CaseEvent.objects.values_list("facts__tls", flat=True)
    eventually(lambda: len(told.all()) == 5)
    assert set(told.all()) == {
        "CERTIFICATE_VERIFY_FAILED: unable to get local issuer certificate",
        "CERTIFICATE_VERIFY_FAILED: certificate has expired",
        "PEER_DID_NOT_RETURN_A_CERTIFICATE",
        "WRONG_VERSION_NUMBER",
        "the caller speaks TLS, at the port without it",
    }
    case = Case.objects.get()
    assert (case.reason, case.connection_id) == ("tls-failed", cast.connection().id)
    assert CaseEvent.objects.filter(facts__address="127.0.0.1").count() == 5


def test_keys_are_agreed_on_so_that_no_later_theft_opens_what_was_sent(
    encrypted: Encrypted, tmp_path: Path
) -> None:
    """RFC 9325 section 4.1: no key transport by RSA; nor SHA-1."""
    context = encrypted.authority.client(encrypted.pacs)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    for suites, agreed in (
        ("AES128-SHA:AES256-GCM-SHA384:AES128-SHA256:ECDHE-RSA-AES128-SHA:@SECLEVEL=0", False),
        ("ECDHE-RSA-AES128-GCM-SHA256", True),
        ("ECDHE-RSA-AES128-SHA256", True),
    ):
        context.set_ciphers(suites)
        plain = socket.create_connection(("127.0.0.1", encrypted.port), timeout=PATIENCE)
        with plain, suppress(ssl.SSLError), context.wrap_socket(plain) as connection:
            assert agreed, connection.cipher()
            connection.sendall(wire.request())
            assert connection.recv(1) == b"\2"
            agreed = False
        assert not agreed


def test_who_only_knocks_or_calls_from_elsewhere_is_no_case(encrypted: Encrypted) -> None:
    with socket.create_connection(("127.0.0.1", encrypted.port), timeout=PATIENCE):
        pass
    Connection.objects.filter(kind="dicom").update(host="192.0.2.1")
    assert encrypted.alert(None) == "TLSV13_ALERT_CERTIFICATE_REQUIRED"
    said = "no TLS with a caller at 127.0.0.1: "
    eventually(lambda: encrypted.listener.log.read_text().count(said) == 2)
    assert not Case.objects.exists()


def test_a_port_for_tls_without_its_files_is_not_opened(
    pick_port: Callable[[], int], tmp_path: Path
) -> None:
    ports = {"DICOM_PORT": str(pick_port()), "DICOM_TLS_PORT": str(pick_port())}
    log = tmp_path / "listener.log"
    assert commands.Fork("listen_dicom", {**os.environ, **ports}, log).wait(60) == 1
    assert "DICOM_TLS_CERTIFICATE" in log.read_text()


# --- our calls ------------------------------------------------------------------------------------


def test_objects_are_returned_over_tls_to_the_registered_certificate_alone(
    encrypted: Encrypted, pick_port: Callable[[], int]
) -> None:
    stored(3)
    context = encrypted.authority.server(encrypted.pacs)
    with storage(pick_port(), context=context) as destination:
        bind(encrypted.pacs)
        assoc = encrypted.request(encrypted.pacs, MOVE)
        assert moved(assoc, study_level())[1].Status == 0x0000
        assert len(destination.stored) == 3
    port = pick_port()
    Connection.objects.filter(aet="ESIM_PACS").update(port=port)
    with impostor(port, encrypted.authority.server(encrypted.authority.issue("other"))) as heard:
        assert moved(assoc, study_level())[1].Status == 0xA702
    assert heard == [b""]
    assoc.release()
    assert Case.objects.get().reason == "peer-unreachable"
    assert CaseEvent.objects.get().facts["tls"] == "certificate is not the registered one"


@contextmanager
def impostor(port: int, context: ssl.SSLContext) -> Iterator[list[bytes]]:
    """Another system at the registered address; what it gets to hear."""
    heard: list[bytes] = []

    def answer() -> None:
        plain, _ = server.accept()
        with context.wrap_socket(plain, server_side=True) as connection:
            heard.append(connection.recv(1024))

    with socket.create_server(("127.0.0.1", port)) as server:
        thread = threading.Thread(target=answer)
        thread.start()
        yield heard
        thread.join(PATIENCE)


def test_notices_and_echoes_go_over_tls_too(
    tmp_path: Path, free_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = Authority(tmp_path)
    archive, pacs = authority.issue("archive"), authority.issue("pacs")
    ours = replace(
        settings(),
        dicom_tls_certificate=str(archive.certificate),
        dicom_tls_key=str(archive.key),
        dicom_tls_ca=str(authority.file),
    )
    target = Target("127.0.0.1", free_port, "ESIM_PACS", "KANTA", 5, pacs.sha256)
    with pytest.raises(PeerUnreachable, match="no certificate of its own"):
        client.echo(target)
    monkeypatch.setattr(tls, "settings", lambda: ours)
    with customer(free_port, context=authority.server(pacs)):
        client.echo(target)
    with impostor(free_port, authority.server(authority.issue("other"))) as heard:
        with pytest.raises(PeerUnreachable, match="registered certificate"):
            client.echo(target)
    assert heard == [b""]


def test_a_connection_says_how_it_is_called() -> None:
    link = cast.connection()
    assert target_of(link).certificate_sha256 == ""
    link.certificate_sha256 = "ab" * 32
    assert target_of(link).certificate_sha256 == ""
    link.tls = True
    assert target_of(link).certificate_sha256 == "ab" * 32
