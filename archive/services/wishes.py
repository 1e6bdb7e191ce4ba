"""Record what patients say (AC-1). Statements are added, never changed; of what may not be recorded
only the refusal is written.

The gate reads the rows anew for each question, so a statement holds from its commit on, on every
process.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Min

from archive import ledger
from archive.actors import Actor, ActorKind
from archive.errors import ArchiveError
from archive.errors.wishes import StaffRoleUnfit, StatementUnknown, ValueUnfit
from archive.models import (
    ConsentForm,
    DisclosurePermission,
    Document,
    Environment,
    ExpressionOfWill,
    Informing,
    InformingEnd,
    Patient,
    Prohibition,
    ProhibitionEnd,
    Role,
    Study,
    WillSubject,
    WishSource,
)
from archive.models.wishes import Statement
from archive.queries import standing
from archive.queries import wishes as queries
from archive.rules import wishes as rules
from archive.rules.wishes import Earlier, Moment, Wanted
from archive.services import filing, wish_documents
from archive.services.wish_documents import FormDocument
from archive.values import PatientIdentifier, civil_day, now

EVENT_UNKNOWN = "service-event-unknown"  # a warning: it may be one that is still to come
CORRECTORS = frozenset({Role.ADMIN, Role.ARCHIVIST})
MAX_REASON = 400


@dataclass(frozen=True, slots=True)
class Whose:
    """Whom a statement is about. A person of whom nothing is archived yet may speak, too."""

    environment: Environment
    identifier: PatientIdentifier


@dataclass(frozen=True, slots=True)
class Saying:
    """How a statement came here. Without `effective_at` it takes effect at once."""

    source: WishSource
    effective_at: datetime | None = None
    acting_ground: str = ""
    reason: str = ""
    form: FormDocument | None = None


@dataclass(frozen=True, slots=True)
class Recorded:
    """The statement; `repeated` when its form document had been recorded before."""

    id: UUID
    warnings: tuple[str, ...] = ()
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class _Open:
    """A statement that is being recorded, with its person held against others who speak now."""

    patient: Patient
    person_id: UUID
    when: Moment
    columns: dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Attempt:
    actor: Actor
    whose: Whose
    saying: Saying
    what: str
    facts: dict[str, Any]


def inform(actor: Actor, whose: Whose, saying: Saying, *, text_version: str = "") -> Recorded:
    """Raises StaffRoleUnfit, ValueUnfit, EffectiveInFuture, AlreadyInformed, WishDocumentReused."""

    def make(opened: _Open) -> Statement:
        known = standing.informings(opened.when.at).filter(person=opened.person_id)
        rules.check_informing(text_version, set(known.values_list("text_version", flat=True)))
        return Informing.objects.create(**opened.columns, text_version=text_version)

    facts = {"text_version": text_version}
    return _record(_Attempt(actor, whose, saying, "informing", facts), make)


def permit(
    actor: Actor, whose: Whose, saying: Saying, *, given: bool, form: ConsentForm | None = None
) -> Recorded:
    """Give or withdraw the disclosure permission.

    Raises NotInformed, PermissionAlreadyGiven, NoPermissionGiven, StatementOutdated, and as inform.
    """

    def make(opened: _Open) -> Statement:
        return _permitted(opened, given, form)

    return _record(_Attempt(actor, whose, saying, "permission", {"given": given}), make)


def never_said(actor: Actor, whose: Whose, saying: Saying, statement_id: UUID) -> Recorded:
    """The permission, or its withdrawal, was recorded by mistake: at its own moment the contrary
    holds. Raises StatementUnknown, NoPermissionGiven of a withdrawal that took nothing back, and as
    permit.
    """

    def make(opened: _Open) -> Statement:
        rows = standing.permissions(opened.when.at).filter(person=opened.person_id)
        mistaken = rows.filter(id=statement_id).first()
        if mistaken is None:
            raise StatementUnknown()
        known = _permissions(opened.person_id, opened.when.at)
        said = Earlier(mistaken.effective_at, mistaken.recorded_at, mistaken.given)
        rules.check_mistaken(said, known)
        moment = Moment(mistaken.effective_at, opened.when.at, opened.when.correcting)
        columns = {**opened.columns, "effective_at": mistaken.effective_at}
        return _permitted(replace(opened, when=moment, columns=columns), not mistaken.given, None)

    return _record(_Attempt(actor, whose, saying, "permission", {"mistaken": True}), make)


def _permitted(opened: _Open, given: bool, form: ConsentForm | None) -> Statement:
    person, when = opened.person_id, opened.when
    informed = standing.informings(when.at).filter(person=person)
    rules.check_permission(
        given,
        when,
        informed_from=informed.aggregate(first=Min("effective_at"))["first"],
        earlier=_permissions(person, when.at),
        by_form=bool(opened.columns["document_oid"]),
    )
    day = civil_day(when.effective_at)
    kept = rules.form_of(form, was_consent=standing.was_consent(day))
    return DisclosurePermission.objects.create(**opened.columns, given=given, form=kept)


def prohibit(actor: Actor, whose: Whose, saying: Saying, wanted: Wanted) -> Recorded:
    """Raises ProviderUnknown, ProviderMissing, ScopeUnfit, ProhibitionInForce, StatementOutdated,
    and as inform.

    A service event that is not known of the person is recorded, with a warning.
    """
    warnings: list[str] = []

    def make(opened: _Open) -> Statement:
        rules.check_scope(wanted)
        known = queries.prohibitions_of(opened.person_id, opened.when.at)
        rules.check_prohibition(wanted, opened.when, known)
        if wanted.service_event and not _event_is_known(opened.person_id, wanted.service_event):
            warnings.append(EVENT_UNKNOWN)
        return Prohibition.objects.create(**opened.columns, **_prohibited(wanted))

    facts = {"scope": wanted.scope.value, "emergency_exception": wanted.emergency_exception}
    recorded = _record(_Attempt(actor, whose, saying, "prohibition", facts), make)
    return Recorded(recorded.id, tuple(warnings), recorded.repeated)


def end_prohibition(actor: Actor, whose: Whose, saying: Saying, which: UUID | Wanted) -> Recorded:
    """Take back a prohibition, named by its id or by what it is about. One that was recorded by
    mistake ends when it began.

    Raises StatementUnknown, NoSuchProhibition, ProhibitionHasEnded, StatementOutdated, and as
    inform.
    """

    def make(opened: _Open) -> Statement:
        known = queries.prohibitions_of(opened.person_id, opened.when.at)
        if isinstance(which, Wanted):
            rules.check_scope(which)
            meant = rules.in_force(which, known, opened.when.at)
        else:
            meant = _the_one(known, which)
        when, columns = opened.when, opened.columns
        if when.correcting:
            when = Moment(meant.effective_at, when.at, correcting=True)
            columns = {**columns, "effective_at": meant.effective_at}
        rules.check_end(meant, when)
        return ProhibitionEnd.objects.create(**columns, prohibition_id=meant.id)

    return _record(_Attempt(actor, whose, saying, "prohibition-end", {}), make)


def never_informed(actor: Actor, whose: Whose, saying: Saying, informing_id: UUID) -> Recorded:
    """The informing was recorded by mistake. Raises StatementUnknown, and as inform."""

    def make(opened: _Open) -> Statement:
        rows = standing.informings(opened.when.at).filter(person=opened.person_id)
        mistaken = rows.filter(id=informing_id).first()
        if mistaken is None:
            raise StatementUnknown()
        columns = {**opened.columns, "effective_at": mistaken.effective_at}
        return InformingEnd.objects.create(**columns, informing=mistaken)

    return _record(_Attempt(actor, whose, saying, "informing-end", {}), make)


def express(
    actor: Actor, whose: Whose, saying: Saying, *, subject: WillSubject, given: bool, text: str = ""
) -> Recorded:
    """Another expression of will; it opens nothing. Raises AlreadySaid, StatementOutdated, and as
    inform.
    """

    def make(opened: _Open) -> Statement:
        earlier = queries.wills_of(opened.person_id, opened.when.at, subject)
        rules.check_will(given, text, opened.when, earlier)
        return ExpressionOfWill.objects.create(
            **opened.columns, subject=subject, given=given, text=text
        )

    facts = {"subject": subject.value, "given": given}
    return _record(_Attempt(actor, whose, saying, "will", facts), make)


# --- one statement --------------------------------------------------------------------------------


def _record(attempt: _Attempt, make: Callable[[_Open], Statement]) -> Recorded:
    """All of it or nothing; a refusal is written after nothing was."""
    try:
        with transaction.atomic():
            return _in_order(attempt, make)
    except ArchiveError as error:
        _note_refusal(attempt, error)
        raise


def _in_order(attempt: _Attempt, make: Callable[[_Open], Statement]) -> Recorded:
    whose, saying = attempt.whose, attempt.saying
    require_source(attempt.actor, saying)
    filing.require_environment(whose.identifier, whose.environment)
    if saying.form is not None:
        known = wish_documents.known(whose.environment, saying.form)
        if known is not None:
            return Recorded(known, repeated=True)
    patient = filing.file_patient(whose.environment, whose.identifier)
    person_id = standing.person_id(patient)
    # Others who speak for the same person wait; who stores images of the person does not.
    Patient.objects.select_for_update(no_key=True).get(id=person_id)
    at = now()  # after the wait: what was said meanwhile is known
    when = Moment(saying.effective_at or at, at, saying.source == WishSource.CORRECTION)
    rules.require_past(when)
    made = make(_Open(patient, person_id, when, _columns(attempt, patient, when)))
    if saying.form is not None:
        wish_documents.keep(whose.environment, saying.form, made.id, at)
    _note(attempt, person_id, made)
    return Recorded(made.id)


def require_source(actor: Actor, saying: Saying) -> None:
    """Who may speak by which way. Raises StaffRoleUnfit, ValueUnfit."""
    by_kind = {
        ActorKind.CITIZEN: {WishSource.CITIZEN},
        ActorKind.CONNECTION: {WishSource.REPOSITORY, WishSource.DESK},
        ActorKind.STAFF: {WishSource.CORRECTION},
        ActorKind.SYSTEM: set(WishSource),
    }
    if saying.source not in by_kind.get(actor.kind, set()):
        raise StaffRoleUnfit()
    if actor.kind == ActorKind.STAFF and not actor.roles & CORRECTORS:
        raise StaffRoleUnfit()
    if saying.source == WishSource.CORRECTION and not saying.reason.strip():
        raise ValueUnfit("a correction needs its reason", facts={"field": "reason"})
    if len(saying.reason) > MAX_REASON:
        raise ValueUnfit("reason is too long", facts={"field": "reason"})


def _columns(attempt: _Attempt, patient: Patient, when: Moment) -> dict[str, Any]:
    saying = attempt.saying
    return {
        "patient": patient,
        "effective_at": when.effective_at,
        "recorded_at": when.at,
        "source": saying.source,
        "document_oid": saying.form.oid if saying.form else "",
        "recorded_by": attempt.actor.name,
        "acting_ground": saying.acting_ground,
        "reason": saying.reason,
    }


def _note(attempt: _Attempt, person_id: UUID, made: Statement) -> None:
    about = ledger.About(
        environment=attempt.whose.environment, subject_id=made.id, patient_id=person_id
    )
    facts = {**_common(attempt), "effective_at": made.effective_at.isoformat()}
    ledger.record(ledger.Kind.WISH_RECORDED, about, facts, actor=attempt.actor)


def _note_refusal(attempt: _Attempt, error: ArchiveError) -> None:
    whose = attempt.whose
    known = filing.find_patient(whose.environment, whose.identifier)
    about = ledger.About(
        environment=whose.environment, patient_id=standing.person_id(known) if known else None
    )
    facts = {
        **_common(attempt),
        "problem": error.reason(),
        "field": error.facts.get("field", ""),
    }
    ledger.record(ledger.Kind.WISH_REFUSED, about, facts, actor=attempt.actor)


def _common(attempt: _Attempt) -> dict[str, Any]:
    saying, citizen = attempt.saying, attempt.actor.citizen
    return {
        "what": attempt.what,
        "source": saying.source.value,
        "reason": saying.reason,
        "acting": saying.acting_ground,
        "assertion": citizen.assertion_id if citizen else "",
        "document": saying.form.oid if saying.form else "",
        **attempt.facts,
    }


# --- what is known --------------------------------------------------------------------------------


def _permissions(person_id: UUID, at: datetime) -> list[Earlier]:
    rows = standing.permissions(at).filter(person=person_id)
    return [Earlier(*row) for row in rows.values_list("effective_at", "recorded_at", "given")]


def _the_one(known: Sequence[rules.Known], wanted: UUID) -> rules.Known:
    """Raises StatementUnknown."""
    for each in known:
        if each.id == wanted:
            return each
    raise StatementUnknown()


def _event_is_known(person_id: UUID, service_event: str) -> bool:
    """Whether anything of the person's is of that service event."""
    return any(
        rows.annotate(person=standing.PERSON)
        .filter(person=person_id, service_event=service_event)
        .exists()
        for rows in (Study.objects.all(), Document.objects.all())
    )


def _prohibited(wanted: Wanted) -> dict[str, Any]:
    return {
        "scope": wanted.scope,
        "provider_id": wanted.provider.id if wanted.provider else None,
        "controller_oid": wanted.provider.controller_oid if wanted.provider else "",
        "register_type": wanted.register_type,
        "service_event": wanted.service_event,
        "emergency_exception": wanted.emergency_exception,
        "effective_until": wanted.effective_until,
    }
