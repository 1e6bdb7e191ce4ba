"""The example of a proxy, run: its certificate binds a client to its customer (XD-4)."""

import hashlib
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from http.client import HTTPSConnection
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any, ClassVar
from urllib.parse import quote
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest
from django.core.wsgi import get_wsgi_application
from django.db import connections
from django.urls import reverse

from archive.config import settings
from archive.models import Connection
from archive.services import callers
from launch.plan import ROOT
from tests.edges.dicom.listening import await_start
from tests.edges.xds.test_server import basic
from tests.onboarding.cast import certificate_and_key
from tests.services import xds_cast
from tests.services.xds_cast import Peer

NGINX = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin")

TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
KNOWN = 400  # who asks is known; what is asked is nothing
REFUSED = 403


@dataclass(frozen=True)
class Certificate:
    path: Path
    pem: str

    @classmethod
    def made(cls, folder: Path, name: str) -> "Certificate":
        pem, key = certificate_and_key("localhost", common=name)
        path = folder / f"{name}.pem"
        path.write_text(pem + key)
        return cls(path, pem)

    @property
    def fingerprint(self) -> str:
        return hashlib.sha256(ssl.PEM_cert_to_DER_cert(self.pem)).hexdigest()


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_args: object) -> None:
        pass


class _Threaded(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    heard: ClassVar[list[str]] = []

    def process_request_thread(self, request: object, client_address: object) -> None:
        super().process_request_thread(request, client_address)  # type: ignore[arg-type]
        connections.close_all()


@pytest.fixture
def archive(fresh_database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """The port of ours behind the proxy."""
    known = replace(settings(), client_certificate_proxies=("127.0.0.1/32",))
    monkeypatch.setattr(callers, "settings", lambda: known)
    known_to, _Threaded.heard = get_wsgi_application(), []

    def application(environ: dict[str, Any], start: Any) -> Any:
        _Threaded.heard.append(f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}")
        return known_to(environ, start)

    with make_server("127.0.0.1", 0, application, _Threaded, _Quiet) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


@dataclass(frozen=True)
class Proxy:
    folder: Path
    port: int
    own: Certificate

    def get(
        self, address: str, shown: Certificate | None, headers: dict[str, str] | None = None
    ) -> int:
        context = ssl.create_default_context(cafile=str(self.own.path))
        if shown is not None:
            context.load_cert_chain(shown.path)
        with closing(HTTPSConnection("localhost", self.port, context=context)) as asking:
            asking.request("GET", address, headers=headers or {})
            return asking.getresponse().status

    def ask(self, peer: Peer, shown: Certificate | None, spoofed: str = "", by: str = "") -> int:
        """With a certificate, and with a header that tells of another."""
        headers = {"Authorization": basic(peer.user, peer.password)}
        if spoofed:
            headers[spoofed] = by
        return self.get("/wado?requestType=none&named=somebody", shown, headers)


@pytest.fixture
def customers(tmp_path: Path) -> tuple[Certificate, Certificate]:
    return Certificate.made(tmp_path, "oulu"), Certificate.made(tmp_path, "turku")


@pytest.fixture
def proxy(
    archive: int, tmp_path: Path, customers: tuple[Certificate, Certificate]
) -> Iterator[Proxy]:
    own = Certificate.made(tmp_path, "server")
    issuers = tmp_path / "issuers.pem"
    issuers.write_text("".join(each.pem for each in customers))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    example = (ROOT / "deploy" / "nginx.conf.example").read_text()
    for there, here in (
        ("listen 443 ssl", f"listen 127.0.0.1:{port} ssl"),
        ("server_name portal.example.invalid", "server_name localhost"),
        ("/var/log/nginx/archive.log", f"{tmp_path}/access.log"),
        ("/etc/nginx/archive.pem", str(own.path)),
        ("/etc/nginx/archive.key", str(own.path)),
        ("/etc/nginx/customers-ca.pem", str(issuers)),
        ("http://127.0.0.1:8000", f"http://127.0.0.1:{archive}"),
    ):
        assert there in example, there
        example = example.replace(there, here)
    paths = " ".join(f"{name}_temp_path {tmp_path}/{name};" for name in TEMPORARY)
    (tmp_path / "nginx.conf").write_text(
        f"daemon off; pid {tmp_path}/pid; error_log {tmp_path}/error.log;\n"
        f"events {{}}\nhttp {{ {paths}\n{example}\n}}\n"
    )
    assert NGINX is not None, "nginx is not installed: ./test installs it"
    command = [NGINX, "-p", str(tmp_path), "-e", "error.log", "-c", "nginx.conf"]
    process = subprocess.Popen(command)
    try:
        await_start(process, lambda: _accepts(port))
        yield Proxy(tmp_path, port, own)
    finally:
        process.terminate()
        process.wait(10)


def _accepts(port: int) -> bool:
    with socket.socket() as asking:
        return asking.connect_ex(("127.0.0.1", port)) == 0


def test_a_certificate_binds_a_client_to_its_customer(
    proxy: Proxy, customers: tuple[Certificate, Certificate], tmp_path: Path
) -> None:
    own, other = customers
    cast = xds_cast.assemble()
    ours, theirs = cast.oulu.consumer, cast.turku.consumer
    for peer, certificate in ((ours, own), (theirs, other)):
        Connection.objects.filter(id=peer.actor.id).update(
            certificate_sha256=certificate.fingerprint
        )
    assert (proxy.ask(ours, own), proxy.ask(theirs, other)) == (KNOWN, KNOWN)
    assert (proxy.ask(ours, other), proxy.ask(theirs, own)) == (REFUSED, REFUSED)
    assert proxy.ask(ours, None) == REFUSED
    # What a client says of itself goes no further.
    spoofs = {
        "X-SSL-Client-Cert": quote(own.pem),
        "X-SSL-Client-SHA256": own.fingerprint,
        "X_SSL_Client_SHA256": own.fingerprint,
    }
    for name, value in spoofs.items():
        for shown in (None, other):
            assert proxy.ask(ours, shown, name, value) == REFUSED, name
    assert proxy.ask(ours, own, "X-SSL-Client-SHA256", other.fingerprint) == KNOWN
    # One that nobody known has issued is refused by the proxy, people come without.
    stranger = Certificate.made(tmp_path, "stranger")
    assert proxy.ask(ours, stranger) == 400
    assert proxy.get("/accounts/login/", None) == 200
    told = (tmp_path / "access.log").read_text()
    assert '"GET /wado" 403' in told and "somebody" not in told


def test_what_opens_an_account_is_not_in_the_log_of_the_proxy(proxy: Proxy, tmp_path: Path) -> None:
    secrets = [
        reverse("invitation", args=["SECRET"]),
        reverse("account_reset_password_from_key", args=["a1", "SECRET"]),
        reverse("account_confirm_email", args=["SECRET"]),
    ]
    for address in secrets:
        proxy.get(address, None)
    assert len(_Threaded.heard) == len(secrets) and "SECRET" in _Threaded.heard[0]
    told = (tmp_path / "access.log").read_text()
    assert '"GET /invitation/..." ' in told and "SECRET" not in told


def test_a_page_whose_body_drips_is_not_heard_of_and_a_system_is_answered_at_once(
    proxy: Proxy,
) -> None:
    context = ssl.create_default_context(cafile=str(proxy.own.path))
    with (
        closing(HTTPSConnection("localhost", proxy.port, context=context)) as person,
        closing(HTTPSConnection("localhost", proxy.port, context=context, timeout=20)) as system,
    ):
        for asking, address in ((person, "/accounts/login/"), (system, "/dicomweb/studies")):
            asking.putrequest("POST", address)
            asking.putheader("Content-Length", "100000")
            asking.endheaders()
            asking.send(b"login=")
        assert system.getresponse().status == 401
        assert proxy.get("/accounts/login/", None) == 200
        assert _Threaded.heard == ["POST /dicomweb/studies", "GET /accounts/login/"]
