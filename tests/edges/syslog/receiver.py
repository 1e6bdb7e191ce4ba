"""A syslog receiver over TLS, and the certificates by which it and the archive know each other."""

import select
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from archive.values import now

HOST = "127.0.0.1"
PATIENCE = 30.0


class Authority:
    """Signs certificates of this test; everything lies in one folder."""

    def __init__(self, folder: Path, name: str = "Test CA") -> None:
        self.folder = folder
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.file = self._keep(f"{name}.pem", self._sign(self.name, self.key.public_key(), ca=True))

    def issue(self, name: str) -> tuple[str, str]:
        """Files of a certificate for 127.0.0.1 and of its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        certificate = self._keep(f"{name}.crt", self._sign(subject, key.public_key()))
        path = self.folder / f"{name}.key"
        path.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        return certificate, str(path)

    def _sign(
        self, subject: x509.Name, public: ec.EllipticCurvePublicKey, *, ca: bool = False
    ) -> x509.Certificate:
        at = now()
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.name)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(at - timedelta(days=1))
            .not_valid_after(at + timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
            .add_extension(
                x509.SubjectAlternativeName([x509.IPAddress(ip_address(HOST))]), critical=False
            )
        )
        return builder.sign(self.key, hashes.SHA256())

    def _keep(self, name: str, certificate: x509.Certificate) -> str:
        path = self.folder / name
        path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        return str(path)


@dataclass
class Receiver:
    """Reads octet-counted messages (RFC 5425) from one connection after another."""

    port: int
    context: ssl.SSLContext
    messages: list[bytes] = field(default_factory=list)
    connections: int = 0
    breaks_after: int | None = None  # messages of a connection after which it is cut off
    says_goodbye: bool = True  # answers close_notify with its own
    hangs_up: bool = False  # says goodbye at once and reads nothing

    def serve(self, listener: socket.socket) -> None:
        while True:
            try:
                plain, _ = listener.accept()
            except OSError:
                return
            plain.settimeout(PATIENCE)
            self.connections += 1
            with suppress(OSError, ssl.SSLError):
                self._read(plain)

    def _read(self, plain: socket.socket) -> None:
        with plain, self.context.wrap_socket(plain, server_side=True) as secured:
            if self.hangs_up:
                _say_goodbye(secured)
                return
            buffer, count = b"", 0
            while part := secured.recv(4096):
                buffer += part
                while message := _first(buffer):
                    if self.breaks_after is not None and count >= self.breaks_after:
                        return  # what was not read is answered by a reset
                    buffer = buffer[len(message[0]) :]
                    self.messages.append(message[1])
                    count += 1
            if self.says_goodbye:
                secured.unwrap()


def _say_goodbye(secured: ssl.SSLSocket) -> None:
    """Without waiting for the other's, or reading what has come."""
    secured.setblocking(False)
    with suppress(ssl.SSLWantReadError):
        secured.unwrap()
    select.select([secured], [], [], PATIENCE)


def _first(buffer: bytes) -> tuple[bytes, bytes] | None:
    """The first whole frame and its message."""
    length, blank, rest = buffer.partition(b" ")
    if not blank or len(rest) < int(length):
        return None
    message = rest[: int(length)]
    return length + blank + message, message


@contextmanager
def listening(port: int, context: ssl.SSLContext) -> Iterator[Receiver]:
    receiver = Receiver(port, context)
    with socket.create_server((HOST, port)) as listener:
        thread = threading.Thread(target=receiver.serve, args=(listener,), daemon=True)
        thread.start()
        yield receiver
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(PATIENCE)


def mutual(authority: Authority) -> ssl.SSLContext:
    """Of a receiver that wants to know the archive by its certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*authority.issue("receiver"))
    context.load_verify_locations(authority.file)
    context.verify_mode = ssl.CERT_REQUIRED
    return context
