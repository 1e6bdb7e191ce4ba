"""One event a request, JSON over HTTP. No database here.

A receiver is somebody else's machine: the call goes to the addresses that were looked at, whatever
its name means by now, is not sent on, and has an end however slowly it is answered.
"""

import socket
import time
from collections.abc import Sequence
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from io import BufferedReader, RawIOBase
from typing import Any
from urllib.parse import quote, urlsplit

from archive.errors.api import WebhookUnanswered

LONGEST = 10.0  # seconds that all of one call may take
IN_ADDRESS = "/%:@!$&'()*+,;=~?"  # signs that stand in a path and query as they are


def send(
    url: str, addresses: Sequence[tuple[str, int]], body: bytes, headers: dict[str, str]
) -> None:
    """Raises WebhookUnanswered."""
    parts = urlsplit(url)
    way = _Way(addresses, time.monotonic() + LONGEST)
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    call = kind(parts.hostname or "", parts.port)
    call._create_connection = way.connect  # type: ignore[attr-defined]
    call.response_class = way.response  # type: ignore[assignment]
    path = quote(parts._replace(scheme="", netloc="", fragment="").geturl() or "/", IN_ADDRESS)
    try:
        call.request("POST", path if path.startswith("/") else f"/{path}", body, headers)
        status = call.getresponse().status
    except (HTTPException, OSError) as failure:
        raise WebhookUnanswered(type(failure).__name__) from None
    finally:
        call.close()
    if not 200 <= status < 300:
        raise WebhookUnanswered(f"answered with status {status}")


class _Way:
    """To the receiver and back, until a moment."""

    def __init__(self, addresses: Sequence[tuple[str, int]], ends_at: float) -> None:
        self._addresses, self._ends_at = addresses, ends_at

    def left(self) -> float:
        """Raises TimeoutError."""
        left = self._ends_at - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left

    def connect(self, *_named: Any, **_settings: Any) -> socket.socket:
        """To one of the addresses, instead of asking again what the name means. The time that is
        left holds for the handshake of TLS and for sending, too.
        """
        failed: OSError = ConnectionRefusedError()
        for address in self._addresses:
            try:
                made = socket.create_connection(address, self.left())
            except OSError as failure:
                failed = failure
                continue
            made.settimeout(self.left())
            return made
        raise failed

    def response(self, made: Any, *given: Any, **named: Any) -> HTTPResponse:
        return HTTPResponse(_Heard(made, self), *given, **named)  # type: ignore[arg-type]


class _Heard(RawIOBase):
    """What the receiver says: a time-out of the socket's own would be for each part of it."""

    def __init__(self, made: socket.socket, way: _Way) -> None:
        self._socket, self._way = made, way

    def makefile(self, mode: str) -> BufferedReader:
        """As HTTPResponse asks of a socket."""
        return BufferedReader(self)

    def readable(self) -> bool:
        return True

    def readinto(self, into: Any) -> int:
        self._socket.settimeout(self._way.left())
        return self._socket.recv_into(into)
