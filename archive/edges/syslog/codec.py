"""Audit messages as syslog: the header of RFC 5424, the octet counting of RFC 5425 section 4.3."""

import os
import re
import socket
from datetime import UTC

from archive.objects import audit
from archive.objects.audit import Message

PRIORITY = 10 * 8 + 5  # security/authorisation, notice: ITI TF-2 3.20.4.1.2
APP_NAME = "imaging-data-repository"
MESSAGE_ID = "DICOM+RFC3881"  # PS3.15 A.6
BOM = b"\xef\xbb\xbf"  # what follows is UTF-8, RFC 5424 section 6.4


def frame(message: Message) -> bytes:
    """The length in octets, a blank, the syslog message."""
    line = _header(message) + BOM + audit.encode(message)
    return b"%d %s" % (len(line), line)


def _header(message: Message) -> bytes:
    at = f"{message.at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}Z"
    return f"<{PRIORITY}>1 {at} {_host()} {APP_NAME} {os.getpid()} {MESSAGE_ID} - ".encode("ascii")


def _host() -> str:
    """HOSTNAME: at most 255 printable ASCII characters."""
    return re.sub(r"[^\x21-\x7e]", "", socket.gethostname())[:255] or "-"
