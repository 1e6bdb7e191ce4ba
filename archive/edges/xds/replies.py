"""Error family -> XDS errorCode, ITI TF-3 Table 4.2.4.1-2, and error of an assertion -> fault of
WS-Security 1.1 section 12. No other file of this edge writes one.

A query that may not see something answers as if it were not there: an empty success, here the
empty code.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from archive import errors


@dataclass(frozen=True, slots=True)
class Codes:
    register: str  # ITI-42
    query: str  # ITI-18


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
    errors.NotFound: Codes("XDSRegistryError", ""),
    errors.Conflict: Codes("XDSDuplicateUniqueIdInRegistry", "XDSRegistryError"),
    errors.HashDiffers: Codes("XDSNonIdenticalHash", "XDSRegistryError"),
    errors.PatientDiffers: Codes("XDSPatientIdDoesNotMatch", "XDSRegistryError"),
    errors.AlreadyReplaced: Codes("XDSRegistryDeprecatedDocumentError", "XDSRegistryError"),
    errors.Refused: Codes("XDSRegistryError", ""),
    errors.Busy: Codes("XDSRegistryBusy", "XDSRegistryBusy"),
    errors.Broken: Codes("XDSRegistryError", "XDSRegistryError"),
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
