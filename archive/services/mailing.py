"""One mail to the mail server, in time that has an end (`portal.mail_server`), and what became of
it as an error of ours. None of them tells the address.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from smtplib import SMTPDataError, SMTPException, SMTPRecipientsRefused
from typing import ParamSpec

from django.conf import settings
from django.core.mail import send_mail

from archive.errors import ArchiveError, MailPutOff, MailRefused, MailServerGone

log = logging.getLogger(__name__)

P = ParamSpec("P")
FOR_GOOD = 500  # RFC 5321 section 4.2.1: 5yz is a permanent negative answer, 4yz a passing one


def send(to: Sequence[str], subject: str, body: str) -> None:
    """Raises MailServerGone, after which no other mail need be tried now; MailPutOff and
    MailRefused, which are of this mail alone.
    """
    try:
        send_mail(subject, body, settings.DEFAULT_FROM_EMAIL, to)
    except SMTPRecipientsRefused as error:
        raise _refusal(code for code, _said in error.recipients.values()) from None
    except SMTPDataError as error:
        raise _refusal([error.smtp_code]) from None
    except (OSError, SMTPException) as error:  # before the next: a wrong certificate is both
        raise MailServerGone(f"mail server: {type(error).__name__}") from None
    except ValueError:  # what is no address, or no subject
        raise MailRefused("not an address that mail can go to") from None


def apart(what: str, tell: Callable[P, bool], *args: P.args, **named: P.kwargs) -> bool:
    """Whether it went. One mail that cannot be written keeps no other from going. Raises
    MailServerGone.
    """
    try:
        return tell(*args, **named)
    except MailServerGone:
        raise
    except Exception:
        log.exception("%s not written", what)
        return False


def _refusal(codes: Iterable[int]) -> ArchiveError:
    code = max(codes)
    kind = MailRefused if code >= FOR_GOOD else MailPutOff
    return kind(f"mail server answers {code}")
