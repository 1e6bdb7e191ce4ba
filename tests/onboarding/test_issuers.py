"""A certificate is taken exactly when the listener will let it in (ON-3)."""

import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from archive.config import settings
from archive.edges import encryption
from archive.edges.dicom import tls
from archive.errors import ArchiveError
from archive.models import ConnectionKind, Environment
from onboarding.errors import CertificateNotCalled, CertificateOtherUse, CertificateUntrusted
from onboarding.rules import certificates
from onboarding.services import connections
from tests.configuring import Configure
from tests.onboarding import cast
from tests.onboarding.cast import planned

CLIENT, SERVER = ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH
ANY = ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE
USES = (
    *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment"),
    *("key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
)


@dataclass(frozen=True)
class Made:
    name: str
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    def kept_in(self, folder: Path, *above: "Made") -> tuple[Path, Path]:
        """Certificate with those above it, and key."""
        file, key = folder / f"{self.name}.pem", folder / f"{self.name}.key"
        file.write_text("".join(each.pem for each in (self, *above)))
        form, none = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        key.write_bytes(self.key.private_bytes(serialization.Encoding.PEM, form, none))
        return file, key


def make(
    name: str,
    issuer: Made | None = None,
    *,
    ca: bool = False,
    days: int = 9,
    extended: tuple[x509.ObjectIdentifier, ...] = (),
    uses: tuple[str, ...] = (),
) -> Made:
    key, at = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - timedelta(days=60))
        .not_valid_after(at + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
    )
    if extended:
        builder = builder.add_extension(x509.ExtendedKeyUsage(extended), critical=False)
    if uses:
        usage = x509.KeyUsage(**{each: each in uses for each in USES})
        builder = builder.add_extension(usage, critical=True)
    return Made(name, key, builder.sign(issuer.key if issuer else key, hashes.SHA256()))


ROOT, STRANGER = make("root", ca=True), make("stranger", ca=True)
BETWEEN, EXPIRED = make("between", ROOT, ca=True), make("expired", ca=True, days=-1)
NO_CA, FALSE_ROOT = make("no-ca", ROOT), make("root", ca=True)
FOR_CALLERS = make("for-callers", ROOT, ca=True, extended=(CLIENT,))
FOR_SERVERS = make("for-servers", ROOT, ca=True, extended=(SERVER,))
OLD_WORD = x509.ObjectIdentifier("1.3.6.1.4.1.311.10.3.3")
OWN, OWN_SERVER = make("own"), make("own", extended=(SERVER,))
BELOW = make("pacs", BETWEEN)

# What the system shows, with what is above it, the trusted ones, and what is said of it.
CASES: dict[str, tuple[Made, tuple[Made, ...], tuple[Made, ...], type[ArchiveError] | None]] = {
    "of a trusted issuer": (make("pacs", ROOT), (), (STRANGER, ROOT), None),
    "for clients": (make("pacs", ROOT, extended=(CLIENT, SERVER)), (), (ROOT,), None),
    "self-signed and trusted": (OWN, (), (ROOT, OWN), None),
    "by one between, known here": (BELOW, (), (ROOT, BETWEEN), None),
    "by one between, shown": (BELOW, (BETWEEN,), (ROOT,), None),
    "of another issuer": (make("pacs", STRANGER), (), (ROOT,), CertificateUntrusted),
    "of another issuer that is shown": (
        *(make("pacs", STRANGER), (STRANGER,), (ROOT,), CertificateUntrusted),
    ),
    "of an issuer of the same name": (make("pacs", FALSE_ROOT), (), (ROOT,), CertificateUntrusted),
    "self-signed": (OWN, (), (ROOT,), CertificateUntrusted),
    "by one between, unknown": (BELOW, (), (ROOT,), CertificateUntrusted),
    "by one between, without its root": (BELOW, (), (BETWEEN,), CertificateUntrusted),
    "itself, without its root": (BELOW, (), (BELOW,), CertificateUntrusted),
    "of an expired issuer": (make("pacs", EXPIRED), (), (EXPIRED,), CertificateUntrusted),
    "of who may not issue": (make("pacs", NO_CA), (NO_CA,), (ROOT,), CertificateUntrusted),
    "for servers": (make("pacs", ROOT, extended=(SERVER,)), (), (ROOT,), CertificateOtherUse),
    "for anything": (make("pacs", ROOT, extended=(ANY,)), (), (ROOT,), CertificateOtherUse),
    "trusted, for servers": (OWN_SERVER, (), (OWN_SERVER,), CertificateOtherUse),
    "for clients alone": (
        *(make("pacs", ROOT, extended=(CLIENT,)), (), (ROOT,), CertificateNotCalled),
    ),
    "for clients, and servers in an old word": (
        *(make("pacs", ROOT, extended=(CLIENT, OLD_WORD)), (), (ROOT,), None),
    ),
    "by one between for clients alone": (
        *(make("pacs", FOR_CALLERS), (FOR_CALLERS,), (ROOT,), CertificateNotCalled),
    ),
    "by one between for servers alone": (
        *(make("pacs", FOR_SERVERS), (FOR_SERVERS,), (ROOT,), CertificateUntrusted),
    ),
    "for no signature": (
        *(make("pacs", ROOT, uses=("key_encipherment",)), (), (ROOT,), CertificateOtherUse),
    ),
}


def is_let_in(folder: Path, shown: Made, above: tuple[Made, ...]) -> bool:
    """By the very context of the listener."""
    here, there = socket.socketpair()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.load_cert_chain(*shown.kept_in(folder, *above))

    def call() -> None:
        with there:
            try:
                with context.wrap_socket(there) as secured:
                    secured.recv(1)
            except OSError:  # refused
                return

    caller = threading.Thread(target=call)
    caller.start()
    try:
        with here, encryption.accept(here, tls.server_context(), timeout=9.0):
            return True
    except ssl.SSLError:
        return False
    finally:
        caller.join()


def is_reached(folder: Path, shown: Made, above: tuple[Made, ...]) -> bool:
    """By the very context of our calls."""
    here, there = socket.socketpair()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*shown.kept_in(folder, *above))

    def be_called() -> None:
        with there:
            try:
                with context.wrap_socket(there, server_side=True) as secured:
                    secured.recv(1)
            except OSError:  # refused
                return

    called = threading.Thread(target=be_called)
    called.start()
    pinned = tls.client_context(shown.certificate.fingerprint(hashes.SHA256()).hex())
    try:
        with here, pinned.wrap_socket(here, server_hostname="localhost"):
            return True
    except ssl.SSLError:
        return False
    finally:
        called.join()


@pytest.mark.django_db
@pytest.mark.parametrize("name", CASES)
def test_what_the_listener_lets_in_is_taken_and_nothing_else(
    name: str, configure: Configure, tmp_path: Path
) -> None:
    shown, above, trusted, error = CASES[name]
    bundle = tmp_path / "trusted.pem"
    bundle.write_text("".join(each.pem for each in trusted))
    certificate, key = make("archive").kept_in(tmp_path)
    configure(
        DICOM_TLS_CA=str(bundle), DICOM_TLS_CERTIFICATE=str(certificate), DICOM_TLS_KEY=str(key)
    )
    not_called = error is CertificateNotCalled
    assert is_let_in(tmp_path, shown, above) is (error is None or not_called)
    if error in (None, CertificateNotCalled):
        assert is_reached(tmp_path, shown, above) is (error is None)
    pem = "".join(each.pem for each in (shown, *above))
    assert refusal(certificate=pem) is error
    if not_called:  # it is called without TLS then
        assert refusal(certificate=pem, tls=False) is None


def refusal(**told: Any) -> type[ArchiveError] | None:
    road = cast.applicant()
    plan = planned(Environment.TEST, "UUSI_TLS", **{"host": "localhost", "tls": True, **told})
    try:
        connections.plan(cast.admin(road), road.organisation, plan)
    except ArchiveError as error:
        assert error.facts["field"] == "certificate"
        return type(error)
    return None


def of_hl7() -> type[ArchiveError] | None:
    return refusal(
        kind=ConnectionKind.HL7, hl7_application="A", hl7_facility="B", certificate=OWN.pem
    )


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("variable", "asked"),
    [("DICOM_TLS_CA", lambda: refusal(certificate=OWN.pem)), ("HL7_CLIENT_CA", of_hl7)],
)
def test_each_listener_has_its_own_issuers_and_without_their_file_nobody_is_refused(
    variable: str,
    asked: Callable[[], type[ArchiveError] | None],
    configure: Configure,
    tmp_path: Path,
) -> None:
    bundle = tmp_path / "trusted.pem"
    bundle.write_text(ROOT.pem)
    configure(**{variable: str(bundle)})
    assert settings().dicom_tls_ca != settings().hl7_client_ca
    assert asked() is CertificateUntrusted
    bundle.unlink()
    assert asked() is None


def test_issuers_that_have_certified_one_another_are_each_looked_at_once() -> None:
    """Of one name and one key, each seems to have issued each: more ways up than can be walked."""
    name, at = STRANGER.certificate.subject, datetime.now(UTC)
    ring = [
        x509.CertificateBuilder(name, name, STRANGER.key.public_key(), x509.random_serial_number())
        .not_valid_before(at - timedelta(days=1))
        .not_valid_after(at + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(STRANGER.key, hashes.SHA256())
        for _ in range(40)
    ]
    shown = [make("pacs", STRANGER).certificate, *ring]
    pem = "".join(each.public_bytes(serialization.Encoding.PEM).decode() for each in shown)
    with pytest.raises(CertificateUntrusted):
        certificates.require_admitted(certificates.read(pem), [ROOT.certificate], at)
