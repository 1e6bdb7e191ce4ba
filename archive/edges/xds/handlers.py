"""Decode, one service call, encode; and the answer when the call fails: the registry's messages,
and a gateway's queries.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from lxml import etree

from archive.actors import Actor
from archive.edges.edge import reply_for
from archive.edges.xds import codec, soap
from archive.edges.xds.mtom import Received
from archive.edges.xds.replies import TABLE
from archive.errors import ArchiveError
from archive.objects.queries import Found
from archive.objects.registry import Submission
from archive.services import discovery, documents, metadata_update, removal
from archive.services.asking import Asking, home_urn, require_home
from archive.services.assertions import Established


@dataclass(frozen=True, slots=True)
class Call:
    """One request of a known peer."""

    asker: Established
    message: soap.Message
    correlation_id: UUID
    received: Received = field(default_factory=Received)  # what came with the envelope

    @property
    def actor(self) -> Actor:
        return self.asker.actor

    @property
    def through_gateway(self) -> bool:
        return self.message.action in soap.GATEWAY_ACTIONS

    @property
    def asking(self) -> Asking:
        return Asking(
            self.actor,
            "XCA" if self.through_gateway else "XDS",
            self.message.message_id,
            self.correlation_id,
            self.through_gateway,
        )


class Keep(Protocol):
    """The service that keeps a submission."""

    def __call__(
        self,
        actor: Actor,
        submission: Submission,
        *,
        environment: str,
        message_id: str,
        correlation_id: UUID | None,
    ) -> None: ...


def register_document_set(call: Call) -> etree._Element:
    return _submit(call, codec.decode_submission(call.message.body), documents.register)


def update_document_set(call: Call) -> etree._Element:
    return _submit(call, codec.decode_update(call.message.body), metadata_update.update)


def _submit(call: Call, submission: Submission, keep: Keep) -> etree._Element:
    call.asker.require_patients([submission.submission_set.patient])
    keep(
        call.actor,
        submission,
        environment=call.actor.environment,
        message_id=call.message.message_id,
        correlation_id=call.correlation_id,
    )
    return codec.encode_registered()


def delete_document_set(call: Call) -> etree._Element:
    removal.remove(
        call.actor,
        codec.decode_removal(call.message.body),
        environment=call.actor.environment,
        correlation_id=call.correlation_id,
    )
    return codec.encode_registered()


def stored_query(call: Call) -> etree._Element:
    query = codec.decode_query(call.message.body)
    call.asker.require_patients(query.patients)
    many = call.message.action == soap.MULTI_PATIENT_QUERY
    if query.return_type == codec.OBJECT_REF:
        ids = discovery.references(
            call.actor,
            query,
            environment=call.actor.environment,
            correlation_id=call.correlation_id,
            message_id=call.message.message_id,
            many=many,
            interface=call.asking.interface,
        )
        return codec.encode_references(ids)
    found = discovery.leaves(
        call.actor,
        query,
        environment=call.actor.environment,
        correlation_id=call.correlation_id,
        message_id=call.message.message_id,
        many=many,
        interface=call.asking.interface,
    )
    return codec.encode_found(found)


def gateway_query(call: Call) -> etree._Element:
    """What is found is told as our community's, ITI TF-2 3.38.4.1.3."""
    asked = codec.decode_query(call.message.body)
    require_home(codec.decode_home(call.message.body), needed=not asked.patients)
    return codec.of_community(stored_query(call), home_urn())


HANDLERS: Mapping[str, Callable[[Call], etree._Element]] = {
    soap.REGISTER: register_document_set,
    soap.STORED_QUERY: stored_query,
    soap.MULTI_PATIENT_QUERY: stored_query,
    soap.UPDATE: update_document_set,
    soap.REMOVE: delete_document_set,
    soap.GATEWAY_QUERY: gateway_query,
}
QUERIES = (soap.STORED_QUERY, soap.MULTI_PATIENT_QUERY, soap.GATEWAY_QUERY)


def code_of(action: str, error: ArchiveError) -> str:
    """The errorCode in the answer to a request that failed with this error; empty: it has none."""
    codes = reply_for(TABLE, error)
    return codes.query if action in QUERIES else codes.register


def refusal(action: str, error: ArchiveError) -> etree._Element:
    """The answer to a request that failed with this error."""
    code = code_of(action, error)
    if action not in QUERIES:
        return codec.encode_registered((code, error.detail))
    answer = (
        codec.encode_query_failure((code, error.detail)) if code else codec.encode_found(Found())
    )
    return codec.of_community(answer, home_urn()) if action == soap.GATEWAY_QUERY else answer
