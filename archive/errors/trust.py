"""Assertions and certificates: who asks, and whether we believe it."""

from archive.errors.base import Malformed, Refused


class AssertionUnreadable(Malformed):
    code = "wsse:InvalidSecurityToken"
    comment = "assertion is not as it must be"


class CertificateInvalid(Malformed):
    code = "CERTIFICATE"
    comment = "certificate cannot be used"


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
