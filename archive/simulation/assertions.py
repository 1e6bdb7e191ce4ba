"""Signed SAML 2.0 assertions as an identity provider of the customer's writes them (XUA)."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from lxml import etree
from signxml import CanonicalizationMethod, XMLSigner

from archive.objects.assertion import ATTRIBUTES, BEARER, OID_URN, SAML, saml
from archive.simulation.world import Issuer
from archive.values import HETU_ROOT, now

DS = "http://www.w3.org/2000/09/xmldsig#"
HL7 = "urn:hl7-org:v3"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
# Element and code system in which a coded attribute is written.
CODED = {
    "role": ("Role", "1.2.246.537.6.140.2008"),
    "purpose": ("PurposeOfUse", "2.16.840.1.113883.3.18.7.1"),
}
CONTEXT = "urn:oasis:names:tc:SAML:2.0:ac:classes:SmartcardPKI"
LASTS = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What the assertion is to say; `more` by field of `archive.objects.assertion.ATTRIBUTES`."""

    organisation_oid: str
    audience: str
    patient: str = field(default="", repr=False)
    patient_root: str = HETU_ROOT
    user_id: str = "012345678"
    user_name: str = "Lääkäri Testi"
    role: str = "102"
    purpose: str = "TREATMENT"
    more: Mapping[str, str] = field(default_factory=dict)
    begins: datetime | None = None
    lasts: timedelta = LASTS
    id: str = ""

    @property
    def attributes(self) -> dict[str, str]:
        patient = f"{self.patient}^^^&{self.patient_root}&ISO" if self.patient else ""
        return {
            "user_name": self.user_name,
            "organisation_oid": f"{OID_URN}{self.organisation_oid}",
            "role": self.role,
            "purpose": self.purpose,
            "patient": patient,
            **self.more,
        }


def signed(issuer: Issuer, said: Said) -> etree._Element:
    return sign(issuer, unsigned(issuer.entity_id, said))


def sign(issuer: Issuer, element: etree._Element) -> etree._Element:
    """The assertion with the issuer's signature after its Issuer (SAML core 5.4)."""
    # One prefix throughout: an element that is moved gets the one its new parents know.
    place = etree.Element(f"{{{DS}}}Signature", {"Id": "placeholder"}, nsmap={"ds": DS})
    element.insert(1, place)
    pem = issuer.key_file.read_text("ascii")
    signer = XMLSigner(c14n_algorithm=CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0)
    return signer.sign(
        element, key=pem, cert=pem, reference_uri=element.get("ID"), id_attribute="ID"
    )


def unsigned(issuer: str, said: Said) -> etree._Element:
    begins = said.begins or now()
    ends = begins + said.lasts
    element = etree.Element(
        saml("Assertion"),
        {"ID": said.id or f"_{uuid.uuid4()}", "Version": "2.0", "IssueInstant": _instant(begins)},
        nsmap={"saml": SAML},
    )
    etree.SubElement(element, saml("Issuer")).text = issuer
    subject = etree.SubElement(element, saml("Subject"))
    etree.SubElement(subject, saml("NameID")).text = said.user_id
    confirmation = etree.SubElement(subject, saml("SubjectConfirmation"), Method=BEARER)
    etree.SubElement(confirmation, saml("SubjectConfirmationData"), NotOnOrAfter=_instant(ends))
    conditions = etree.SubElement(
        element, saml("Conditions"), NotBefore=_instant(begins), NotOnOrAfter=_instant(ends)
    )
    restriction = etree.SubElement(conditions, saml("AudienceRestriction"))
    etree.SubElement(restriction, saml("Audience")).text = said.audience
    authenticated = etree.SubElement(element, saml("AuthnStatement"), AuthnInstant=_instant(begins))
    context = etree.SubElement(authenticated, saml("AuthnContext"))
    etree.SubElement(context, saml("AuthnContextClassRef")).text = CONTEXT
    statement = etree.SubElement(element, saml("AttributeStatement"))
    for name, text in said.attributes.items():
        if text:
            _attribute(statement, name, text)
    return element


def _attribute(statement: etree._Element, field_name: str, text: str) -> None:
    attribute = etree.SubElement(statement, saml("Attribute"), Name=ATTRIBUTES[field_name].name)
    value = etree.SubElement(attribute, saml("AttributeValue"))
    if field_name not in CODED:
        value.text = text
        return
    name, system = CODED[field_name]
    coded = etree.SubElement(value, f"{{{HL7}}}{name}", nsmap={None: HL7, "xsi": XSI})
    coded.attrib.update({f"{{{XSI}}}type": "CE", "code": text, "codeSystem": system})


def _instant(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
