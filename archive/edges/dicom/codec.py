"""DIMSE command sets as bytes, PS3.7 section 6.3 and annex E; data sets of commitment and
notice.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from string import hexdigits
from struct import Struct
from struct import error as StructError
from typing import NamedTuple

from pydicom.dataset import Dataset
from pynetdicom.dsutils import decode

from archive.edges.dicom import replies
from archive.edges.edge import reply_for
from archive.errors import ArchiveError, Malformed
from archive.objects import elements
from archive.objects.messages import CommitmentResult, Notice, Reference

C_STORE_RQ, C_ECHO_RQ, C_CANCEL_RQ = 0x0001, 0x0030, 0x0FFF
C_GET_RQ, C_FIND_RQ, C_MOVE_RQ = 0x0010, 0x0020, 0x0021
N_EVENT_REPORT_RQ, N_ACTION_RQ = 0x0100, 0x0130
RESPONSE = 0x8000
N_EVENT_REPORT_RSP = N_EVENT_REPORT_RQ | RESPONSE
REQUESTS = frozenset(
    (0x0001, 0x0010, 0x0020, 0x0021, 0x0030, 0x0100, 0x0110, 0x0120, 0x0130, 0x0140, 0x0150)
)
NO_DATA_SET, A_DATA_SET = 0x0101, 0x0001  # PS3.7 E.1, Command Data Set Type

_ITEM, _ITEM_BIG = b"\xfe\xff\x00\xe0", b"\xff\xfe\xe0\x00"  # PS3.5 7.5, of a sequence
_HEAD = Struct("<HHL")
_US = Struct("<H")
_OF_ALL = Struct("<" + 4 * "HHLH")  # the elements that each response has, PS3.7 E.1


class Command(NamedTuple):
    """A received command set. Of a response `message_id` is that of its request."""

    field: int
    message_id: int
    has_data_set: bool
    sop_class_uid: str
    sop_instance_uid: str
    move_destination: str = ""
    priority: int = 0
    status: int | None = None
    action_type: int = 0


@dataclass(slots=True)
class Counts:
    """Sub-operations of a C-MOVE or C-GET, PS3.7 9.3.3.2; `remaining` is told while some do."""

    completed: int = 0
    failed: int = 0
    warning: int = 0
    remaining: int | None = None


@dataclass(frozen=True, slots=True)
class Originator:
    """Who asked for the C-MOVE that a C-STORE is a part of."""

    aet: str
    message_id: int


def decode_command(data: bytes | bytearray) -> Command:
    """Implicit VR little endian always, PS3.7 6.3.1. Raises Malformed."""
    values: dict[int, bytes] = {}
    data, position, stop, head = bytes(data), 0, len(data), _HEAD.unpack_from
    try:
        while position < stop:
            group, number, length = head(data, position)
            begin, position = position + 8, position + 8 + length
            if group != 0 or position > stop:
                raise Malformed("command set cannot be read")
            values[number] = data[begin:position]
        (field,) = _US.unpack(values[0x0100])
        (message_id,) = _US.unpack(values.get(0x0110) or values[0x0120])
        (data_set_type,) = _US.unpack(values[0x0800])
        (priority,) = _US.unpack(values.get(0x0700) or b"\0\0")
        status = _US.unpack(values[0x0900])[0] if 0x0900 in values else None
        (action_type,) = _US.unpack(values.get(0x1008) or b"\0\0")
    except (StructError, KeyError):
        raise Malformed("command set cannot be read") from None
    return Command(
        field,
        message_id,
        data_set_type != NO_DATA_SET,
        _uid(values.get(0x0002) or values.get(0x0003, b"")),
        _uid(values.get(0x1000) or values.get(0x1001, b"")),
        _uid(values.get(0x0600, b"")),
        priority,
        status,
        action_type,
    )


def encode_response(
    command: Command,
    status: int,
    error: ArchiveError | None = None,
    *,
    counts: Counts | None = None,
    data_set: bool = False,
) -> bytes:
    """The response to a request, and for a failure what can be said about it."""
    head = _element(0x0002, _even(_ascii(command.sop_class_uid), b"\0"))
    kind, follows = command.field | RESPONSE, A_DATA_SET if data_set else NO_DATA_SET
    head += _OF_ALL.pack(
        *(0, 0x0100, 2, kind),
        *(0, 0x0120, 2, command.message_id),
        *(0, 0x0800, 2, follows),
        *(0, 0x0900, 2, status),
    )
    if error is not None:
        if error.tags and replies.may_name_elements(status):
            tags = (_US.pack(tag >> 16) + _US.pack(tag & 0xFFFF) for tag in error.tags)
            head += _element(0x0901, b"".join(tags))
        head += _element(0x0902, _even(_ascii(_comment(error, status)), b" "))
    if command.sop_instance_uid:
        head += _element(0x1000, _even(_ascii(command.sop_instance_uid), b"\0"))
    if command.action_type:
        head += _element(0x1008, _US.pack(command.action_type))
    if counts is not None:
        if counts.remaining is not None:
            head += _element(0x1020, _US.pack(min(counts.remaining, 0xFFFF)))
        for number, count in enumerate((counts.completed, counts.failed, counts.warning), 0x1021):
            head += _element(number, _US.pack(min(count, 0xFFFF)))
    return _element(0x0000, len(head).to_bytes(4, "little")) + head


def _comment(error: ArchiveError, status: int) -> str:
    """Its code is the status that is answered, which is not the same in every service."""
    is_status = len(error.code) == 4 and set(error.code) <= set(hexdigits)
    return error.comment_as(f"{status:04X}" if is_status else error.code)


def encode_store(
    reference: Reference, message_id: int, priority: int, originator: Originator | None
) -> bytes:
    """The request to store an object, PS3.7 table 9.3-1."""
    last = b""
    if originator is not None:
        last = _element(0x1030, _even(_ascii(originator.aet), b" "))
        last += _element(0x1031, _US.pack(originator.message_id))
    urgency = _element(0x0700, _US.pack(priority))
    return _request(C_STORE_RQ, reference, message_id, urgency, last)


def encode_event(reference: Reference, message_id: int, event_type: int) -> bytes:
    """The request to report an event; a data set follows. PS3.7 table 10.3-1."""
    last = _element(0x1002, _US.pack(event_type))
    return _request(N_EVENT_REPORT_RQ, reference, message_id, b"", last)


def _request(
    field: int, reference: Reference, message_id: int, urgency: bytes, last: bytes
) -> bytes:
    """A request that a data set follows; its elements in the order of their tags."""
    sop_class_uid, sop_instance_uid = reference
    head = _element(0x0002, _even(_ascii(sop_class_uid), b"\0"))
    head += _element(0x0100, _US.pack(field))
    head += _element(0x0110, _US.pack(message_id)) + urgency
    head += _element(0x0800, _US.pack(A_DATA_SET))
    head += _element(0x1000, _even(_ascii(sop_instance_uid), b"\0")) + last
    return _element(0x0000, len(head).to_bytes(4, "little")) + head


def encode_outcome(command: Command, error: ArchiveError | None) -> bytes:
    """The response to a C-STORE or an N-ACTION."""
    if error is None:
        return encode_response(command, replies.SUCCESS)
    codes = reply_for(replies.TABLE, error)
    status = codes.action if command.field == N_ACTION_RQ else codes.store
    return encode_response(command, status, error)


def decode_commitment(
    data: bytes, transfer_syntax_uid: str, most: int
) -> tuple[str, list[Reference]]:
    """Transaction UID and the objects asked about, PS3.4 table J.3-1; `most` objects are decoded.
    Raises Malformed.
    """
    encoding = elements.encoding_of(transfer_syntax_uid)
    if data.count(_ITEM if encoding.little else _ITEM_BIG) > most:
        raise Malformed("commitment request names too many objects")
    try:
        information = decode(BytesIO(data), not encoding.explicit, encoding.little)
        transaction = str(information.TransactionUID)
        references = [
            (str(item.ReferencedSOPClassUID), str(item.ReferencedSOPInstanceUID))
            for item in information.ReferencedSOPSequence
        ]
    except Exception:  # pydicom raises what it likes
        raise Malformed("commitment request cannot be read") from None
    if not all(uid.isascii() for reference in references for uid in reference):
        raise Malformed("commitment request names what is no UID")
    return transaction, references


def encode_report(result: CommitmentResult) -> Dataset:
    """Event Information, PS3.4 table J.3-2."""
    report = Dataset()
    report.TransactionUID = result.transaction_uid
    if result.committed:
        report.ReferencedSOPSequence = _references(result.committed)
    if result.failed:
        report.FailedSOPSequence = _references([(kind, uid) for kind, uid, _ in result.failed])
        for item, (_, _, reason) in zip(report.FailedSOPSequence, result.failed, strict=True):
            item.FailureReason = reply_for(replies.TABLE, reason()).commitment
    return report


def encode_notice(notice: Notice) -> Dataset:
    """Instance Availability Notification, PS3.4 table R.3.2-1, and nothing more."""
    message = Dataset()
    message.ReferencedPerformedProcedureStepSequence = []
    message.StudyInstanceUID = notice.study_instance_uid
    message.ReferencedSeriesSequence = []
    for series_uid, references in notice.series:
        series = Dataset()
        series.SeriesInstanceUID = series_uid
        series.ReferencedSOPSequence = _references(references)
        for item in series.ReferencedSOPSequence:
            gone = item.ReferencedSOPInstanceUID in notice.unavailable
            item.InstanceAvailability = "UNAVAILABLE" if gone else "ONLINE"
            item.RetrieveAETitle = notice.retrieve_aet
        message.ReferencedSeriesSequence.append(series)
    return message


def _references(references: Sequence[Reference]) -> list[Dataset]:
    found = []
    for sop_class_uid, sop_instance_uid in references:
        item = Dataset()
        item.ReferencedSOPClassUID = sop_class_uid
        item.ReferencedSOPInstanceUID = sop_instance_uid
        found.append(item)
    return found


def _element(number: int, value: bytes) -> bytes:
    return _HEAD.pack(0, number, len(value)) + value


def _even(value: bytes, pad: bytes) -> bytes:
    return value + pad * (len(value) % 2)


def _uid(raw: bytes) -> str:
    return raw.decode("ascii", "replace").strip(" \0")


def _ascii(text: str) -> bytes:
    return text.encode("ascii", "replace")
