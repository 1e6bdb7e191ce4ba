"""One archived object on its way to a consumer: a Part 10 file, verified as it goes, in a transfer
syntax the consumer takes.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from archive import vault
from archive.errors import BytesDamaged, InstanceUnknown
from archive.objects import part10, transcoding
from archive.retrieval_errors import SyntaxUnavailable


@dataclass(frozen=True, slots=True)
class Held:
    """What is known of an object without reading it."""

    environment: str
    sop_class_uid: str
    sop_instance_uid: str
    transfer_syntax_uid: str
    digest: bytes
    size: int  # of the data set


def require_held(held: Held) -> None:
    """Raises BytesDamaged when the bytes are not there, or not all of them."""
    try:
        length = vault.path_of(held.environment, held.digest).stat().st_size
    except FileNotFoundError:
        length = 0
    if length != vault.DATA_OFFSET + held.size:
        raise BytesDamaged(facts={"digest": held.digest.hex()})


def syntax_for(held: Held, wanted: Sequence[str]) -> str:
    """As it is stored if that is wanted, else the first it can be turned into; none wanted: any.
    Raises SyntaxUnavailable.
    """
    if not wanted or held.transfer_syntax_uid in wanted:
        return held.transfer_syntax_uid
    if transcoding.is_possible(held.transfer_syntax_uid):
        for syntax in wanted:
            if syntax in transcoding.PLAIN:
                return syntax
    raise SyntaxUnavailable()


def file(held: Held, syntax: str) -> Iterator[bytes]:
    """The whole file. Bytes that are not what was archived end it with BytesDamaged before its
    last piece, so that they never pass for whole. Raises Unsupported when an object turns out not
    to be transcodable.
    """
    yield part10.plain_prefix(held.sop_class_uid, held.sop_instance_uid, syntax)
    if syntax == held.transfer_syntax_uid:
        yield from _verified(held)
        return
    data = vault.read(held.environment, held.digest)
    yield transcoding.convert(data, held.transfer_syntax_uid, syntax)


def _verified(held: Held) -> Iterator[bytes]:
    """The data set, piece by piece; the last only when the digest is right."""
    found = hashlib.new(vault.ALGORITHM)
    try:
        with vault.path_of(held.environment, held.digest).open("rb") as stream:
            stream.seek(vault.DATA_OFFSET)
            piece = stream.read(vault.READ_CHUNK)
            while piece:
                found.update(piece)
                following = stream.read(vault.READ_CHUNK)
                if not following and found.digest() != held.digest:
                    break
                yield piece
                piece = following
    except FileNotFoundError:
        raise InstanceUnknown("the vault has no such object") from None
    if found.digest() != held.digest:
        raise BytesDamaged(facts={"digest": held.digest.hex()})
