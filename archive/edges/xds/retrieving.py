"""Messages about documents and images themselves: ITI TF-2 3.39, 3.41, 3.43 and 3.86, RAD TF-2
4.68, 4.69 and 4.75. Strict when encoding, tolerant when decoding.
"""

import base64
import binascii
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from lxml import etree

from archive.edges.xds import codec, mtom
from archive.errors import Malformed
from archive.objects.retrieving import ImageRequest, Wanted, WantedObject
from archive.objects.xml import carried

XDSB = "urn:ihe:iti:xds-b:2007"
XDSI = "urn:ihe:rad:xdsi-b:2009"
RMD = "urn:ihe:iti:rmd:2017"
RETRIEVE_REQUEST = f"{{{XDSB}}}RetrieveDocumentSetRequest"
PROVIDE_REQUEST = f"{{{XDSB}}}ProvideAndRegisterDocumentSetRequest"
IMAGING_REQUEST = f"{{{XDSI}}}RetrieveImagingDocumentSetRequest"
REMOVE_REQUEST = f"{{{RMD}}}RemoveDocumentsRequest"

PARTIAL_SUCCESS = "urn:ihe:iti:2007:ResponseStatusType:PartialSuccess"  # ITI TF-3 4.2.4.2
MAX_DOCUMENTS = 1_000
MAX_OBJECTS = 20_000  # of a study with many slices
MAX_SYNTAXES = 100
_NAMESPACES: dict[str | None, str] = {"xds": XDSB, "rs": codec.RS}


def xdsb(name: str) -> str:
    return f"{{{XDSB}}}{name}"


def xdsi(name: str) -> str:
    return f"{{{XDSI}}}{name}"


_DOCUMENT_REQUEST = xdsb("DocumentRequest")


# --- requests -------------------------------------------------------------------------------------


def decode_documents(body: etree._Element) -> list[Wanted]:
    """DocumentRequests, of a retrieval or a removal. Raises Malformed."""
    found = [Wanted(*_named(each)) for each in body.iterchildren(_DOCUMENT_REQUEST)]
    if not 0 < len(found) <= MAX_DOCUMENTS:
        raise Malformed(f"from one to {MAX_DOCUMENTS} documents can be named")
    return found


def decode_images(body: etree._Element) -> ImageRequest:
    """A RetrieveImagingDocumentSetRequest. Raises Malformed."""
    objects = list(_objects(body))
    if not 0 < len(objects) <= MAX_OBJECTS:
        raise Malformed(f"from one to {MAX_OBJECTS} objects can be named")
    listed = body.find(xdsi("TransferSyntaxUIDList"))
    texts = [] if listed is None else listed.iterchildren(xdsi("TransferSyntaxUID"))
    syntaxes = [uid for each in texts if (uid := (each.text or "").strip())]
    if not 0 < len(syntaxes) <= MAX_SYNTAXES:
        raise Malformed("TransferSyntaxUIDList names no transfer syntax, or too many")
    return ImageRequest(objects, tuple(dict.fromkeys(syntaxes)))


def _objects(body: etree._Element) -> Iterator[WantedObject]:
    for study in body.iterchildren(xdsi("StudyRequest")):
        study_uid = _attribute(study, "studyInstanceUID")
        for series in study.iterchildren(xdsi("SeriesRequest")):
            series_uid = _attribute(series, "seriesInstanceUID")
            for each in series.iterchildren(_DOCUMENT_REQUEST):
                yield WantedObject(*_named(each), study_uid, series_uid)


def _named(request: etree._Element) -> tuple[str, str, str]:
    """Repository, document and community. Raises Malformed."""
    values = [
        (request.findtext(xdsb(name)) or "").strip()
        for name in ("RepositoryUniqueId", "DocumentUniqueId", "HomeCommunityId")
    ]
    if not values[0] or not values[1]:
        raise Malformed("a DocumentRequest needs RepositoryUniqueId and DocumentUniqueId")
    return values[0], values[1], values[2]


def _attribute(element: etree._Element, name: str) -> str:
    found = element.get(name, "").strip()
    if not found:
        raise Malformed(f"attribute {name} is missing")
    return str(found)


def decode_provided(
    body: etree._Element, received: mtom.Received
) -> tuple[etree._Element, dict[str, bytes]]:
    """The SubmitObjectsRequest, and the contents by the id of their entry. Raises Malformed."""
    submitted = body.find(codec.SUBMIT_OBJECTS)
    if submitted is None:
        raise Malformed("SubmitObjectsRequest is missing")
    contents: dict[str, bytes] = {}
    for each in body.iterchildren(xdsb("Document")):
        name = _attribute(each, "id")
        if name in contents:
            raise Malformed("a document is given twice")
        contents[name] = _content(each, received)
    return submitted, contents


def _content(document: etree._Element, received: mtom.Received) -> bytes:
    """Included, or in the envelope as base64. Raises Malformed."""
    included = received.resolve(document)
    if included is not None:
        return included.read()
    try:
        return base64.b64decode("".join((document.text or "").split()), validate=True)
    except binascii.Error:
        raise Malformed("a document is no base64") from None


# --- answers --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Sent:
    """One document of an answer; its content is the part of this id."""

    wanted: Wanted
    mime_type: str
    content_id: str
    home: str = ""


@dataclass(frozen=True, slots=True)
class Failure:
    """What is told of one that is not given; `location` is the community, of a gateway's answer."""

    code: str
    context: str
    location: str = ""


def encode_retrieved(sent: Sequence[Sent], failures: Sequence[Failure]) -> etree._Element:
    """A RetrieveDocumentSetResponse; the contents are included."""
    response = etree.Element(xdsb("RetrieveDocumentSetResponse"), nsmap=_NAMESPACES)
    response.append(encode_outcome(bool(sent), failures))
    for each in sent:
        told = etree.SubElement(response, xdsb("DocumentResponse"))
        if each.home:
            etree.SubElement(told, xdsb("HomeCommunityId")).text = each.home
        etree.SubElement(told, xdsb("RepositoryUniqueId")).text = each.wanted.repository
        etree.SubElement(told, xdsb("DocumentUniqueId")).text = each.wanted.unique_id
        etree.SubElement(told, xdsb("mimeType")).text = each.mime_type
        mtom.include(etree.SubElement(told, xdsb("Document")), each.content_id)
    return response


def encode_outcome(some: bool, failures: Iterable[Failure]) -> etree._Element:
    """A RegistryResponse: success, failure, or both."""
    failures = list(failures)
    response = etree.Element(f"{{{codec.RS}}}RegistryResponse", nsmap=_NAMESPACES)
    if not failures:
        response.set("status", codec.SUCCESS)
        return response
    response.set("status", PARTIAL_SUCCESS if some else codec.FAILURE)
    name = f"{{{codec.RS}}}RegistryErrorList"
    listed = etree.SubElement(response, name, highestSeverity=codec.SEVERITY)
    for each in failures:
        error = etree.SubElement(
            listed,
            f"{{{codec.RS}}}RegistryError",
            errorCode=each.code,
            codeContext=carried(each.context),
            severity=codec.SEVERITY,
        )
        if each.location:
            error.set("location", each.location)
    return response


def decode_retrieved(
    root: etree._Element, received: mtom.Received
) -> Iterator[tuple[str, str, mtom.Attachment]]:
    """Of another repository's answer: uniqueId, mime type and content of each document that came
    included. Raises Malformed.
    """
    response = next(root.iter(xdsb("RetrieveDocumentSetResponse")), None)
    if response is None:
        raise Malformed("the repository's answer is no RetrieveDocumentSetResponse")
    for each in response.iterchildren(xdsb("DocumentResponse")):
        document = each.find(xdsb("Document"))
        content = received.resolve(document) if document is not None else None
        if content is not None:
            unique_id = (each.findtext(xdsb("DocumentUniqueId")) or "").strip()
            yield unique_id, (each.findtext(xdsb("mimeType")) or "").strip(), content


def encode_documents_request(wanted: Iterable[Wanted]) -> etree._Element:
    """A RetrieveDocumentSetRequest, to another repository."""
    request = etree.Element(RETRIEVE_REQUEST, nsmap={None: XDSB})
    for each in wanted:
        asked = etree.SubElement(request, _DOCUMENT_REQUEST)
        etree.SubElement(asked, xdsb("RepositoryUniqueId")).text = each.repository
        etree.SubElement(asked, xdsb("DocumentUniqueId")).text = each.unique_id
    return request
