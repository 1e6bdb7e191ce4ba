"""Mutual TLS behind a proxy: its header is believed from the proxy alone (XD-4)."""

import base64
import hashlib
from dataclasses import replace
from urllib.parse import quote

import pytest

from archive.config import ConfigError, read, settings
from archive.errors import PeerUnknown
from archive.errors.web import ClientCertificateWrong, ProxyUntrusted
from archive.models import Case, Connection
from archive.services import callers
from archive.services.callers import Caller
from tests.edges.dicomweb import web
from tests.edges.dicomweb.web import basic
from tests.edges.fhir.web import Consumer, problem
from tests.edges.xds import mime
from tests.services import xds_cast
from tests.services.xds_cast import Cast

pytestmark = pytest.mark.django_db

DER = b"certificate"
OWN = hashlib.sha256(DER).hexdigest()
PEM = quote(
    f"-----BEGIN CERTIFICATE-----\n{base64.b64encode(DER).decode()}\n-----END CERTIFICATE-----\n"
)
OTHER = "ab" * 32
PROXY = "10.1.2.3"


@pytest.fixture
def cast() -> Cast:
    return xds_cast.assemble()


@pytest.fixture
def behind_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    known = replace(settings(), client_certificate_proxies=("10.1.2.0/24", "127.0.0.1/32"))
    monkeypatch.setattr(callers, "settings", lambda: known)


def pin(peer: xds_cast.Peer, fingerprint: str = OWN) -> None:
    Connection.objects.filter(id=peer.actor.id).update(certificate_sha256=fingerprint)


def call(peer: xds_cast.Peer, address: str = PROXY, **shown: str) -> None:
    caller = Caller(basic(peer.user, peer.password), address, **shown)
    assert callers.identify(caller).id == peer.actor.id


def test_without_a_proxy_nothing_is_read_from_headers(cast: Cast) -> None:
    pin(cast.oulu.consumer)
    call(cast.oulu.consumer, "192.0.2.1", fingerprint=OTHER)


@pytest.mark.usefixtures("behind_a_proxy")
def test_a_connection_with_a_certificate_shows_it_to_the_proxy(cast: Cast) -> None:
    peer = cast.oulu.consumer
    pin(peer)
    call(peer, fingerprint=OWN)
    spelled = ":".join(OWN[at : at + 2] for at in range(0, 64, 2)).upper()
    call(peer, fingerprint=spelled)  # as other tools write it
    call(peer, certificate=PEM)
    for shown in ({}, {"fingerprint": OTHER}, {"certificate": quote("no certificate")}):
        with pytest.raises(ClientCertificateWrong):
            call(peer, **shown)
    with pytest.raises(ClientCertificateWrong):
        call(peer, "192.0.2.1")  # past the proxy
    with pytest.raises(PeerUnknown):
        call(replace(peer, password="wrong"), fingerprint=OWN)


@pytest.mark.usefixtures("behind_a_proxy")
def test_from_elsewhere_the_header_is_refused(cast: Cast) -> None:
    for address in ("192.0.2.1", "10.1.3.1", "", "::1"):
        with pytest.raises(ProxyUntrusted):
            call(cast.oulu.consumer, address, fingerprint=OWN)


@pytest.mark.usefixtures("behind_a_proxy")
def test_a_certificate_binds_to_its_organisation(cast: Cast) -> None:
    pin(cast.turku.consumer)
    call(cast.oulu.consumer)  # has none yet, and shows none
    call(cast.oulu.consumer, fingerprint=OTHER)
    with pytest.raises(ClientCertificateWrong):
        call(cast.oulu.consumer, fingerprint=OWN)  # Turku's


@pytest.mark.usefixtures("behind_a_proxy")
@pytest.mark.urls("portal.urls")
def test_each_interface_refuses_another_certificate(cast: Cast) -> None:
    peer = cast.oulu.consumer
    pin(peer)
    assert problem(Consumer(peer).search()) == (403, "forbidden", "client-certificate-wrong")
    answer = web.System(peer.user, peer.password).get("studies")
    assert web.problem(answer) == (403, "client-certificate-wrong")
    assert mime.post(peer, "/xds/registry", b"", "application/soap+xml").status_code == 403
    headers = {"Authorization": basic(peer.user, peer.password)}
    assert web.CLIENT.get("/wado", headers=headers).status_code == 403
    edges = set(Case.objects.values_list("edge", flat=True))
    assert edges == {"fhir", "dicomweb", "xds"}
    shown = {"X-SSL-Client-SHA256": OWN}
    query = "patient.identifier=urn:oid:1.2.246.21|010181-900C&status=current"
    assert Consumer(peer).post("DocumentReference/_search", query, **shown).status_code == 200


def test_a_proxy_that_is_no_address_stops_the_process() -> None:
    given = {
        "SECRET_KEY": "x",
        "DATABASE_URL": "postgresql://x@/x",
        "CELERY_BROKER_URL": "memory://",
    }
    with pytest.raises(ConfigError, match="CLIENT_CERTIFICATE_PROXIES"):
        read({**given, "CLIENT_CERTIFICATE_PROXIES": "proxy.example.invalid"})
    found = read({**given, "CLIENT_CERTIFICATE_PROXIES": "127.0.0.1, ::1"})
    assert found.client_certificate_proxies == ("127.0.0.1/32", "::1/128")
