"""The Patient Data Repository's sender: a message to the registry, its answer read."""

import base64
import urllib.error
import urllib.request

from lxml import etree

from archive.simulation.documents import ACTION
from archive.simulation.envelope import SOAP
from archive.simulation.world import Credentials

REGISTRY_PATH = "/xds/registry"
TIMEOUT = 30.0

RS = "urn:oasis:names:tc:ebxml-regrep:xsd:rs:3.0"
SUCCESS = "urn:oasis:names:tc:ebxml-regrep:ResponseStatusType:Success"


class DocumentRefused(Exception):
    """No success; `error_code` is the registry's errorCode, its fault, or the HTTP status."""

    def __init__(self, error_code: str) -> None:
        super().__init__(f"registry answered {error_code}")
        self.error_code = error_code


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
