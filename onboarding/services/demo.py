"""The demo world: invented organisations, people and 900-series patients. Idempotent; tests use it
too.
"""

import json
import os
import secrets
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from archive.actors import SYSTEM
from archive.config import Config
from archive.models import Environment, Organisation, Role, Sector, XdsRole
from archive.values import AeTitle, BusinessId, PersonId
from onboarding.services import customers, demo_issuers, demo_roads, people
from onboarding.services.customers import DicomSystem, Names, XdsSystem

JOINED = date(2023, 1, 1)
HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class DemoCustomer:
    login: str
    business_id: BusinessId
    names: Names
    sector: Sector
    aet: AeTitle
    test_aet: AeTitle
    port: int
    ian_on: bool


CUSTOMERS = (
    DemoCustomer(
        "esim",
        BusinessId("9000000-3"),
        Names("Esimerkkilän hyvinvointialue", "Exempeldals välfärdsområde"),
        Sector.PUBLIC,
        AeTitle("ESIM_PACS"),
        AeTitle("ESIM_TEST"),
        11120,
        True,
    ),
    DemoCustomer(
        "malli",
        BusinessId("9000001-1"),
        Names("Mallilan hyvinvointialue", "Modellby välfärdsområde"),
        Sector.PUBLIC,
        AeTitle("MALLI_PACS"),
        AeTitle("MALLI_TEST"),
        11121,
        False,
    ),
    DemoCustomer(
        "rontgen",
        BusinessId("9000003-8"),
        Names("Röntgen Esimerkki Oy", "Röntgen Exempel Ab"),
        Sector.PRIVATE,
        AeTitle("RONTGEN_PACS"),
        AeTitle("RONTGEN_TEST"),
        11122,
        True,
    ),
)
STAFF = (Role.ADMIN, Role.ONBOARDING, Role.ARCHIVIST, Role.SUPPORT, Role.LOG_REVIEWER)
PATIENTS = (
    (PersonId("010181-900C"), "Meikäläinen^Maija"),
    (PersonId("010594Y9032"), "Virtanen^Venla"),
    (PersonId("020516C903K"), "Öhman^Åke"),
    (PersonId("150470-911B"), "Mäkinen^Eino"),
    (PersonId("240260-922A"), "Nieminen^Aino Maria"),
    (PersonId("120305A910T"), "Järvinen^Sylvi"),
)


class Secrets:
    """Demo passwords, made once and kept; 128 bits or more, so a plain digest of one is safe."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.kept: dict[str, Any] = json.loads(path.read_text()) if path.is_file() else {}
        self.passwords: dict[str, str] = self.kept.setdefault("passwords", {})

    def of(self, name: str) -> str:
        return self.passwords.setdefault(name, secrets.token_urlsafe(18))

    def save(self, world: dict[str, Any]) -> None:
        """Rename into place, mode 600."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = self.path.with_suffix(".new")
        with os.fdopen(os.open(fresh, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w") as file:
            json.dump({**world, "passwords": self.passwords}, file, ensure_ascii=False, indent=1)
        fresh.rename(self.path)


def load(config: Config) -> dict[str, Any]:
    """Make what is missing, and say what there is in the shape of run.json."""
    kept = Secrets(config.data_dir / "secrets" / "demo.json")
    operator = Organisation.objects.get(is_operator=True)
    logins = {role.value: _person(kept, role.value, operator, role) for role in STAFF}
    listed = []
    for customer in CUSTOMERS:
        organisation = _organisation(customer)
        logins[customer.login] = _person(kept, customer.login, organisation, Role.CUSTOMER_ADMIN)
        listed.append(_connected(kept, customer, organisation))
        demo_roads.tell(customer.login, organisation)
    world = {
        "logins": logins,
        "applicants": {each.login: _applicant(kept, each) for each in demo_roads.APPLICANTS},
        "customers": listed,
        "pdr": _xds(kept, operator, Environment.PRODUCTION, XdsRole.PDR, "pdr"),
        "test_pdr": _xds(kept, operator, Environment.TEST, XdsRole.PDR, "pdr-test"),
        "patients": [{"id": code, "name": name} for code, name in PATIENTS],
        "xua": {
            environment.value: demo_issuers.make(config.data_dir / "secrets", environment)
            for environment in Environment
        },
    }
    kept.save(world)
    return world


def _person(kept: Secrets, login: str, organisation: Organisation, role: Role) -> dict[str, str]:
    password = kept.of(f"login {login}")
    people.give_access(login, password, organisation, role, is_demo=True)
    return {"login": login, "password": password}


def _applicant(kept: Secrets, applicant: demo_roads.Applicant) -> dict[str, str]:
    password = kept.of(f"login {applicant.login}")
    user = people.give_account(applicant.login, password, is_demo=True)
    demo_roads.apply(applicant, user)
    return {"login": applicant.login, "password": password}


def _organisation(customer: DemoCustomer) -> Organisation:
    return customers.take_into_use(
        SYSTEM,
        customer.business_id,
        customer.names,
        sector=customer.sector,
        joined_on=JOINED,
        is_demo=True,
    )


def _connected(kept: Secrets, customer: DemoCustomer, organisation: Organisation) -> dict[str, Any]:
    for environment, aet in (
        (Environment.PRODUCTION, customer.aet),
        (Environment.TEST, customer.test_aet),
    ):
        system = DicomSystem(environment, aet, HOST, customer.port, customer.ian_on)
        customers.connect_dicom(SYSTEM, organisation, system, valid_from=JOINED)
    return {
        "name": customer.names.fi,
        "business_id": customer.business_id,
        "organisation_oid": customer.business_id.organisation_oid,
        "controller_oid": customer.business_id.controller_oid,
        "aet": customer.aet,
        "test_aet": customer.test_aet,
        "host": HOST,
        "port": customer.port,
        "xds": _xds(kept, organisation, Environment.PRODUCTION, XdsRole.CONSUMER, customer.login),
        "test_xds": _xds(
            kept, organisation, Environment.TEST, XdsRole.CONSUMER, f"{customer.login}-test"
        ),
    }


def _xds(
    kept: Secrets, organisation: Organisation, environment: Environment, role: XdsRole, user: str
) -> dict[str, str]:
    password = kept.of(f"xds {user}")
    customers.connect_xds(
        SYSTEM, organisation, XdsSystem(environment, role, user, password), valid_from=JOINED
    )
    return {"user": user, "password": password}
