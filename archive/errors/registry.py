"""Documents, their registry, and notices about them."""

from archive.errors.base import Conflict, Malformed, NotFound, Refused, Unacceptable, Unsupported


class ParameterMissing(Malformed):
    code = "XDSStoredQueryMissingParam"
    comment = "stored query lacks a required parameter"


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


class UpdateUnknown(Unsupported):
    code = "XDSMetadataUpdateOperationError"
    comment = "metadata update of this kind is not done here"


class QueryUnknown(Unsupported):
    code = "XDSUnknownStoredQuery"
    comment = "stored query is unknown"


class DocumentsLate(NotFound):
    code = "DOC-LATE"
    comment = "documents have not come in time"


class NoticeSubjectUnknown(NotFound):
    code = "NOTICE"
    comment = "disclosure notice names what is not known here"


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


class NoticeForeign(Refused):
    code = "NOTICE"
    comment = "disclosure notice is of another controller"
