"""Advice on a customer's road: forms, files, certificates, steps out of order, who may."""

from django.utils.translation import gettext_lazy as _

from archive.errors import ArchiveError
from onboarding import errors
from portal.advice.kinds import Advice, Move

_NOTHING_KEPT = _("Correct it and send the form again; nothing of it was kept.")

ADVICE: dict[type[ArchiveError], Advice] = {
    # --- certificates and hosts ---
    errors.CertificateUnreadable: Advice(
        _("Certificate cannot be read"),
        _("The text is no certificate in PEM form, or it holds a private key."),
        _("Ask the customer for the certificate alone, in PEM form."),
        _("This is not a certificate in PEM form. A private key must never be sent to anybody."),
        _("Paste the text from BEGIN CERTIFICATE to END CERTIFICATE."),
        Move.SENDER,
    ),
    errors.CertificateExpired: Advice(
        _("Certificate has expired"),
        _("The certificate has expired."),
        _("Ask the customer for a certificate that is valid."),
        _("The certificate has expired."),
        _("Give a certificate that is valid today."),
        Move.SENDER,
    ),
    errors.CertificateEnding: Advice(
        _("Certificate expires soon"),
        _("When the certificate has expired, its system is refused and cannot be called."),
        _("See that the customer gives a new certificate, and open it, before that day."),
        _("When the certificate has expired, your system is refused and cannot be called."),
        _("Give a new certificate on the page of the connection before that day."),
        Move.SENDER,
    ),
    errors.CertificateEarly: Advice(
        _("Certificate is not valid yet"),
        _("The time of the certificate has not begun."),
        _("Ask the customer for a certificate that is valid."),
        _("The time of the certificate has not begun."),
        _("Give a certificate that is valid today."),
        Move.SENDER,
    ),
    errors.CertificateOtherName: Advice(
        _("Certificate is for another name"),
        _("No name in the certificate is the host of the connection."),
        _("Compare the host with the names in the certificate together with the customer."),
        _("The certificate is for another name than the host of this connection."),
        _("Correct the host, or give a certificate that names it."),
        Move.SENDER,
    ),
    errors.CertificateOtherUse: Advice(
        _("Certificate is for another use"),
        _("By its key usage, the certificate is not for a system that calls (clientAuth)."),
        _("Ask the customer for a certificate for both sides of TLS."),
        _("By its key usage, the certificate is not for a system that calls (clientAuth)."),
        _("Give a certificate for both sides of TLS (clientAuth and serverAuth)."),
        Move.SENDER,
    ),
    errors.CertificateNotCalled: Advice(
        _("Certificate is not for the system that is called"),
        _(
            "By its extended key usage, or an issuer’s, the certificate is not for a system that "
            "is called by TLS (serverAuth): commitment reports, confirmations and fetched studies "
            "would not reach it."
        ),
        _("Ask the customer for a certificate for both sides of TLS."),
        _(
            "By its extended key usage, or an issuer’s, the certificate is not for a system that "
            "is called by TLS (serverAuth): commitment reports, confirmations and fetched studies "
            "would not reach it."
        ),
        _("Give a certificate for both sides of TLS (clientAuth and serverAuth)."),
        Move.SENDER,
    ),
    errors.CertificateUntrusted: Advice(
        _("Issuer is not trusted"),
        _("The archive does not trust whoever issued the certificate: its system is refused."),
        _("Ask for a certificate of a trusted issuer, or have the issuer added to the trusted."),
        _("The archive does not trust whoever issued the certificate: its system is refused."),
        _(
            "Give one of an issuer that is trusted here, and behind it the certificates of the "
            "issuers between; or ask the operator."
        ),
        Move.SENDER,
    ),
    errors.HostUnknown: Advice(
        _("Host is not found"),
        _("The host name has no address in the name service that we use."),
        _("Check the spelling with the customer; a name of its inner network is not seen here."),
        _("The host name is not found."),
        _("Check the spelling, or give the address itself. Names of an inner network do not work."),
        Move.SENDER,
    ),
    errors.TitleTaken: Advice(
        _("AE title is in use"),
        _("Another connection of this environment has the same AE title."),
        _("Agree on another title with the customer."),
        _("This AE title is in use already in this environment."),
        _("Choose another, for example with your organisation’s abbreviation before it."),
        Move.SENDER,
    ),
    errors.SenderTaken: Advice(
        _("HL7 sender is in use"),
        _("Another connection of this environment has the same application and facility."),
        _("Agree on other names with the customer."),
        _("This application and facility are in use already in this environment."),
        _("Choose others, for example with your organisation’s abbreviation before them."),
        Move.SENDER,
    ),
    # --- forms and files ---
    errors.FieldInvalid: Advice(
        _("Value is not acceptable"),
        _("A field was empty, too long, or not in the form that is asked for."),
        _("Read the instruction at the field."),
        _("This is missing, or not in the form that is asked for."),
        _NOTHING_KEPT,
        Move.SENDER,
    ),
    errors.FileTypeRefused: Advice(
        _("File is of another type"),
        _(
            "The content is none of PDF, PNG, JPEG and ASiC, or the name of the file "
            "says otherwise."
        ),
        _("Ask for the document as a PDF file."),
        _("Only PDF, PNG, JPEG and ASiC files are taken, and the name must end accordingly."),
        _("Save the document as a PDF file and add it again."),
        Move.SENDER,
    ),
    errors.FileTooLarge: Advice(
        _("File is too large"),
        _("The file is larger than a piece of evidence may be."),
        _("Ask for a smaller file, or for the pages that matter."),
        _("The file is too large."),
        _("Give a smaller file, or only the pages that matter."),
        Move.SENDER,
    ),
    errors.DayPassed: Advice(
        _("Day has passed"),
        _("The day given is before today."),
        _("Choose today or a later day."),
        _("The day is before today."),
        _("Choose today or a later day."),
        Move.SENDER,
    ),
    # --- steps ---
    errors.StepOutOfOrder: Advice(
        _("Not possible in this state"),
        _("The state was changed meanwhile, or the step does not follow from it."),
        _("Open the page again to see the present state and what can be done in it."),
        _("This cannot be done in the present state. Somebody may have changed it meanwhile."),
        _("Open the page again to see what can be done now."),
        Move.NOBODY,
    ),
    errors.PreconditionsMissing: Advice(
        _("Preconditions are missing"),
        _("Something that must hold before this step does not hold."),
        _("See the checklist for what is missing and whose move it is."),
        _("Something that must be in order before this step is not."),
        _("See the checklist for what is missing."),
        Move.SENDER,
    ),
    errors.TermsOutdated: Advice(
        _("Older version of the terms"),
        _("A newer version is in force; an older one can no longer be accepted."),
        _("Ask the customer to accept the version in force."),
        _("A newer version is in force."),
        _("Read the version in force and accept that."),
        Move.SENDER,
    ),
    errors.AlreadyAsked: Advice(
        _("Asked already"),
        _("The same request is open and waits for a second officer."),
        _("Ask a colleague to decide it, or take it back first."),
        _("The same request is open already."),
        _("Wait until it is decided."),
        Move.US,
    ),
    # --- who may ---
    errors.ActorUnfit: Advice(
        _("Role does not allow this"),
        _("The role of the signed-in person does not allow this step."),
        _("Ask somebody whose role allows it."),
        _("Your role does not allow this."),
        _("Ask your organisation’s administrator."),
        Move.NOBODY,
    ),
    errors.SameOfficer: Advice(
        _("A second officer must decide"),
        _("Who asked for it cannot also decide it."),
        _("Ask another onboarding officer to decide."),
        _("Two people of the operator must agree on this."),
        _("Nothing to do."),
        Move.US,
    ),
    errors.LastAdministrator: Advice(
        _("Last administrator"),
        _("Without this person nobody could act for the organisation."),
        _("Give the administrator’s role to somebody else first."),
        _("Without this person nobody could act for your organisation."),
        _("Give the administrator’s role to somebody else first."),
        Move.SENDER,
    ),
    errors.EmailUnverified: Advice(
        _("E-mail address is not verified"),
        _("The applicant has not opened the link that was sent to its address."),
        _("Ask the applicant to open the link, or to have it sent again."),
        _("Your e-mail address has not been verified."),
        _("Open the link that was sent to you, or have it sent again."),
        Move.SENDER,
    ),
    errors.InvitationGone: Advice(
        _("Invitation is no longer valid"),
        _("The invitation was used, withdrawn, or has expired."),
        _("Send a new one."),
        _("The invitation was used, withdrawn, or has expired."),
        _("If you used it yourself, sign in. Else ask the person who invited you for a new one."),
        Move.SENDER,
    ),
    errors.InvitationOfAnother: Advice(
        _("Invitation is for another address"),
        _("The signed-in person’s verified e-mail address is not the one that was invited."),
        _("Invite the address that the person’s account has."),
        _("The invitation was sent to another e-mail address than your account’s."),
        _("Sign in with the account of that address, or ask for an invitation to yours."),
        Move.SENDER,
    ),
}
