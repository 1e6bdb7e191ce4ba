"""A signed assertion is believed as it was signed, or not at all."""

import copy
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as trials
from hypothesis import strategies as st
from lxml import etree
from signxml import (
    CanonicalizationMethod,
    DigestAlgorithm,
    SignatureConstructionMethod,
    SignatureMethod,
    XMLSigner,
)

from archive.errors import AssertionUnreadable, SignatureInvalid
from archive.objects.assertion import Claims, read_claims, saml
from archive.objects.signature import DS, ds, open_token, verified
from archive.simulation import assertions as provider
from archive.simulation.assertions import Said
from tests.edges.xds import signing

SAID = Said(
    organisation_oid="1.2.246.10.88888029.10.0",
    audience="urn:oid:1.2.3",
    patient=signing.MATTI,
    begins=datetime(2026, 11, 26, 10, tzinfo=UTC),
    id="_a1",
)
EXCLUSIVE = CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0


def signed() -> etree._Element:
    return provider.signed(signing.issuer(), SAID)


def judged(content: bytes | etree._Element) -> Claims:
    data = content if isinstance(content, bytes) else etree.tostring(content)
    return read_claims(verified(open_token(data), [signing.certificate(signing.issuer())]))


def signature_of(element: etree._Element) -> etree._Element:
    found = element.find(ds("Signature"))
    assert found is not None
    return found


def test_a_signed_assertion_says_what_was_signed() -> None:
    claims = judged(signed())
    assert (claims.id, claims.issuer) == ("_a1", signing.issuer().entity_id)
    assert claims.organisation_oid == SAID.organisation_oid
    assert claims.patient.value == signing.MATTI
    assert claims.audiences == (("urn:oid:1.2.3",),)
    assert claims.not_before == SAID.begins


def test_namespaces_of_the_envelope_do_not_touch_the_signature() -> None:
    parent = etree.Element("{urn:x}Outer", nsmap={"x": "urn:x", None: "urn:default", "xs": "urn:y"})
    parent.append(signed())
    assert judged(etree.tostring(parent[0], with_tail=False)).id == "_a1"


def test_a_comment_cannot_cut_a_text() -> None:
    """CVE-2017-11427: the signature holds, and the text is whole."""
    text = etree.tostring(signed()).replace(b">012345678<", b">01234<!-- x -->5678<")
    assert judged(text).user_id == "012345678"


# --- not signed, or not as it must be -------------------------------------------------------------


def unsigned(element: etree._Element) -> etree._Element:
    element.remove(signature_of(element))
    return element


def changed(element: etree._Element) -> etree._Element:
    name = element.find(f"{saml('Subject')}/{saml('NameID')}")
    assert name is not None
    name.text = "999999999"
    return element


def signature_elsewhere(element: etree._Element) -> etree._Element:
    subject = element.find(saml("Subject"))
    assert subject is not None
    subject.append(signature_of(element))
    return element


def two_signatures(element: etree._Element) -> etree._Element:
    element.append(copy.deepcopy(signature_of(element)))
    return element


def reference_to(uri: str) -> Callable[[etree._Element], etree._Element]:
    def change(element: etree._Element) -> etree._Element:
        reference = signature_of(element).find(f"{ds('SignedInfo')}/{ds('Reference')}")
        assert reference is not None
        reference.set("URI", uri)
        return element

    return change


def same_id_again(element: etree._Element) -> etree._Element:
    etree.SubElement(element, saml("Advice")).set("Id", "_a1")
    return element


def wrapped_in_object(element: etree._Element) -> etree._Element:
    """The signed assertion hides in the signature of one that says something else."""
    evil = changed(copy.deepcopy(element))
    evil.set("ID", "_evil")
    hidden = copy.deepcopy(element)
    etree.SubElement(signature_of(evil), f"{{{DS}}}Object").append(hidden)
    return evil


def wrapped_in_advice(element: etree._Element) -> etree._Element:
    evil = changed(copy.deepcopy(element))
    etree.SubElement(evil, saml("Advice")).append(element)
    return evil


def wrapped_under_another_name(element: etree._Element) -> etree._Element:
    """As above, but what hides is no longer called an assertion."""
    evil = changed(copy.deepcopy(element))
    evil.set("ID", "_evil")
    hidden = etree.SubElement(evil, "Assertion", ID="_a1")
    hidden.extend(copy.deepcopy(child) for child in element)
    return evil


def with_transform(algorithm: str) -> Callable[[etree._Element], etree._Element]:
    def change(element: etree._Element) -> etree._Element:
        path = f"{ds('SignedInfo')}/{ds('Reference')}/{ds('Transforms')}"
        transforms = signature_of(element).find(path)
        assert transforms is not None
        etree.SubElement(transforms, ds("Transform"), Algorithm=algorithm)
        return element

    return change


@pytest.mark.parametrize(
    "change",
    [
        unsigned,
        changed,
        signature_elsewhere,
        two_signatures,
        reference_to(""),
        reference_to("#_other"),
        reference_to("#xpointer(/)"),
        reference_to("http://elsewhere.invalid/a.xml"),
        same_id_again,
        wrapped_in_object,
        wrapped_in_advice,
        wrapped_under_another_name,
        with_transform("http://www.w3.org/TR/1999/REC-xslt-19991116"),
        with_transform("http://www.w3.org/TR/1999/REC-xpath-19991116"),
    ],
    ids=lambda change: change.__qualname__.split(".")[0],
)
def test_what_the_signature_does_not_cover_is_refused(
    change: Callable[[etree._Element], etree._Element],
) -> None:
    with pytest.raises((SignatureInvalid, AssertionUnreadable)):
        judged(change(signed()))


class Weak(XMLSigner):
    def check_deprecated_methods(self) -> None:
        """SHA-1 must be possible for who wants to be refused."""


def resigned(**how: object) -> etree._Element:
    """The same assertion, signed in another way by the right issuer."""
    element = provider.unsigned(signing.issuer().entity_id, SAID)
    element.insert(1, etree.Element(ds("Signature"), {"Id": "placeholder"}, nsmap={"ds": DS}))
    pem = signing.issuer().key_file.read_text()
    prefixes = how.pop("inclusive_ns_prefixes", None)
    signer = Weak(**{"c14n_algorithm": EXCLUSIVE, **how})  # type: ignore[arg-type]
    key: dict[str, object] = {"key": pem, "cert": pem}
    if "hmac" in str(how.get("signature_algorithm", "")).lower():
        key = {"key": signing.certificate(signing.issuer())}  # known to everybody
    where = {"reference_uri": "_a1", "id_attribute": "ID", "inclusive_ns_prefixes": prefixes}
    return signer.sign(element, **where, **key)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "how",
    [
        {"signature_algorithm": SignatureMethod.RSA_SHA1},
        {"signature_algorithm": SignatureMethod.HMAC_SHA256},
        {"digest_algorithm": DigestAlgorithm.SHA1},
        {"c14n_algorithm": CanonicalizationMethod.CANONICAL_XML_1_0},
        {"c14n_algorithm": CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0_WITH_COMMENTS},
        {"method": SignatureConstructionMethod.detached},
    ],
    ids=lambda how: str(next(iter(how.values()))).rsplit(".", 1)[-1],
)
def test_only_the_expected_algorithms_are_taken(how: dict[str, object]) -> None:
    made = resigned(**how)
    if made.tag != saml("Assertion"):
        element = provider.unsigned(signing.issuer().entity_id, SAID)
        element.insert(1, made)
        made = element
    with pytest.raises(SignatureInvalid):
        judged(made)


def test_the_stronger_digests_are_taken() -> None:
    how = {
        "signature_algorithm": SignatureMethod.RSA_SHA512,
        "digest_algorithm": DigestAlgorithm.SHA384,
    }
    assert judged(resigned(**how)).id == "_a1"


def test_prefixes_that_are_to_be_kept_may_be_named() -> None:
    """RFC 3741 section 4; what a prefix stands for is signed then."""
    made = resigned(inclusive_ns_prefixes=["saml"])
    assert judged(made).id == "_a1"
    path = f"{ds('SignedInfo')}/{ds('CanonicalizationMethod')}/{{{EXCLUSIVE.value}}}*"
    (named,) = signature_of(made).iterfind(path)
    named.set("PrefixList", "ds")
    with pytest.raises(SignatureInvalid):
        judged(made)
    method = named.getparent()
    assert method is not None
    method.remove(named)
    etree.SubElement(method, "{urn:x}Other")
    with pytest.raises(SignatureInvalid):
        judged(made)


def test_a_certificate_that_came_along_is_not_believed() -> None:
    stranger = provider.Issuer(
        signing.issuer().entity_id, signing.issuer("urn:example:stranger").key_file
    )
    with pytest.raises(SignatureInvalid):
        judged(provider.signed(stranger, SAID))
    with pytest.raises(SignatureInvalid):
        verified(open_token(etree.tostring(signed())), [])


# --- not an assertion -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<a/>",
        b"no xml",
        b'<Assertion xmlns="urn:oasis:names:tc:SAML:1.0:assertion" ID="x" Version="2.0"/>',
        b'<Assertion xmlns="urn:oasis:names:tc:SAML:2.0:assertion" ID="x" Version="1.1"/>',
        b'<Assertion xmlns="urn:oasis:names:tc:SAML:2.0:assertion" Version="2.0"/>',
        b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
        b"<a>" * 40 + b"</a>" * 40,
    ],
)
def test_what_is_no_assertion_is_unreadable(content: bytes) -> None:
    with pytest.raises(AssertionUnreadable):
        open_token(content)


def without(path: str) -> Callable[[etree._Element], None]:
    def change(element: etree._Element) -> None:
        found = element.find("/".join(map(saml, path.split("/"))))
        assert found is not None
        parent = found.getparent()
        assert parent is not None
        parent.remove(found)

    return change


def doubled(path: str) -> Callable[[etree._Element], None]:
    def change(element: etree._Element) -> None:
        found = element.find("/".join(map(saml, path.split("/"))))
        assert found is not None
        parent = found.getparent()
        assert parent is not None
        parent.append(copy.deepcopy(found))

    return change


def with_value(path: str, name: str, value: str | None) -> Callable[[etree._Element], None]:
    def change(element: etree._Element) -> None:
        found = element.find("/".join(map(saml, path.split("/"))))
        assert found is not None
        if value is None:
            del found.attrib[name]
        else:
            found.set(name, value)

    return change


def unknown_condition(element: etree._Element) -> None:
    conditions = element.find(saml("Conditions"))
    assert conditions is not None
    etree.SubElement(conditions, "{urn:x}Condition")


@pytest.mark.parametrize(
    "change",
    [
        without("Issuer"),
        without("Subject"),
        without("Subject/NameID"),
        without("Subject/SubjectConfirmation"),
        without("Conditions"),
        without("AttributeStatement"),
        doubled("Issuer"),
        doubled("Subject"),
        doubled("Conditions"),
        doubled("Subject/NameID"),
        doubled("AttributeStatement"),
        with_value("Conditions", "NotBefore", None),
        with_value("Conditions", "NotOnOrAfter", None),
        with_value("Conditions", "NotOnOrAfter", "tomorrow"),
        with_value("Conditions", "NotOnOrAfter", "2026-11-26T10:00:00"),
        with_value(
            "Subject/SubjectConfirmation",
            "Method",
            "urn:oasis:names:tc:SAML:2.0:cm:holder-of-key",
        ),
        unknown_condition,
    ],
)
def test_what_could_be_read_in_two_ways_or_not_at_all_is_unreadable(
    change: Callable[[etree._Element], None],
) -> None:
    element = provider.unsigned(signing.issuer().entity_id, SAID)
    change(element)
    with pytest.raises(AssertionUnreadable) as caught:
        read_claims(element)
    assert "010181" not in str(caught.value)


WHOLE = etree.tostring(signed())
CLAIMS = judged(WHOLE)


@given(
    st.integers(0, len(WHOLE) - 1),
    st.integers(0, 60),
    st.one_of(
        st.binary(max_size=8),
        st.sampled_from(
            [b"<", b"&", b"<!---->", b'ID="_a1" ', b"</saml:Assertion>", b"<saml:Advice/>"]
        ),
    ),
)
@trials(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_spoiled_assertion_is_refused_or_says_the_same(at: int, cut: int, put: bytes) -> None:
    try:
        found = judged(WHOLE[:at] + put + WHOLE[at + cut :])
    except (SignatureInvalid, AssertionUnreadable) as problem:
        assert "010181" not in problem.detail
    else:
        assert found == CLAIMS
