"""What may not be recorded is refused by its own name, and only the refusal is written (AC-1)."""

from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

import pytest
from django.db import ProgrammingError, transaction

from archive.actors import SYSTEM
from archive.config import settings
from archive.errors import ArchiveError, RealPatientRequired
from archive.errors import wishes as errors
from archive.models import ConsentForm, WillSubject
from archive.queries import wishes as queries
from archive.rules.wishes import Known
from archive.services import wishes as services
from archive.services.wish_documents import FormDocument
from archive.values import now, uuid7
from tests import wishes
from tests.cast import ESIMERKKILA, MALLILA, RONTGEN, VENLA
from tests.wishes import (
    ARCHIVIST,
    CITIZEN,
    EVENT,
    REPOSITORY,
    SUPPORT,
    ago,
    corrected,
    inform,
    permit,
    person,
    prohibit,
    said,
    wanted,
    whose,
)

pytestmark = pytest.mark.django_db

WILL = WillSubject.ORGAN_DONATION


Attempt = Callable[[], object]


def prepared() -> None:
    """Informed a week ago, permitted, and everything of Esimerkkilä prohibited since yesterday."""
    inform(effective_at=ago(days=7))
    permit(effective_at=ago(days=3))
    prohibit(wanted("provider", ESIMERKKILA), effective_at=ago(days=1))
    ended = prohibit(wanted("service_event", service_event=EVENT), effective_at=ago(days=2))
    services.end_prohibition(SYSTEM, whose(), said(effective_at=ago(hours=5)), ended.id)
    will = said(effective_at=ago(days=1), form=of_form(1))
    services.express(SYSTEM, whose(), will, subject=WILL, given=True)


def of_form(content: int) -> FormDocument:
    return FormDocument.of("1.2.9", {"content": content})


def ban(scope: str, provider: str = "", **columns: object) -> Attempt:
    when = {name: columns.pop(name) for name in list(columns) if name == "effective_at"}
    return lambda: prohibit(wanted(scope, provider, **columns), **when)


BAD: dict[str, tuple[Attempt, type[ArchiveError], str]] = {
    "permission before any informing": (
        lambda: services.permit(CITIZEN, whose(VENLA), said(), given=True),
        errors.NotInformed,
        "effective_at",
    ),
    "permission of a day before the informing": (
        lambda: permit(effective_at=ago(days=8)),
        errors.NotInformed,
        "effective_at",
    ),
    "permission that is in force": (permit, errors.PermissionAlreadyGiven, ""),
    "withdrawal of what nobody gave": (
        lambda: services.permit(CITIZEN, whose(VENLA), said(), given=False),
        errors.NoPermissionGiven,
        "",
    ),
    "withdrawal before the giving": (
        lambda: permit(False, effective_at=ago(days=4)),
        errors.StatementOutdated,
        "effective_at",
    ),
    "permission of tomorrow": (
        lambda: permit(False, effective_at=ago(days=-1)),
        errors.EffectiveInFuture,
        "effective_at",
    ),
    "informing a second ahead": (
        lambda: inform(effective_at=ago(seconds=-5)),
        errors.EffectiveInFuture,
        "effective_at",
    ),
    "the same informing": (inform, errors.AlreadyInformed, "text_version"),
    "a withdrawal of a consent after its time": (
        lambda: services.permit(CITIZEN, whose(), said(), given=False, form=ConsentForm.CONSENT),
        errors.ValueUnfit,
        "form",
    ),
    "prohibition in force": (ban("provider", ESIMERKKILA), errors.ProhibitionInForce, ""),
    "the same with another word on emergencies": (
        ban("provider", ESIMERKKILA, emergency_exception=True),
        errors.ProhibitionInForce,
        "",
    ),
    "prohibition before the end of the same": (
        ban("service_event", service_event=EVENT, effective_at=ago(days=3)),
        errors.StatementOutdated,
        "effective_at",
    ),
    "prohibition of tomorrow": (
        ban("everything", effective_at=ago(days=-1)),
        errors.EffectiveInFuture,
        "effective_at",
    ),
    "prohibition that ends before it begins": (
        ban("everything", effective_until=ago(days=1)),
        errors.ValueUnfit,
        "effective_until",
    ),
    "a provider nobody knows": (
        ban("provider", "nobody"), errors.ProviderUnknown, "provider"
    ),
    "a provider that is not named": (ban("provider"), errors.ProviderMissing, "provider"),
    "a private provider as a whole": (ban("provider", RONTGEN), errors.ScopeUnfit, "provider"),
    "a private provider's register": (
        ban("register", RONTGEN, register_type="4"), errors.ScopeUnfit, "provider"
    ),
    "a public provider as private occupational": (
        ban("private_occupational", MALLILA), errors.ScopeUnfit, "provider"
    ),
    "a private occupational provider nobody knows": (
        ban("private_occupational", "nobody"), errors.ProviderUnknown, "provider"
    ),
    "a register without its type": (
        ban("register", MALLILA), errors.ValueUnfit, "register_type"
    ),
    "a register of private health care": (
        ban("register", MALLILA, register_type="3"), errors.ValueUnfit, "register_type"
    ),
    "a provider where none belongs": (ban("everything", MALLILA), errors.ValueUnfit, "provider"),
    "a register type where none belongs": (
        ban("provider", MALLILA, register_type="2"), errors.ValueUnfit, "register_type"
    ),
    "a service event where none belongs": (
        ban("everything", service_event=EVENT), errors.ValueUnfit, "service_event"
    ),
    "a service event that is none": (
        ban("service_event", service_event="7/2026"), errors.ValueUnfit, "service_event"
    ),
    "no service event": (ban("service_event"), errors.ValueUnfit, "service_event"),
    "an end of nothing": (
        lambda: services.end_prohibition(CITIZEN, whose(), said(), uuid7()),
        errors.StatementUnknown,
        "",
    ),
    "an end of what is not prohibited": (
        lambda: services.end_prohibition(CITIZEN, whose(), said(), wanted("everything")),
        errors.NoSuchProhibition,
        "",
    ),
    "another person's prohibition": (
        lambda: services.end_prohibition(CITIZEN, whose(VENLA), said(), open_ban()),
        errors.StatementUnknown,
        "",
    ),
    "an end of what has ended": (
        lambda: services.end_prohibition(CITIZEN, whose(), said(), ended_ban()),
        errors.ProhibitionHasEnded,
        "",
    ),
    "an end before the beginning": (
        lambda: services.end_prohibition(
            CITIZEN, whose(), said(effective_at=ago(days=2)), open_ban()
        ),
        errors.StatementOutdated,
        "effective_at",
    ),
    "the same expression of will": (
        lambda: services.express(CITIZEN, whose(), said(), subject=WILL, given=True),
        errors.AlreadySaid,
        "",
    ),
    "an expression of will before the latest": (
        lambda: services.express(
            CITIZEN, whose(), said(effective_at=ago(days=2)), subject=WILL, given=False
        ),
        errors.StatementOutdated,
        "effective_at",
    ),
    "an expression of will without measure": (
        lambda: services.express(
            CITIZEN, whose(), said(), subject=WILL, given=False, text="x" * 4001
        ),
        errors.ValueUnfit,
        "text",
    ),
    "a correction without its reason": (
        lambda: services.permit(ARCHIVIST, whose(), corrected(reason=" "), given=False),
        errors.ValueUnfit,
        "reason",
    ),
    "a correction by the support desk": (
        lambda: services.permit(SUPPORT, whose(), corrected(), given=False),
        errors.StaffRoleUnfit,
        "",
    ),
    "a citizen who corrects": (
        lambda: services.permit(CITIZEN, whose(), corrected(), given=False),
        errors.StaffRoleUnfit,
        "",
    ),
    "staff who speak for a citizen": (
        lambda: services.permit(ARCHIVIST, whose(), said(), given=False),
        errors.StaffRoleUnfit,
        "",
    ),
    "a mistaken informing that never was": (
        lambda: services.never_informed(ARCHIVIST, whose(), corrected(), uuid7()),
        errors.StatementUnknown,
        "",
    ),
    "a mistaken permission that never was": (
        lambda: services.never_said(ARCHIVIST, whose(), corrected(), uuid7()),
        errors.StatementUnknown,
        "",
    ),
    "a form document of another content": (
        lambda: services.inform(REPOSITORY, whose(VENLA), said("repository", form=of_form(2))),
        errors.WishDocumentReused,
        "document_oid",
    ),
}  # fmt: skip


def open_ban() -> UUID:
    return next(each.id for each in bans() if each.until is None)


def ended_ban() -> UUID:
    return next(each.id for each in bans() if each.until is not None)


def bans() -> list[Known]:
    return queries.prohibitions_of(person().id, now())


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_refused_precisely_and_only_the_refusal_is_written(name: str) -> None:
    attempt, error, field = BAD[name]
    prepared()
    before, recorded = wishes.counts(), len(wishes.ledger("wish.recorded"))
    with pytest.raises(error) as refused:
        attempt()
    assert type(refused.value) is error
    assert refused.value.facts.get("field", "") == field
    assert wishes.counts() == before and len(wishes.ledger("wish.recorded")) == recorded
    (event,) = wishes.ledger("wish.refused")
    assert (event.facts["problem"], event.facts["field"]) == (error.reason(), field)
    assert wishes.AINO not in str(event.facts) and VENLA not in str(event.facts)


def test_test_persons_stay_in_the_test_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    strict = replace(settings(), production_takes_test_patients=False)
    monkeypatch.setattr(services.filing, "settings", lambda: strict)
    before = wishes.counts()
    with pytest.raises(RealPatientRequired):
        services.inform(CITIZEN, whose(), said())
    assert wishes.counts() == before


@pytest.mark.parametrize("change", ["update", "delete"])
def test_the_database_refuses_to_change_what_was_said(change: str) -> None:
    inform()
    services.never_informed(ARCHIVIST, whose(), corrected(), wishes.the_one(wishes.Informing).id)
    rows = wishes.InformingEnd.objects.all()
    with pytest.raises(ProgrammingError, match="append-only"), transaction.atomic():
        rows.update(reason="other") if change == "update" else rows.delete()
