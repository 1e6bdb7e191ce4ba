"""Advice on who sent and who receives: refused, unreachable, and what is damaged at our end."""

from django.utils.translation import gettext_lazy as _

from archive import errors
from archive.errors import ArchiveError
from portal.advice.kinds import Advice, Move

ADVICE: dict[type[ArchiveError], Advice] = {
    # --- Refused ---
    errors.OtherRegister: Advice(
        _("Object stands in another register"),
        _(
            "The identifier is archived in another controller’s "
            "register. The sender was not told whose."
        ),
        _("Find out whether the sender stores on behalf of another or reuses identifiers."),
        _("An object of this identity cannot be archived for your organisation."),
        _("Contact technical support and quote this case number."),
        Move.SUPPORT,
    ),
    errors.ControllerUnauthorised: Advice(
        _("Register of another without authorisation"),
        _(
            "The object names another organisation as its controller, "
            "and no authorisation allows that."
        ),
        _(
            "Check the issuer of the accession number in the object and "
            "whether an authorisation is missing."
        ),
        _(
            "The study names another organisation as its data controller, and "
            "your organisation has no authorisation."
        ),
        _(
            "Check the organiser’s identifier in your system, or agree on "
            "the authorisation with the organiser."
        ),
        Move.SENDER,
    ),
    errors.ServiceNotAllowed: Advice(
        _("Service not registered for the system"),
        _("The system’s connection does not allow what it asked for: storing, or querying."),
        _("If the system is to do it, have the customer change its planned connection; open it."),
        _("The connection of this system does not allow what the system asked for."),
        _(
            "Switch it off in the system, or allow it under Connections; in "
            "production our officer opens the change."
        ),
        Move.SENDER,
    ),
    errors.PeerUnknown: Advice(
        _("Unknown sender refused"),
        _("The calling AE title is nobody’s in this environment."),
        _("If it is a customer’s new system, add the connection. If not, nothing needs doing."),
        _("A system with an unknown AE title tried to connect."),
        _("If the system is yours, ask technical support to add the connection."),
        Move.SUPPORT,
    ),
    errors.PeerEnded: Advice(
        _("Former customer’s system refused"),
        _("The connection or its customer has ended."),
        _("Ask the customer to stop sending, or renew the connection if it ended by mistake."),
        _("The connection of this system has ended."),
        _(
            "Stop sending from this system. If it should still be in "
            "use, contact technical support."
        ),
        Move.SUPPORT,
    ),
    errors.PeerTakenOut: Advice(
        _("System is in use no more"),
        _("The customer has taken the system out of use, so that nothing is sent to it any more."),
        _("Nothing to do."),
        _("Your system was taken out of use, so that nothing is sent to it any more."),
        _("Nothing to do."),
        Move.NOBODY,
    ),
    errors.PeerAddressWrong: Advice(
        _("Wrong address of the sender"),
        _("A known AE title called from an address that is not its own."),
        _(
            "Ask the customer whether the address has changed. If "
            "not, treat it as a security event."
        ),
        _("Your system’s AE title was used from an address that is not registered for it."),
        _(
            "If the address has changed, tell technical support the new "
            "one. If not, find out who used it."
        ),
        Move.SUPPORT,
    ),
    errors.CalledTitleUnknown: Advice(
        _("Called AE title is not ours"),
        _("The sender called an AE title that this archive does not have."),
        _("Tell the customer the AE titles of production and test."),
        _("Your system calls an AE title that the archive does not have."),
        _("Set the archive’s AE title in your system; you find it under your connections."),
        Move.SENDER,
    ),
    # --- Busy ---
    errors.TooManyAssociations: Advice(
        _("Too many connections at once"),
        _("The limit of simultaneous associations was reached; the sender was told to come back."),
        _("If it repeats, see who holds the connections and consider a higher limit."),
        _("Too many systems were connected at once."),
        _("Nothing to do if your system tries again by itself; else send again later."),
        Move.ITSELF,
    ),
    errors.StorageFull: Advice(
        _("Storage is full"),
        _("There is too little free space, so nothing is taken in."),
        _("Add space at once; senders try again by themselves."),
        _("The archive cannot take in new studies for now."),
        _(
            "Keep your studies, and send them again when the archive is back, if your system does "
            "not do so by itself."
        ),
        Move.US,
    ),
    errors.StorageGone: Advice(
        _("Storage does not answer"),
        _("The object storage was away or refused, so nothing could be kept or read."),
        _("Check the object storage and its credentials; senders try again by themselves."),
        _("The archive was away for a moment."),
        _("Nothing to do if your system tries again by itself; else send again later."),
        Move.US,
    ),
    errors.DatabaseGone: Advice(
        _("Database does not answer"),
        _("The database was away, so nothing could be confirmed."),
        _("Check the database; senders try again by themselves."),
        _("The archive was away for a moment."),
        _("Nothing to do if your system tries again by itself; else send again later."),
        Move.US,
    ),
    errors.PeerUnreachable: Advice(
        _("Customer’s system cannot be reached"),
        _("The connection to the customer’s listener is refused or times out."),
        _("Tell the customer’s technical contact, or correct the address; then retry."),
        _("Our messages do not reach your system: it does not answer at its address."),
        _("Start the listener of your system, or tell technical support its new address."),
        Move.SENDER,
    ),
    errors.MailServerGone: Advice(
        _("Mail server does not take mails"),
        _(
            "The mail server did not answer, or did not let us in, for a day. The mails are not "
            "sent any more, and their text was not kept."
        ),
        _(
            "Put the mail server right, or its settings (MAIL_SERVER and those beside it). Then "
            "invite again whose invitation failed, and tell the others what their mail told."
        ),
        _("A mail to your people could not be sent: our mail server was away for long."),
        _("Invite again whose invitation failed; all else stands in the portal."),
        Move.US,
    ),
    errors.MailPutOff: Advice(
        _("Mail was put off for too long"),
        _(
            "For a day the mail server said each time that it would take the mail later, as when a "
            "mailbox is full. It is not sent any more, and its text was not kept."
        ),
        _("Ask the customer for another address, and tell the person what the mail told."),
        _("A mail to one of your people was put off for a day, as when a mailbox is full."),
        _("Check the addresses of your contacts, and invite again whose invitation failed."),
        Move.SENDER,
    ),
    errors.MailRefused: Advice(
        _("Mail was refused"),
        _(
            "The mail server refuses the mail for good, as for an address that does not exist. It "
            "is not sent again, and its text was not kept."
        ),
        _("Ask the customer for the right address, and tell the person what the mail told."),
        _("A mail to one of your people was refused, as for an address that does not exist."),
        _("Check the addresses of your contacts, and invite again whose invitation failed."),
        Move.SENDER,
    ),
    errors.PeerRejected: Advice(
        _("Customer’s system does not accept the message"),
        _("The customer’s system answers, but rejects the association or answers with a failure."),
        _("Ask the customer to allow our AE title and the service in its system; then retry."),
        _("Your system answers, but does not accept our message."),
        _("Allow the archive’s AE title and the service in your system."),
        Move.SENDER,
    ),
    errors.PeerAborted: Advice(
        _("Customer’s system broke off"),
        _("The customer’s system accepted the connection and aborted it."),
        _("Retry. If it repeats, ask the customer’s system supplier with the time of the event."),
        _("Your system broke off the connection while receiving our message."),
        _("Have the log of your system checked at the time given."),
        Move.SENDER,
    ),
    errors.PeerSilent: Advice(
        _("Customer’s system did not answer in time"),
        _(
            "The customer’s system took the connection and then did not answer in time: it hangs, "
            "or is too busy. The archive broke off."
        ),
        _("Ask the customer to see that its system runs and is not overloaded; then retry."),
        _("Your system took our connection and then did not answer in time, so we broke off."),
        _("See that your system runs and is not overloaded, and its log at the time given."),
        Move.SENDER,
    ),
    # --- Broken ---
    errors.BytesDamaged: Advice(
        _("Archived bytes are damaged"),
        _("The stored bytes do not match their digest. The object is not given out."),
        _(
            "Put its file back from a copy and have it looked at again, or ask the customer to "
            "send the same object again in the transfer syntax in which it came first; find out "
            "what happened to the storage."
        ),
        _("An archived object was found damaged. It is not given out until it is restored."),
        _(
            "Send the same object again if you have it, in the transfer syntax in which you sent "
            "it first, and do not delete your copy meanwhile."
        ),
        Move.US,
    ),
}
