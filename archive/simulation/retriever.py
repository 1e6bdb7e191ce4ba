"""A customer's consumer fetches what it has found: documents and manifests (ITI-43), and the images
that a manifest names (RAD-69).
"""

import base64
import urllib.error
import urllib.request
from collections.abc import Iterable

from django.utils.http import parse_header_parameters
from lxml import etree

from archive.edges.xds import mtom, retrieving, soap
from archive.objects import manifest as kos
from archive.objects.multipart import Limits, new_boundary
from archive.objects.retrieving import Wanted
from archive.simulation import consumer, envelope, repository
from archive.simulation.consumer import Ask, Entry
from archive.simulation.repository import DocumentRefused
from archive.simulation.world import World

REPOSITORY_PATH, IMAGING_PATH = "/xds/repository", "/xds/imaging"
TIMEOUT = 60.0
LIMITS = Limits(parts=5_000, part_bytes=1 << 30, total_bytes=4 << 30)
# Any of these will do: explicit and implicit VR, JPEG, JPEG 2000 and RLE.
SYNTAXES = (
    *("1.2.840.10008.1.2.1", "1.2.840.10008.1.2", "1.2.840.10008.1.2.4.50"),
    *("1.2.840.10008.1.2.4.70", "1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.5"),
)


def documents(world: World, ask: Ask, entries: Iterable[Entry]) -> dict[str, bytes]:
    """Contents by uniqueId; what is not given is missing. Raises DocumentRefused, or OSError."""
    wanted = [Wanted(each.repository, each.unique_id) for each in entries]
    body = retrieving.encode_documents_request(wanted)
    return _fetched(world, ask, REPOSITORY_PATH, soap.RETRIEVE, body)


def images(world: World, ask: Ask, manifest: bytes) -> dict[str, bytes]:
    """Part 10 files by SOP Instance UID, as `documents`."""
    body = images_request(kos.read(manifest))
    return _fetched(world, ask, IMAGING_PATH, soap.RETRIEVE_IMAGES, body)


def images_request(references: Iterable[kos.Reference]) -> etree._Element:
    """RetrieveImagingDocumentSetRequest, RAD TF-2 4.69.4.1.2."""
    request = etree.Element(retrieving.IMAGING_REQUEST, nsmap={"i": retrieving.XDSI})
    series: dict[tuple[str, str], etree._Element] = {}
    studies: dict[str, etree._Element] = {}
    for each in references:
        if each.study_uid not in studies:
            studies[each.study_uid] = etree.SubElement(
                request, retrieving.xdsi("StudyRequest"), studyInstanceUID=each.study_uid
            )
        key = each.study_uid, each.series_uid
        if key not in series:
            series[key] = etree.SubElement(
                studies[each.study_uid],
                retrieving.xdsi("SeriesRequest"),
                seriesInstanceUID=each.series_uid,
            )
        wanted = [Wanted(each.retrieve_location_uid, each.instance_uid)]
        series[key].extend(retrieving.encode_documents_request(wanted))
    listed = etree.SubElement(request, retrieving.xdsi("TransferSyntaxUIDList"))
    for syntax in SYNTAXES:
        etree.SubElement(listed, retrieving.xdsi("TransferSyntaxUID")).text = syntax
    return request


def _fetched(
    world: World, ask: Ask, path: str, action: str, body: etree._Element
) -> dict[str, bytes]:
    assertion = consumer.assertion(world, ask) if ask.with_assertion else None
    boundary = new_boundary()
    root = envelope.message(action, body, assertion=assertion)
    known = ask.customer.consumer(ask.environment)
    pair = base64.b64encode(f"{known.user}:{known.password}".encode()).decode("ascii")
    request = urllib.request.Request(
        world.web + path,
        data=b"".join(mtom.message(boundary, "root@consumer", root, ())),
        headers={
            "Content-Type": mtom.content_type(boundary, "root@consumer", action),
            "Authorization": f"Basic {pair}",
        },
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=TIMEOUT) as answer:
            _, parameters = parse_header_parameters(answer.headers["Content-Type"])
            with mtom.receive(answer.read, parameters, LIMITS) as received:
                found = retrieving.decode_retrieved(etree.fromstring(received.root), received)
                contents = {unique_id: content.read() for unique_id, _, content in found}
                if not contents:
                    raise DocumentRefused(repository.reason(received.root) or "nothing")
                return contents
    except urllib.error.HTTPError as failure:
        with failure:
            text = repository.reason(failure.read()) or f"HTTP {failure.code}"
            raise DocumentRefused(text) from None
