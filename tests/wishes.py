"""Who speaks, about whom: the voices of the tests about what patients say."""

from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.db.models import Model

from archive.actors import SYSTEM, Actor, ActorKind
from archive.models import (
    DisclosurePermission,
    Environment,
    ExpressionOfWill,
    Informing,
    InformingEnd,
    LedgerEvent,
    Organisation,
    Patient,
    Prohibition,
    ProhibitionEnd,
    ProhibitionScope,
    WishDocument,
    WishSource,
)
from archive.queries import wishes as queries
from archive.rules.wishes import Wanted
from archive.services import wishes
from archive.services.wishes import Saying, Whose
from archive.values import HETU_ROOT, PatientIdentifier, now
from onboarding.services import demo_citizens

M = TypeVar("M", bound=Model)
AINO = "240260-922A"
DEMO = (
    demo_citizens.PERMITTED,
    demo_citizens.EVENT_PROHIBITED,
    demo_citizens.PROVIDER_PROHIBITED,
)
EVENT = "1.2.246.10.90000003.14.2026.7"
CITIZEN = Actor(ActorKind.CITIZEN, "MyKanta", environment="production")
REPOSITORY = Actor(ActorKind.CONNECTION, "pdr", environment="production")
ARCHIVIST = Actor(ActorKind.STAFF, "Aila Arkisto", roles=frozenset({"archivist"}))
SUPPORT = Actor(ActorKind.STAFF, "Tuula Tuki", roles=frozenset({"support"}))
TABLES = (
    *(Informing, InformingEnd, DisclosurePermission, Prohibition, ProhibitionEnd),
    *(ExpressionOfWill, WishDocument, Patient),
)


def whose(code: str = AINO, environment: str = "production") -> Whose:
    return Whose(Environment(environment), PatientIdentifier.parse(code, HETU_ROOT))


def person(code: str = AINO) -> Patient:
    return Patient.objects.get(environment="production", identifier=code, issuer=HETU_ROOT)


def ago(**length: float) -> datetime:
    return now() - timedelta(**length)


def said(source: str = "citizen", **columns: Any) -> Saying:
    return Saying(WishSource(source), **columns)


def corrected(**columns: Any) -> Saying:
    return said("correction", **{"reason": "recorded on paper that day", **columns})


def inform(text_version: str = "", **columns: Any) -> wishes.Recorded:
    return wishes.inform(SYSTEM, whose(), said(**columns), text_version=text_version)


def permit(given: bool = True, **columns: Any) -> wishes.Recorded:
    return wishes.permit(SYSTEM, whose(), said(**columns), given=given)


def wanted(scope: str = "everything", provider: str = "", **columns: Any) -> Wanted:
    """`provider` is a business id of the cast, or anything else for one nobody knows."""
    found = Organisation.objects.filter(business_id=provider).first()
    return Wanted(
        ProhibitionScope(scope),
        named=bool(provider),
        provider=queries.as_provider(found) if found else None,
        **columns,
    )


def prohibit(asked: Wanted, **columns: Any) -> wishes.Recorded:
    return wishes.prohibit(SYSTEM, whose(), said(**columns), asked)


def counts() -> dict[str, int]:
    """How much is written, beside the ledger."""
    return {model.__name__: model._default_manager.count() for model in TABLES}


def ledger(kind: str) -> list[LedgerEvent]:
    """Without what the demo world has written of its own patients and keys."""
    spoken = Patient.objects.filter(identifier__in=DEMO).values_list("id", flat=True)
    rows = LedgerEvent.objects.filter(kind=kind).order_by("at", "id")
    return [
        row
        for row in rows
        if row.patient_id not in set(spoken) and row.facts.get("reason") != "demo"
    ]


def the_one(model: type[M], code: str = AINO) -> M:
    """The only statement of this kind that the person has made."""
    return model._default_manager.get(patient__identifier=code)
