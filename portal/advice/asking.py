"""Advice on asking and fetching, on limits and on encrypted connections."""

from django.utils.translation import gettext_lazy as _

from archive import errors
from archive.errors import ArchiveError
from portal.advice.kinds import Advice, Move

ADVICE: dict[type[ArchiveError], Advice] = {
    # --- queries and retrievals ---
    errors.IdentifierMismatch: Advice(
        _("Query cannot be understood"),
        _("A key of the query or retrieval is missing, or is not what the standard says it is."),
        _("See the element in the event, and ask the customer’s system supplier to correct it."),
        _("Your system’s query or retrieval has a key that is missing or wrong."),
        _("Give the element named in the event to your system supplier."),
        Move.SENDER,
    ),
    errors.QueryTooBroad: Advice(
        _("Query is too broad"),
        _("A query matched more than one answer may hold, or took longer than it may."),
        _("Ask the customer’s system supplier to narrow the query by patient, number or day."),
        _("Your system’s query matches more than is given at once."),
        _("Have the query narrowed by patient, accession number or day."),
        Move.SENDER,
    ),
    errors.DestinationUnknown: Advice(
        _("Destination of the retrieval is unknown"),
        _("The retrieval names an AE title to which nothing may be returned for this customer."),
        _(
            "If the AE title is the customer’s own, have it added to its connections or allowed "
            "as a destination. If not, find out why it was asked for."
        ),
        _("Your system asked to have studies returned to an AE title that is not among yours."),
        _("Add the system to your connections, and allow studies to be returned to it."),
        Move.SENDER,
    ),
    # --- limits ---
    errors.CustomerTooBusy: Advice(
        _("Too many connections of one customer"),
        _("The customer’s limit of simultaneous associations was reached; others were served."),
        _("See the load: either the customer’s systems hold connections, or its limit is too low."),
        _("Your systems had more connections at once than your organisation may have."),
        _("Have your systems open fewer connections at once, or ask for a higher limit."),
        Move.SENDER,
    ),
    errors.CustomerTooFast: Advice(
        _("Too many objects a minute"),
        _("The customer’s limit of objects a minute was reached; the rest was told to come later."),
        _("See the load: agree with the customer on a time for mass transfers, or on its limit."),
        _("Your systems sent more objects a minute than your organisation may send."),
        _("Nothing to do if your system tries again by itself; else send the rest again later."),
        Move.SENDER,
    ),
    # --- encrypted connections ---
    errors.PeerUnencrypted: Advice(
        _("Connection was not encrypted"),
        _("The AE title is to call over TLS only, and called without it."),
        _("Give the customer the port for TLS, or see whether somebody uses its AE title."),
        _("Your system called without encryption, though it is registered to use TLS only."),
        _("Set your system to use TLS and the archive’s port for it."),
        Move.SENDER,
    ),
    errors.PeerCertificateWrong: Advice(
        _("Wrong certificate"),
        _("A known AE title came with another certificate than the one registered for it."),
        _(
            "Ask the customer whether the certificate was renewed. If not, treat it as a "
            "security event."
        ),
        _("Your system’s AE title was used with a certificate that is not registered for it."),
        _("If you have renewed the certificate, add the new one to your connection."),
        Move.SENDER,
    ),
    errors.TlsFailed: Advice(
        _("No encrypted connection came about"),
        _("A call from a customer’s address ended before it said who it is."),
        _(
            "See under TLS in the event what failed: the certificate, its issuer, or the port. "
            "Tell the customer."
        ),
        _("Your system called the archive, and no encrypted connection came about."),
        _(
            "See under TLS in the event what failed. Check your system’s certificate and its "
            "issuer, and that the port is the archive’s port for TLS."
        ),
        Move.SENDER,
    ),
}
