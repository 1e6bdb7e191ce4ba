"""The one place where an error becomes a DICOM number.

C-STORE: PS3.4 table B.2-1 and PS3.7 annex C. 0110, 0111, 0112, 0122, 0124 and the A77x codes are
outside PS3.4's list for C-STORE and named in the conformance statement; A77x are those of
dcm4chee-arc. C-FIND and C-MOVE: PS3.4 tables C.4-1 and C.4-2. N-ACTION: PS3.7 10.1.4. Failure
Reason (0008,1197) of a commitment: PS3.3 C.14.1.1. A-ASSOCIATE-RJ: PS3.8 table 9-21.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from pynetdicom.status import code_to_category

from archive import errors
from archive.errors import corrections as correction_errors
from archive.errors.persons import PatientIdForeign
from archive.errors.retention import StudyDestroyed

SUCCESS = 0x0000
CANCELLED = 0xFE00
PENDING, PENDING_IN_PART = 0xFF00, 0xFF01  # the latter: some optional keys are not supported
SOME_FAILED, ALL_FAILED = 0xB000, 0xA702  # of the sub-operations of a C-MOVE or C-GET
UNRECOGNISED_OPERATION = 0x0211  # PS3.7 C.5.21


@dataclass(frozen=True, slots=True)
class Codes:
    store: int
    find: int
    move: int
    action: int  # the answer to a commitment request
    commitment: int  # the reason in a commitment report


@dataclass(frozen=True, slots=True)
class Rejection:
    result: int  # 1 permanent, 2 transient
    source: int  # 1 service user, 2 ACSE provider, 3 presentation provider
    reason: int


TABLE: Mapping[type[errors.ArchiveError], Codes] = {
    errors.Malformed: Codes(0xC000, 0xC000, 0xC000, 0x0115, 0x0110),
    errors.Unacceptable: Codes(0xA900, 0xA900, 0xA900, 0x0115, 0x0112),
    errors.PatientIdUntrusted: Codes(0xA777, 0xA900, 0xA900, 0x0115, 0x0112),
    PatientIdForeign: Codes(0xA777, 0xA900, 0xA900, 0x0115, 0x0112),
    errors.EnvironmentMismatch: Codes(0xA777, 0xA900, 0xA900, 0x0115, 0x0112),
    errors.RealPatientRequired: Codes(0xA777, 0xA900, 0xA900, 0x0115, 0x0112),
    errors.QueryTooBroad: Codes(0xA700, 0xA700, 0xA701, 0x0213, 0x0213),
    errors.Unsupported: Codes(0x0122, 0x0122, 0x0122, 0x0123, 0x0122),
    errors.InflatesTooFar: Codes(0xC000, 0xC000, 0xC000, 0x0123, 0x0110),
    # What may not be seen answers as what is not there: an empty success, an unknown destination.
    errors.NotFound: Codes(0x0112, 0x0000, 0xA801, 0x0112, 0x0112),
    errors.Conflict: Codes(0x0111, 0xC000, 0xC000, 0x0119, 0x0119),
    errors.PatientConflict: Codes(0xA778, 0xC000, 0xC000, 0x0119, 0x0119),
    errors.RelationalMismatch: Codes(0xA77B, 0xC000, 0xC000, 0x0119, 0x0119),
    errors.TransactionReused: Codes(0x0111, 0xC000, 0xC000, 0x0131, 0x0131),
    correction_errors.NothingToReject: Codes(0xA772, 0x0000, 0xA801, 0x0112, 0x0112),
    correction_errors.RejectionNoteReused: Codes(0xA770, 0xC000, 0xC000, 0x0119, 0x0119),
    correction_errors.RejectedBefore: Codes(0xA771, 0xC000, 0xC000, 0x0119, 0x0112),
    correction_errors.RejectionClassConflict: Codes(0xA773, 0xC000, 0xC000, 0x0119, 0x0119),
    correction_errors.RejectedAlready: Codes(0xA774, 0xC000, 0xC000, 0x0119, 0x0119),
    correction_errors.RejectionEnded: Codes(0xA770, 0xC000, 0xC000, 0x0119, 0x0119),
    correction_errors.RejectionOfAnother: Codes(0xA778, 0xC000, 0xC000, 0x0119, 0x0119),
    StudyDestroyed: Codes(0xA771, 0xC000, 0xC000, 0x0119, 0x0112),
    errors.Refused: Codes(0x0124, 0x0000, 0xA801, 0x0124, 0x0112),
    errors.ServiceNotAllowed: Codes(0x0124, 0x0124, 0x0124, 0x0124, 0x0112),
    correction_errors.RetentionRejectionUnauthorised: Codes(0xA775, 0x0000, 0xA801, 0x0124, 0x0112),
    correction_errors.RetentionNotEnded: Codes(0xA776, 0x0000, 0xA801, 0x0124, 0x0112),
    errors.Busy: Codes(0xA700, 0xA700, 0xA702, 0x0213, 0x0213),
    errors.Broken: Codes(0x0110, 0xC000, 0xC000, 0x0110, 0x0110),
}

REJECTIONS: Mapping[type[errors.ArchiveError], Rejection] = {
    errors.Malformed: Rejection(1, 1, 1),
    errors.Unacceptable: Rejection(1, 1, 1),
    errors.Unsupported: Rejection(1, 1, 2),  # application context name
    errors.NotFound: Rejection(1, 1, 3),
    errors.Conflict: Rejection(1, 1, 1),
    errors.Refused: Rejection(1, 1, 3),  # calling AE title not recognised, whatever the cause
    errors.CalledTitleUnknown: Rejection(1, 1, 7),
    errors.TooManyAssociations: Rejection(2, 3, 2),
    errors.CustomerTooBusy: Rejection(2, 3, 2),
    errors.Busy: Rejection(2, 3, 1),
    errors.Broken: Rejection(2, 3, 1),
}
OTHER_PROTOCOL_VERSION = Rejection(1, 2, 2)


def is_taken(status: int) -> bool:
    """Whether a peer that answers so has what was sent: success, or a warning."""
    return code_to_category(status) in ("Success", "Warning")


def may_name_elements(status: int) -> bool:
    """Offending Element (0000,0901) belongs to A9xx and Cxxx only, PS3.4 table B.2-1."""
    return status & 0xFF00 == 0xA900 or status & 0xF000 == 0xC000
