"""The envelope: what is answered, and what is a fault."""

from itertools import count

import pytest
from lxml import etree

from archive.edges.xds import codec, soap
from tests.edges.xds import messages
from tests.edges.xds.messages import QUERY, REGISTER, Paper, envelope

BODY = messages.submit(Paper())
ASK = messages.query(messages.FIND_DOCUMENTS, messages.find())


def header(*, action: str = REGISTER, message_id: str = "urn:uuid:1", more: str = "") -> str:
    return f"<a:Action>{action}</a:Action><a:MessageID>{message_id}</a:MessageID>{more}"


def fault_of(content: bytes, content_action: str = "") -> soap.Fault:
    with pytest.raises(soap.Fault) as caught:
        soap.decode(content, content_action)
    return caught.value


def test_a_message_in_order_gives_action_id_and_body() -> None:
    message = soap.decode(envelope(BODY, header=header()), REGISTER)
    assert (message.action, message.message_id) == (REGISTER, "urn:uuid:1")
    assert message.body.tag == codec.SUBMIT_OBJECTS


@pytest.mark.parametrize(
    ("content", "code", "subcodes", "relates_to"),
    [
        (
            envelope(BODY, header="<a:Action>x</a:Action>"),
            "Sender",
            ("MessageAddressingHeaderRequired",),
            "",
        ),
        (
            envelope(BODY, header="<a:MessageID>m</a:MessageID>"),
            "Sender",
            ("MessageAddressingHeaderRequired",),
            "m",
        ),
        (envelope(BODY, header=""), "Sender", ("MessageAddressingHeaderRequired",), ""),
        (
            envelope(BODY, header=header(more="<a:MessageID>m</a:MessageID>")),
            "Sender",
            ("InvalidAddressingHeader", "InvalidCardinality"),
            "",
        ),
        (
            envelope(BODY, header=header(action="urn:ihe:iti:2007:Nothing")),
            "Sender",
            ("ActionNotSupported",),
            "urn:uuid:1",
        ),
        (
            envelope(BODY, header=header(action=QUERY)),
            "Sender",
            ("InvalidAddressingHeader", "ActionMismatch"),
            "urn:uuid:1",
        ),
        (
            envelope(
                BODY,
                header=header(
                    more="<a:ReplyTo><a:Address>http://elsewhere.invalid</a:Address></a:ReplyTo>"
                ),
            ),
            "Sender",
            ("InvalidAddressingHeader", "OnlyAnonymousAddressSupported"),
            "urn:uuid:1",
        ),
        (
            envelope(
                BODY, header=header(more='<n:Security xmlns:n="urn:n" s:mustUnderstand="true"/>')
            ),
            "MustUnderstand",
            (),
            "urn:uuid:1",
        ),
        (envelope(""), "Sender", (), ""),
        (envelope(BODY + BODY), "Sender", (), ""),
        (b"<html/>", "Sender", (), ""),
        (b"no xml", "Sender", (), ""),
        (
            b'<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"/>',
            "VersionMismatch",
            (),
            "",
        ),
    ],
    ids=count(),  # messages hold random UUIDs; names must be the same in all test workers
)
def test_an_envelope_out_of_order_is_a_fault(
    content: bytes, code: str, subcodes: tuple[str, ...], relates_to: str
) -> None:
    fault = fault_of(content)
    assert (fault.code, fault.subcodes, fault.relates_to) == (code, subcodes, relates_to)
    assert fault.http_status == (400 if code == "Sender" else 500)


def test_the_action_of_the_content_type_must_agree() -> None:
    assert fault_of(envelope(BODY, header=header()), QUERY).subcodes[1] == "ActionMismatch"


def test_a_block_for_another_role_or_not_compulsory_is_passed_over() -> None:
    blocks = (
        '<n:A xmlns:n="urn:n" s:mustUnderstand="0"/>'
        '<n:B xmlns:n="urn:n" s:mustUnderstand="1" s:role="http://somebody.invalid"/>'
    )
    assert soap.decode(envelope(BODY, header=header(more=blocks))).action == REGISTER


def test_a_fault_is_written_as_soap_says() -> None:
    fault = fault_of(
        envelope(BODY, header=header(more='<n:Security xmlns:n="urn:n" s:mustUnderstand="1"/>'))
    )
    root = etree.fromstring(soap.encode_fault(fault))
    names = {"s": soap.ENV, "a": soap.WSA}
    assert root.findtext("s:Body/s:Fault/s:Code/s:Value", namespaces=names) == "s:MustUnderstand"
    assert root.findtext("s:Header/a:RelatesTo", namespaces=names) == "urn:uuid:1"
    block = root.find("s:Header/s:NotUnderstood", namespaces=names)
    assert block is not None
    prefix, name = block.get("qname").split(":")
    assert (block.nsmap[prefix], name) == ("urn:n", "Security")

    unsupported = fault_of(envelope(BODY, header=header(action="urn:x")))
    root = etree.fromstring(soap.encode_fault(unsupported))
    path = "s:Body/s:Fault/s:Code/s:Subcode/s:Value"
    assert root.findtext(path, namespaces=names) == "a:ActionNotSupported"
    assert root.findtext("s:Header/a:Action", namespaces=names) == soap.WSA_FAULT

    upgrade = fault_of(b'<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"/>')
    root = etree.fromstring(soap.encode_fault(upgrade))
    assert root.find("s:Header/s:Upgrade/s:SupportedEnvelope", namespaces=names) is not None


@pytest.mark.parametrize(("action", "body"), [(REGISTER, BODY), (QUERY, ASK)], ids=count())
def test_an_answer_names_its_request_and_action(action: str, body: str) -> None:
    message = soap.decode(envelope(body, action=action))
    answer = soap.encode(
        codec.encode_registered(), action=message.action, relates_to=message.message_id
    )
    root = etree.fromstring(answer)
    names = {"s": soap.ENV, "a": soap.WSA}
    assert root.findtext("s:Header/a:RelatesTo", namespaces=names) == message.message_id
    assert root.findtext("s:Header/a:Action", namespaces=names) == f"{action}Response"
