"""The running system as a customer's systems know it: what `./run` wrote to DATA_DIR/run.json."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from archive.values import BusinessId, Oid, PersonId

PRODUCTION, TEST = "production", "test"
ENVIRONMENTS = (PRODUCTION, TEST)

_CENTURIES = {"+": 1800, **dict.fromkeys("-YXWVU", 1900), **dict.fromkeys("ABCDEF", 2000)}


class WorldUnknown(Exception):
    """run.json is missing, or names no such customer; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Credentials:
    user: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Patient:
    """A synthetic person of the 900 series; never shown, so without a repr of its values."""

    id: str = field(repr=False)
    name: str = field(repr=False)  # PS3.5 PN: family^given

    def __post_init__(self) -> None:
        if not PersonId(self.id).is_test:
            raise ValueError("the simulator sends 900-series persons only")

    @property
    def birth_date(self) -> str:
        year = _CENTURIES[self.id[6]] + int(self.id[4:6])
        return date(year, int(self.id[2:4]), int(self.id[:2])).strftime("%Y%m%d")

    @property
    def sex(self) -> str:
        return "M" if int(self.id[7:10]) % 2 else "F"


@dataclass(frozen=True, slots=True)
class Names:
    """MSH-3 and 4 of a sender, or MSH-5 and 6 of a receiver."""

    application: str
    facility: str


@dataclass(frozen=True, slots=True)
class Hl7:
    """Where the HL7 listener is, and as whom it is addressed in either environment."""

    host: str
    port: int
    production: Names
    test: Names

    def receiver(self, environment: str) -> Names:
        return self.production if environment == PRODUCTION else self.test


@dataclass(frozen=True, slots=True)
class Customer:
    name: str
    business_id: str
    controller_oid: str
    aet: str
    test_aet: str
    host: str
    port: int
    organisation_oid: str = ""
    xds: Credentials | None = None
    test_xds: Credentials | None = None
    hl7: Names | None = None
    test_hl7: Names | None = None

    @property
    def arc(self) -> Oid:
        return BusinessId(self.business_id).oid_arc

    def calling(self, environment: str) -> str:
        return self.aet if environment == PRODUCTION else self.test_aet

    def consumer(self, environment: str) -> Credentials:
        """Its document consumer's credentials. Raises WorldUnknown."""
        found = self.xds if environment == PRODUCTION else self.test_xds
        if found is None:
            raise WorldUnknown(f"run.json names no document consumer of {self.name}")
        return found

    def hl7_sender(self, environment: str) -> Names | None:
        return self.hl7 if environment == PRODUCTION else self.test_hl7


@dataclass(frozen=True, slots=True)
class Issuer:
    """Who signs assertions: its name and the file (PEM) with its key and certificate."""

    entity_id: str
    key_file: Path


@dataclass(frozen=True, slots=True)
class World:
    web: str
    dicom_host: str
    dicom_port: int
    aet: str
    test_aet: str
    pdr: Credentials
    test_pdr: Credentials
    customers: tuple[Customer, ...]
    patients: tuple[Patient, ...]
    home: str = ""
    issuers: Mapping[str, Issuer] = field(default_factory=dict)  # by environment
    hl7: Hl7 | None = None
    documents: Mapping[str, str] = field(default_factory=dict)  # the repository, by environment
    documents_secret: str = field(default="", repr=False)

    def called(self, environment: str) -> str:
        return self.aet if environment == PRODUCTION else self.test_aet

    def repository(self, environment: str) -> Credentials:
        """The Patient Data Repository's credentials, from which the environment follows."""
        return self.pdr if environment == PRODUCTION else self.test_pdr

    def customer(self, wanted: str) -> Customer:
        """By name or AE title of either environment, or how they begin. Raises WorldUnknown."""
        folded = wanted.casefold()
        for customer in self.customers:
            known = (customer.aet, customer.test_aet, customer.name)
            if any(name.casefold().startswith(folded) for name in known):
                return customer
        names = ", ".join(f"{customer.aet} ({customer.name})" for customer in self.customers)
        raise WorldUnknown(f"no customer called {wanted}; there are {names}")


def read(path: Path) -> World:
    """The world of a running system. Raises WorldUnknown."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise WorldUnknown(
            f"{path} is missing: start the system with ./run, or set DATA_DIR"
        ) from None
    except (OSError, ValueError):
        raise WorldUnknown(f"{path} cannot be read") from None
    if not isinstance(found, dict) or not found.get("customers"):
        raise WorldUnknown(f"{path} names no demo customers; was it started with --no-demo?")
    try:
        return parse(found)
    except (KeyError, TypeError) as missing:
        raise WorldUnknown(f"{path} lacks {missing}") from None


def parse(found: Mapping[str, Any]) -> World:
    dicom = found["dicom"]
    return World(
        web=found["web"].rstrip("/"),
        dicom_host=dicom["host"],
        dicom_port=int(dicom["port"]),
        aet=dicom["aet"],
        test_aet=dicom["test_aet"],
        pdr=_credentials(found["pdr"]),
        test_pdr=_credentials(found["test_pdr"]),
        customers=tuple(_customer(row) for row in found["customers"]),
        patients=tuple(Patient(row["id"], _person_name(row["name"])) for row in found["patients"]),
        home=found.get("oids", {}).get("home", ""),
        issuers={
            environment: Issuer(row["issuer"], Path(row["key_file"]))
            for environment, row in found.get("xua", {}).items()
        },
        hl7=_hl7(found.get("hl7")),
        documents=_documents(found.get("env", {})),
        documents_secret=found.get("env", {}).get("PDR_SECRET", ""),
    )


def _documents(settings: Mapping[str, str]) -> dict[str, str]:
    named = {PRODUCTION: settings.get("PDR_URL", ""), TEST: settings.get("TEST_PDR_URL", "")}
    return {environment: url for environment, url in named.items() if url}


def _credentials(row: Mapping[str, str]) -> Credentials:
    return Credentials(row["user"], row["password"])


def _hl7(row: Mapping[str, Any] | None) -> Hl7 | None:
    if row is None:
        return None
    return Hl7(
        row["host"],
        int(row["port"]),
        Names(row["application"], row["facility"]),
        Names(row["test_application"], row["facility"]),
    )


def _names(row: Mapping[str, str] | None) -> Names | None:
    return Names(row["application"], row["facility"]) if row else None


def _customer(row: Mapping[str, Any]) -> Customer:
    return Customer(
        name=row["name"],
        business_id=row["business_id"],
        controller_oid=row["controller_oid"],
        aet=row["aet"],
        test_aet=row["test_aet"],
        host=row["host"],
        port=int(row["port"]),
        organisation_oid=row.get("organisation_oid", ""),
        xds=_credentials(row["xds"]) if "xds" in row else None,
        test_xds=_credentials(row["test_xds"]) if "test_xds" in row else None,
        hl7=_names(row.get("hl7")),
        test_hl7=_names(row.get("test_hl7")),
    )


def _person_name(text: str) -> str:
    """`Testi Äijä` as DICOM writes it; a name that is already in components stays."""
    return text if "^" in text else "^".join(text.split(" ", 1))
