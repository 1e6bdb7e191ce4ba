"""DIMSE command sets as bytes, PS3.7 section 6.3 and annex E; data sets of commitment and
notice.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from struct import Struct
from struct import error as StructError

from pydicom.dataset import Dataset

from archive.edges.dicom import replies
from archive.edges.edge import reply_for
from archive.errors import ArchiveError, Malformed
from archive.objects.messages import CommitmentResult, Notice, Reference

C_STORE_RQ, C_ECHO_RQ, C_CANCEL_RQ = 0x0001, 0x0030, 0x0FFF
RESPONSE = 0x8000
REQUESTS = frozenset(
    (0x0001, 0x0010, 0x0020, 0x0021, 0x0030, 0x0100, 0x0110, 0x0120, 0x0130, 0x0140, 0x0150)
)
NO_DATA_SET = 0x0101  # PS3.7 E.1, Command Data Set Type
MAX_REFERENCES = 200_000

_HEAD = Struct("<HHL")
_US = Struct("<H")


@dataclass(frozen=True, slots=True)
class Command:
    """A received command set, as far as storing and verification go."""

    field: int
    message_id: int
    has_data_set: bool
    sop_class_uid: str
    sop_instance_uid: str


def decode_command(data: bytes | bytearray) -> Command:
    """Implicit VR little endian always, PS3.7 6.3.1. Raises Malformed."""
    values: dict[int, bytes] = {}
    position = 0
    try:
        while position < len(data):
            group, number, length = _HEAD.unpack_from(data, position)
            position += 8
            if group != 0 or position + length > len(data):
                raise Malformed("command set cannot be read")
            values[number] = bytes(data[position : position + length])
            position += length
        (field,) = _US.unpack(values[0x0100])
        (message_id,) = _US.unpack(values.get(0x0110) or values[0x0120])
        (data_set_type,) = _US.unpack(values[0x0800])
    except (StructError, KeyError):
        raise Malformed("command set cannot be read") from None
    return Command(
        field,
        message_id,
        data_set_type != NO_DATA_SET,
        _uid(values.get(0x0002) or values.get(0x0003, b"")),
        _uid(values.get(0x1000) or values.get(0x1001, b"")),
    )


def encode_response(command: Command, status: int, error: ArchiveError | None = None) -> bytes:
    """The response to a request: no data set, and for a failure what can be said about it."""
    head = _element(0x0002, _even(_ascii(command.sop_class_uid), b"\0"))
    head += _element(0x0100, _US.pack(command.field | RESPONSE))
    head += _element(0x0120, _US.pack(command.message_id))
    head += _element(0x0800, _US.pack(NO_DATA_SET))
    head += _element(0x0900, _US.pack(status))
    if error is not None:
        if error.tags and replies.may_name_elements(status):
            tags = (_US.pack(tag >> 16) + _US.pack(tag & 0xFFFF) for tag in error.tags)
            head += _element(0x0901, b"".join(tags))
        head += _element(0x0902, _even(_ascii(error.error_comment), b" "))
    if command.sop_instance_uid:
        head += _element(0x1000, _even(_ascii(command.sop_instance_uid), b"\0"))
    return _element(0x0000, len(head).to_bytes(4, "little")) + head


def encode_outcome(command: Command, error: ArchiveError | None) -> bytes:
    """The response to a C-STORE."""
    if error is None:
        return encode_response(command, replies.SUCCESS)
    return encode_response(command, reply_for(replies.TABLE, error).store, error)


def status_of(error: ArchiveError | None, column: str = "store") -> Dataset:
    """The same for pynetdicom, which takes a data set."""
    answer = Dataset()
    if error is None:
        answer.Status = replies.SUCCESS
        return answer
    answer.Status = getattr(reply_for(replies.TABLE, error), column)
    answer.ErrorComment = error.error_comment
    if error.tags and replies.may_name_elements(answer.Status):
        answer.OffendingElement = list(error.tags)
    return answer


def decode_commitment(information: Dataset) -> tuple[str, list[Reference]]:
    """Transaction UID and the objects asked about, PS3.4 table J.3-1. Raises Malformed."""
    try:
        transaction = str(information.TransactionUID)
        references = [
            (str(item.ReferencedSOPClassUID), str(item.ReferencedSOPInstanceUID))
            for item in information.ReferencedSOPSequence
        ]
    except Exception:  # pydicom raises what it likes
        raise Malformed("commitment request cannot be read") from None
    if len(references) > MAX_REFERENCES:
        raise Malformed("commitment request names too many objects")
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
