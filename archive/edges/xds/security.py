"""WS-Security 1.1: the assertion in a message's header, and the faults of it (XUA, ITI TF-2 3.40).

A Security header may hold a SAML 2.0 assertion and a Timestamp; other tokens are passed over.
"""

from datetime import datetime

from lxml import etree

from archive.edges.xds import soap
from archive.edges.xds.replies import SECURITY, SECURITY_REASONS
from archive.errors import ArchiveError, AssertionUnreadable
from archive.objects.assertion import SAML, saml
from archive.services.assertions import Presented

SAML_1 = "urn:oasis:names:tc:SAML:1.0:assertion"
WSU = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"


def wsse(name: str) -> str:
    return f"{{{soap.WSSE}}}{name}"


def presented(message: soap.Message, address: str) -> Presented:
    """What the message brings for knowing who asks. Raises AssertionUnreadable."""
    headers = [
        block
        for block in message.header.iterchildren(wsse("Security"))
        if block.get(soap.env("role"), "") in soap.ROLES_OF_OURS
    ]
    if len(headers) > 1:
        raise AssertionUnreadable("there are several Security headers")
    stamp = _stamp(headers[0]) if headers else ()
    if message.header.find(f".//{{{SAML_1}}}Assertion") is not None:
        raise AssertionUnreadable("the assertion is not of SAML 2.0")
    # Also one hidden deeper would be a second one: which of the two would count?
    every = list(message.header.iter(f"{{{SAML}}}*"))
    assertions = [
        each for each in every if each.tag in map(saml, ("Assertion", "EncryptedAssertion"))
    ]
    if not headers or not assertions:
        if assertions:
            raise AssertionUnreadable("the assertion stands outside the Security header")
        return Presented(None, message.message_id, address, *stamp)
    if len(assertions) > 1 or assertions[0].getparent() is not headers[0]:
        raise AssertionUnreadable("the Security header must hold one assertion")
    token = etree.tostring(assertions[0], encoding="UTF-8", with_tail=False)
    return Presented(token, message.message_id, address, *stamp)


def _stamp(header: etree._Element) -> tuple[datetime | None, datetime | None]:
    """From when until when the message itself is good, wsu:Timestamp."""
    return _instant(header, "Created"), _instant(header, "Expires")


def _instant(header: etree._Element, name: str) -> datetime | None:
    text = header.findtext(f"{{{WSU}}}Timestamp/{{{WSU}}}{name}")
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        raise AssertionUnreadable(f"{name} is no time") from None
    if found.tzinfo is None:
        raise AssertionUnreadable(f"{name} names no time zone")
    return found


def fault(error: ArchiveError, relates_to: str) -> soap.Fault | None:
    """The fault of an error that concerns the assertion; None for every other error."""
    code = SECURITY.get(type(error))
    if code is None:
        return None
    return soap.Fault(SECURITY_REASONS[code], security=code, relates_to=relates_to)
