"""SOAP 1.2 envelopes as peers write them, with the assertion where there is one."""

import uuid

from lxml import etree

SOAP = "http://www.w3.org/2003/05/soap-envelope"
ADDRESSING = "http://www.w3.org/2005/08/addressing"
SECURITY = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"


def message(
    action: str,
    body: etree._Element,
    *,
    assertion: etree._Element | None = None,
    message_id: str = "",
) -> bytes:
    """The whole message; without `message_id` it gets one of its own."""
    root = etree.Element(f"{{{SOAP}}}Envelope", nsmap={"s": SOAP, "a": ADDRESSING})
    header = etree.SubElement(root, f"{{{SOAP}}}Header")
    stated = etree.SubElement(header, f"{{{ADDRESSING}}}Action", {f"{{{SOAP}}}mustUnderstand": "1"})
    stated.text = action
    identity = etree.SubElement(header, f"{{{ADDRESSING}}}MessageID")
    identity.text = message_id or uuid.uuid4().urn
    reply_to = etree.SubElement(header, f"{{{ADDRESSING}}}ReplyTo")
    etree.SubElement(reply_to, f"{{{ADDRESSING}}}Address").text = f"{ADDRESSING}/anonymous"
    if assertion is not None:
        security = etree.SubElement(
            header,
            f"{{{SECURITY}}}Security",
            {f"{{{SOAP}}}mustUnderstand": "1"},
            nsmap={"wsse": SECURITY},
        )
        security.append(assertion)
    etree.SubElement(root, f"{{{SOAP}}}Body").append(body)
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8"))
