"""Care documents on their way: to the Patient Data Repository, which registers them, or by its own
message to the registry; the answer read.
"""

import base64
import urllib.error
import urllib.request

from lxml import etree

from archive.edges.xds import client, mtom, retrieving, soap
from archive.objects.multipart import new_boundary
from archive.simulation import documents, envelope
from archive.simulation.documents import ACTION, CareDocument
from archive.simulation.envelope import SOAP
from archive.simulation.world import Credentials, World

REGISTRY_PATH = "/xds/registry"
TIMEOUT = 30.0

RS = "urn:oasis:names:tc:ebxml-regrep:xsd:rs:3.0"
SUCCESS = "urn:oasis:names:tc:ebxml-regrep:ResponseStatusType:Success"


class DocumentRefused(Exception):
    """No success; `error_code` is the registry's errorCode, its fault, or the HTTP status."""

    def __init__(self, error_code: str) -> None:
        super().__init__(f"registry answered {error_code}")
        self.error_code = error_code


def deliver(world: World, environment: str, document: CareDocument) -> None:
    """To the repository where there is one, which registers it; else registered in its name.
    Raises DocumentRefused, or OSError when nobody answers.
    """
    url = world.documents.get(environment, "")
    if not url:
        post(world.web, world.repository(environment), documents.message(document))
        return
    body = etree.Element(retrieving.PROVIDE_REQUEST, nsmap={"xds": retrieving.XDSB})
    body.append(documents.submission(document))
    part_id, boundary = mtom.new_content_id(), new_boundary()
    place = etree.SubElement(body, retrieving.xdsb("Document"), id=document.entry_uuid)
    mtom.include(place, part_id)
    part = mtom.Included(part_id, "text/xml", lambda: (documents.content(document),))
    root = envelope.message(soap.PROVIDE, body)
    request = urllib.request.Request(
        url + client.PATH,
        data=b"".join(mtom.message(boundary, "root@pdr", root, [part])),
        headers={
            "Content-Type": mtom.content_type(boundary, "root@pdr", soap.PROVIDE),
            "Authorization": f"Bearer {world.documents_secret}",
        },
    )
    answer = _envelope_of(_sent(request))
    if not _succeeded(answer):
        raise DocumentRefused(reason(answer) or "unreadable answer")


def _envelope_of(answer: bytes) -> bytes:
    """What of a short MTOM answer is XML."""
    start, end = answer.find(b"<?xml"), answer.rfind(b">")
    return answer[max(start, 0) : end + 1]


def post(web: str, credentials: Credentials, body: bytes) -> None:
    """Register one message. Raises DocumentRefused, or OSError when nobody answers."""
    answer = send(web, credentials, ACTION, body)
    if not _succeeded(answer):
        raise DocumentRefused(reason(answer) or "unreadable answer")


def send(web: str, credentials: Credentials, action: str, body: bytes) -> bytes:
    """The registry's answer to one message. Raises DocumentRefused, or OSError."""
    pair = f"{credentials.user}:{credentials.password}".encode()
    request = urllib.request.Request(
        web + REGISTRY_PATH,
        data=body,
        headers={
            "Content-Type": f'application/soap+xml; charset=UTF-8; action="{action}"',
            "Authorization": "Basic " + base64.b64encode(pair).decode("ascii"),
        },
    )
    return _sent(request)


def _sent(request: urllib.request.Request) -> bytes:
    """Raises DocumentRefused, or OSError."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=TIMEOUT) as response:
            return bytes(response.read())
    except urllib.error.HTTPError as failure:
        with failure:
            raise DocumentRefused(reason(failure.read()) or f"HTTP {failure.code}") from None


def _succeeded(answer: bytes) -> bool:
    response = _parsed(answer)
    found = None if response is None else next(response.iter(f"{{{RS}}}RegistryResponse"), None)
    return found is not None and found.get("status") == SUCCESS


def reason(answer: bytes) -> str:
    """The first errorCode of a registry response, else the text of a SOAP fault, else nothing."""
    root = _parsed(answer)
    if root is None:
        return ""
    for error in root.iter(f"{{{RS}}}RegistryError"):
        return str(error.get("errorCode", ""))
    for fault in root.iter(f"{{{SOAP}}}Fault"):
        return "fault " + " ".join(
            str(text).strip() for text in fault.itertext() if str(text).strip()
        )
    return ""


def _parsed(answer: bytes) -> etree._Element | None:
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    try:
        return etree.fromstring(answer, parser)
    except etree.XMLSyntaxError:
        return None
