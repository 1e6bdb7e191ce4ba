"""What an association request asks for, and what we accept of it: PS3.8 section 7.1, PS3.7 annex D.

Storing is never refused here but in the C-STORE response, where a sender can read why.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pydicom._uid_dict import UID_dictionary
from pydicom.uid import UID
from pynetdicom._globals import ALL_TRANSFER_SYNTAXES, APPLICATION_CONTEXT_NAME
from pynetdicom.pdu import A_ASSOCIATE_AC, A_ASSOCIATE_RQ
from pynetdicom.pdu_primitives import (
    A_ASSOCIATE,
    ImplementationClassUIDNotification,
    ImplementationVersionNameNotification,
    MaximumLengthNotification,
    SCP_SCU_RoleSelectionNegotiation,
)
from pynetdicom.presentation import PresentationContext, negotiate_as_acceptor

from archive.edges.dicom import upper_layer
from archive.edges.dicom.replies import OTHER_PROTOCOL_VERSION, REJECTIONS, Rejection
from archive.edges.dicom.upper_layer import Gone, Violation, Wire
from archive.errors import Unsupported
from archive.objects.part10 import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME
from archive.objects.storage_classes import STORAGE

VERIFICATION = UID("1.2.840.10008.1.1")
COMMITMENT = UID("1.2.840.10008.1.20.1")
SERVED = STORAGE | {VERIFICATION, COMMITMENT}

# Not for the network: RFC 2557 MIME encapsulation, XML encoding, Papyrus.
_NOT_ON_A_WIRE = {"1.2.840.10008.1.2.6.1", "1.2.840.10008.1.2.6.2", "1.2.840.10008.1.20"}
TRANSFER_SYNTAXES = (
    frozenset(ALL_TRANSFER_SYNTAXES)
    | {uid for uid, entry in UID_dictionary.items() if entry[1] == "Transfer Syntax"}
    - _NOT_ON_A_WIRE
)

DEFAULT_MAX_LENGTH = 16_384  # of a peer that does not say


@dataclass(frozen=True, slots=True)
class Request:
    """A decoded A-ASSOCIATE-RQ, with its bytes for whoever serves the association."""

    pdu: bytes
    primitive: A_ASSOCIATE
    protocol_version: int

    @property
    def calling(self) -> str:
        return str(self.primitive.calling_ae_title).strip()

    @property
    def called(self) -> str:
        return str(self.primitive.called_ae_title).strip()

    @property
    def contexts(self) -> list[PresentationContext]:
        contexts: list[PresentationContext] = self.primitive.presentation_context_definition_list
        return contexts

    @property
    def proposes_commitment(self) -> bool:
        return any(context.abstract_syntax == COMMITMENT for context in self.contexts)

    @property
    def largest_pdu(self) -> int:
        """What the peer can receive; 0 for any."""
        length = self.primitive.maximum_length_received
        return DEFAULT_MAX_LENGTH if length is None else int(length)

    def refusal(self) -> Rejection | None:
        """What forbids the request whoever sends it."""
        if not self.protocol_version & 1:
            return OTHER_PROTOCOL_VERSION
        if self.primitive.application_context_name != APPLICATION_CONTEXT_NAME:
            return REJECTIONS[Unsupported]
        return None


@dataclass(frozen=True, slots=True)
class Agreement:
    """The result of negotiation; `accepted` by context id."""

    results: list[PresentationContext]
    roles: list[SCP_SCU_RoleSelectionNegotiation]
    accepted: Mapping[int, tuple[str, str]] = field(default_factory=dict)  # abstract, transfer


def read_request(wire: Wire) -> Request:
    """Raises Violation, Gone, TimeoutError."""
    kind, body = wire.read_pdu(upper_layer.LARGEST_REQUEST)
    if kind == upper_layer.ABORT:
        raise Gone
    if kind != upper_layer.ASSOCIATE_RQ:
        raise Violation(upper_layer.UNEXPECTED_PDU)
    pdu = bytes((kind, 0)) + len(body).to_bytes(4, "big") + bytes(body)
    try:
        request = A_ASSOCIATE_RQ()
        request.decode(pdu)
        return Request(pdu, request.to_primitive(), request.protocol_version)
    except Exception:  # pynetdicom raises what it likes on broken items
        raise Violation(upper_layer.INVALID_PARAMETER) from None


def keep_senders_order(contexts: list[PresentationContext]) -> None:
    """Of several transfer syntaxes the sender's first that we know: it has the object in that one.

    pynetdicom would prefer the order of our own list; so each proposal is narrowed to one.
    """
    for context in contexts:
        known = [syntax for syntax in context.transfer_syntax if syntax in TRANSFER_SYNTAXES]
        context.transfer_syntax = [*(known or context.transfer_syntax)[:1]]


def supported(contexts: list[PresentationContext]) -> list[PresentationContext]:
    """Our side of the negotiation, as far as the (narrowed) proposals ask for it."""
    wanted: dict[str, set[str]] = {}
    for context in contexts:
        syntaxes = TRANSFER_SYNTAXES.intersection(context.transfer_syntax)
        wanted.setdefault(str(context.abstract_syntax), set()).update(syntaxes)
    ours = []
    for abstract in wanted.keys() & SERVED:
        context = PresentationContext()
        context.abstract_syntax = abstract
        context.transfer_syntax = list(wanted[abstract])
        if abstract == COMMITMENT:  # PS3.4 J.3.3: either role, as the peer proposes
            context.scu_role = context.scp_role = True
        ours.append(context)
    return ours


def negotiate(request: Request) -> Agreement:
    """Raises Violation on a request that cannot be negotiated."""
    try:
        keep_senders_order(request.contexts)
        roles = {
            item.sop_class_uid: (item.scu_role, item.scp_role)
            for item in request.primitive.user_information
            if isinstance(item, SCP_SCU_RoleSelectionNegotiation) and item.sop_class_uid
        }
        results, agreed = negotiate_as_acceptor(
            request.contexts, supported(request.contexts), roles
        )
    except Exception:  # a context without a transfer syntax, for one
        raise Violation(upper_layer.INVALID_PARAMETER) from None
    accepted = {
        context.context_id: (str(context.abstract_syntax), str(context.transfer_syntax[0]))
        for context in results
        if context.result == 0 and context.context_id
    }
    return Agreement(results, agreed, accepted)


def encode_acceptance(request: Request, agreement: Agreement) -> bytes:
    """The A-ASSOCIATE-AC."""
    length, implementation, version = (
        MaximumLengthNotification(),
        ImplementationClassUIDNotification(),
        ImplementationVersionNameNotification(),
    )
    length.maximum_length_received = upper_layer.MAX_PDU
    implementation.implementation_class_uid = UID(IMPLEMENTATION_CLASS_UID)
    version.implementation_version_name = IMPLEMENTATION_VERSION_NAME
    answer = A_ASSOCIATE()
    answer.application_context_name = UID(APPLICATION_CONTEXT_NAME)
    answer.calling_ae_title = request.primitive.calling_ae_title
    answer.called_ae_title = request.primitive.called_ae_title
    answer.result = 0x00
    answer.result_source = 0x01
    answer.presentation_context_definition_results_list = agreement.results
    answer.user_information = [length, implementation, version, *agreement.roles]
    encoded: bytes = A_ASSOCIATE_AC(answer).encode()
    return encoded
