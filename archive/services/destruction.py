"""Lists of studies to be destroyed: one archivist proposes, another approves, anybody of them stops
(AR-9, NF-3). How a list is carried out stands in `destruction_work`.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID

from django.db import connection, transaction

from archive import jobs, ledger
from archive.actors import Actor
from archive.errors.retention import ListMoved, NothingToDestroy
from archive.models import (
    DestructionItem,
    DestructionList,
    ItemState,
    JobKind,
    ListState,
    SecondKind,
    SecondPerson,
    Spared,
    Study,
)
from archive.queries import destruction as queries
from archive.queries import retention
from archive.rules import retention as rules
from archive.rules.retention import Term
from archive.services import retention_lock, second_person
from archive.values import now, today

MOST = 500  # studies of one list, so that a person can answer for it
Chosen = tuple[Study, Term]


def choose(
    environment: str, *, ended_by: date, organisation_id: UUID | None
) -> tuple[list[Chosen], dict[str, int]]:
    """What a list would hold, the longest ended first, and how many were left out for what. Judged
    today by the rules, not by the last survey.
    """
    day = today()
    in_force = retention.rules_on(day)
    chosen: list[Chosen] = []
    left_out: dict[str, int] = {}
    found = queries.candidates(
        environment,
        ended_by=min(ended_by, day - timedelta(days=1)),
        organisation_id=organisation_id,
    )
    for study, facts in queries.judged(found, day):
        obstacle = rules.obstacle(facts, in_force, day)
        term = rules.judge(facts, in_force).term
        if obstacle is not None or term is None:
            why = obstacle or Spared.NOT_EXPIRED
            left_out[why] = left_out.get(why, 0) + 1
            continue
        chosen.append((study, term))
        if len(chosen) == MOST:
            break
    return chosen, left_out


def propose(
    actor: Actor, *, environment: str, ended_by: date, organisation_id: UUID | None, reason: str
) -> DestructionList:
    """Raises NotFound, NothingToDestroy."""
    person_id = retention_lock.require_archivist(actor)
    with transaction.atomic():
        retention_lock.deciding(environment)  # two proposals at once do not list the same
        chosen, _ = choose(environment, ended_by=ended_by, organisation_id=organisation_id)
        if not chosen:
            raise NothingToDestroy()
        made = DestructionList.objects.create(
            number=_next_number(),
            environment=environment,
            reason=reason,
            made_by_id=person_id,
            made_at=now(),
        )
        DestructionItem.objects.bulk_create(_items(made, chosen))
        facts = {"list": made.number, "studies": len(chosen), "reason": reason}
        ledger.record(ledger.Kind.DESTRUCTION_PROPOSED, about(made), facts, actor=actor)
        second_person.ask(
            actor, SecondKind.DESTRUCTION, made.id, environment=environment, reason=reason
        )
    return made


def _items(made: DestructionList, chosen: Sequence[Chosen]) -> list[DestructionItem]:
    sizes = queries.sizes([study for study, _ in chosen])
    return [
        DestructionItem(
            list=made,
            study=study,
            rule_id=term.rule,
            basis=term.basis,
            basis_on=term.basis_on,
            ends_on=term.ends_on,
            study_instance_uid=study.study_instance_uid,
            controller_oid=study.register.controller_oid,
            instances=sizes[study.id][0],
            bytes=sizes[study.id][1],
        )
        for study, term in chosen
    ]


def _next_number() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('archive_destruction_number')")
        return int(cursor.fetchone()[0])


# --- decisions ------------------------------------------------------------------------------------


def approve(actor: Actor, request: SecondPerson) -> DestructionList:
    """It is carried out from now on. Raises NotFound, SamePerson, SecondDecided, ListMoved."""
    retention_lock.require_archivist(actor)
    with transaction.atomic():
        asked = second_person.grant(actor, request, SecondKind.DESTRUCTION)
        approved = {"approved_by_id": actor.id, "approved_at": now()}
        moved = _move(asked.subject_id, ListState.PROPOSED, ListState.RUNNING, **approved)
        _tell(actor, moved, asked.reason)
        _carry_on(moved)
    return moved


def refuse(actor: Actor, request: SecondPerson, *, reason: str) -> DestructionList:
    """By any archivist; who proposed it so takes it back. Raises NotFound, SecondDecided,
    ListMoved.
    """
    retention_lock.require_archivist(actor)
    with transaction.atomic():
        second_person.refuse(actor, request)
        moved = _move(request.subject_id, ListState.PROPOSED, ListState.REFUSED, ended_at=now())
        DestructionItem.objects.filter(list=moved, state=ItemState.LISTED).update(
            state=ItemState.SPARED, spared=Spared.REFUSED, decided_at=now()
        )
        _tell(actor, moved, reason)
    return moved


def stop(actor: Actor, list_id: UUID, *, reason: str) -> DestructionList:
    """At once: no further study of it is withdrawn. Of one that has been, the bytes go still.
    Raises NotFound, ListMoved.
    """
    retention_lock.require_archivist(actor)
    with transaction.atomic():
        moved = _move(list_id, ListState.RUNNING, ListState.STOPPED)
        _tell(actor, moved, reason)
    return moved


def resume(actor: Actor, list_id: UUID, *, reason: str) -> DestructionList:
    """Raises NotFound, ListMoved."""
    retention_lock.require_archivist(actor)
    with transaction.atomic():
        moved = _move(list_id, ListState.STOPPED, ListState.RUNNING)
        _tell(actor, moved, reason)
        _carry_on(moved)
    return moved


def end(actor: Actor, list_id: UUID, *, reason: str) -> DestructionList:
    """Stopped for good: what is left is spared, and the certificate tells what was done. Raises
    NotFound, ListMoved.
    """
    retention_lock.require_archivist(actor)
    with transaction.atomic():
        moved = _move(list_id, ListState.STOPPED, ListState.RUNNING)
        DestructionItem.objects.filter(list=moved, state=ItemState.LISTED).update(
            state=ItemState.SPARED, spared=Spared.STOPPED, decided_at=now()
        )
        facts = {"list": moved.number, "to": "ended", "reason": reason}
        ledger.record(ledger.Kind.DESTRUCTION_MOVED, about(moved), facts, actor=actor)
        _carry_on(moved)
    return moved


def _move(list_id: UUID, before: ListState, after: ListState, **columns: object) -> DestructionList:
    rows = DestructionList.objects.filter(id=list_id, state=before)
    if not rows.update(state=after, **columns):
        queries.found(list_id)
        raise ListMoved()
    return queries.found(list_id)


def _carry_on(row: DestructionList) -> None:
    jobs.defer(JobKind.DESTRUCTION, row.id, environment=row.environment)


def _tell(actor: Actor, row: DestructionList, reason: str) -> None:
    facts = {"list": row.number, "to": row.state, "reason": reason}
    ledger.record(ledger.Kind.DESTRUCTION_MOVED, about(row), facts, actor=actor)


def about(row: DestructionList) -> ledger.About:
    return ledger.About(environment=row.environment, subject_id=row.id)
