"""What may be archived, and what becomes of its bytes."""

import errno

from archive.errors.base import (
    Broken,
    Busy,
    Conflict,
    Malformed,
    NotFound,
    Refused,
    Unacceptable,
    Unsupported,
)


class DatasetUnreadable(Malformed):
    comment = "data set or one of its UIDs cannot be read"
    offending = (0x0020000D,)  # what every reading of a data set looks for first


class TransferBroken(Malformed):
    code = "TRANSFER"
    comment = "sender broke off in the middle of an object"


class PatientIdUntrusted(Unacceptable):
    code = "A777"
    comment = "PatientID is no valid id of a trusted issuer"
    offending = (0x00100020,)


class EnvironmentMismatch(Unacceptable):
    code = "A777"
    comment = "only 900-series patient ids in this environment"
    offending = (0x00100020,)


class RealPatientRequired(Unacceptable):
    code = "A777"
    comment = "900-series patient ids belong to the test environment"
    offending = (0x00100020,)


class StudyCodeMissing(Unacceptable):
    comment = "StudyDescription has no study code"
    offending = (0x00081030,)


class StudyCodeUnknown(Unacceptable):
    comment = "StudyDescription begins with no known study code"
    offending = (0x00081030,)


class StudyCodeClosed(Unacceptable):
    comment = "study code is not valid on StudyDate"
    offending = (0x00081030, 0x00080020)


class AccessionMissing(Unacceptable):
    comment = "AccessionNumber is missing"
    offending = (0x00080050,)


class ContentMismatch(Unacceptable):
    comment = "Modality and SOP class fit no allowed content"
    offending = (0x00080060, 0x00080016)


class ClassMismatch(Unacceptable):
    comment = "data set does not match the SOP class or instance"
    offending = (0x00080016, 0x00080018)


class ClassNotArchived(Unsupported):
    comment = "SOP class is not archived at present"


class InflatesTooFar(Unsupported):
    code = "C000"
    comment = "deflated data set is too large when inflated"


class InstanceUnknown(NotFound):
    comment = "no such object instance"


class ObjectUnknown(NotFound):
    code = "UnresolvedReferenceException"
    comment = "no such object in the registry"


class OtherContent(Conflict):
    comment = "SOP Instance UID is archived with other content"


class PatientConflict(Conflict):
    code = "A778"
    comment = "study is archived under another patient"


class RelationalMismatch(Conflict):
    code = "A77B"
    comment = "series belongs to another study"


class TransactionReused(Conflict):
    code = "0131"
    comment = "Transaction UID was used for another request"


class CommitmentClassConflict(Conflict):
    code = "0119"
    comment = "class of the object differs from the archived"


class OtherRegister(Refused):
    comment = "object cannot be stored here"


class ControllerUnauthorised(Refused):
    comment = "no authorisation for the organiser's register"


class StorageFull(Busy):
    comment = "storage is full"
    said_by = (errno.ENOSPC, errno.EDQUOT)


class StorageGone(Busy):
    comment = "storage does not answer"
    # A file system that finds itself damaged may say so, or be read-only; a server's may be gone.
    said_by = (errno.EIO, errno.EROFS, errno.EUCLEAN, errno.EBADMSG, errno.ESTALE)


class BytesDamaged(Broken):
    code = "DAMAGED"
    comment = "archived bytes do not match their digest"
