"""Advice on DICOMweb."""

from django.utils.translation import gettext_lazy as _

from archive.errors import ArchiveError
from archive.errors import web as errors
from portal.advice.kinds import Advice, Move

ADVICE: dict[type[ArchiveError], Advice] = {
    errors.RequestUnclear: Advice(
        _("DICOMweb request cannot be understood"),
        _("A parameter of the request is unknown, or its value is not what the standard says."),
        _("See the parameter in the event, and ask the customer’s system supplier to correct it."),
        _("Your system’s request has a parameter that is unknown or wrong."),
        _("Give the parameter named in the event to your system supplier."),
        Move.SENDER,
    ),
    errors.MultipartBroken: Advice(
        _("Body of a DICOMweb request is broken"),
        _("The body is no multipart message, or it ended before its last boundary."),
        _("Ask whether something between the customer and the archive cuts connections off."),
        _("Your system’s request broke off, or its parts cannot be told apart."),
        _("Send the objects again; if it happens again, tell your system supplier."),
        Move.SENDER,
    ),
    errors.StudyMismatch: Advice(
        _("Object of another study than the request names"),
        _("Objects were stored to the address of one study, and this one is of another."),
        _("Ask the customer’s system supplier why objects of several studies are sent together."),
        _("Your system sent an object to the address of a study it does not belong to."),
        _("Have the objects of each study sent to its own address, or to none in particular."),
        Move.SENDER,
    ),
    errors.RequestTooLarge: Advice(
        _("DICOMweb request is too large"),
        _("One request brought more objects or bytes than are taken at once."),
        _("Ask the customer’s system supplier to send fewer objects in each request."),
        _("Your system sent more in one request than is taken."),
        _("Have the objects sent in several requests."),
        Move.SENDER,
    ),
    errors.NotAcceptable: Advice(
        _("Object cannot be given in the form asked for"),
        _("The request accepts only media types or transfer syntaxes that cannot be given."),
        _("Compare the Accept header in the event with the conformance statement."),
        _("Your system asked for an object in a form that it is not available in."),
        _("Have objects asked for as they are stored, or in a form the statement lists."),
        Move.SENDER,
    ),
    errors.MediaTypeUnsupported: Advice(
        _("Media type is not taken"),
        _("The body of the request is of a media type that is not taken."),
        _("Compare the Content-Type in the event with the conformance statement."),
        _("Your system sent objects in a form that is not taken."),
        _("Have objects sent as application/dicom in a multipart message."),
        Move.SENDER,
    ),
    errors.ProxyUntrusted: Advice(
        _("Certificate told of by a stranger"),
        _(
            "A request says which TLS certificate its sender showed, but it did not come from the "
            "proxy that may say so."
        ),
        _(
            "See the address in the event. If it is the proxy’s, add it to "
            "CLIENT_CERTIFICATE_PROXIES; else find out who sends such requests."
        ),
        _("A request in your system’s name came past the service’s entrance."),
        _("Check that your system calls the address of the service, and tell technical support."),
        Move.SUPPORT,
    ),
    errors.ClientCertificateWrong: Advice(
        _("Another certificate than the connection’s"),
        _("The credentials are right, but the TLS certificate shown with them is not theirs."),
        _("Compare the fingerprints with the customer: a renewed certificate is entered first."),
        _("Your system showed another TLS certificate than the one that is entered for it."),
        _("Enter the new certificate for the connection, or have the system show the right one."),
        Move.SENDER,
    ),
}
