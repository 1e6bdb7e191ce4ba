"""Persons whose ids are merged: Maija has a personal code, and was examined before it was known."""

from typing import Any

from archive.actors import Actor, ActorKind, connection_actor
from archive.models import Connection, Patient, PatientMerge, Study, User
from archive.objects.persons import Demographics, Merge, Person
from archive.services import identity
from archive.services.identity import Occasion
from archive.values import HETU_ROOT, PatientIdentifier, uid_from_uuid, uuid7
from tests import cast
from tests.cast import ESIMERKKILA, MATTI

ROOTS = {
    cast.ESIMERKKILA: "1.2.246.10.90000003.22.2026",
    cast.MALLILA: "1.2.246.10.90000011.22.2026",
    cast.RONTGEN: "1.2.246.10.90000038.22.2026",
}
TEMPORARY = "010181-9991"


def official(code: str = MATTI) -> PatientIdentifier:
    return PatientIdentifier.parse(code, HETU_ROOT)


def temporary(code: str = TEMPORARY, business_id: str = ESIMERKKILA) -> PatientIdentifier:
    return PatientIdentifier.parse(code, ROOTS[business_id])


def sender(business_id: str = ESIMERKKILA, environment: str = "production") -> Actor:
    """A customer's HL7 system."""
    link = Connection.objects.get(
        organisation__business_id=business_id, environment=environment, kind="hl7"
    )
    return connection_actor(
        connection_id=link.id,
        name=str(link),
        organisation_id=link.organisation_id,
        environment=environment,
    )


def staff(login: str = "archivist") -> Actor:
    user = User.objects.get(username=login)
    return Actor(ActorKind.STAFF, login, user.id, roles=frozenset({login}))


def merge(
    retired: PatientIdentifier,
    survivor: PatientIdentifier,
    actor: Actor | None = None,
    *,
    environment: str = "production",
    **demographics: Any,
) -> int:
    asked = Merge(retired, Person(survivor, Demographics(**demographics)))
    occasion = Occasion(environment, reason="" if actor is None else "telephone")
    return identity.merge(actor or sender(environment=environment), [asked], occasion)


def undo(retired: PatientIdentifier) -> PatientMerge:
    row = PatientMerge.objects.get(
        undone_at=None, retired__identifier=retired.value, retired__issuer=retired.issuer
    )
    return identity.undo(staff(), row.id, reason="a mistake")


def patient(identifier: PatientIdentifier, environment: str = "production") -> Patient:
    return Patient.objects.select_related("survivor").get(
        environment=environment, identifier=identifier.value, issuer=identifier.issuer
    )


def study(identifier: PatientIdentifier, business_id: str = ESIMERKKILA, **overrides: Any) -> Study:
    """A study stored under this id."""
    made = cast.dataset(
        PatientID=identifier.value,
        IssuerOfPatientID=identifier.issuer,
        **{
            "StudyInstanceUID": uid_from_uuid(),
            "SeriesInstanceUID": uid_from_uuid(),
            "AccessionNumber": f"P{uuid7().hex[:12]}",
            **overrides,
        },
    )
    return cast.store(made, business_id=business_id)
