"""One archived object on its way to a consumer: a Part 10 file in a transfer syntax it takes."""

from collections.abc import Generator, Sequence

from archive import vault
from archive.errors import BytesDamaged, InstanceUnknown, Unsupported
from archive.errors.retrieval import SyntaxUnavailable
from archive.objects import part10, transcoding
from archive.services.serving import Outgoing


def require_held(item: Outgoing) -> None:
    """Raises BytesDamaged when the bytes are not there, or not all of them; none is read."""
    try:
        size = vault.size_of(item.environment, item.digest, item.store)
    except InstanceUnknown:
        size = -1
    if item.is_damaged or size != item.size:
        item.damaged()
        raise BytesDamaged(facts={"digest": item.digest.hex()})


def syntax_for(item: Outgoing, wanted: Sequence[str]) -> str:
    """As it is stored if that is wanted, else the first it can be turned into; none wanted: any.
    Raises SyntaxUnavailable.
    """
    if not wanted or item.transfer_syntax_uid in wanted:
        return item.transfer_syntax_uid
    if transcoding.is_possible(item.transfer_syntax_uid):
        for syntax in wanted:
            if syntax in transcoding.PLAIN:
                return syntax
    raise SyntaxUnavailable()


def file(item: Outgoing, syntax: str) -> Generator[bytes, None, None]:
    """The whole file. Bytes that are not what was archived end it with BytesDamaged, and an object
    that turns out not to be transcodable with SyntaxUnavailable, before there is anything of it.
    """
    prefix = part10.outgoing_prefix(item.sop_class_uid, item.sop_instance_uid, syntax)
    try:
        held = item.hold()
    except BytesDamaged:
        item.damaged()
        raise
    with held:
        if syntax == item.transfer_syntax_uid:
            yield prefix
            yield from map(bytes, held.pieces())
            return
        with held.view() as data:
            try:
                pieces = transcoding.converted(data, item.transfer_syntax_uid, syntax)
            except Unsupported as error:
                raise SyntaxUnavailable(error.detail, facts=error.facts) from None
            yield prefix
            yield from pieces
