"""MLLP over real sockets: every message answered, and whatever comes, the door stays open
(HL-1).
"""

import select
import threading
from contextlib import suppress

import pytest

from archive.models import CaseEvent, Hl7Message, PatientMerge
from tests import cast, persons
from tests.edges.dicom.listening import PATIENCE, eventually
from tests.edges.hl7 import messages
from tests.edges.hl7.conftest import OpenADoor
from tests.edges.hl7.messages import a08, a40, fields, verdict
from tests.edges.hl7.talking import OpenDoor
from tests.persons import official, patient, temporary

VT, FS, CR = b"\x0b", b"\x1c", b"\x0d"


def cases() -> list[str]:
    return sorted(CaseEvent.objects.values_list("case__reason", flat=True))


def test_a_merge_is_answered_when_it_is_done(door: OpenDoor) -> None:
    answer = door.ask(a40(control_id="MSG-1"))
    assert fields(answer, "MSA")[1:3] == ["AA", "MSG-1"]
    header = fields(answer, "MSH")
    assert header[2:6] == ["KANTA", "KELA", "ESIM_RIS", "ESIM"]
    assert header[8] == "ACK^A40^ACK"
    assert patient(temporary()).survivor == patient(official())
    kept = Hl7Message.objects.get()
    assert (kept.event, kept.outcome, kept.acknowledgement) == ("ADT^A40", "done", "AA")
    assert bytes(kept.answer) == answer


def test_one_connection_carries_many_messages_also_in_one_segment_of_tcp(
    door: OpenDoor,
) -> None:
    peer = door.connect()
    both = [a40(temporary(f"T-{number}"), control_id=f"N{number}") for number in (1, 2)]
    peer.send(b"".join(VT + each + FS + CR for each in both))
    assert [fields(peer.answer(), "MSA")[2] for _ in both] == ["N1", "N2"]
    for byte in VT + a40(temporary("T-3"), control_id="N3") + FS + CR:
        peer.send(bytes([byte]))
    assert fields(peer.answer(), "MSA")[1:3] == ["AA", "N3"]
    assert PatientMerge.objects.count() == 3


def test_a_frame_without_its_last_carriage_return_is_answered(door: OpenDoor) -> None:
    peer = door.connect()
    peer.send(VT + a40() + FS)
    assert verdict(peer.answer()) == ("AA", "")
    peer.send(VT + a40(temporary("T-2")) + FS)
    assert verdict(peer.answer()) == ("AA", "")


def test_bytes_between_frames_are_passed_over_and_told(door: OpenDoor) -> None:
    peer = door.connect()
    peer.send(b"\r\n", VT + a40() + FS + CR, b"HELO kanta\r\n", VT + a40() + FS + CR)
    assert verdict(peer.answer()) == verdict(peer.answer()) == ("AA", "")
    assert cases() == ["frame-broken"]


def test_a_frame_inside_another_begins_anew(door: OpenDoor) -> None:
    peer = door.connect()
    peer.send(VT + a40()[:60], VT + a40(control_id="WHOLE") + FS + CR)
    assert fields(peer.answer(), "MSA")[1:3] == ["AA", "WHOLE"]
    assert cases() == ["frame-broken"]


def test_a_frame_that_never_ends_is_closed_and_told(open_door: OpenADoor) -> None:
    door = open_door(whole_within=1)
    peer = door.connect()
    peer.send(VT + a40()[:60])
    assert peer.answer() == b""
    eventually(lambda: cases() == ["frame-broken"])
    assert verdict(door.ask(a40())) == ("AA", "")


def test_dripping_does_not_lengthen_the_time(open_door: OpenADoor) -> None:
    door = open_door(whole_within=1)
    peer = door.connect()
    peer.send(VT + b"MSH")
    drip, gone = threading.Event(), threading.Event()

    def pour() -> None:
        while not drip.wait(0.2):
            try:
                peer.send(b"|")
            except OSError:
                gone.set()
                return

    poured = threading.Thread(target=pour)
    poured.start()
    assert peer.answer() == b""
    assert gone.wait(20)
    drip.set()
    poured.join()


def test_a_peer_that_leaves_in_the_middle_is_told(door: OpenDoor) -> None:
    peer = door.connect()
    peer.send(VT + a40()[:60])
    peer.socket.close()
    eventually(lambda: cases() == ["frame-broken"])


def test_a_peer_that_says_nothing_is_nobodys_case(open_door: OpenADoor) -> None:
    door = open_door(idle=1)
    door.connect().socket.close()
    assert door.connect().answer() == b""
    assert cases() == []


def test_strangers_that_say_nothing_hold_no_place_that_others_need(open_door: OpenADoor) -> None:
    persons.study(official())
    door = open_door(most_connections=4, whole_within=1)
    known = door.connect()
    assert verdict(known.ask(a08(name="Virtanen^Maija"))) == ("AA", "")
    strangers = [door.connect() for _ in range(3)]
    gone, _, _ = select.select([each.socket for each in strangers], [], [], PATIENCE)
    assert any(each.answer() == b"" for each in strangers if each.socket in gone)
    assert verdict(door.ask(a08(name="Meikäläinen^Maija"))) == ("AA", "")
    assert verdict(known.ask(a08(name="Virtanen^Maija"))) == ("AA", "")


def test_a_message_that_is_too_long_is_answered_and_closed(open_door: OpenADoor) -> None:
    door = open_door(most_bytes=2_000)
    peer = door.connect()
    peer.send(VT + a40(control_id="LONG") + b"ZZZ|" + b"x" * 50_000)
    answer = peer.answer()
    assert (verdict(answer), fields(answer, "MSA")[2]) == (("AE", "102"), "LONG")
    assert peer.answer() == b""
    assert cases() == ["message-too-long"]
    assert not Hl7Message.objects.exists()


def test_noise_without_end_is_closed(door: OpenDoor) -> None:
    peer = door.connect()
    with suppress(BrokenPipeError, ConnectionResetError):  # closed on us before the last of it
        for _ in range(40):
            peer.send(b"GET / HTTP/1.1\r\n" * 1_000)
    assert peer.answer() == b""
    assert cases() == ["frame-broken"]
    assert verdict(door.ask(a40())) == ("AA", "")


def test_nobodys_sender_is_answered_once_and_closed(door: OpenDoor) -> None:
    peer = door.connect()
    assert verdict(peer.ask(a40(sender=("STRANGER", "X")))) == ("AE", "207")
    assert peer.answer() == b""
    assert cases() == ["sender-unknown"]
    assert not Hl7Message.objects.exists()
    assert not cast.newcomers().exists()


@pytest.mark.parametrize(
    ("charset", "encoding"),
    [
        ("UNICODE UTF-8", "utf-8"),
        ("8859/1", "iso8859-1"),
        ("8859/15", "iso8859-15"),
        ("", "utf-8"),
    ],
)
def test_finnish_letters_come_whole(door: OpenDoor, charset: str, encoding: str) -> None:
    persons.study(official())
    text = messages.a08(name="Öljymäki^Åke Sauli", charset=charset).decode()
    assert verdict(door.ask(text.encode(encoding))) == ("AA", "")
    assert patient(official()).name == "Öljymäki^Åke Sauli"


def test_an_update_is_seen_by_the_next_reader(door: OpenDoor) -> None:
    persons.study(official())
    assert verdict(door.ask(a08(name="Virtanen^Maija"))) == ("AA", "")
    assert patient(official()).name == "Virtanen^Maija"


def test_too_many_connections_are_turned_away(open_door: OpenADoor) -> None:
    door = open_door(most_connections=2)
    held = [door.connect() for _ in range(2)]
    for number, peer in enumerate(held):
        assert verdict(peer.ask(a40(temporary(f"T-{number}")))) == ("AA", "")
    assert door.connect().answer() == b""
    eventually(lambda: cases() == ["too-many-associations"])
    assert verdict(held[0].ask(a40(temporary("T-9")))) == ("AA", "")
