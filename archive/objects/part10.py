"""The head of a Part 10 file, PS3.10 section 7.1: preamble, prefix, group 0002; always 1024 bytes
long.

A fixed length lets it be written after the data set, when the register is known. With Source and
Receiving AE Title and a private information block it carries enough to rebuild the index from the
files alone.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from struct import Struct
from typing import NamedTuple

from archive import errors
from archive.objects import elements

PREFIX_LENGTH = 1024
IMPLEMENTATION_CLASS_UID = "1.2.246.10.2462460.41.1"
IMPLEMENTATION_VERSION_NAME = "KUVA_TIETOV_1"
PRIVATE_CREATOR_UID = "1.2.246.10.2462460.41.2"

FIRST_ALGORITHM = "sha256"  # of the files that do not say

_PREAMBLE = bytes(128) + b"DICM"
_SHORT, _LONG = Struct("<HH2sH"), Struct("<HH2sHL")
_LONG_VRS = (b"OB", b"UN")


@dataclass(frozen=True, slots=True)
class FileMeta:
    """What a file says of itself; environment, register and receipt time stand in the private
    block.
    """

    sop_class_uid: str
    sop_instance_uid: str
    transfer_syntax_uid: str
    source_aet: str
    receiving_aet: str
    environment: str
    controller_oid: str
    received_at: datetime
    digest_algorithm: str  # of the digest that names the file


def prefix(meta: FileMeta) -> bytes:
    """The 1024 bytes before the data set.

    Raises ValueError when a value is longer than its VR allows.
    """
    before, after, environment, received = _alike(
        meta.sop_class_uid,
        meta.transfer_syntax_uid,
        meta.source_aet,
        meta.receiving_aet,
        meta.environment,
        meta.controller_oid,
        meta.digest_algorithm,
    )
    head = before + _element(0x0003, b"UI", _uid(meta.sop_instance_uid)) + after
    group_length_size, block_head_size = 12, 12
    room = PREFIX_LENGTH - len(_PREAMBLE) - group_length_size - len(head) - block_head_size
    block = (environment + meta.received_at.isoformat().encode() + received).ljust(room)
    if len(block) != room:
        raise ValueError("file meta information does not fit its fixed length")
    group = head + _element(0x0102, b"OB", block)
    return _PREAMBLE + _element(0x0000, b"UL", len(group).to_bytes(4, "little")) + group


@lru_cache(maxsize=256)
def _alike(
    sop_class_uid: str,
    transfer_syntax_uid: str,
    source_aet: str,
    receiving_aet: str,
    environment: str,
    controller_oid: str,
    digest_algorithm: str,
) -> tuple[bytes, bytes, bytes, bytes]:
    """What the files of an association have in common: the elements before and after the one that
    names the object, and the facts before and after the time of receipt.
    """
    before = _VERSION + _element(0x0002, b"UI", _uid(sop_class_uid))
    after = b"".join(
        (
            _element(0x0010, b"UI", _uid(transfer_syntax_uid)),
            _IMPLEMENTATION,
            _element(0x0016, b"AE", _title(source_aet)),
            _element(0x0018, b"AE", _title(receiving_aet)),
            _CREATOR,
        )
    )
    facts = {
        "environment": environment,
        "register": controller_oid,
        "received": "",
        "digest": digest_algorithm,
    }
    place = '"received": "'
    begin, _, end = json.dumps(facts).partition(place)
    return before, after, (begin + place).encode("ascii"), end.encode("ascii")


def outgoing_prefix(sop_class_uid: str, sop_instance_uid: str, transfer_syntax_uid: str) -> bytes:
    """Before a data set that is given out as a file: what the vault notes stays here."""
    group = b"".join(
        (
            _VERSION,
            _element(0x0002, b"UI", _uid(sop_class_uid)),
            _element(0x0003, b"UI", _uid(sop_instance_uid)),
            _element(0x0010, b"UI", _uid(transfer_syntax_uid)),
            _IMPLEMENTATION,
        )
    )
    return _PREAMBLE + _element(0x0000, b"UL", len(group).to_bytes(4, "little")) + group


class Incoming(NamedTuple):
    """What the head of a file that is brought says of it, and where its data set begins."""

    sop_class_uid: str
    sop_instance_uid: str
    transfer_syntax_uid: str
    offset: int


def read_incoming(data: elements.Bytes) -> Incoming | None:
    """None when it does not end in what is there. Some writers leave preamble and prefix away.

    Raises DatasetUnreadable.
    """
    position = len(_PREAMBLE)
    if len(data) < position:
        return None
    if bytes(data[128:position]) != b"DICM":
        if bytes(data[:2]) != b"\x02\x00":
            raise errors.DatasetUnreadable("no DICOM file: DICM is not where it should be")
        position = 0
    values: dict[int, bytes] = {}
    try:
        # The data set behind it may be in another encoding.
        while (group := bytes(data[position : position + 2])) in (b"\x02\x00", b"\x02", b""):
            if len(group) < 2:
                return None
            tag, _, length, start = elements.read_head(data, position, len(data), elements.EXPLICIT)
            if length == elements.UNDEFINED or start + length > len(data):
                return None
            values[tag & 0xFFFF] = bytes(data[start : start + length])
            position = start + length
        found = [_plain(values.get(number, b"")) for number in (0x0002, 0x0003, 0x0010)]
        return Incoming(found[0], found[1], found[2], position)
    except elements.Truncated:
        return None
    except (elements.Odd, ValueError):
        raise errors.DatasetUnreadable("file meta information cannot be read") from None


def read_prefix(data: elements.Bytes) -> FileMeta:
    """What `prefix` wrote, for rebuilding the index. Raises DatasetUnreadable."""
    if len(data) < PREFIX_LENGTH or bytes(data[128:132]) != b"DICM":
        raise errors.DatasetUnreadable("no Part 10 file of this archive")
    try:
        values = {
            element.tag & 0xFFFF: bytes(data[element.start : element.stop])
            for element in elements.elements(data, len(_PREAMBLE), PREFIX_LENGTH, elements.EXPLICIT)
        }
        facts = json.loads(values[0x0102])
        return FileMeta(
            sop_class_uid=_plain(values[0x0002]),
            sop_instance_uid=_plain(values[0x0003]),
            transfer_syntax_uid=_plain(values[0x0010]),
            source_aet=_plain(values[0x0016]),
            receiving_aet=_plain(values[0x0018]),
            environment=facts["environment"],
            controller_oid=facts["register"],
            received_at=datetime.fromisoformat(facts["received"]),
            digest_algorithm=facts.get("digest", FIRST_ALGORITHM),
        )
    except (elements.Odd, elements.Truncated, KeyError, ValueError, TypeError):
        raise errors.DatasetUnreadable("file meta information is not this archive's") from None


def _element(number: int, vr: bytes, value: bytes) -> bytes:
    if vr in _LONG_VRS:
        return _LONG.pack(0x0002, number, vr, 0, len(value)) + value
    return _SHORT.pack(0x0002, number, vr, len(value)) + value


def _uid(value: str) -> bytes:
    if len(value) > 64:
        raise ValueError("UID is longer than 64 characters")
    return _even(value.encode("ascii"), b"\0")


def _title(value: str) -> bytes:
    if len(value) > 16:
        raise ValueError("title is longer than 16 characters")
    return _even(value.encode("ascii"), b" ")


def _even(value: bytes, pad: bytes) -> bytes:
    return value + pad * (len(value) % 2)


def _plain(value: bytes) -> str:
    return value.decode("ascii").strip(" \0")


# What is the same in every file, PS3.10 table 7.1-1.
_VERSION = _element(0x0001, b"OB", b"\x00\x01")
_IMPLEMENTATION = _element(0x0012, b"UI", _uid(IMPLEMENTATION_CLASS_UID)) + _element(
    0x0013, b"SH", _title(IMPLEMENTATION_VERSION_NAME)
)
_CREATOR = _element(0x0100, b"UI", _uid(PRIVATE_CREATOR_UID))
