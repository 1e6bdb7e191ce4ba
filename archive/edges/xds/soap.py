"""SOAP 1.2 and WS-Addressing 1.0, as ITI TF-2 Appendix V asks.

Faults are for the envelope and security only.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from lxml import etree

from archive.edges.xds.codec import ADHOC_QUERY, REMOVE_OBJECTS, SUBMIT_OBJECTS
from archive.edges.xds.mtom import SOAP_TYPE
from archive.edges.xds.retrieving import (
    IMAGING_REQUEST,
    PROVIDE_REQUEST,
    REMOVE_REQUEST,
    RETRIEVE_REQUEST,
)
from archive.errors import Malformed
from archive.objects.xml import parse_xml

ENV = "http://www.w3.org/2003/05/soap-envelope"
WSA = "http://www.w3.org/2005/08/addressing"
ANONYMOUS = f"{WSA}/anonymous"
WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
WSA_FAULT = f"{WSA}/fault"  # Action of the faults WS-Addressing defines
SOAP_FAULT = f"{WSA}/soap/fault"  # and of the others, WS-Addressing SOAP Binding 6
MEDIA_TYPE = SOAP_TYPE

REGISTER = "urn:ihe:iti:2007:RegisterDocumentSet-b"  # ITI TF-2 3.42
STORED_QUERY = "urn:ihe:iti:2007:RegistryStoredQuery"  # ITI TF-2 3.18
MULTI_PATIENT_QUERY = "urn:ihe:iti:2009:MultiPatientStoredQuery"  # ITI TF-2 3.51
UPDATE = "urn:ihe:iti:2010:UpdateDocumentSet"  # ITI TF-2 3.57
REMOVE = "urn:ihe:iti:2010:DeleteDocumentSet"  # ITI TF-2 3.62
PROVIDE = "urn:ihe:iti:2007:ProvideAndRegisterDocumentSet-b"  # ITI TF-2 3.41, RAD TF-2 4.68
RETRIEVE = "urn:ihe:iti:2007:RetrieveDocumentSet"  # ITI TF-2 3.43
REMOVE_DOCUMENTS = "urn:ihe:iti:2017:RemoveDocuments"  # ITI TF-2 3.86
RETRIEVE_IMAGES = "urn:ihe:rad:2009:RetrieveImagingDocumentSet"  # RAD TF-2 4.69
GATEWAY_QUERY = "urn:ihe:iti:2007:CrossGatewayQuery"  # ITI TF-2 3.38
GATEWAY_RETRIEVE = "urn:ihe:iti:2007:CrossGatewayRetrieve"  # ITI TF-2 3.39
GATEWAY_IMAGES = "urn:ihe:rad:2011:CrossGatewayRetrieveImagingDocumentSet"  # RAD TF-2 4.75

# What each service takes: the element in the body, by action. The registry's come first.
BODIES = {
    REGISTER: SUBMIT_OBJECTS,
    STORED_QUERY: ADHOC_QUERY,
    MULTI_PATIENT_QUERY: ADHOC_QUERY,
    UPDATE: SUBMIT_OBJECTS,
    REMOVE: REMOVE_OBJECTS,
}
REPOSITORY_BODIES = {
    PROVIDE: PROVIDE_REQUEST,
    RETRIEVE: RETRIEVE_REQUEST,
    REMOVE_DOCUMENTS: REMOVE_REQUEST,
}
IMAGING_BODIES = {RETRIEVE_IMAGES: IMAGING_REQUEST}
GATEWAY_QUERY_BODIES = {GATEWAY_QUERY: ADHOC_QUERY}
GATEWAY_RETRIEVE_BODIES = {GATEWAY_RETRIEVE: RETRIEVE_REQUEST}
GATEWAY_IMAGING_BODIES = {GATEWAY_IMAGES: IMAGING_REQUEST}
GATEWAY_ACTIONS = (GATEWAY_QUERY, GATEWAY_RETRIEVE, GATEWAY_IMAGES)

_PREFIXES = {"s": ENV, "a": WSA}
ROLES_OF_OURS = ("", f"{ENV}/role/next", f"{ENV}/role/ultimateReceiver")  # SOAP 1.2 part 1, 2.2
_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


def env(name: str) -> str:
    return f"{{{ENV}}}{name}"


def wsa(name: str) -> str:
    return f"{{{WSA}}}{name}"


@dataclass(frozen=True, slots=True)
class Message:
    """A request whose envelope is in order."""

    action: str
    message_id: str
    header: etree._Element
    body: etree._Element


class Fault(Exception):
    """A message that cannot be processed as SOAP. `code` is a name of SOAP 1.2 part 1, 5.4.6."""

    def __init__(
        self,
        reason: str,
        *,
        code: str = "Sender",
        subcodes: tuple[str, ...] = (),
        security: str = "",
        relates_to: str = "",
        not_understood: tuple[str, ...] = (),
        busy: bool = False,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.code = code
        self.subcodes = subcodes  # of WS-Addressing
        self.security = security  # of WS-Security, instead
        self.relates_to = relates_to
        self.not_understood = not_understood
        self.busy = busy  # ours, and over soon

    @property
    def word(self) -> str:
        """The narrowest of its codes, as the desk calls it."""
        if self.security:
            return f"wsse:{self.security}"
        return f"wsa:{self.subcodes[-1]}" if self.subcodes else f"soap:{self.code}"

    @property
    def http_status(self) -> int:
        """SOAP 1.2 part 2, Table 20: the sender's fault is 400, every other 500; 503 tells more."""
        if self.busy:
            return 503
        return 400 if self.code == "Sender" else 500


def receiver_fault(relates_to: str, *, busy: bool) -> Fault:
    """We failed before the message could be handled."""
    reason = "the archive is busy, send again later" if busy else "the archive failed"
    return Fault(reason, code="Receiver", relates_to=relates_to, busy=busy)


def answer_action(action: str) -> str:
    return f"{action}Response"


def decode(content: bytes, content_action: str = "", bodies: Mapping[str, str] = BODIES) -> Message:
    """Envelope, addressing and body of a request. Raises Fault."""
    try:
        root = parse_xml(content)
    except Malformed as problem:
        raise Fault(problem.detail) from None
    if root.tag != env("Envelope"):
        raise _not_an_envelope(root)
    header, body = _parts(root)
    message_id = _single(header, "MessageID", "")
    if not message_id:
        raise _missing("MessageID", "")
    action = _single(header, "Action", message_id)
    if not action:
        raise _missing("Action", message_id)
    _check_understood(header, message_id)
    _check_reply_to(header, message_id)
    _check_action(Message(action, message_id, header, body), content_action, bodies)
    return Message(action, message_id, header, body)


def _not_an_envelope(root: etree._Element) -> Fault:
    if etree.QName(root).localname == "Envelope":
        return Fault("only SOAP 1.2 is spoken here", code="VersionMismatch")
    return Fault("not a SOAP envelope")


def _parts(root: etree._Element) -> tuple[etree._Element, etree._Element]:
    """Header and the one child of the body."""
    body = root.find(env("Body"))
    if body is None or len(body) != 1:
        raise Fault("the body must hold one element")
    header = root.find(env("Header"))
    if header is None:
        raise _missing("MessageID", "")
    return header, body[0]


def _single(header: etree._Element, name: str, relates_to: str) -> str:
    found = header.findall(wsa(name))
    if len(found) > 1:
        raise Fault(
            f"{name} is given twice",
            subcodes=("InvalidAddressingHeader", "InvalidCardinality"),
            relates_to=relates_to,
        )
    return (found[0].text or "").strip() if found else ""


def _missing(name: str, relates_to: str) -> Fault:
    return Fault(
        f"{name} is missing", subcodes=("MessageAddressingHeaderRequired",), relates_to=relates_to
    )


def _check_understood(header: etree._Element, message_id: str) -> None:
    """Header blocks that must be understood and are not, SOAP 1.2 part 1, 5.4.8."""
    unknown = tuple(
        str(block.tag)
        for block in header
        if block.get(env("mustUnderstand"), "").strip() in ("1", "true")
        and block.get(env("role"), "") in ROLES_OF_OURS
        and etree.QName(block).namespace not in (WSA, WSSE)
    )
    if unknown:
        raise Fault(
            "a header block is not understood",
            code="MustUnderstand",
            relates_to=message_id,
            not_understood=unknown,
        )


def _check_reply_to(header: etree._Element, message_id: str) -> None:
    """The answer goes back on the same connection, nowhere else."""
    for name in ("ReplyTo", "FaultTo"):
        address = header.find(f"{wsa(name)}/{wsa('Address')}")
        if address is not None and (address.text or "").strip() != ANONYMOUS:
            raise Fault(
                f"{name} must be anonymous",
                subcodes=("InvalidAddressingHeader", "OnlyAnonymousAddressSupported"),
                relates_to=message_id,
            )


def _check_action(message: Message, content_action: str, bodies: Mapping[str, str]) -> None:
    action, message_id = message.action, message.message_id
    if action not in bodies:
        raise Fault(
            "the action is not supported", subcodes=("ActionNotSupported",), relates_to=message_id
        )
    if (content_action and content_action != action) or message.body.tag != bodies[action]:
        raise Fault(
            "Action, Content-Type and body do not agree",
            subcodes=("InvalidAddressingHeader", "ActionMismatch"),
            relates_to=message_id,
        )


# --- answers --------------------------------------------------------------------------------------


def encode(body: etree._Element, *, action: str, relates_to: str) -> bytes:
    """An answer to the message `relates_to`."""
    return _envelope(body, answer_action(action), relates_to, ())


def encode_request(body: etree._Element, action: str) -> bytes:
    """A message of our own to another service."""
    return _envelope(body, action, "", ())


def encode_fault(fault: Fault) -> bytes:
    """SOAP 1.2 part 1, 5.4."""
    spaces = _PREFIXES | {"wsse": WSSE} if fault.security else _PREFIXES
    element = etree.Element(env("Fault"), nsmap=spaces)
    parent = etree.SubElement(element, env("Code"))
    etree.SubElement(parent, env("Value")).text = f"s:{fault.code}"
    subcodes = [f"a:{subcode}" for subcode in fault.subcodes]
    for subcode in [f"wsse:{fault.security}"] if fault.security else subcodes:
        parent = etree.SubElement(parent, env("Subcode"))
        etree.SubElement(parent, env("Value")).text = subcode
    reason = etree.SubElement(etree.SubElement(element, env("Reason")), env("Text"))
    reason.set(_XML_LANG, "en")
    reason.text = fault.reason
    return _envelope(
        element, WSA_FAULT if fault.subcodes else SOAP_FAULT, fault.relates_to, _fault_blocks(fault)
    )


def _fault_blocks(fault: Fault) -> tuple[etree._Element, ...]:
    """What was not understood, or which version is: SOAP 1.2 part 1, 5.4.7 and 5.4.8."""
    if fault.code == "VersionMismatch":
        upgrade = etree.Element(env("Upgrade"), nsmap={"s": ENV})
        etree.SubElement(upgrade, env("SupportedEnvelope"), qname="s:Envelope")
        return (upgrade,)
    blocks = []
    for tag in fault.not_understood:
        name = etree.QName(tag)
        spaces = {"s": ENV, "n": name.namespace} if name.namespace else {"s": ENV}
        block = etree.Element(env("NotUnderstood"), nsmap=spaces)
        block.set("qname", f"n:{name.localname}" if name.namespace else name.localname)
        blocks.append(block)
    return tuple(blocks)


def _envelope(
    body: etree._Element, action: str, relates_to: str, blocks: tuple[etree._Element, ...]
) -> bytes:
    root = etree.Element(env("Envelope"), nsmap=_PREFIXES)
    header = etree.SubElement(root, env("Header"))
    stated = etree.SubElement(header, wsa("Action"))
    stated.text = action
    stated.set(env("mustUnderstand"), "true")
    etree.SubElement(header, wsa("MessageID")).text = uuid.uuid4().urn
    if relates_to:
        etree.SubElement(header, wsa("RelatesTo")).text = relates_to
    header.extend(blocks)
    etree.SubElement(root, env("Body")).append(body)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")
