"""What people do with a case beside its events: take it, hand it on, wait, write, watch (SD-3,
SD-5). Each change stands in the log, which is the case's history.
"""

from contextlib import suppress
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F

from archive import jobs, ledger
from archive.actors import Actor, ActorKind
from archive.errors.desk import CaseTaken
from archive.models import (
    Case,
    CaseComment,
    CaseState,
    Handling,
    JobKind,
    Severity,
    SeverityRule,
    SeverityTime,
    User,
    WebhookEvent,
)
from archive.services import case_mails, webhook_events
from archive.values import now, today

TALKING = (Handling.WAITING, Handling.ANSWERED)  # whoever has the case


def severity_of(reason: str) -> Severity:
    """By the newest row in force for the cause, else for every other cause."""
    rows = SeverityRule.objects.filter(reason__in=(reason, ""), valid_from__lte=today())
    chosen = rows.order_by("-reason", "-valid_from").values_list("severity", flat=True).first()
    return Severity(chosen or Severity.NORMAL)


def time_for(severity: str) -> timedelta | None:
    """How long a case of this severity has; None without a row in force."""
    rows = SeverityTime.objects.filter(severity=severity, valid_from__lte=today())
    hours = rows.order_by("-valid_from").values_list("hours", flat=True).first()
    return timedelta(hours=hours) if hours is not None else None


def come_back(case: Case) -> dict[str, object]:
    """What changes of a resolved case that opens again: new time, for the same people."""
    time = time_for(case.severity)
    return {
        "state": CaseState.OPEN,
        "handling": Handling.RECURRING,
        "opened_at": now(),
        "resolved_at": None,
        "resolution": "",
        "due_at": now() + time if time is not None else None,
        "reopened_count": F("reopened_count") + 1,
    }


def _reopen(case: Case) -> None:
    """A resolved case about which the customer is asked, or says something, is not over. It is held
    from here on: else one that is resolved in this moment would have an answer that nobody reads.
    """
    hold(case.id)
    resolved = Case.objects.filter(id=case.id, state=CaseState.RESOLVED)
    if resolved.update(**come_back(case)):
        webhook_events.of_case(WebhookEvent.CASE_OPENED, case)


def hold(*case_ids: UUID) -> None:
    """In the caller's transaction, and before the time of what happens is told, by which mails tell
    what is new. Whoever touches events that are there holds their case before them: two that did it
    the other way round would wait for each other.
    """
    rows = Case.objects.select_for_update(no_key=True).filter(id__in=case_ids)
    list(rows.order_by("id").values_list("id", flat=True))


def assign(actor: Actor, case: Case, owner: User | None) -> None:
    """Give a case to a person of the desk, who watches it from then on, and is told of it by mail
    when it is another's gift; None gives it back. What the customer was asked, it stays asked.
    Raises CaseTaken when the case as it was read by the caller had another owner than it has.
    """
    was, handling = _name(case.owner), Handling.ASSIGNED if owner else Handling.NEW
    with transaction.atomic():
        hold(case.id)
        given_at = now() if owner and owner.id not in (actor.id, case.owner_id) else None
        held = Case.objects.filter(id=case.id, owner_id=case.owner_id)
        if not held.update(owner=owner, given_at=given_at):
            raise CaseTaken()
        if owner is not None and given_at is not None:
            case_mails.given(owner.id, given_at)
        rows = Case.objects.filter(id=case.id).exclude(handling__in=TALKING)
        rows.update(handling=handling)
        if owner is not None:
            case.watchers.add(owner)
        _record(actor, case, "owner", was, _name(owner))
    case.refresh_from_db()


def let_go_of(actor: Actor, owner: User) -> None:
    """Give back the open cases of somebody who works on none any more: else nobody looks for them,
    as they have an owner.
    """
    for case in Case.objects.filter(owner=owner, state=CaseState.OPEN).select_related("owner"):
        with suppress(CaseTaken):  # somebody took it this moment
            assign(actor, case, None)


def _name(person: User | None) -> str:
    return person.get_full_name() or person.username if person else ""


def wait_for_customer(actor: Actor, case: Case, text: str) -> None:
    """Ask the customer something, which its contact hears of by mail; the case waits until it
    answers. A resolved one opens again.
    """
    with transaction.atomic():
        _reopen(case)
        asked = _comment(actor, case, text, is_shared=True)
        Case.objects.filter(id=case.id).update(handling=Handling.WAITING)
        if case.organisation_id is not None:
            jobs.defer(
                JobKind.CASE_LETTER,
                asked.id,
                environment=case.environment,
                organisation_id=case.organisation_id,
            )
        _record(actor, case, "handling", case.handling, Handling.WAITING)
    case.refresh_from_db()


def comment(actor: Actor, case: Case, text: str, *, is_shared: bool) -> None:
    """A note of the desk, which the customer reads when it is shared: then its answer has been
    heard.
    """
    with transaction.atomic():
        _comment(actor, case, text, is_shared=is_shared)
        if is_shared:
            _talk_ends(case, Handling.ANSWERED)
        _record(actor, case, "comment", "", "shared" if is_shared else "own")


def reply(actor: Actor, case: Case, text: str) -> None:
    """The customer answers, or writes unasked: the move is the desk's. A resolved case opens again,
    as nobody would read the answer in it.
    """
    with transaction.atomic():
        _reopen(case)
        _comment(actor, case, text, is_shared=True)
        waited = Case.objects.filter(id=case.id, handling=Handling.WAITING).exists()
        Case.objects.filter(id=case.id).update(handling=Handling.ANSWERED)
        _record(actor, case, "reply", Handling.WAITING if waited else "", Handling.ANSWERED)
    case.refresh_from_db()


def go_on(actor: Actor, case: Case) -> None:
    """The customer is waited for no more, or its answer has been dealt with."""
    with transaction.atomic():
        for handling in TALKING:
            if _talk_ends(case, handling):
                _record(actor, case, "went on", handling, "")
    case.refresh_from_db()


def _talk_ends(case: Case, handling: Handling) -> bool:
    back = Handling.ASSIGNED if case.owner_id else Handling.NEW
    return bool(Case.objects.filter(id=case.id, handling=handling).update(handling=back))


def set_severity(actor: Actor, case: Case, severity: Severity) -> None:
    """From the case's beginning, or from when it last came back, so that raising it does not give
    new time.
    """
    began = case.opened_at if case.reopened_count and case.opened_at else case.first_at
    with transaction.atomic():
        time = time_for(severity)
        due = began + time if time is not None and case.state == CaseState.OPEN else None
        Case.objects.filter(id=case.id).update(severity=severity, due_at=due)
        _record(actor, case, "severity", case.severity, severity)
    case.refresh_from_db()


def watch(actor: Actor, case: Case, *, on: bool) -> None:
    """Watchers are told by mail as they chose; no history of who looks on."""
    if actor.id is None:
        return
    user = User.objects.get(id=actor.id)
    if on:
        case.watchers.add(user)
    else:
        case.watchers.remove(user)


def _comment(actor: Actor, case: Case, text: str, *, is_shared: bool) -> CaseComment:
    hold(case.id)
    made = CaseComment.objects.create(
        case=case,
        at=now(),
        author_id=actor.id,
        author_name=actor.name,
        is_customers=actor.kind == ActorKind.CUSTOMER,
        is_shared=is_shared,
        text=text,
    )
    if is_shared:
        webhook_events.of_case(WebhookEvent.CASE_COMMENTED, case)
    return made


def _record(actor: Actor, case: Case, what: str, was: Any, became: Any) -> None:
    about = ledger.About(
        environment=case.environment, subject_id=case.id, organisation_id=case.organisation_id
    )
    facts = {"what": what, "from": str(was), "to": str(became)}
    ledger.record(ledger.Kind.CASE_CHANGED, about, facts, actor=actor)
