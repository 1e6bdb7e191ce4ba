"""What a SAML 2.0 assertion says of the professional behind a system (XUA, ITI TF-2 3.40).

Kanta's own table of attributes is not public. Names are the standard's where one was found, else
under `urn:kanta:kvarkki:`; this table is the only place that writes them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lxml import etree

from archive.actors import Purpose
from archive.errors import AssertionUnreadable
from archive.objects.registry import PatientId, is_oid
from archive.values import PatientIdentifier

SAML = "urn:oasis:names:tc:SAML:2.0:assertion"
CONDITIONS = ("AudienceRestriction", "OneTimeUse", "ProxyRestriction")  # SAML core 2.5.1
BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
OID_URN = "urn:oid:"
MAX_TEXT = 256

PURPOSES = {  # of XSPA and of HL7 v3 ActReason, in upper case
    "TREATMENT": Purpose.TREATMENT,
    "TREAT": Purpose.TREATMENT,
    "EMERGENCY": Purpose.EMERGENCY,
    "ETREAT": Purpose.EMERGENCY,
}


def _text(value: etree._Element) -> str:
    return "".join(value.itertext()).strip()


def _code(value: etree._Element) -> str:
    """A CE of HL7 v3 by its code, or plain text."""
    coded = [child.get("code", "").strip() for child in value if child.get("code") is not None]
    return coded[0] if len(coded) == 1 else _text(value)


def _oid(value: etree._Element) -> str:
    text = _text(value)
    found = text[len(OID_URN) :] if text.lower().startswith(OID_URN) else text
    if not is_oid(found):
        raise ValueError("no object identifier")
    return found


def _patient(value: etree._Element) -> PatientIdentifier:
    given = PatientId.parse(_text(value))
    return PatientIdentifier.parse(given.value, given.issuer)


def _purpose(value: etree._Element) -> str:
    code = _code(value)
    known = PURPOSES.get(code.upper())
    return known.value if known else code


@dataclass(frozen=True, slots=True)
class Attribute:
    name: str
    read: Callable[[etree._Element], Any] = _text
    needed: bool = False


XSPA = "urn:oasis:names:tc:xspa:1.0:subject"
XACML = "urn:oasis:names:tc:xacml:2.0"
KVARKKI = "urn:kanta:kvarkki"
ATTRIBUTES: Mapping[str, Attribute] = {
    "user_name": Attribute(f"{XSPA}:subject-id"),
    "organisation_oid": Attribute(f"{XSPA}:organization-id", _oid, needed=True),
    "unit_oid": Attribute(f"{XSPA}:child-organization", _oid),
    "role": Attribute(f"{XACML}:subject:role", _code, needed=True),
    "purpose": Attribute(f"{XSPA}:purposeofuse", _purpose, needed=True),
    "patient": Attribute(f"{XACML}:resource:resource-id", _patient, needed=True),
    "service_event": Attribute(f"{KVARKKI}:service-event", _oid),
    "care_relation": Attribute(f"{KVARKKI}:care-relation", _code),
    "on_behalf_of": Attribute(f"{KVARKKI}:on-behalf-of", _oid),
    "register_type": Attribute(f"{KVARKKI}:registry-type", _code),
    "register_specifier": Attribute(f"{KVARKKI}:registry-specifier"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """An assertion that was verified. Of `audiences` each list must hold one of ours."""

    id: str
    issuer: str
    not_before: datetime
    not_on_or_after: datetime
    audiences: tuple[tuple[str, ...], ...]
    recipients: tuple[str, ...]
    one_time: bool
    user_id: str
    organisation_oid: str
    role: str
    purpose: str
    patient: PatientIdentifier
    user_name: str = ""
    unit_oid: str = ""
    service_event: str = ""
    care_relation: str = ""
    on_behalf_of: str = ""
    register_type: str = ""
    register_specifier: str = ""


def saml(name: str) -> str:
    return f"{{{SAML}}}{name}"


def issuer_of(element: etree._Element) -> str:
    """Whom the assertion names as its issuer, before anything of it is believed."""
    found = element.findall(saml("Issuer"))
    text = _text(found[0]) if len(found) == 1 else ""
    if not text:
        raise AssertionUnreadable("the assertion needs one Issuer")
    return text


def read_claims(element: etree._Element) -> Claims:
    """The claims of a verified Assertion element. Raises AssertionUnreadable."""
    conditions = _one(element, "Conditions")
    subject = _one(element, "Subject")
    confirmations = _confirmations(subject)
    starts = [_instant(each, "NotBefore") for each in (conditions, *confirmations)]
    ends = [_instant(each, "NotOnOrAfter") for each in (conditions, *confirmations)]
    if starts[0] is None or ends[0] is None:
        raise AssertionUnreadable("Conditions need NotBefore and NotOnOrAfter")
    if any(child.tag not in map(saml, CONDITIONS) for child in conditions):
        raise AssertionUnreadable("a condition of the assertion is not known here")
    return Claims(
        id=element.get("ID", ""),
        issuer=issuer_of(element),
        not_before=max(at for at in starts if at is not None),
        not_on_or_after=min(at for at in ends if at is not None),
        audiences=tuple(
            tuple(_text(each) for each in listed.findall(saml("Audience")))
            for listed in conditions.findall(saml("AudienceRestriction"))
        ),
        recipients=tuple(each.get("Recipient") or "" for each in confirmations),
        one_time=conditions.find(saml("OneTimeUse")) is not None,
        user_id=_limited("NameID", _text(_one(subject, "NameID"))),
        **_attributes(element),
    )


def _one(parent: etree._Element, name: str) -> etree._Element:
    found = parent.findall(saml(name))
    if len(found) != 1:
        raise AssertionUnreadable(f"one {name} must stand in the assertion")
    return found[0]


def _confirmations(subject: etree._Element) -> list[etree._Element]:
    """The data of the bearer's confirmation; any other method would need proof that none gives."""
    found = subject.findall(saml("SubjectConfirmation"))
    if len(found) != 1 or found[0].get("Method") != BEARER:
        raise AssertionUnreadable("the subject must be confirmed as bearer")
    return list(found[0].findall(saml("SubjectConfirmationData")))


def _instant(element: etree._Element, name: str) -> datetime | None:
    text = element.get(name)
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        raise AssertionUnreadable(f"{name} is no time") from None
    if found.tzinfo is None:
        raise AssertionUnreadable(f"{name} names no time zone")
    return found


def _attributes(element: etree._Element) -> dict[str, Any]:
    """By the table; an attribute of another name is passed over."""
    given: dict[str, list[etree._Element]] = {}
    for attribute in element.iterfind(f"{saml('AttributeStatement')}/{saml('Attribute')}"):
        values = attribute.findall(saml("AttributeValue"))
        given.setdefault(attribute.get("Name", "").strip(), []).extend(values)
    read: dict[str, Any] = {}
    for field, attribute in ATTRIBUTES.items():
        values = [each for each in given.get(attribute.name, ()) if len(each) or _text(each)]
        if len(values) > 1:
            raise AssertionUnreadable(f"attribute {attribute.name} has several values")
        if values:
            read[field] = _read(attribute, values[0])
        elif attribute.needed:
            raise AssertionUnreadable(f"attribute {attribute.name} is missing")
    return read


def _read(attribute: Attribute, value: etree._Element) -> Any:
    try:
        found = attribute.read(value)
    except ValueError:
        raise AssertionUnreadable(f"attribute {attribute.name} cannot be read") from None
    return _limited(attribute.name, found) if isinstance(found, str) else found


def _limited(name: str, text: str) -> str:
    if not text or len(text) > MAX_TEXT or not text.isprintable():
        raise AssertionUnreadable(f"{name} is empty, too long or not printable")
    return text
