"""A person in the portal, without a browser: signed in, posting forms."""

import urllib.parse
import urllib.request
from http.cookiejar import CookieJar
from urllib.request import HTTPCookieProcessor, ProxyHandler, build_opener

from tests.journeys.system import System

PATIENCE = 30.0


class Session:
    def __init__(self, system: System, login: str) -> None:
        self.web = system.file["web"]
        self.cookies = CookieJar()
        self.opener = build_opener(HTTPCookieProcessor(self.cookies), ProxyHandler({}))
        entry = system.file["logins"][login]
        self.get("/accounts/login/")
        self.post("/accounts/login/", login=entry["login"], password=entry["password"])

    def get(self, path: str) -> str:
        request = urllib.request.Request(f"{self.web}{path}", headers={"Accept-Language": "en"})
        with self.opener.open(request, timeout=PATIENCE) as answer:
            return str(answer.read().decode())

    def post(self, path: str, **fields: str) -> str:
        """Follows the redirect; what the page says then."""
        token = next(each.value for each in self.cookies if "csrf" in each.name)
        data = urllib.parse.urlencode({**fields, "csrfmiddlewaretoken": token}).encode()
        headers = {"Accept-Language": "en", "Referer": self.web}
        request = urllib.request.Request(f"{self.web}{path}", data=data, headers=headers)
        with self.opener.open(request, timeout=PATIENCE) as answer:
            return str(answer.read().decode())
