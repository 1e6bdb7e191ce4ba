"""Error family -> XDS errorCode, ITI TF-3 Table 4.2.4.1-2, and error of an assertion -> fault of
WS-Security 1.1 section 12. No other file of this edge writes one.

A query that may not see something answers as if it were not there: an empty success, here the
empty code.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from archive import errors
from archive.errors import retrieval as retrieval_errors


@dataclass(frozen=True, slots=True)
class Codes:
    register: str  # ITI-42, ITI-57, ITI-62
    query: str  # ITI-18, ITI-51


TABLE: Mapping[type[errors.ArchiveError], Codes] = {
    errors.Malformed: Codes("XDSRegistryMetadataError", "XDSStoredQueryParamNumber"),
    errors.ParameterMissing: Codes("XDSRegistryMetadataError", "XDSStoredQueryMissingParam"),
    errors.Unacceptable: Codes("XDSRegistryMetadataError", "XDSRegistryError"),
    errors.PatientIdUntrusted: Codes("XDSUnknownPatientId", ""),
    errors.EnvironmentMismatch: Codes("XDSUnknownPatientId", ""),
    errors.RealPatientRequired: Codes("XDSUnknownPatientId", ""),
    errors.TooManyResults: Codes("XDSRegistryError", "XDSTooManyResults"),
    errors.SeveralPatients: Codes("XDSRegistryError", "XDSResultNotSinglePatient"),
    errors.Unsupported: Codes("XDSRegistryError", "XDSUnknownStoredQuery"),
    errors.UpdateUnknown: Codes("XDSMetadataUpdateOperationError", "XDSRegistryError"),
    errors.MetadataFixed: Codes("XDSMetadataUpdateError", "XDSRegistryError"),
    errors.NotFound: Codes("XDSRegistryError", ""),
    errors.ObjectUnknown: Codes("UnresolvedReferenceException", ""),
    errors.Conflict: Codes("XDSDuplicateUniqueIdInRegistry", "XDSRegistryError"),
    errors.HashDiffers: Codes("XDSNonIdenticalHash", "XDSRegistryError"),
    errors.PatientDiffers: Codes("XDSPatientIdDoesNotMatch", "XDSRegistryError"),
    errors.AlreadyReplaced: Codes("XDSRegistryDeprecatedDocumentError", "XDSRegistryError"),
    errors.TargetDeprecated: Codes("XDSRegistryDeprecatedDocumentError", "XDSRegistryError"),
    errors.VersionDiffers: Codes("XDSMetadataVersionError", "XDSRegistryError"),
    errors.StillReferenced: Codes("ReferencesExistException", "XDSRegistryError"),
    errors.Refused: Codes("XDSRegistryError", ""),
    errors.Busy: Codes("XDSRegistryBusy", "XDSRegistryBusy"),
    errors.Broken: Codes("XDSRegistryError", "XDSRegistryError"),
    retrieval_errors.CommunityMissing: Codes("XDSRegistryError", "XDSMissingHomeCommunityId"),
    retrieval_errors.CommunityUnknown: Codes("XDSRegistryError", "XDSUnknownCommunity"),
}

# ITI-39, ITI-43, ITI-86, RAD-69, RAD-75: of each document or object. What may not be seen has the
# code of what is not there. `urn:dicom:wado` is of RAD TF-2 4.69.4.2.2.1.
RETRIEVE: Mapping[type[errors.ArchiveError], str] = {
    errors.Malformed: "XDSRepositoryError",
    errors.Unacceptable: "XDSRepositoryError",
    errors.Unsupported: "XDSRepositoryError",
    errors.NotFound: "XDSDocumentUniqueIdError",
    errors.Conflict: "XDSRepositoryError",
    errors.Refused: "XDSRepositoryError",
    errors.Busy: "XDSRepositoryBusy",
    errors.Broken: "XDSRepositoryError",
    errors.InstanceUnknown: "XDSRepositoryError",  # it is registered: we have lost it
    retrieval_errors.CommunityMissing: "XDSMissingHomeCommunityId",
    retrieval_errors.CommunityUnknown: "XDSUnknownCommunity",
    retrieval_errors.RepositoryUnknown: "XDSUnknownRepositoryId",
    retrieval_errors.SyntaxUnavailable: "urn:dicom:wado:0007",
}

# ITI-41, RAD-68: where it is the repository's word; else the registry's, from TABLE.
PROVIDE: Mapping[type[errors.ArchiveError], str] = {
    errors.Malformed: "XDSRepositoryMetadataError",
    errors.Busy: "XDSRepositoryBusy",
    errors.Broken: "XDSRepositoryError",
    retrieval_errors.DocumentMissing: "XDSMissingDocument",
    retrieval_errors.MetadataMissing: "XDSMissingDocumentMetadata",
    retrieval_errors.ContentDiffers: "XDSRepositoryMetadataError",
    retrieval_errors.ManifestInvalid: "XDSRepositoryMetadataError",
    retrieval_errors.StudyArchived: "XDSRepositoryMetadataError",
    retrieval_errors.SourceUnknown: "XDSRepositoryError",
}

# The fault tells its kind only; what was wrong stands in the case.
SECURITY: Mapping[type[errors.ArchiveError], str] = {
    errors.AssertionMissing: "InvalidSecurity",
    errors.MessageRepeated: "InvalidSecurity",
    errors.AssertionUnreadable: "InvalidSecurityToken",
    errors.AssertionElsewhere: "InvalidSecurityToken",
    errors.SignatureInvalid: "FailedCheck",
    errors.AssertionExpired: "MessageExpired",
    errors.IssuerUntrusted: "FailedAuthentication",
    errors.OrganisationDiffers: "FailedAuthentication",
    errors.PatientNotAsserted: "FailedAuthentication",
}
SECURITY_REASONS: Mapping[str, str] = {
    "InvalidSecurity": "An error was discovered processing the Security header",
    "InvalidSecurityToken": "An invalid security token was provided",
    "FailedCheck": "The signature was invalid",
    "MessageExpired": "The message has expired",
    "FailedAuthentication": "The security token could not be authenticated or authorized",
}
