"""The ledger reaches a security monitor over TLS: in order, whole, over breaks (LG-4)."""

import re
import ssl
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from lxml import etree

from archive import config, ledger, tasks
from archive.actors import Actor, ActorKind
from archive.edges.syslog import client
from archive.errors import Broken, PeerAborted, PeerRejected, PeerUnreachable
from archive.ledger import About, Kind
from archive.models import AuditCursor, Case, LedgerSeal
from archive.objects.audit import Message, Participant, dcm
from archive.queries import health
from archive.services import audit_feed
from archive.values import now
from tests.edges.syslog.receiver import HOST, Authority, Receiver, listening, mutual
from tests.test_ledger import seal_all

HEADER = re.compile(
    rb"^<85>1 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z [\x21-\x7e]+ imaging-data-repository \d+"
    rb" DICOM\+RFC3881 - \xef\xbb\xbf<AuditMessage>"
)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def monitor(
    fresh_database: str, authority: Authority, free_port: int, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Receiver]:
    """A receiver that listens and is set; what loading the demo world wrote is sealed already."""
    seal_all()
    certificate, key = authority.issue("archive")
    known = replace(
        config.settings(),
        atna_host=HOST,
        atna_port=free_port,
        atna_ca=authority.file,
        atna_cert=certificate,
        atna_key=key,
    )
    for module in (client, health):
        monkeypatch.setattr(module, "settings", lambda: known)
    with listening(free_port, mutual(authority)) as receiver:
        yield receiver


def happen(count: int, name: str = "x") -> None:
    for number in range(count):
        actor = Actor(ActorKind.STAFF, f"{name} {number}")
        ledger.record(Kind.STUDY_VIEWED, About(), {"reason": "E-1042"}, actor=actor)


def told(receiver: Receiver) -> list[str]:
    """Who acted, message by message."""
    names = []
    for message in receiver.messages:
        assert HEADER.match(message), message[:120]
        root = etree.fromstring(message.partition(b"\xef\xbb\xbf")[2])
        names.append(root.find("ActiveParticipant").get("UserName"))
    return names


def due() -> None:
    """The time of waiting after a failure is over."""
    AuditCursor.objects.filter(name=AuditCursor.MONITOR).update(
        not_before=now() - timedelta(seconds=1)
    )


def test_what_is_sealed_after_the_setting_up_arrives_in_order(
    monitor: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_feed, "BATCH", 4)
    happen(2, "before")
    seal_all()
    tasks.audit()
    assert monitor.connections == 0
    happen(10)
    seal_all()
    tasks.audit()
    assert told(monitor) == [f"x {number}" for number in range(10)]
    assert monitor.connections == 3
    tasks.audit()
    assert len(monitor.messages) == 10
    row = AuditCursor.objects.get(name=AuditCursor.MONITOR)
    assert (row.position, row.last_error) == (LedgerSeal.objects.count(), "")
    assert row.sent_at is not None


def test_a_receiver_that_only_closes_has_read_everything(monitor: Receiver) -> None:
    monitor.says_goodbye = False
    tasks.audit()
    happen(3)
    seal_all()
    tasks.audit()
    assert (
        len(told(monitor)) == 3
        and AuditCursor.objects.get(name=AuditCursor.MONITOR).last_error == ""
    )


def test_a_batch_that_was_cut_off_is_sent_again_from_its_beginning(monitor: Receiver) -> None:
    tasks.audit()
    happen(50)
    seal_all()
    position = AuditCursor.objects.get(name=AuditCursor.MONITOR).position
    monitor.breaks_after = 2
    tasks.audit()
    row = AuditCursor.objects.get(name=AuditCursor.MONITOR)
    assert (row.position, row.tries) == (position, 1)
    assert "broke off" in row.last_error
    tasks.audit()
    assert monitor.connections == 1  # not before its time
    monitor.breaks_after = None
    monitor.messages.clear()
    due()
    tasks.audit()
    assert told(monitor) == [f"x {number}" for number in range(50)]
    assert AuditCursor.objects.get(name=AuditCursor.MONITOR).tries == 0


def test_while_nobody_listens_events_wait_and_the_desk_hears_of_it(
    monitor: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    tasks.audit()
    happen(3)
    seal_all()
    away = replace(client.settings(), atna_port=1)
    with monkeypatch.context() as patch:
        patch.setattr(client, "settings", lambda: away)
        for _ in range(audit_feed.TRIES_TO_DESK + 1):
            due()
            tasks.audit()
    case = Case.objects.get(edge="syslog")
    assert (case.reason, case.state, case.event_count) == ("peer-unreachable", "open", 1)
    due()
    tasks.audit()
    assert len(told(monitor)) == 3
    case.refresh_from_db()
    assert case.state == "resolved"


def test_a_process_that_died_while_sending_delays_and_loses_nothing(monitor: Receiver) -> None:
    tasks.audit()
    happen(2)
    seal_all()
    claimed = audit_feed.claim()  # and then its process is killed
    assert claimed is not None and audit_feed.claim() is None
    tasks.audit()
    assert monitor.messages == []
    AuditCursor.objects.filter(name=AuditCursor.MONITOR).update(
        lease_until=now() - timedelta(seconds=1)
    )
    tasks.audit()
    assert len(told(monitor)) == 2
    position = AuditCursor.objects.get(name=AuditCursor.MONITOR).position
    assert audit_feed.sent(claimed) is False  # the lease is another's
    audit_feed.failed(claimed, PeerAborted())
    assert AuditCursor.objects.get(name=AuditCursor.MONITOR).position == position


def test_nothing_is_sent_where_no_receiver_is_set(fresh_database: str) -> None:
    tasks.audit()
    assert not AuditCursor.objects.filter(name=AuditCursor.MONITOR).exists()
    assert "audit" not in health.parts()


def test_health_tells_of_a_monitor_that_is_behind_and_stays_ready(
    monitor: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    tasks.audit()
    assert health.audit_lag() == ""
    happen(2)
    seal_all()
    assert health.audit_lag() == ""
    monkeypatch.setattr(health, "LATE", timedelta(0))
    assert health.audit_lag().startswith("2 events wait, the oldest 0 min")
    monkeypatch.setattr(health, "PATIENCE", 5.0)
    answer = Client().get("/health/ready").json()
    assert answer["parts"]["audit"].startswith("2 events wait")
    assert "audit" not in answer["missing"]


# --- the connection -------------------------------------------------------------------------------


def to(port: int, authority: Authority, **over: str) -> client.Receiver:
    certificate, key = authority.issue("archive")
    known = {"ca": authority.file, "certificate": certificate, "key": key, **over}
    return client.Receiver(HOST, port, **known)


def test_a_receiver_that_hangs_up_unread_has_received_nothing(
    authority: Authority, free_port: int
) -> None:
    """Though its goodbye looks like that of one who has read everything."""
    asker = Participant("somebody", is_requestor=True)
    message = Message(dcm("110100", "x"), "E", now(), "0", (asker,), "source", "site")
    address = to(free_port, authority)
    with listening(free_port, mutual(authority)) as receiver:
        receiver.hangs_up = True
        for _ in range(20):
            with pytest.raises(PeerAborted):
                client.send(address, [message] * 20)
    assert (receiver.connections, receiver.messages) == (20, [])


def test_a_receiver_of_another_authority_is_not_trusted(
    authority: Authority, tmp_path: Path, free_port: int
) -> None:
    (tmp_path / "other").mkdir()
    other = Authority(tmp_path / "other", "Other CA")
    with listening(free_port, mutual(other)) as receiver:
        with pytest.raises(PeerRejected, match="no TLS"):
            client.send(to(free_port, authority), [])
    assert receiver.messages == []


def test_a_receiver_that_does_not_know_us_breaks_off(authority: Authority, free_port: int) -> None:
    with listening(free_port, mutual(authority)):
        with pytest.raises((PeerAborted, PeerRejected)):
            client.send(to(free_port, authority, certificate="", key=""), [])


def test_old_tls_is_not_spoken(authority: Authority, free_port: int) -> None:
    context = mutual(authority)
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning):
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    with listening(free_port, context), pytest.raises(PeerRejected):
        client.send(to(free_port, authority), [])


def test_nobody_at_the_address(authority: Authority, free_port: int) -> None:
    with pytest.raises(PeerUnreachable):
        client.send(to(free_port, authority), [])


def test_a_certificate_that_is_not_there_is_our_fault(authority: Authority, free_port: int) -> None:
    with pytest.raises(Broken, match="ATNA_CA"):
        client.send(to(free_port, authority, ca="/no/such/file"), [])
