"""Speaking to the mail server, with an end to it: Django's time-out is for each answer, and a
conversation has ten of them.
"""

import smtplib
import time
from base64 import b64encode
from typing import Any

from django.core.mail.backends import smtp

SIGNED_IN = 235  # RFC 4954


class _Timely(smtplib.SMTP):
    """`timeout` is for all of the conversation."""

    def __init__(self, host: str, port: int, *, timeout: float, **named: Any) -> None:
        self._ends_at = time.monotonic() + timeout
        super().__init__(host, port, timeout=timeout, **named)

    def login(self, user: str, password: str, **named: Any) -> tuple[int, bytes]:
        """The library signs in with ASCII alone; PLAIN takes any letters, as UTF-8 (RFC 4616)."""
        if (user + password).isascii():
            return super().login(user, password, **named)
        self.ehlo_or_helo_if_needed()
        told = b64encode(f"\0{user}\0{password}".encode()).decode()
        code, said = self.docmd("AUTH", f"PLAIN {told}")
        if code != SIGNED_IN:
            raise smtplib.SMTPAuthenticationError(code, said)
        return code, said

    def send(self, s: Any) -> None:
        self._hurry()
        super().send(s)

    def getreply(self) -> tuple[int, bytes]:
        self._hurry()
        return super().getreply()

    def _hurry(self) -> None:
        """Raises SMTPServerDisconnected, as for any server that is not there any more."""
        left = self._ends_at - time.monotonic()
        if left <= 0:
            self.close()
            raise smtplib.SMTPServerDisconnected("it took too long")
        if self.sock is not None:
            self.sock.settimeout(left)


class _TimelyOverTls(_Timely, smtplib.SMTP_SSL):
    """The same, where TLS is spoken from the first byte."""


class EmailBackend(smtp.EmailBackend):
    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        return _TimelyOverTls if self.use_ssl else _Timely
