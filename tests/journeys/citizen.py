"""A citizen at the citizen service of the demo world: one signed assertion for each call (AC-6)."""

import json
import urllib.request
from typing import Any

from onboarding.services import demo_citizens
from tests.journeys.system import System
from tests.portal.api.citizens import CitizenService

PATIENCE = 30.0


class Citizen:
    def __init__(self, system: System, code: str, environment: str = "production") -> None:
        self.web, self.code = system.file["web"], code
        self.issuer = demo_citizens.issuer(environment)
        key = demo_citizens.key_path(system.run.data / "secrets", environment)
        self.service = CitizenService(demo_citizens.read_key(key))

    def get(self, path: str) -> Any:
        return self._call(path, None)

    def say(self, path: str, **body: object) -> Any:
        return self._call(path, json.dumps(body).encode())

    def _call(self, path: str, body: bytes | None) -> Any:
        assertion = self.service.assertion(iss=self.issuer, person=self.code)
        request = urllib.request.Request(
            f"{self.web}/api/citizen/{path}",
            data=body,
            headers={"Authorization": f"Bearer {assertion}", "Content-Type": "application/json"},
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=PATIENCE) as answer:
            return json.loads(answer.read())
