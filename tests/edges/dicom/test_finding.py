"""C-FIND over real associations, from dcmtk and pynetdicom (AR-6)."""

import socket
from collections.abc import Iterator
from typing import Any

import psutil
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom.config import IGNORE
from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pynetdicom.association import Association
from pynetdicom.pdu_primitives import SOPClassExtendedNegotiation

from archive.edges.dicom.upper_layer import P_DATA
from archive.models import CaseEvent, LedgerEvent, Study
from tests import cast
from tests.edges.dicom import wire
from tests.edges.dicom.conftest import Listen
from tests.edges.dicom.listening import COMMITMENT, Listening, dcmtk, eventually
from tests.edges.dicom.wire import COMMAND, LAST, data, value

STUDY_ROOT, PATIENT_ROOT = "1.2.840.10008.5.1.4.1.2.2.1", "1.2.840.10008.5.1.4.1.2.1.1"
FIND = (STUDY_ROOT, cast.IMPLICIT)
CONTEXTS = (FIND, (COMMITMENT, cast.IMPLICIT))
PENDING, PENDING_IN_PART = 0xFF00, 0xFF01


def asked(level: str = "STUDY", **keys: str) -> Dataset:
    request = Dataset()
    request.SpecificCharacterSet = "ISO_IR 192"
    request.QueryRetrieveLevel = level
    for keyword, text in keys.items():
        tag = tag_for_keyword(keyword)
        assert tag is not None
        # Wrong values must be possible.
        request[tag] = DataElement(tag, dictionary_VR(tag), text, validation_mode=IGNORE)
    return request


def found(assoc: Association, request: Dataset, model: str = STUDY_ROOT) -> list[tuple[int, Any]]:
    """Statuses and identifiers, the final one last."""
    return [
        (int(status.get("Status", -1)), match)
        for status, match in assoc.send_c_find(request, model)
    ]


def study(number: int, **columns: Any) -> str:
    uid = f"1.2.246.10.90000003.{number}"
    cast.store(
        cast.dataset(StudyInstanceUID=uid, SeriesInstanceUID=f"{uid}.1", **columns),
    )
    return uid


def test_matches_come_one_by_one_and_then_success(listener: Listening) -> None:
    uids = {study(number) for number in range(3)}
    with listener.associate(*CONTEXTS) as assoc:
        *pending, (status, last) = found(assoc, asked(PatientName="MEIK*", StudyInstanceUID=""))
        assert (status, last) == (0x0000, None)
        assert {code for code, _ in pending} == {PENDING}
        assert {match.StudyInstanceUID for _, match in pending} == uids
        assert {match.RetrieveAETitle for _, match in pending} == {"KANTA"}
        assert {str(match.PatientName) for _, match in pending} == {"Meikäläinen^Matti"}
        assert found(assoc, asked(StudyInstanceUID="1.2.3")) == [(0x0000, None)]
    assert LedgerEvent.objects.filter(kind="images.queried").count() == 2


def test_the_character_set_of_the_request_answers_when_it_can(listener: Listening) -> None:
    study(1)
    request = asked(PatientID=cast.MATTI, PatientName="")
    with listener.associate(FIND) as assoc:
        for character_set, expected in (
            ("ISO_IR 100", "ISO_IR 100"),
            ("ISO_IR 192", "ISO_IR 192"),
            ("ISO_IR 144", "ISO_IR 192"),
            ("", "ISO_IR 192"),
        ):
            request.SpecificCharacterSet = character_set
            (_, match), _ = found(assoc, request)
            assert match.SpecificCharacterSet == expected
            assert str(match.PatientName) == "Meikäläinen^Matti"


def test_findscu_asks_at_every_level_of_both_roots(listener: Listening) -> None:
    uid = study(1)
    for root, level, key in (
        ("-S", "STUDY", f"StudyInstanceUID={uid}"),
        ("-S", "SERIES", f"StudyInstanceUID={uid}"),
        ("-S", "IMAGE", f"SeriesInstanceUID={uid}.1"),
        ("-P", "PATIENT", f"PatientID={cast.MATTI}"),
        ("-P", "STUDY", f"PatientID={cast.MATTI}"),
    ):
        asked_for = ("-k", f"QueryRetrieveLevel={level}", "-k", key, "-k", "PatientName")
        done = dcmtk("findscu", listener.port, root, *asked_for)
        assert done.returncode == 0, done.stderr
        assert done.stderr.count("Find Response: 1") == 1, (level, done.stderr)


def test_a_bad_identifier_is_refused_with_the_element_at_fault(listener: Listening) -> None:
    with listener.associate(FIND) as assoc:
        (answer, _), *more = assoc.send_c_find(asked(StudyDate="20261301-x"), STUDY_ROOT)
        assert (answer.Status, more) == (0xA900, [])
        assert answer.OffendingElement == 0x00080020
        ((status, _),) = found(assoc, asked("PATIENT"))
        assert status == 0xA900
        assert found(assoc, asked(StudyInstanceUID="1.2"))[-1][0] == 0
    assert CaseEvent.objects.filter(case__place="query").count() == 2


def test_more_matches_than_the_limit_are_given_up_to_it_and_refused_then(listen: Listen) -> None:
    listener = listen(DICOM_FIND_LIMIT="2")
    for number in range(3):
        study(number)
    with listener.associate(FIND) as assoc:
        answers = [answer for answer, _ in assoc.send_c_find(asked(), STUDY_ROOT)]
    assert [answer.Status for answer in answers] == [PENDING, PENDING, 0xA700]
    assert answers[-1].ErrorComment == "A700: more matches than are given, narrow the query"


def test_keys_that_nobody_knows_are_answered_as_supported_in_part(listener: Listening) -> None:
    study(1)
    with listener.associate(FIND) as assoc:
        (status, match), _ = found(assoc, asked(InstitutionName="X", StudyInstanceUID=""))
    assert status == PENDING_IN_PART
    assert "InstitutionName" not in match


def test_dates_with_times_are_one_range_after_extended_negotiation(listener: Listening) -> None:
    uid = study(1, StudyDate="20261120", StudyTime="220000")
    item = SOPClassExtendedNegotiation()
    item.sop_class_uid, item.service_class_application_information = STUDY_ROOT, b"\1\1\1"
    request = asked(StudyDate="20261120-20261121", StudyTime="2100-0700", StudyInstanceUID="")
    with listener.associate(*CONTEXTS, ext_neg=[item]) as assoc:
        assert assoc.acceptor.sop_class_extended == {STUDY_ROOT: b"\1\1\0"}
        assert [match.StudyInstanceUID for _, match in found(assoc, request) if match] == [uid]
    with listener.associate(*CONTEXTS) as assoc:
        assert found(assoc, request) == [(0x0000, None)]


@pytest.mark.parametrize("pdus", [1, 2])
def test_a_cancelled_query_ends_with_fe00(listener: Listening, pdus: int) -> None:
    study(1)
    cast.store(*(cast.dataset(InstanceNumber=str(number)) for number in range(300)))
    peer = wire.connect(listener, wire.request([(uid, (syntax,)) for uid, syntax in CONTEXTS]))
    request = asked("IMAGE", StudyInstanceUID="1.2.246.10.90000003.1")
    order = wire.command(0x0020, data_set=True, sop_class=STUDY_ROOT, uid="")
    query = value(COMMAND | LAST, order), value(LAST, cast.encoded(request, cast.IMPLICIT))
    cancel = value(COMMAND | LAST, wire.cancel(7))
    peer.send(data(*query, cancel) if pdus == 1 else data(*query) + data(cancel))
    statuses = list(_statuses(peer))
    assert statuses[-1] == 0xFE00
    assert len(statuses) < 300
    peer.send(wire.RELEASE_RQ)


def test_what_comes_in_one_pdu_behind_a_query_is_answered_after_it(shared: Listening) -> None:
    peer = wire.connect(shared, wire.request([(STUDY_ROOT, (cast.IMPLICIT,))]))
    order = wire.command(0x0020, data_set=True, sop_class=STUDY_ROOT, uid="")
    query = value(COMMAND | LAST, order), value(LAST, b"")
    peer.send(data(*query, *query, value(COMMAND | LAST, wire.command(0x30, data_set=False))))
    assert [peer.status() for _ in range(3)] == [0xA900, 0xA900, 0x0000]


def _statuses(peer: wire.Peer) -> Iterator[int]:
    """Of every response up to the final one; identifiers are read past."""
    status = PENDING
    while status in (PENDING, PENDING_IN_PART):
        kind, body = peer.read()
        assert kind == P_DATA, f"PDU {kind} {body[:8].hex()}"
        if body[5] & COMMAND:
            status = wire.status_of(body)
            yield status


def test_no_fuzzed_identifier_takes_the_listener_down(shared: Listening) -> None:
    study(1)
    eventually(lambda: len(shared.children()) == 2)
    processes = {child.pid for child in shared.children()}
    good = cast.encoded(asked(PatientName="Meik*", StudyDate="20261120"), cast.IMPLICIT)
    opening = wire.request([(STUDY_ROOT, (cast.IMPLICIT,))])
    order = wire.command(0x0020, data_set=True, sop_class=STUDY_ROOT, uid="")

    @settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        changes=st.lists(st.tuples(st.integers(0, len(good)), st.integers(0, 255)), max_size=4),
        cut=st.integers(0, len(good)),
        more=st.binary(max_size=40),
    )
    def ask(changes: list[tuple[int, int]], cut: int, more: bytes) -> None:
        sent = bytearray(good[:cut] + more)
        for position, byte in changes:
            if position < len(sent):
                sent[position] = byte
        peer = wire.connect(shared, opening)
        peer.send(data(value(COMMAND | LAST, order), value(LAST, bytes(sent))))
        statuses = list(_statuses(peer))
        assert statuses[-1] in (0x0000, 0xA900, 0xC000), (statuses, sent)
        peer.socket.shutdown(socket.SHUT_RDWR)
        peer.socket.close()

    ask()
    assert {child.pid for child in shared.children()} == processes
    assert psutil.Process(shared.process.pid).is_running()
    assert shared.echoes()


def test_a_match_that_cannot_be_encoded_ends_the_query_and_repeats_nobody(
    listener: Listening,
) -> None:
    """The answer after it must never carry the match before it."""
    uids = [study(number) for number in range(3)]
    endless = [f"M{number}" for number in range(20_000)]  # does not fit a 16-bit length
    Study.objects.filter(study_instance_uid=uids[1]).update(modalities=endless)
    with listener.associate((STUDY_ROOT, cast.EXPLICIT)) as assoc:
        *pending, (status, last) = found(assoc, asked(StudyInstanceUID="", ModalitiesInStudy=""))
        assert (status, last) == (0xC000, None)
        assert len({match.StudyInstanceUID for _, match in pending}) == len(pending) < 3
        assert found(assoc, asked(StudyInstanceUID=uids[0]))[-1][0] == 0
