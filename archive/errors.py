"""What can go wrong, as one tree. Imports nothing of the project.

    ArchiveError
    |- Malformed              cannot be read
    |  |- DatasetUnreadable, TransferBroken, AssertionUnreadable, CertificateInvalid
    |  `- ParameterMissing
    |- Unacceptable           read, may not be kept
    |  |- PatientIdUntrusted, EnvironmentMismatch, RealPatientRequired, StudyCodeMissing
    |  |- StudyCodeUnknown, StudyCodeClosed, AccessionMissing, ContentMismatch, ClassMismatch
    |  |- MetadataInvalid, MetadataFixed, TooManyResults, SeveralPatients, NoticeInvalid
    |  `- IdentifierMismatch, QueryTooBroad
    |- Unsupported            we do not speak that
    |  `- ClassNotArchived, UpdateUnknown, QueryUnknown
    |- NotFound               no such subject
    |  |- InstanceUnknown, ObjectUnknown, DocumentsLate, NoticeSubjectUnknown
    |  `- DestinationUnknown
    |- Conflict               clashes with what is archived
    |  |- OtherContent, PatientConflict, RelationalMismatch, TransactionReused
    |  |- CommitmentClassConflict, UniqueIdReused, HashDiffers, PatientDiffers
    |  |- AlreadyReplaced, TargetDeprecated, VersionDiffers, StillReferenced, MessageRepeated
    |  `- StudyUidDiffers, NoticeReused
    |- Refused                the rules say no
    |  |- OtherRegister, ControllerUnauthorised, NoticeForeign, AssertionMissing
    |  |- SignatureInvalid, IssuerUntrusted, AssertionExpired, AssertionElsewhere
    |  |- OrganisationDiffers, PatientNotAsserted, PeerUnknown, PeerEnded, PeerAddressWrong
    |  `- CalledTitleUnknown, PeerUnencrypted, PeerCertificateWrong
    |- Busy                   try later
    |  |- TooManyAssociations, CustomerTooBusy, CustomerTooFast, StorageFull, StorageGone
    |  `- DatabaseGone, PeerUnreachable, PeerRejected, PeerAborted
    `- Broken                 our fault
       `- BytesDamaged

An edge turns a family (or a subclass it names) into its protocol's reply by one table; the support
desk and `portal.advice` key on `reason`, so a class here is also a cause that a person can act on.
"""

import re
from collections.abc import Iterator, Mapping
from typing import ClassVar


class ArchiveError(Exception):
    """`code` is what a peer and the desk see; `comment` is ASCII and names no patient (PS3.7 C:
    ErrorComment).
    """

    code: ClassVar[str] = "0110"
    comment: ClassVar[str] = "processing failure"
    offending: ClassVar[tuple[int, ...]] = ()

    def __init__(
        self, detail: str = "", *, facts: Mapping[str, str] | None = None, tag: int | None = None
    ) -> None:
        """`tag` is the one element at fault, where the class alone does not say which."""
        super().__init__(detail or self.comment)
        self.detail = detail or self.comment
        self.facts = dict(facts or {})
        self.tags = (tag,) if tag is not None else self.offending

    @classmethod
    def reason(cls) -> str:
        """The class name as a stable word: `StudyCodeUnknown` is `study-code-unknown`."""
        return re.sub(r"(?<!^)(?=[A-Z])", "-", cls.__name__).lower()

    @property
    def error_comment(self) -> str:
        """At most 64 ASCII characters, the code first (VR LO of Error Comment (0000,0902))."""
        return f"{self.code}: {self.comment}"[:64]


# --- the eight families ---------------------------------------------------------------------------


class Malformed(ArchiveError):
    code = "C000"
    comment = "cannot be read"


class Unacceptable(ArchiveError):
    code = "A900"
    comment = "read, but may not be kept"


class Unsupported(ArchiveError):
    code = "0122"
    comment = "not supported here"


class NotFound(ArchiveError):
    code = "0112"
    comment = "no such object"


class Conflict(ArchiveError):
    code = "0111"
    comment = "clashes with what is archived"


class Refused(ArchiveError):
    code = "0124"
    comment = "not authorised"


class Busy(ArchiveError):
    code = "A700"
    comment = "out of resources, send again later"


class Broken(ArchiveError):
    code = "0110"
    comment = "processing failure in the archive"


FAMILIES: tuple[type[ArchiveError], ...] = (
    Malformed,
    Unacceptable,
    Unsupported,
    NotFound,
    Conflict,
    Refused,
    Busy,
    Broken,
)


# --- Malformed ------------------------------------------------------------------------------------


class DatasetUnreadable(Malformed):
    comment = "data set or one of its UIDs cannot be read"
    offending = (0x0020000D,)  # what every reading of a data set looks for first


class TransferBroken(Malformed):
    code = "TRANSFER"
    comment = "sender broke off in the middle of an object"


class AssertionUnreadable(Malformed):
    code = "wsse:InvalidSecurityToken"
    comment = "assertion is not as it must be"


class CertificateInvalid(Malformed):
    code = "CERTIFICATE"
    comment = "certificate cannot be used"


class ParameterMissing(Malformed):
    code = "XDSStoredQueryMissingParam"
    comment = "stored query lacks a required parameter"


# --- Unacceptable ---------------------------------------------------------------------------------


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


class MetadataInvalid(Unacceptable):
    code = "XDSRegistryMetadataError"
    comment = "document metadata is not acceptable"


class MetadataFixed(Unacceptable):
    code = "XDSMetadataUpdateError"
    comment = "metadata that may not be changed is changed"


class TooManyResults(Unacceptable):
    code = "XDSTooManyResults"
    comment = "stored query finds more than can be returned"


class SeveralPatients(Unacceptable):
    code = "XDSResultNotSinglePatient"
    comment = "stored query finds documents of several patients"


class NoticeInvalid(Unacceptable):
    """Facts are the fields at fault, as JSON pointers, each with its problem."""

    code = "NOTICE"
    comment = "disclosure notice breaks a rule"


class IdentifierMismatch(Unacceptable):
    comment = "identifier does not match the SOP class"


class QueryTooBroad(Unacceptable):
    code = "A700"
    comment = "more matches than are given, narrow the query"


# --- Unsupported ----------------------------------------------------------------------------------


class ClassNotArchived(Unsupported):
    comment = "SOP class is not archived at present"


class UpdateUnknown(Unsupported):
    code = "XDSMetadataUpdateOperationError"
    comment = "metadata update of this kind is not done here"


class QueryUnknown(Unsupported):
    code = "XDSUnknownStoredQuery"
    comment = "stored query is unknown"


# --- NotFound -------------------------------------------------------------------------------------


class InstanceUnknown(NotFound):
    comment = "no such object instance"


class ObjectUnknown(NotFound):
    code = "UnresolvedReferenceException"
    comment = "no such object in the registry"


class DocumentsLate(NotFound):
    code = "DOC-LATE"
    comment = "documents have not come in time"


class NoticeSubjectUnknown(NotFound):
    code = "NOTICE"
    comment = "disclosure notice names what is not known here"


class DestinationUnknown(NotFound):
    code = "A801"
    comment = "move destination is not configured"


# --- Conflict -------------------------------------------------------------------------------------


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


class UniqueIdReused(Conflict):
    code = "XDSDuplicateUniqueIdInRegistry"
    comment = "uniqueId was used for other content"


class HashDiffers(Conflict):
    code = "XDSNonIdenticalHash"
    comment = "document uniqueId is registered with another hash"


class PatientDiffers(Conflict):
    code = "XDSPatientIdDoesNotMatch"
    comment = "document replaces one of another patient"


class AlreadyReplaced(Conflict):
    code = "XDSRegistryDeprecatedDocumentError"
    comment = "document to be replaced has been replaced before"


class TargetDeprecated(Conflict):
    code = "XDSRegistryDeprecatedDocumentError"
    comment = "document or folder is no longer in force"


class VersionDiffers(Conflict):
    code = "XDSMetadataVersionError"
    comment = "metadata has been updated by another meanwhile"


class StillReferenced(Conflict):
    code = "ReferencesExistException"
    comment = "another object still refers to what is to be removed"


class MessageRepeated(Conflict):
    code = "wsse:InvalidSecurity"
    comment = "MessageID was used before with this assertion"


class StudyUidDiffers(Conflict):
    code = "STUDY-UID"
    comment = "document names another study than the images"


class NoticeReused(Conflict):
    code = "NOTICE"
    comment = "disclosure notice id was used for other content"


# --- Refused --------------------------------------------------------------------------------------


class OtherRegister(Refused):
    comment = "object cannot be stored here"


class ControllerUnauthorised(Refused):
    comment = "no authorisation for the organiser's register"


class NoticeForeign(Refused):
    code = "NOTICE"
    comment = "disclosure notice is of another controller"


class AssertionMissing(Refused):
    code = "wsse:InvalidSecurity"
    comment = "message has no assertion"


class SignatureInvalid(Refused):
    code = "wsse:FailedCheck"
    comment = "assertion is not signed as it must be"


class IssuerUntrusted(Refused):
    code = "wsse:FailedAuthentication"
    comment = "issuer of the assertion is not trusted"


class AssertionExpired(Refused):
    code = "wsse:MessageExpired"
    comment = "assertion is not valid at this time"


class AssertionElsewhere(Refused):
    code = "wsse:InvalidSecurityToken"
    comment = "assertion is for another service"


class OrganisationDiffers(Refused):
    code = "wsse:FailedAuthentication"
    comment = "assertion is of another organisation"


class PatientNotAsserted(Refused):
    code = "wsse:FailedAuthentication"
    comment = "assertion is for another patient"


class PeerUnknown(Refused):
    code = "AE-UNKNOWN"
    comment = "calling AE title is nobody's here"


class PeerEnded(Refused):
    code = "AE-ENDED"
    comment = "customer has ended"


class PeerAddressWrong(Refused):
    code = "AE-ADDRESS"
    comment = "connection comes from another address"


class CalledTitleUnknown(Refused):
    code = "AE-CALLED"
    comment = "called AE title is not ours"


class PeerUnencrypted(Refused):
    code = "AE-TLS"
    comment = "connection is to be encrypted"


class PeerCertificateWrong(Refused):
    code = "AE-CERT"
    comment = "certificate is not the one of this AE title"


# --- Busy -----------------------------------------------------------------------------------------


class TooManyAssociations(Busy):
    comment = "too many associations"


class CustomerTooBusy(Busy):
    comment = "too many associations of one customer"


class CustomerTooFast(Busy):
    comment = "too many objects a minute, send again later"


class StorageFull(Busy):
    comment = "storage is full"


class StorageGone(Busy):
    comment = "storage does not answer"


class DatabaseGone(Busy):
    comment = "database does not answer"


class PeerUnreachable(Busy):
    code = "PEER-CONNECT"
    comment = "peer cannot be reached"


class PeerRejected(Busy):
    code = "PEER-REJECT"
    comment = "peer does not accept the message"


class PeerAborted(Busy):
    code = "PEER-ABORT"
    comment = "peer broke off"


# --- Broken ---------------------------------------------------------------------------------------


class BytesDamaged(Broken):
    code = "DAMAGED"
    comment = "archived bytes do not match their digest"


def every_error() -> Iterator[type[ArchiveError]]:
    """All classes below ArchiveError, families first; what tables and advice must cover."""
    yield from FAMILIES
    for family in FAMILIES:
        yield from family.__subclasses__()
