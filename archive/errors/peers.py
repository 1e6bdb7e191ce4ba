"""Systems that call us and that we call, and what we have room for."""

from archive.errors.base import Busy, Refused, Unacceptable


class PeerUnknown(Refused):
    code = "AE-UNKNOWN"
    comment = "calling AE title is nobody's here"


class PeerEnded(Refused):
    code = "AE-ENDED"
    comment = "customer has ended"


class PeerTakenOut(Refused):
    code = "AE-CLOSED"
    comment = "system is in use no more"


class PeerAddressWrong(Refused):
    code = "AE-ADDRESS"
    comment = "connection comes from another address"


class CalledTitleUnknown(Refused):
    code = "AE-CALLED"
    comment = "called AE title is not ours"


class PeerUnencrypted(Refused):
    code = "AE-TLS"
    comment = "connection is to be encrypted"


class PeerCertificateWrong(Refused):
    code = "AE-CERT"
    comment = "certificate is not the one of this AE title"


class ServiceNotAllowed(Refused):
    comment = "system is not registered for this service"


class TlsFailed(Refused):
    """Before any title was told, so there is nobody to answer but by an alert of TLS."""

    code = "TLS"
    comment = "no encrypted connection came about"


class TooManyAssociations(Busy):
    comment = "too many associations"


class CustomerTooBusy(Busy):
    comment = "too many associations of one customer"


class CustomerTooFast(Busy):
    comment = "too many objects a minute, send again later"


class DatabaseGone(Busy):
    comment = "database does not answer"


class PeerUnreachable(Busy):
    code = "PEER-CONNECT"
    comment = "peer cannot be reached"


class MailServerGone(Busy):
    code = "MAIL-SERVER"
    comment = "mail server does not take mails"


class MailPutOff(Busy):
    code = "MAIL-LATER"
    comment = "mail server puts off the mail"


class MailRefused(Unacceptable):
    code = "MAIL-REFUSED"
    comment = "mail server refuses the mail"


class PeerRejected(Busy):
    code = "PEER-REJECT"
    comment = "peer does not accept the message"


class PeerAborted(Busy):
    code = "PEER-ABORT"
    comment = "peer broke off"


class PeerSilent(PeerAborted):
    """It hangs: it was we who broke off."""

    code = "PEER-SILENT"
    comment = "peer did not answer in time"
