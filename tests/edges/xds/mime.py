"""MTOM of a peer's, by hand: requests written, answers taken apart and held against the schemas."""

import base64
import hashlib
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from django.http import HttpResponse
from django.test import Client
from django.utils.http import parse_header_parameters
from lxml import etree

from tests.edges.xds import messages
from tests.edges.xds.schemas import schema
from tests.services.xds_cast import Peer

RETRIEVE = "urn:ihe:iti:2007:RetrieveDocumentSet"
PROVIDE = "urn:ihe:iti:2007:ProvideAndRegisterDocumentSet-b"
REMOVE = "urn:ihe:iti:2017:RemoveDocuments"
PDR, OURS = "1.2.246.10.2462460.40", "1.2.246.10.2462460.42"
NAMES = {
    "s": "http://www.w3.org/2003/05/soap-envelope",
    "a": "http://www.w3.org/2005/08/addressing",
    "x": "urn:ihe:iti:xds-b:2007",
    "rs": "urn:oasis:names:tc:ebxml-regrep:xsd:rs:3.0",
    "xop": "http://www.w3.org/2004/08/xop/include",
}


def request(envelope: bytes, action: str, documents: dict[str, bytes] | None = None) -> Any:
    """Content and content type."""
    parts = [
        b'Content-Type: application/xop+xml; charset=UTF-8; type="application/soap+xml"\r\n'
        b"Content-Transfer-Encoding: binary\r\nContent-ID: <0.a@b>\r\n\r\n" + envelope
    ]
    for name, content in (documents or {}).items():
        head = f"Content-Type: text/xml\r\nContent-ID: <{name}>\r\n\r\n".encode()
        parts.append(head + content)
    whole = b"".join(b"--MIME_b\r\n" + part + b"\r\n" for part in parts) + b"--MIME_b--\r\n"
    return whole, (
        'multipart/related; boundary="MIME_b"; type="application/xop+xml"; start="<0.a@b>"; '
        f'start-info="application/soap+xml"; action="{action}"'
    )


def sha1(content: bytes) -> str:
    return hashlib.sha1(content, usedforsecurity=False).hexdigest()


@dataclass(frozen=True)
class Opened:
    """An answer, taken apart."""

    status: str
    documents: dict[str, bytes]
    errors: list[tuple[str, str]]
    answer: etree._Element
    action: str

    @property
    def codes(self) -> list[str]:
        return [code for code, _ in self.errors]


def opened(content: bytes, content_type: str) -> Opened:
    media_type, parameters = parse_header_parameters(content_type)
    assert media_type == "multipart/related", content_type
    assert content.endswith(f"--{parameters['boundary']}--\r\n".encode()), "broken off"
    pieces = content.split(f"--{parameters['boundary']}".encode())
    parts = {}
    for piece in pieces[1:-1]:
        head, _, body = piece.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        (named,) = [line for line in head.split(b"\r\n") if line.startswith(b"Content-ID: ")]
        assert b"Content-Transfer-Encoding: binary" in head
        parts[named.removeprefix(b"Content-ID: ").decode()] = body.removesuffix(b"\r\n")
    assert next(iter(parts)) == parameters["start"]
    root = etree.fromstring(parts[parameters["start"]])
    for include in root.findall(".//xop:Include", NAMES):
        parent = include.getparent()
        part = parts[f"<{unquote(include.get('href').removeprefix('cid:'))}>"]
        parent.remove(include)
        parent.text = base64.b64encode(part).decode()
    return _read(root)


def _read(root: etree._Element) -> Opened:
    answer = root.find("s:Body/*", NAMES)
    name = "rs.xsd" if answer.tag.endswith("RegistryResponse") else "XDS.b_DocumentRepository.xsd"
    schema(name).assertValid(etree.fromstring(etree.tostring(answer)))
    response = answer if name == "rs.xsd" else answer.find("rs:RegistryResponse", NAMES)
    return Opened(
        response.get("status").rsplit(":", 1)[1],
        {
            each.findtext("x:DocumentUniqueId", namespaces=NAMES): base64.b64decode(
                each.findtext("x:Document", namespaces=NAMES)
            )
            for each in answer.findall("x:DocumentResponse", NAMES)
        },
        [
            (each.get("errorCode"), each.get("codeContext"))
            for each in response.findall(".//rs:RegistryError", NAMES)
        ],
        answer,
        root.findtext("s:Header/a:Action", namespaces=NAMES),
    )


def post(peer: Peer, path: str, content: bytes, content_type: str) -> HttpResponse:
    pair = base64.b64encode(f"{peer.user}:{peer.password}".encode()).decode()
    response: Any = Client().post(
        path, content, content_type=content_type, headers={"Authorization": f"Basic {pair}"}
    )
    return response


def send(peer: Peer, path: str, content: bytes, content_type: str) -> Opened:
    response: Any = post(peer, path, content, content_type)
    assert response.status_code == 200, response.status_code
    return opened(response.getvalue(), response["Content-Type"])


def wanted(*documents: tuple[str, str], home: str = "") -> str:
    """DocumentRequests of (repository, uniqueId)."""
    named = f"<HomeCommunityId>{home}</HomeCommunityId>" if home else ""
    return "".join(
        f'<DocumentRequest xmlns="urn:ihe:iti:xds-b:2007">{named}'
        f"<RepositoryUniqueId>{repository}</RepositoryUniqueId>"
        f"<DocumentUniqueId>{unique}</DocumentUniqueId></DocumentRequest>"
        for repository, unique in documents
    )


def retrieve(
    peer: Peer,
    *documents: tuple[str, str],
    home: str = "",
    path: str = "/xds/repository",
    action: str = RETRIEVE,
) -> Opened:
    body = (
        '<RetrieveDocumentSetRequest xmlns="urn:ihe:iti:xds-b:2007">'
        f"{wanted(*documents, home=home)}</RetrieveDocumentSetRequest>"
    )
    return send(peer, path, *request(messages.envelope(body, action=action), action))


IMAGES = "urn:ihe:rad:2009:RetrieveImagingDocumentSet"
SOURCE = "1.2.246.10.2462460.43"
EXPLICIT = "1.2.840.10008.1.2.1"


@dataclass(frozen=True)
class Named:
    """An object as a manifest names it."""

    study: str
    series: str
    uid: str
    repository: str = SOURCE


def images_request(*objects: Named, syntaxes: tuple[str, ...] = (EXPLICIT,), home: str = "") -> str:
    studies = "".join(
        f'<i:StudyRequest studyInstanceUID="{each.study}">'
        f'<i:SeriesRequest seriesInstanceUID="{each.series}">'
        f"{wanted((each.repository, each.uid), home=home)}</i:SeriesRequest></i:StudyRequest>"
        for each in objects
    )
    listed = "".join(f"<i:TransferSyntaxUID>{uid}</i:TransferSyntaxUID>" for uid in syntaxes)
    return (
        '<i:RetrieveImagingDocumentSetRequest xmlns:i="urn:ihe:rad:xdsi-b:2009">'
        f"{studies}<i:TransferSyntaxUIDList>{listed}</i:TransferSyntaxUIDList>"
        "</i:RetrieveImagingDocumentSetRequest>"
    )


def images(
    peer: Peer,
    *objects: Named,
    syntaxes: tuple[str, ...] = (EXPLICIT,),
    home: str = "",
    path: str = "/xds/imaging",
    action: str = IMAGES,
) -> Opened:
    body = images_request(*objects, syntaxes=syntaxes, home=home)
    return send(peer, path, *request(messages.envelope(body, action=action), action))


def provide(peer: Peer, submitted: str, documents: dict[str, bytes]) -> Opened:
    """ITI-41, each document as a part of its own."""
    names = {entry: f"{number}@b" for number, entry in enumerate(documents)}
    listed = "".join(
        f'<x:Document id="{entry}"><xop:Include xmlns:xop="{NAMES["xop"]}" href="cid:{name}"/>'
        "</x:Document>"
        for entry, name in names.items()
    )
    body = (
        '<x:ProvideAndRegisterDocumentSetRequest xmlns:x="urn:ihe:iti:xds-b:2007">'
        f"{submitted}{listed}</x:ProvideAndRegisterDocumentSetRequest>"
    )
    parts = {names[entry]: content for entry, content in documents.items()}
    sent = request(messages.envelope(body, action=PROVIDE), PROVIDE, parts)
    return send(peer, "/xds/repository", *sent)


def remove(peer: Peer, *documents: tuple[str, str]) -> Opened:
    body = (
        '<r:RemoveDocumentsRequest xmlns:r="urn:ihe:iti:rmd:2017">'
        f"{wanted(*documents)}</r:RemoveDocumentsRequest>"
    )
    sent = request(messages.envelope(body, action=REMOVE), REMOVE)
    return send(peer, "/xds/repository", *sent)
