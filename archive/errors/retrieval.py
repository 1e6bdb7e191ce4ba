"""What can go wrong when documents and images are asked for or brought over XDS; under the families
of `archive.errors`.

    Malformed      CommunityMissing, MultipartTooLong, DocumentMissing, MetadataMissing
    Unacceptable   ContentDiffers, ManifestInvalid
    Unsupported    SyntaxUnavailable
    NotFound       CommunityUnknown, RepositoryUnknown, DocumentUnknown, ObjectsAwaited
    Conflict       StudyArchived
    Refused        SourceUnknown
"""

from archive.errors.base import Conflict, Malformed, NotFound, Refused, Unacceptable, Unsupported


class CommunityMissing(Malformed):
    code = "XDSMissingHomeCommunityId"
    comment = "request names no home community"


class MultipartTooLong(Malformed):
    code = "TOO-LONG"
    comment = "message is longer than is taken"


class DocumentMissing(Malformed):
    code = "XDSMissingDocument"
    comment = "a described document did not come with the message"


class MetadataMissing(Malformed):
    code = "XDSMissingDocumentMetadata"
    comment = "a document came without its description"


class ContentDiffers(Unacceptable):
    code = "XDSRepositoryMetadataError"
    comment = "document does not have the described hash or size"


class ManifestInvalid(Unacceptable):
    code = "XDSRepositoryMetadataError"
    comment = "manifest is not one of the study it is described as"


class SyntaxUnavailable(Unsupported):
    code = "urn:dicom:wado:0007"
    comment = "object cannot be given in a wanted transfer syntax"


class CommunityUnknown(NotFound):
    code = "XDSUnknownCommunity"
    comment = "home community is not this one"


class RepositoryUnknown(NotFound):
    code = "XDSUnknownRepositoryId"
    comment = "repository is none of those served here"


class DocumentUnknown(NotFound):
    code = "XDSDocumentUniqueIdError"
    comment = "no such document or object to be given"


class ObjectsAwaited(NotFound):
    code = "OBJECTS-AWAITED"
    comment = "a source's manifest names objects that have not come"


class StudyArchived(Conflict):
    code = "XDSRepositoryMetadataError"
    comment = "study is archived here, its manifest is made here"


class SourceUnknown(Refused):
    code = "XDSRepositoryError"
    comment = "documents are taken from configured sources only"
