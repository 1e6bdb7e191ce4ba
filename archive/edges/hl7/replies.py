"""The one place where an error becomes an acknowledgement: MSA-1 (table 0008) and ERR-3 (0357).

AR is for what the header itself gets wrong (MSH-9, 11, 12) and for faults of ours: senders repeat
an AR for ever, an AE goes to a person.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from archive import errors
from archive.errors import persons as person_errors

ACCEPTED = "AA"
CONDITIONS: Mapping[int, str] = {
    0: "Message accepted",
    100: "Segment sequence error",
    101: "Required field missing",
    102: "Data type error",
    103: "Table value not found",
    200: "Unsupported message type",
    201: "Unsupported event code",
    202: "Unsupported processing id",
    203: "Unsupported version id",
    204: "Unknown key identifier",
    205: "Duplicate key identifier",
    206: "Application record locked",
    207: "Application internal error",
}


@dataclass(frozen=True, slots=True)
class Reply:
    acknowledgement: str
    condition: int

    @property
    def text(self) -> str:
        return CONDITIONS[self.condition]


TABLE: Mapping[type[errors.ArchiveError], Reply] = {
    errors.Malformed: Reply("AE", 102),
    person_errors.SegmentMissing: Reply("AE", 100),
    person_errors.FieldMissing: Reply("AE", 101),
    errors.Unacceptable: Reply("AE", 103),
    errors.Unsupported: Reply("AR", 200),
    person_errors.EventUnknown: Reply("AR", 201),
    person_errors.ProcessingIdWrong: Reply("AR", 202),
    person_errors.VersionUnsupported: Reply("AR", 203),
    errors.NotFound: Reply("AE", 204),
    errors.Conflict: Reply("AE", 205),
    errors.Refused: Reply("AE", 207),
    errors.Busy: Reply("AR", 206),
    errors.Broken: Reply("AR", 207),
}
