"""The signature of an assertion: XML Signature 1.1, enveloped, exclusive canonical form.

What is believed is what the signature covers, never the element that came.
"""

from collections.abc import Iterable
from copy import deepcopy

from cryptography.exceptions import UnsupportedAlgorithm
from lxml import etree
from signxml import DigestAlgorithm, SignatureConfiguration, SignatureMethod, XMLVerifier
from signxml.exceptions import SignXMLException

from archive.errors import AssertionUnreadable, Malformed, SignatureInvalid
from archive.objects.assertion import SAML, saml
from archive.objects.xml import hardened_parser, parse_xml

DS = "http://www.w3.org/2000/09/xmldsig#"
EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
INCLUSIVE = f"{{{EXCLUSIVE}}}InclusiveNamespaces"
ENVELOPED = f"{DS}enveloped-signature"
SIGNATURES = frozenset(
    {
        SignatureMethod.RSA_SHA256,
        SignatureMethod.RSA_SHA384,
        SignatureMethod.RSA_SHA512,
        SignatureMethod.ECDSA_SHA256,
        SignatureMethod.ECDSA_SHA384,
        SignatureMethod.ECDSA_SHA512,
    }
)
DIGESTS = frozenset({DigestAlgorithm.SHA256, DigestAlgorithm.SHA384, DigestAlgorithm.SHA512})
EXPECTED = SignatureConfiguration(
    location="./", signature_methods=SIGNATURES, digest_algorithms=DIGESTS
)
# What signxml raises, and what the libraries below it raise through it.
UNFIT = (
    SignXMLException,
    UnsupportedAlgorithm,
    etree.LxmlError,
    ValueError,
    TypeError,
    KeyError,
    AttributeError,
    NotImplementedError,
)


def ds(name: str) -> str:
    return f"{{{DS}}}{name}"


class _Verifier(XMLVerifier):
    def validate_schema(self, signature: etree._Element) -> None:
        """The schema of 2002 wants each parameter of a canonical form declared, and knows none:
        that of the exclusive one, which it has by RFC 3741, is left out here.
        """
        judged = deepcopy(signature)
        for method in judged.iterfind(f"{ds('SignedInfo')}/{ds('CanonicalizationMethod')}"):
            for each in method.findall(INCLUSIVE):
                method.remove(each)
        super().validate_schema(judged)  # type: ignore[no-untyped-call]


def open_token(content: bytes) -> etree._Element:
    """The assertion as it came; nothing of it is believed yet. Raises AssertionUnreadable."""
    try:
        root = parse_xml(content)
    except Malformed as problem:
        raise AssertionUnreadable(problem.detail) from None
    if root.tag != saml("Assertion") or root.get("Version") != "2.0" or not root.get("ID"):
        raise AssertionUnreadable("not an assertion of SAML 2.0 with an ID")
    if sum(1 for _ in root.iter(f"{{{SAML}}}Assertion", f"{{{SAML}}}EncryptedAssertion")) != 1:
        raise AssertionUnreadable("an assertion stands in another")
    return root


def verified(token: etree._Element, certificates: Iterable[str]) -> etree._Element:
    """The Assertion element as it was signed with one of the certificates (PEM).

    Raises SignatureInvalid.
    """
    _check_form(token)
    why = "no certificate of the issuer is valid"
    for certificate in certificates:
        try:
            result = _Verifier().verify(
                token,
                x509_cert=certificate,
                id_attribute="ID",
                parser=hardened_parser(),
                expect_config=EXPECTED,
            )
        except UNFIT as problem:
            why = f"the signature does not hold: {type(problem).__name__}"
            continue
        signed = getattr(result, "signed_xml", None)
        if signed is None or signed.tag != token.tag or signed.get("ID") != token.get("ID"):
            raise SignatureInvalid("what was signed is not the assertion")
        return signed
    raise SignatureInvalid(why)


def _check_form(token: etree._Element) -> None:
    """One signature, the assertion's own child, over the whole assertion and nothing else, by the
    two transforms of SAML core 5.4.4. Raises SignatureInvalid.
    """
    signatures = list(token.iter(ds("Signature")))
    if len(signatures) != 1 or signatures[0].getparent() is not token:
        raise SignatureInvalid("the assertion must hold one signature, its own")
    info = signatures[0].find(ds("SignedInfo"))
    references = [] if info is None else info.findall(ds("Reference"))
    if info is None or len(references) != 1:
        raise SignatureInvalid("the signature must have one reference")
    if references[0].get("URI") != f"#{token.get('ID')}" or _bears_id(token) != 1:
        raise SignatureInvalid("the signature refers to something else than the assertion")
    method = info.find(ds("CanonicalizationMethod"))
    transforms = [
        each.get("Algorithm")
        for each in references[0].iterfind(f"{ds('Transforms')}/{ds('Transform')}")
    ]
    if method is None or method.get("Algorithm") != EXCLUSIVE:
        raise SignatureInvalid("SignedInfo must be in exclusive canonical form")
    if transforms != [ENVELOPED, EXCLUSIVE]:
        raise SignatureInvalid("transforms must be enveloped signature and exclusive form")


def _bears_id(token: etree._Element) -> int:
    """How many attributes that may be read as an ID have the assertion's."""
    wanted = token.get("ID")
    return sum(
        value == wanted and etree.QName(name).localname.lower() == "id"
        for element in token.iter(etree.Element)
        for name, value in element.attrib.items()
    )
