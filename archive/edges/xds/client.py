"""Our calls to the Patient Data Repository as a document consumer: ITI-43. No database here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener

from django.utils.http import parse_header_parameters

from archive.edges.xds import mtom, retrieving, soap
from archive.errors import Malformed
from archive.errors.authorisations import RepositoryRejects, RepositoryUnreachable
from archive.errors.retrieval import MultipartTooLong
from archive.objects.multipart import Limits, new_boundary
from archive.objects.retrieving import Wanted
from archive.objects.xml import parse_xml

TIMEOUT = 10.0  # seconds, for connecting and for each piece of the answer
PATH = "/xds/repository"
MAX_DOCUMENT = 100 << 20
MAX_ANSWER = 512 << 20
_ROOT = "root@idr"


@dataclass(frozen=True, slots=True)
class Fetched:
    """Documents by their uniqueId, held until `close`; those that were not given are missing."""

    documents: Mapping[str, mtom.Attachment]
    received: mtom.Received

    def close(self) -> None:
        self.received.close()


def fetch(url: str, secret: str, wanted: Sequence[Wanted]) -> Fetched:
    """Raises RepositoryUnreachable, RepositoryRejects."""
    if not url:
        raise RepositoryUnreachable("it has no address here: see PDR_URL")
    request = Request(
        url + PATH,
        data=b"".join(_asked(boundary := new_boundary(), wanted)),
        headers={
            "Content-Type": mtom.content_type(boundary, _ROOT, soap.RETRIEVE),
            "Authorization": f"Bearer {secret}",
        },
    )
    limits = Limits(len(wanted) + 1, MAX_DOCUMENT, MAX_ANSWER)
    try:
        # No proxy, no redirection: it goes to the configured address or nowhere.
        opener = build_opener(ProxyHandler({}), _Unmoved)
        with opener.open(request, timeout=TIMEOUT) as answer:
            media_type, parameters = parse_header_parameters(answer.headers.get("Content-Type", ""))
            if media_type != mtom.MEDIA_TYPE:
                raise RepositoryRejects("answered otherwise than in MTOM")
            received = mtom.receive(answer.read, parameters, limits)
    except HTTPError as failure:
        with failure:
            raise RepositoryRejects(f"answered with status {failure.code}") from None
    except (Malformed, MultipartTooLong) as problem:
        raise RepositoryRejects(f"its answer cannot be read: {problem.detail}") from None
    except (URLError, HTTPException, OSError) as failure:
        reason = getattr(failure, "reason", failure)
        raise RepositoryUnreachable(f"{url}: {type(reason).__name__}") from None
    return _read(received)


class _Unmoved(HTTPRedirectHandler):
    """A redirection is a refusal: the secret goes nowhere else."""

    def redirect_request(self, *_args: Any, **_named: Any) -> None:
        return None


def _asked(boundary: str, wanted: Sequence[Wanted]) -> list[bytes]:
    body = retrieving.encode_documents_request(wanted)
    return list(mtom.message(boundary, _ROOT, soap.encode_request(body, soap.RETRIEVE), ()))


def _read(received: mtom.Received) -> Fetched:
    """Raises RepositoryRejects."""
    try:
        found = retrieving.decode_retrieved(parse_xml(received.root), received)
        return Fetched({unique_id: content for unique_id, _, content in found}, received)
    except Malformed as problem:
        received.close()
        raise RepositoryRejects(f"its answer cannot be read: {problem.detail}") from None
