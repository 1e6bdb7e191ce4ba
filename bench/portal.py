"""A member of the staff in the portal: signed in, timing pages."""

import time
from collections.abc import Mapping

import requests

PATIENCE = 120.0
REASON = "Tukipyyntö"


class Session:
    """Of a demo login, as run.json tells it."""

    def __init__(self, web: str, login: Mapping[str, str]) -> None:
        self.web = web
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.headers["Referer"] = web
        self.get("/accounts/login/")
        self._post("/accounts/login/", login=login["login"], password=login["password"])

    def get(self, path: str) -> float:
        """Seconds until the page was there."""
        began = time.monotonic()
        answer = self.session.get(f"{self.web}{path}", timeout=PATIENCE, allow_redirects=False)
        seconds = time.monotonic() - began
        if answer.status_code != 200:
            raise RuntimeError(f"{path} answers {answer.status_code}")
        return seconds

    def studies(self) -> float:
        return self.get("/studies/")

    def study(self, study_id: str) -> float:
        """Seconds for the page itself; the reason for looking is given before."""
        self._post(f"/studies/{study_id}/reason/", reason=REASON)
        return self.get(f"/studies/{study_id}/")

    def _post(self, path: str, **fields: str) -> None:
        token = next(value for name, value in self.session.cookies.items() if "csrf" in name)
        answer = self.session.post(
            f"{self.web}{path}",
            data={**fields, "csrfmiddlewaretoken": token},
            timeout=PATIENCE,
            allow_redirects=False,
        )
        if answer.status_code != 302:
            raise RuntimeError(f"{path} answers {answer.status_code}")
