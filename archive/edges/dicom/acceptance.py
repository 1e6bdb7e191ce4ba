"""What an association request asks for, and what we accept of it: PS3.8 section 7.1, PS3.7 annex D.

Storing is never refused here but in the C-STORE response, where a sender can read why.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydicom.uid import UID, ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian
from pynetdicom._globals import APPLICATION_CONTEXT_NAME
from pynetdicom.pdu import A_ASSOCIATE_AC, A_ASSOCIATE_RQ
from pynetdicom.pdu_primitives import (
    A_ASSOCIATE,
    ImplementationClassUIDNotification,
    ImplementationVersionNameNotification,
    MaximumLengthNotification,
    SCP_SCU_RoleSelectionNegotiation,
    SOPClassExtendedNegotiation,
)
from pynetdicom.presentation import PresentationContext, negotiate_as_acceptor

from archive.edges.dicom import upper_layer
from archive.edges.dicom.replies import OTHER_PROTOCOL_VERSION, REJECTIONS, Rejection
from archive.edges.dicom.upper_layer import Gone, Violation, Wire
from archive.errors import Unsupported
from archive.objects.part10 import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME
from archive.objects.storage_classes import STORAGE
from archive.objects.transfer_syntaxes import ARCHIVED

VERIFICATION = UID("1.2.840.10008.1.1")
COMMITMENT = UID("1.2.840.10008.1.20.1")
COMMITMENT_INSTANCE = UID("1.2.840.10008.1.20.1.1")  # PS3.4 J.3.5, the well-known one
# Query/Retrieve, PS3.4 C.6: patient root and study root.
PATIENT_ROOT = frozenset(UID(f"1.2.840.10008.5.1.4.1.2.1.{last}") for last in (1, 2, 3))
FIND = frozenset(UID(f"1.2.840.10008.5.1.4.1.2.{root}.1") for root in (1, 2))
MOVE = frozenset(UID(f"1.2.840.10008.5.1.4.1.2.{root}.2") for root in (1, 2))
GET = frozenset(UID(f"1.2.840.10008.5.1.4.1.2.{root}.3") for root in (1, 2))
SERVED = STORAGE | FIND | MOVE | GET | {VERIFICATION, COMMITMENT}
# Extended negotiation, PS3.4 C.5.1.1, C.5.2.1, C.5.3.1: relational queries, dates and times as one
# range; not fuzzy names, nor adjustment of time zones, nor conversion of multi-frame images.
EXTENDED = {**dict.fromkeys(FIND, b"\1\1\0\0\0"), **dict.fromkeys(MOVE | GET, b"\1\0")}
# Identifiers, and what is asked to be committed, are given in plain transfer syntaxes only.
IN_PLAIN = EXTENDED.keys() | {COMMITMENT}
DATES_WITH_TIMES = 1  # the byte that is about dates and times

PLAIN = frozenset((ExplicitVRLittleEndian, ImplicitVRLittleEndian, ExplicitVRBigEndian))

TITLES, TITLE_LENGTH = (10, 26), 16  # where an A-ASSOCIATE-RQ has them, PS3.8 table 9-11
DEFAULT_MAX_LENGTH = 16_384  # of a peer that does not say


@dataclass(frozen=True, slots=True)
class Request:
    """A decoded A-ASSOCIATE-RQ."""

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
    extended: Mapping[UID, bytes]
    accepted: Mapping[int, tuple[str, str]] = field(default_factory=dict)  # abstract, transfer

    @property
    def taken(self) -> "Taken":
        found: dict[str, dict[str, int]] = {}
        for context in self.results:
            if context.result == 0 and context.as_scu and context.context_id:
                syntaxes = found.setdefault(str(context.abstract_syntax), {})
                syntaxes.setdefault(str(context.transfer_syntax[0]), context.context_id)
        return found

    @property
    def together(self) -> frozenset[str]:
        """SOP classes whose queries match dates together with times."""
        place = DATES_WITH_TIMES
        return frozenset(
            uid for uid, agreed_on in self.extended.items() if agreed_on[place : place + 1] == b"\1"
        )


# What the peer takes of us on this association: by SOP class, the context of a transfer syntax.
Taken = Mapping[str, Mapping[str, int]]


def read_request(wire: Wire) -> Request:
    """Raises Violation, Gone, TimeoutError."""
    kind, body = wire.read_pdu(upper_layer.LARGEST_REQUEST)
    if kind == upper_layer.ABORT:
        raise Gone
    if kind != upper_layer.ASSOCIATE_RQ:
        raise Violation(upper_layer.UNEXPECTED_PDU)
    pdu = _with_spaces(bytes((kind, 0)) + len(body).to_bytes(4, "big") + bytes(body))
    try:
        request = A_ASSOCIATE_RQ()
        request.decode(pdu)
        return Request(request.to_primitive(), request.protocol_version)
    except Exception:  # pynetdicom raises what it likes on broken items
        raise Violation(upper_layer.INVALID_PARAMETER) from None


def _with_spaces(pdu: bytes) -> bytes:
    """Some devices fill up their AE titles with zeros, which dcmtk and dcm4che let pass."""
    if len(pdu) < TITLES[-1] + TITLE_LENGTH:
        return pdu
    titles = (pdu[place : place + TITLE_LENGTH].rstrip(b"\0 ") for place in TITLES)
    padded = b"".join(title.ljust(TITLE_LENGTH) for title in titles)
    return pdu[: TITLES[0]] + padded + pdu[TITLES[0] + len(padded) :]


def supported(proposal: A_ASSOCIATE) -> list[PresentationContext]:
    """Our side of the negotiation, as far as the proposals ask for it; each of them is narrowed to
    the one transfer syntax that we take. pynetdicom would prefer the order of our own list.
    """
    contexts, roles = proposal.presentation_context_definition_list, proposed_roles(proposal)
    fetches = any(context.abstract_syntax in GET for context in contexts)
    wanted: dict[str, set[str]] = {}
    for context in contexts:
        abstract = str(context.abstract_syntax)
        to_peer = fetches and roles.get(UID(abstract), (True, False))[1]
        context.transfer_syntax = [_chosen(context, to_peer)]
        syntaxes = _known(abstract).intersection(context.transfer_syntax)
        wanted.setdefault(abstract, set()).update(syntaxes)
    return [_ours(abstract, wanted[abstract], fetches) for abstract in wanted.keys() & SERVED]


def _chosen(context: PresentationContext, to_peer: bool) -> str:
    """The sender's first that we know: it has the object in that one. Where objects go to the peer,
    its first plain one: every object can be given so.
    """
    proposed: list[str] = context.transfer_syntax
    known = [syntax for syntax in proposed if syntax in _known(str(context.abstract_syntax))]
    plain = [syntax for syntax in known if to_peer and syntax in PLAIN]
    return (plain + known + proposed)[0]


def _known(abstract: str) -> frozenset[str]:
    return PLAIN if abstract in IN_PLAIN else ARCHIVED


def _ours(abstract: str, syntaxes: set[str], fetches: bool) -> PresentationContext:
    context = PresentationContext()
    context.abstract_syntax = UID(abstract)
    context.transfer_syntax = list(syntaxes)
    # Either role, as the peer proposes: PS3.4 J.3.3, and C.5.3 for what a C-GET brings.
    if abstract == COMMITMENT or (fetches and abstract in STORAGE):
        context.scu_role = context.scp_role = True
    return context


def proposed_roles(proposal: A_ASSOCIATE) -> dict[UID, tuple[bool, bool]]:
    """Of the requestor: as SCU, as SCP."""
    return {
        item.sop_class_uid: (bool(item.scu_role), bool(item.scp_role))
        for item in proposal.user_information
        if isinstance(item, SCP_SCU_RoleSelectionNegotiation) and item.sop_class_uid
    }


def agreed_extended(proposal: A_ASSOCIATE) -> dict[UID, bytes]:
    """Of what is proposed by SOP Class Extended Negotiation, what is offered here too."""
    asked = {
        item.sop_class_uid: item.service_class_application_information
        for item in proposal.user_information
        if isinstance(item, SOPClassExtendedNegotiation) and item.sop_class_uid in EXTENDED
    }
    return {uid: agreed(uid, information or b"") for uid, information in asked.items() if uid}


def agreed(sop_class_uid: str, asked: bytes) -> bytes:
    offered = EXTENDED[UID(sop_class_uid)]
    return bytes(1 if pair == (1, 1) else 0 for pair in zip(asked, offered, strict=False))


def negotiate(request: Request) -> Agreement:
    """Raises Violation on a request that cannot be negotiated."""
    try:
        ours = supported(request.primitive)
        results, agreed_roles = negotiate_as_acceptor(
            request.contexts, ours, proposed_roles(request.primitive)
        )
        extended = agreed_extended(request.primitive)
    except Exception:  # a context without a transfer syntax, for one
        raise Violation(upper_layer.INVALID_PARAMETER) from None
    accepted = {
        context.context_id: (str(context.abstract_syntax), str(context.transfer_syntax[0]))
        for context in results
        if context.result == 0 and context.context_id
    }
    return Agreement(results, agreed_roles, extended, accepted)


def own_information() -> list[Any]:
    """What we say of ourselves on either side: the PDU we take, PS3.8 D.1, and whose the software
    is, PS3.7 D.3.3.2.
    """
    length, implementation, version = (
        MaximumLengthNotification(),
        ImplementationClassUIDNotification(),
        ImplementationVersionNameNotification(),
    )
    length.maximum_length_received = upper_layer.MAX_PDU
    implementation.implementation_class_uid = UID(IMPLEMENTATION_CLASS_UID)
    version.implementation_version_name = IMPLEMENTATION_VERSION_NAME
    return [length, implementation, version]


def encode_acceptance(request: Request, agreement: Agreement) -> bytes:
    """The A-ASSOCIATE-AC."""
    answer = A_ASSOCIATE()
    answer.application_context_name = UID(APPLICATION_CONTEXT_NAME)
    answer.calling_ae_title = request.primitive.calling_ae_title
    answer.called_ae_title = request.primitive.called_ae_title
    answer.result = 0x00
    answer.result_source = 0x01
    answer.presentation_context_definition_results_list = agreement.results
    answer.user_information = [*own_information(), *agreement.roles]
    for uid, information in agreement.extended.items():
        item = SOPClassExtendedNegotiation()
        item.sop_class_uid, item.service_class_application_information = uid, information
        answer.user_information.append(item)
    encoded: bytes = A_ASSOCIATE_AC(answer).encode()
    return encoded
