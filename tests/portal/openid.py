"""A small OpenID provider: discovery, token and userinfo over HTTP; who signs on, a test says."""

import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

CLIENT, SECRET = "portal", "of the client"


@dataclass
class Provider:
    """`person` is what userinfo says; `broken` answers discovery with a failure."""

    address: str
    person: dict[str, Any] = field(default_factory=dict)
    broken: bool = False
    keys: list[dict[str, Any]] = field(default_factory=list)
    challenge: str = ""

    def authorize(self, url: str) -> str:
        """What a person's browser does at the authorization endpoint; where it is led back."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        assert url.startswith(f"{self.address}/authorize?") and asked["client_id"] == CLIENT
        assert asked["response_type"] == "code" and asked["code_challenge_method"] == "S256"
        self.challenge = asked["code_challenge"]
        return f"{asked['redirect_uri']}?code=once&state={asked['state']}"

    def answer(self, path: str, body: dict[str, str]) -> dict[str, Any] | None:
        if path == "/.well-known/openid-configuration":
            names = ("authorization", "token", "userinfo")
            places = ("authorize", "token", "userinfo")
            return (
                None
                if self.broken
                else {
                    "issuer": self.address,
                    "jwks_uri": f"{self.address}/keys",
                    **{
                        f"{name}_endpoint": f"{self.address}/{place}"
                        for name, place in zip(names, places, strict=True)
                    },
                }
            )
        if path == "/keys":
            return {"keys": self.keys}
        if path == "/token":
            digest = hashlib.sha256(body["code_verifier"].encode()).digest()
            proved = base64.urlsafe_b64encode(digest).decode().rstrip("=") == self.challenge
            known = body["client_secret"] == SECRET and body["code"] == "once"
            return {"access_token": "t", "token_type": "Bearer"} if proved and known else None
        return self.person if path == "/userinfo" else None


@contextmanager
def provider(port: int) -> Iterator[Provider]:
    made = Provider(f"http://127.0.0.1:{port}")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.reply({})

        def do_POST(self) -> None:
            sent = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self.reply({name: values[0] for name, values in parse_qs(sent).items()})

        def reply(self, body: dict[str, str]) -> None:
            said = made.answer(urlsplit(self.path).path, body)
            content = json.dumps(said or {}).encode()
            self.send_response(200 if said is not None else 400)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            """The test says what went wrong."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
