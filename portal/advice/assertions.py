"""Advice on signed assertions: who asks could not be established (XUA)."""

from django.utils.translation import gettext_lazy as _

from archive import errors
from archive.errors import ArchiveError
from portal.advice.kinds import Advice, Move

ADVICE: dict[type[ArchiveError], Advice] = {
    errors.AssertionMissing: Advice(
        _("Signed assertion is missing"),
        _("The connection needs a signed assertion with every message, and this one had none."),
        _(
            "Ask the customer to turn assertions on in its system. The need can be taken off on "
            "the customer’s page."
        ),
        _("Your system asked without a signed assertion of the professional behind it."),
        _("Turn the signed assertions (XUA) on in your system."),
        Move.SENDER,
    ),
    errors.AssertionUnreadable: Advice(
        _("Assertion is not as it must be"),
        _("The assertion lacks something, says it twice, or is no SAML 2.0 bearer assertion."),
        _("Compare the detail of the event with the conformance statement, with the supplier."),
        _("The assertion your system sent is not in the form that is asked for."),
        _("Give the time and this case number to your system supplier."),
        Move.SENDER,
    ),
    errors.SignatureInvalid: Advice(
        _("Signature of the assertion does not hold"),
        _(
            "The assertion was changed after it was signed, was signed with another key, or by "
            "an algorithm that is not accepted."
        ),
        _(
            "Ask whether the issuer has changed its certificate, and add the new one. If not, "
            "treat it as a security event."
        ),
        _("The signature of the assertion does not hold."),
        _(
            "Check which certificate your issuer signs with. If it has changed, tell technical "
            "support."
        ),
        Move.SENDER,
    ),
    errors.IssuerUntrusted: Advice(
        _("Issuer of the assertion is not trusted"),
        _("No certificate of this issuer is valid in the trust store of the environment."),
        _("Check the issuer in the event’s facts. If it is right, add its certificate."),
        _("The archive does not know the issuer of the assertion in this environment."),
        _("Check that the issuer is that of the right environment, or tell technical support."),
        Move.SUPPORT,
    ),
    errors.AssertionExpired: Advice(
        _("Assertion is not valid at this time"),
        _("The assertion has expired, has not begun, or is valid for longer than is allowed."),
        _("Compare the clocks. If they agree, the system uses an assertion for too long."),
        _("The assertion had expired, or its time had not begun."),
        _("Check the clock of your system, and that it fetches a new assertion in time."),
        Move.SENDER,
    ),
    errors.AssertionElsewhere: Advice(
        _("Assertion is for another service"),
        _("Neither our home community nor our address is an audience of the assertion."),
        _("Tell the supplier which audience to ask the issuer for; the guide names it."),
        _("The assertion was made for another service than this."),
        _("Set the archive as the audience of assertions in your system."),
        Move.SENDER,
    ),
    errors.OrganisationDiffers: Advice(
        _("Assertion is of another organisation"),
        _("The organisation in the assertion is not the one whose connection was used."),
        _("See who uses the connection. If the customer does not know, treat it as a breach."),
        _("The assertion names another organisation than the one your connection belongs to."),
        _("Check the organisation’s identifier in your system and in its issuer."),
        Move.SENDER,
    ),
    errors.PatientNotAsserted: Advice(
        _("Assertion is for another patient"),
        _("The system asked for another patient than the one the assertion is for."),
        _("If it repeats, have the supplier mend it, and let the log reviewer know."),
        _("Your system asked for another patient than the one the assertion is for."),
        _("Have your system fetch an assertion for each patient."),
        Move.SENDER,
    ),
    errors.MessageRepeated: Advice(
        _("Message came again"),
        _("The same MessageID came again with the same assertion; it was not answered."),
        _("A system that sends again must give a new MessageID. If it does, see who repeats it."),
        _("Your system sent a message twice with the same MessageID."),
        _("Have your system give each message an identifier of its own."),
        Move.SENDER,
    ),
    errors.CertificateInvalid: Advice(
        _("Certificate cannot be used"),
        _(
            "The text is no certificate in PEM form, holds a private key, is not valid today, or "
            "its key is too short."
        ),
        _("Ask the issuer for its signing certificate alone, in PEM form."),
        _("The certificate cannot be used."),
        _("Give a certificate in PEM form that is valid today."),
        Move.SENDER,
    ),
}
