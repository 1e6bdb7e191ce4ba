"""Anything may come: frames are found however the bytes are cut, every frame is answered, and the
door stays open (HL-1).
"""

import errno
import socket
from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from archive.edges.hl7 import handlers
from archive.edges.hl7.handlers import Visitor
from archive.edges.hl7.mllp import MOST_NOISE, Broken, Content, Found, Frames, TooLong, frame
from archive.errors.persons import CharacterSetUnknown, MessageUnreadable
from archive.models import Case, PatientMerge
from archive.objects import er7
from tests import cast
from tests.edges.hl7.conftest import OpenADoor
from tests.edges.hl7.messages import a08, a40, a47, fields, verdict
from tests.persons import official, temporary

MOST = 300
INSIDE = st.binary(max_size=40).map(lambda raw: raw.translate(None, b"\x0b\x1c"))
PIECES = st.lists(
    st.one_of(
        INSIDE.map(frame),
        INSIDE.map(lambda raw: b"\x0b" + raw + b"\x1c"),
        INSIDE.map(lambda raw: b"\x0b" + raw),  # cut off
        INSIDE,  # outside
        st.just(b"\r\n"),
        st.just(b"\x0b" + bytes(MOST + 1) + b"\x1c\r"),
    ),
    max_size=8,
)


def feed(stream: bytes, cuts: Sequence[int]) -> list[Found]:
    frames, found, last = Frames(MOST), [], 0
    for cut in [*sorted(cut % (len(stream) + 1) for cut in cuts), len(stream)]:
        found += frames.feed(stream[last:cut])
        last = cut
        assert len(frames._buffer) <= MOST
    return found


def essence(found: list[Found]) -> list[Found]:
    """A long frame may be noticed sooner or later."""
    return [TooLong(b"") if isinstance(each, TooLong) else each for each in found]


@given(PIECES, st.lists(st.integers(0, 1 << 16), max_size=12))
def test_frames_are_the_same_however_the_bytes_are_cut(
    pieces: list[bytes], cuts: list[int]
) -> None:
    stream = b"".join(pieces)
    assert essence(feed(stream, cuts)) == essence(feed(stream, []))


@given(st.lists(INSIDE, max_size=6))
def test_whole_frames_are_found_whole(contents: list[bytes]) -> None:
    assert feed(b"".join(map(frame, contents)), []) == [Content(raw) for raw in contents]


def test_noise_is_told_once_and_ends_the_connection_in_the_end() -> None:
    frames = Frames(MOST)
    assert frames.feed(b"x" * 100) == [Broken("bytes stand outside a frame")]
    assert frames.feed(b"y" * MOST_NOISE) == []
    assert frames.ended and frames.feed(frame(b"late")) == []


# --- the text -------------------------------------------------------------------------------------

SIGNS = er7.Separators()
TEXTS = st.text(st.characters(blacklist_categories=["Cs", "Cc"]), max_size=30)


@given(TEXTS)
def test_what_is_escaped_is_read_as_it_was(text: str) -> None:
    written = SIGNS.escaped(text)
    assert not set(written) & {"|", "^", "~", "&", "\r"}
    assert SIGNS.unescape(written) == text


@given(st.text(max_size=80))
def test_unescaping_takes_anything(text: str) -> None:
    assert isinstance(SIGNS.unescape(text), str)


@given(st.binary(max_size=200))
def test_reading_takes_anything(raw: bytes) -> None:
    for given_raw in (raw, a40()[:60] + raw, raw + a40()):
        try:
            read = er7.read(given_raw)
        except (MessageUnreadable, CharacterSetUnknown):
            continue
        assert read.header.name == "MSH"


# --- messages -------------------------------------------------------------------------------------

GOOD = (a40(), a08(), a47(temporary(), official()), a40(temporary("T-1"), temporary("T-2")))


@st.composite
def mangled(draw: st.DrawFn) -> bytes:
    """A right message with a few bytes changed, doubled or taken away."""
    raw = bytearray(draw(st.sampled_from(GOOD)))
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, len(raw) - 1))
        act = draw(st.sampled_from(("change", "sign", "cut", "double")))
        if act == "change":
            raw[at] = draw(st.integers(0, 255))
        elif act == "sign":
            raw[at] = draw(st.sampled_from(b'|^~\\&\r"\n\0'))
        elif act == "cut":
            del raw[at : at + draw(st.integers(1, 30))]
        else:
            raw[at:at] = raw[at : at + draw(st.integers(1, 30))]
        if not raw:
            break
    return bytes(raw)


class Anything(TestCase):
    @settings(
        max_examples=120, deadline=None, suppress_health_check=[HealthCheck.differing_executors]
    )
    @given(st.one_of(mangled(), st.binary(max_size=120)))
    def test_every_message_is_answered_and_only_what_is_accepted_changes_anything(
        self, raw: bytes
    ) -> None:
        answer = handlers.answer(raw, Visitor("127.0.0.1")).content
        assert answer.startswith(b"MSH") and answer.endswith(b"\r")
        separator = chr(answer[3])
        lines = answer.decode("iso8859-1").split("\r")
        told = next(line for line in lines if line.startswith("MSA")).split(separator)[1]
        assert told in ("AA", "AE", "AR")
        assert told != "AR" or "Application internal error" not in lines[2]  # no fault of ours
        if told != "AA":
            assert not cast.newcomers().exists() and not PatientMerge.objects.exists()
            assert Case.objects.count() == 1


@pytest.mark.usefixtures("fresh_database")
def test_the_door_stays_open_whatever_it_is_told(open_door: OpenADoor) -> None:
    door = open_door(most_bytes=5_000, whole_within=10.0)

    @settings(max_examples=25, deadline=None, database=None)
    @given(st.lists(st.one_of(st.binary(max_size=300), mangled().map(frame)), max_size=4))
    def tell(parts: list[bytes]) -> None:
        peer = door.connect()
        try:
            peer.send(*parts)
            peer.socket.shutdown(socket.SHUT_WR)
        except OSError as closed:  # what is no frame is closed before all of it is sent
            assert closed.errno in (errno.EPIPE, errno.ECONNRESET, errno.ENOTCONN)
        while answer := peer.answer():
            assert answer.startswith(b"MSH")

    tell()
    control = door.ask(a40(control_id="STILL-THERE"))
    assert (verdict(control), fields(control, "MSA")[2]) == (("AA", ""), "STILL-THERE")
