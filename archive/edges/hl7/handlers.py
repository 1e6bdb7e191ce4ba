"""One message in, one acknowledgement out: read, sender established, kept, acted upon, answered."""

import logging
from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

from archive import conversation, tracing
from archive.actors import Actor
from archive.edges.edge import exchange
from archive.edges.hl7 import codec
from archive.errors import ArchiveError, Broken, Busy, Refused, TlsFailed
from archive.objects import adt
from archive.services import messages, seen_certificates, senders
from archive.services.messages import Received
from archive.values import uuid7

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who is at the other end of a connection, before it has named itself."""

    address: str
    certificate_sha256: str = ""
    shown: bytes = b""  # the certificate itself


@dataclass(frozen=True, slots=True)
class Answer:
    content: bytes
    is_last: bool = False  # nobody of ours: nothing more is read
    is_known: bool = False  # a system that we know has sent it


def answer(raw: bytes, visitor: Visitor) -> Answer:
    """Raises nothing."""
    with conversation.within(uuid7()) as here, tracing.span("hl7 message", "server"):
        return _answer(raw, visitor, here.id)


def _answer(raw: bytes, visitor: Visitor, correlation_id: UUID) -> Answer:
    try:
        with exchange(correlation_id):
            received, actor = _let_in(raw, visitor, correlation_id)
            message_id = messages.keep(actor, received, correlation_id=correlation_id)
    except ArchiveError as error:
        log.warning("hl7 message refused: %s, exchange %s", error.reason(), correlation_id)
        if isinstance(error, (Busy, Broken)):  # the others are on the desk already
            report(error, visitor, correlation_id, raw)
        content = codec.acknowledge(raw, error, reference=str(correlation_id))
        return Answer(content, isinstance(error, Refused))
    refusal = _process(actor, message_id, received, correlation_id)
    content = codec.acknowledge(raw, refusal, reference=str(message_id))
    with suppress(ArchiveError), exchange(correlation_id):
        acknowledgement = codec.reply_to(refusal).acknowledgement
        messages.answered(message_id, acknowledgement, content, refusal)
    return Answer(content, is_known=True)


def _let_in(raw: bytes, visitor: Visitor, correlation_id: UUID) -> tuple[Received, Actor]:
    """Raises what the message is turned away for; the desk knows it."""
    try:
        received = messages.read(raw)
    except ArchiveError as error:
        report(error, visitor, correlation_id, raw)
        raise
    actor = senders.establish(
        received.header,
        address=visitor.address,
        certificate_sha256=visitor.certificate_sha256,
        correlation_id=correlation_id,
    )
    conversation.known(connection=actor.connection_id, organisation=actor.organisation_id)
    seen_certificates.note(visitor.shown)
    return received, actor


def _process(
    actor: Actor, message_id: UUID, received: Received, correlation_id: UUID
) -> ArchiveError | None:
    try:
        with exchange(correlation_id):
            messages.process(actor, message_id, received)
    except ArchiveError as error:
        log.warning("hl7 message %s refused: %s", message_id, error.reason())
        return error
    return None


def report(error: ArchiveError, visitor: Visitor, correlation_id: UUID, raw: bytes = b"") -> None:
    """On the desk, if that can be reached."""
    header = codec.header_of(raw)
    told = adt.header_of(header) if len(header.fields) > 1 else None
    with suppress(ArchiveError), exchange(correlation_id):
        senders.report(error, header=told, address=visitor.address, correlation_id=correlation_id)


def report_unencrypted(why: str, visitor: Visitor) -> None:
    """On the desk, if that can be reached."""
    error, correlation_id = TlsFailed(why, facts={"tls": why}), uuid7()
    with suppress(ArchiveError), exchange(correlation_id):
        senders.report_unencrypted(error, address=visitor.address, correlation_id=correlation_id)
