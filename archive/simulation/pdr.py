"""A stand-in for the Patient Data Repository in demo mode: an HTTP server that takes documents,
keeps them in a folder and shows what it holds; also care documents, over ITI-41 and 43.

Documents are kept by environment and kind. `PUT` is what the archive does; `POST` is an organiser's
patient system, whose document is kept and passed on to the archive as the repository would.
"""

import base64
import hmac
import html
import json
import logging
import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from django.utils.http import parse_header_parameters

from archive.edges.xds import mtom
from archive.errors import Malformed
from archive.simulation import pdr_documents, repository
from archive.simulation.pdr_documents import Cupboard, Reply
from archive.simulation.world import ENVIRONMENTS, Credentials
from archive.values import mask

log = logging.getLogger(__name__)

KINDS = ("authorisations",)
MOST_BYTES = 1 << 20
FORWARD = "/api/authorisations/documents"
TIMEOUT = 20.0
_PLACE = re.compile(
    rf"/(?P<environment>{'|'.join(ENVIRONMENTS)})/(?P<kind>{'|'.join(KINDS)})"
    r"(/(?P<oid>[0-2](\.(0|[1-9][0-9]*)){1,60})/(?P<version>[1-9][0-9]{0,6}))?"
)

Document = dict[str, Any]


class NotTaken(Exception):
    """The answer's status, and what is wrong in a word."""

    def __init__(self, status: HTTPStatus, why: str) -> None:
        super().__init__(why)
        self.status = status


@dataclass(frozen=True, slots=True)
class Place:
    environment: str
    kind: str
    name: str = ""  # of one document: OID and version


class Shelves:
    """Documents as files, written whole or not at all."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, place: Place, document: Document) -> bool:
        """Whether it is new."""
        path = self.folder / place.environment / place.kind / f"{place.name}.json"
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        is_new = not path.exists()
        fresh = path.with_suffix(".new")
        fresh.write_text(json.dumps(document, ensure_ascii=False, indent=1), encoding="utf-8")
        fresh.replace(path)
        return is_new

    def cupboard(self, environment: str) -> Cupboard:
        """Where the care documents are."""
        return Cupboard(self.folder / environment / "documents")

    def held(self, place: Place) -> Iterator[Document]:
        folder = self.folder / place.environment / place.kind
        for path in sorted(folder.glob("*.json")):
            yield json.loads(path.read_text(encoding="utf-8"))


@dataclass(frozen=True, slots=True)
class Archive:
    """Where documents of organisers' systems are passed on to."""

    web: str
    credentials: dict[str, Credentials]  # by environment

    def tell(self, environment: str, document: Document) -> tuple[int, bytes]:
        """The archive's answer. Raises OSError when there is none."""
        known = self.credentials[environment]
        pair = base64.b64encode(f"{known.user}:{known.password}".encode()).decode("ascii")
        request = urllib.request.Request(
            self.web + FORWARD,
            data=json.dumps(document).encode(),
            headers={"Content-Type": "application/json", "Authorization": f"Basic {pair}"},
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=TIMEOUT) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code, refused.read()


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(
        self, address: tuple[str, int], shelves: Shelves, secret: str, archive: Archive
    ) -> None:
        super().__init__(address, Handler)
        self.shelves = shelves
        self.secret = secret
        self.archive = archive


class _Bounded:
    """The body of one request, and no more of the connection."""

    def __init__(self, stream: Any, length: int) -> None:
        self._stream = stream
        self._left = length

    def read(self, size: int) -> bytes:
        chunk: bytes = self._stream.read(min(size, self._left))
        self._left -= len(chunk)
        return chunk

    def drain(self) -> None:
        while self.read(1 << 16):
            pass


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        if self.path in ("/", ""):
            self._answer(HTTPStatus.OK, _page(self.server.shelves), "text/html; charset=utf-8")
            return
        self._doing(self._list)

    def do_PUT(self) -> None:
        self._doing(self._keep)

    def do_POST(self) -> None:
        environment, _, path = self.path.removeprefix("/").partition("/")
        if environment in ENVIRONMENTS and f"/{path}" == pdr_documents.PATH:
            self._exchange(environment)
            return
        self._doing(self._pass_on)

    def _exchange(self, environment: str) -> None:
        """A message about care documents, in MTOM."""
        try:
            self._require_secret()
            reply = self._replied(environment)
        except NotTaken as refused:
            reply = Reply(refused.status, "text/plain", [str(refused).encode()])
        self._answer(reply.status, b"".join(reply.chunks), reply.content_type)

    def _replied(self, environment: str) -> Reply:
        media_type, parameters = parse_header_parameters(self.headers.get("Content-Type", ""))
        length = self.headers.get("Content-Length", "")
        if media_type != mtom.MEDIA_TYPE or not length.isdecimal():
            raise NotTaken(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "not MTOM of a known length")
        body = _Bounded(self.rfile, int(length))
        try:
            with mtom.receive(body.read, parameters, pdr_documents.LIMITS) as received:
                body.drain()
                cupboard = self.server.shelves.cupboard(environment)
                archive = self.server.archive
                register = partial(repository.post, archive.web, archive.credentials[environment])
                return pdr_documents.answer(cupboard, received, register)
        except Malformed as problem:
            raise NotTaken(HTTPStatus.BAD_REQUEST, problem.detail) from None

    def _doing(self, act: Any) -> None:
        try:
            self._require_secret()
            status, body = act()
        except NotTaken as refused:
            status, body = refused.status, {"detail": str(refused)}
        self._answer(status, json.dumps(body, ensure_ascii=False).encode(), "application/json")

    def _list(self) -> tuple[int, Any]:
        return HTTPStatus.OK, {"results": list(self.server.shelves.held(self._place(one=False)))}

    def _keep(self) -> tuple[int, Any]:
        place, document = self._place(one=True), self._document()
        if place.name != _name(document):
            raise NotTaken(HTTPStatus.UNPROCESSABLE_ENTITY, "address and document differ")
        is_new = self.server.shelves.put(place, document)
        return HTTPStatus.CREATED if is_new else HTTPStatus.OK, {"kept": place.name}

    def _pass_on(self) -> tuple[int, Any]:
        """What the archive refuses is not kept."""
        place, document = self._place(one=False), self._document()
        name = _name(document)
        if not _PLACE.fullmatch(f"/{place.environment}/{place.kind}/{name.replace('~', '/')}"):
            raise NotTaken(HTTPStatus.UNPROCESSABLE_ENTITY, "no document_oid and version")
        try:
            status, answer = self.server.archive.tell(place.environment, document)
        except OSError:
            raise NotTaken(HTTPStatus.BAD_GATEWAY, "the archive does not answer") from None
        if status < HTTPStatus.BAD_REQUEST:
            self.server.shelves.put(Place(place.environment, place.kind, name), document)
        return status, json.loads(answer or b"null")

    def _require_secret(self) -> None:
        given = self.headers.get("Authorization", "")
        if not hmac.compare_digest(given.encode(), f"Bearer {self.server.secret}".encode()):
            raise NotTaken(HTTPStatus.UNAUTHORIZED, "credentials are nobody's here")

    def _place(self, *, one: bool) -> Place:
        found = _PLACE.fullmatch(self.path)
        if found is None or bool(found["oid"]) != one:
            raise NotTaken(HTTPStatus.NOT_FOUND, "no such place")
        name = f"{found['oid']}~{found['version']}" if one else ""
        return Place(found["environment"], found["kind"], name)

    def _document(self) -> Document:
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > MOST_BYTES:
            raise NotTaken(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "no length, or too long")
        try:
            document = json.loads(self.rfile.read(int(length)))
        except ValueError:
            raise NotTaken(HTTPStatus.BAD_REQUEST, "not JSON") from None
        if not isinstance(document, dict):
            raise NotTaken(HTTPStatus.BAD_REQUEST, "not an object")
        return document

    def _answer(self, status: int, body: bytes, content_type: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        log.info("%s %s", self.command, args[1] if len(args) > 1 else "")  # no addresses


def _name(document: Document) -> str:
    return f"{document.get('document_oid', '')}~{document.get('version', '')}"


_COLUMNS = ("document_oid", "version", "state", "organiser", "producer", "service_text")


def _page(shelves: Shelves) -> bytes:
    """What is held, for a person; whose it is only in outline."""
    parts = ["<!doctype html><meta charset=utf-8><title>Patient Data Repository</title>"]
    parts.append("<h1>Patient Data Repository (stand-in)</h1>")
    for environment in ENVIRONMENTS:
        rows = list(shelves.held(Place(environment, "authorisations")))
        count = shelves.cupboard(environment).count()
        parts.append(f"<p>{environment}: {count} care documents</p>")
        parts.append(f"<h2>{environment}: {len(rows)} authorisations</h2><table border=1><tr>")
        parts += [f"<th>{name}</th>" for name in (*_COLUMNS, "patient")]
        parts += [_row(each) for each in rows]
        parts.append("</table>")
    return "".join(parts).encode()


def _row(document: Document) -> str:
    patient = document.get("patient") or {}
    cells = [str(document.get(name) or "–") for name in _COLUMNS]
    cells.append(mask(str(patient.get("id", ""))) if patient else "–")
    return "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in cells)
