"""The stand-in repository's care documents: taken by ITI-41 and registered in the archive by
ITI-42, given by ITI-43.
"""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from lxml import etree

from archive.edges.xds import client, codec, mtom, retrieving, soap
from archive.edges.xds.mtom import Included, Received
from archive.edges.xds.retrieving import Failure, Sent
from archive.errors import Malformed
from archive.objects.multipart import Limits, new_boundary
from archive.objects.retrieving import Wanted
from archive.simulation import documents, envelope, repository

LIMITS = Limits(parts=50, part_bytes=50 << 20, total_bytes=200 << 20)
PATH = client.PATH
Register = Callable[[bytes], None]  # in the archive; raises DocumentRefused, OSError


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    content_type: str
    chunks: Iterable[bytes]


@dataclass(frozen=True, slots=True)
class Cupboard:
    """Documents as files, by the digest of their uniqueId: no peer names a file."""

    folder: Path

    def put(self, unique_id: str, content: bytes) -> None:
        path = self._path(unique_id)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = path.with_suffix(".new")
        fresh.write_bytes(content)
        fresh.replace(path)

    def get(self, unique_id: str) -> bytes | None:
        path = self._path(unique_id)
        return path.read_bytes() if path.is_file() else None

    def count(self) -> int:
        return sum(1 for _ in self.folder.glob("*.xml"))

    def _path(self, unique_id: str) -> Path:
        return self.folder / f"{hashlib.sha256(unique_id.encode()).hexdigest()}.xml"


def answer(cupboard: Cupboard, received: Received, register: Register) -> Reply:
    """To one message of MTOM."""
    parts: list[Included] = []
    try:
        message = soap.decode(received.root, bodies=soap.REPOSITORY_BODIES)
        if message.action == soap.PROVIDE:
            body = _provided(cupboard, message, received, register)
        elif message.action == soap.RETRIEVE:
            body, parts = _given(cupboard, retrieving.decode_documents(message.body))
        else:
            raise soap.Fault("the action is not supported", subcodes=("ActionNotSupported",))
    except soap.Fault as fault:
        return Reply(fault.http_status, soap.MEDIA_TYPE, [soap.encode_fault(fault)])
    except Malformed as problem:
        body = _refused("XDSRepositoryMetadataError", problem.detail)
    encoded = soap.encode(body, action=message.action, relates_to=message.message_id)
    boundary, root = new_boundary(), mtom.new_content_id()
    content_type = mtom.content_type(boundary, root, soap.answer_action(message.action))
    return Reply(200, content_type, mtom.message(boundary, root, encoded, parts))


def _provided(
    cupboard: Cupboard, message: soap.Message, received: Received, register: Register
) -> etree._Element:
    """What the archive refuses to register is not kept."""
    submitted, contents = retrieving.decode_provided(message.body, received)
    entries = codec.decode_submission(submitted).entries
    if {entry.uuid for entry in entries} != contents.keys():
        raise Malformed("documents and descriptions differ")
    try:
        register(envelope.message(documents.ACTION, submitted))
    except repository.DocumentRefused as refusal:
        return _refused(refusal.error_code, "the archive does not register it")
    except OSError:
        return _refused("XDSRegistryNotAvailable", "the archive does not answer")
    for entry in entries:
        cupboard.put(entry.unique_id, contents[entry.uuid])
    return codec.encode_registered()


def _refused(code: str, context: str) -> etree._Element:
    return codec.encode_registered((code, context))


def _given(cupboard: Cupboard, wanted: Iterable[Wanted]) -> tuple[etree._Element, list[Included]]:
    sent: list[Sent] = []
    parts: list[Included] = []
    missing: list[Failure] = []
    for each in wanted:
        content = cupboard.get(each.unique_id)
        if content is None:
            missing.append(Failure("XDSDocumentUniqueIdError", each.unique_id))
            continue
        part = Included(mtom.new_content_id(), "text/xml", _once(content))
        parts.append(part)
        sent.append(Sent(each, part.media_type, part.content_id))
    return retrieving.encode_retrieved(sent, missing), parts


def _once(content: bytes) -> Callable[[], Iterable[bytes]]:
    return lambda: (content,)
