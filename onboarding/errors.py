"""What can go wrong on a customer's road; under the families of `archive.errors`.

    Malformed      CertificateUnreadable
    Unacceptable   FieldInvalid, HostUnknown, CertificateExpired, CertificateEarly,
                   CertificateOtherName, CertificateOtherUse, CertificateNotCalled,
                   CertificateUntrusted, CertificateEnding,
                   FileTypeRefused, FileTooLarge, DayPassed
    NotFound       InvitationGone
    Conflict       StepOutOfOrder, TermsOutdated, TitleTaken, SenderTaken, AlreadyAsked
    Refused        ActorUnfit, SameOfficer, PreconditionsMissing, LastAdministrator,
                   EmailUnverified, InvitationOfAnother

`facts["field"]`, where there is one, names the form field the message belongs to.
"""

from enum import StrEnum

from archive.errors import Conflict, Malformed, NotFound, Refused, Unacceptable


class CertificateUnreadable(Malformed):
    code = "CERT-READ"
    comment = "certificate cannot be read"


class Fault(StrEnum):
    """`facts["why"]` of a FieldInvalid whose form alone does not tell what is wrong."""

    ENDS_FIRST = "ends-first"
    TO_COME = "to-come"
    NOTHING_GIVEN = "nothing-given"
    TAKEN = "taken"
    CERTIFICATE_NEEDED = "certificate-needed"
    SIGNS = "signs"


class FieldInvalid(Unacceptable):
    code = "FIELD"
    comment = "value is not acceptable"


class HostUnknown(Unacceptable):
    code = "HOST"
    comment = "host name does not resolve"


class CertificateExpired(Unacceptable):
    code = "CERT-EXPIRED"
    comment = "certificate has expired"


class CertificateEarly(Unacceptable):
    code = "CERT-EARLY"
    comment = "certificate is not valid yet"


class CertificateOtherName(Unacceptable):
    code = "CERT-NAME"
    comment = "certificate is for another name"


class CertificateOtherUse(Unacceptable):
    code = "CERT-USE"
    comment = "certificate is not for who calls by TLS"


class CertificateNotCalled(Unacceptable):
    code = "CERT-CALLED"
    comment = "certificate is not for who is called by TLS"


class CertificateUntrusted(Unacceptable):
    code = "CERT-ISSUER"
    comment = "issuer of the certificate is not trusted"


class CertificateEnding(Unacceptable):
    code = "CERT-ENDS"
    comment = "certificate expires soon"


class FileTypeRefused(Unacceptable):
    code = "FILE-TYPE"
    comment = "file is of no accepted type"


class FileTooLarge(Unacceptable):
    code = "FILE-SIZE"
    comment = "file is too large"


class DayPassed(Unacceptable):
    code = "DAY"
    comment = "day has passed"


class InvitationGone(NotFound):
    code = "INVITATION"
    comment = "invitation is used, expired or unknown"


class StepOutOfOrder(Conflict):
    code = "STEP"
    comment = "not possible in the present state"


class TermsOutdated(Conflict):
    code = "TERMS"
    comment = "a newer version is in force"


class TitleTaken(Conflict):
    code = "AE-TAKEN"
    comment = "AE title is in use"


class SenderTaken(Conflict):
    code = "SENDER-TAKEN"
    comment = "HL7 sender is another's in this environment"


class AlreadyAsked(Conflict):
    code = "ASKED"
    comment = "the same has been asked and waits"


class ActorUnfit(Refused):
    code = "ACTOR"
    comment = "role does not allow this"


class SameOfficer(Refused):
    code = "FOUR-EYES"
    comment = "a second officer must decide"


class PreconditionsMissing(Refused):
    code = "PRECONDITION"
    comment = "preconditions are missing"


class LastAdministrator(Refused):
    code = "LAST-ADMIN"
    comment = "the last administrator must stay"


class EmailUnverified(Refused):
    code = "EMAIL"
    comment = "e-mail address is not verified"


class InvitationOfAnother(Refused):
    code = "INVITATION-OTHER"
    comment = "invitation is for another e-mail address"
