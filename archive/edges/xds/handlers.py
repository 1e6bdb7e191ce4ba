"""Decode, one service call, encode; and the answer when the call fails."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from uuid import UUID

from lxml import etree

from archive.actors import Actor
from archive.edges.edge import reply_for
from archive.edges.xds import codec, soap
from archive.edges.xds.replies import TABLE
from archive.errors import ArchiveError
from archive.services import discovery, documents
from archive.services.assertions import Established


@dataclass(frozen=True, slots=True)
class Call:
    """One request of a known peer."""

    asker: Established
    message: soap.Message
    correlation_id: UUID

    @property
    def actor(self) -> Actor:
        return self.asker.actor


def register_document_set(call: Call) -> etree._Element:
    submission = codec.decode_submission(call.message.body)
    documents.register(
        call.actor,
        submission,
        environment=call.actor.environment,
        message_id=call.message.message_id,
        correlation_id=call.correlation_id,
    )
    return codec.encode_registered()


def stored_query(call: Call) -> etree._Element:
    query = codec.decode_query(call.message.body)
    call.asker.require_patients(query.patients)
    if query.return_type == codec.OBJECT_REF:
        return codec.encode_references(
            discovery.references(
                call.actor,
                query,
                environment=call.actor.environment,
                correlation_id=call.correlation_id,
            )
        )
    return codec.encode_leaves(
        discovery.leaves(
            call.actor,
            query,
            environment=call.actor.environment,
            correlation_id=call.correlation_id,
        )
    )


HANDLERS: Mapping[str, Callable[[Call], etree._Element]] = {
    soap.REGISTER: register_document_set,
    soap.STORED_QUERY: stored_query,
}


def refusal(action: str, error: ArchiveError) -> etree._Element:
    """The answer to a request that failed with this error."""
    codes = reply_for(TABLE, error)
    if action == soap.REGISTER:
        return codec.encode_registered((codes.register, error.detail))
    if not codes.query:
        return codec.encode_leaves(())
    return codec.encode_query_failure((codes.query, error.detail))
