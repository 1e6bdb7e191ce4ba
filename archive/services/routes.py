"""Cases put together and apart by hand: routes from a fingerprint to the case its events belong to
(SD-2). What comes later follows the same route; ending a route leads its events back.
"""

import hashlib
from collections import defaultdict
from collections.abc import Mapping
from uuid import UUID

from django.db import transaction
from django.db.models import Max, Min, Q

from archive import ledger, locks
from archive.actors import Actor
from archive.errors.desk import CasesOfOthers, CasesUnjoinable
from archive.models import Case, CaseEvent, CaseRoute, CaseState, EventOutcome, WebhookEvent
from archive.services import case_rows, case_work, webhook_events
from archive.statements import execute
from archive.values import now

MOST_STEPS = 10
# Nearly always to nothing, and asked for each event.
_LEADS = "SELECT EXISTS (SELECT FROM archive_caseroute WHERE fingerprint = %s AND ended_at IS NULL)"
_TURNS = {CaseState.OPEN: WebhookEvent.CASE_OPENED, CaseState.RESOLVED: WebhookEvent.CASE_RESOLVED}
STANDING = (EventOutcome.OPEN, EventOutcome.RETRIED)


def led(mark: str, facts: Mapping[str, object]) -> str:
    """The fingerprint under which an event is filed: its own, unless people laid down another."""
    for _step in range(MOST_STEPS):
        (leads,) = execute(_LEADS, (mark,)).fetchone() or (False,)
        if not leads:
            return mark
        routes = CaseRoute.objects.filter(fingerprint=mark, ended_at=None).order_by("made_at", "id")
        chosen = [route for route in routes if not route.fact or _has(route, facts)]
        if not chosen:
            return mark
        # A fact before none; of two facts the one by which the earlier events were split.
        mark = max(chosen, key=lambda route: bool(route.fact)).leads_to
    return mark


def join(actor: Actor, case: Case, into: Case) -> CaseRoute:
    """All of a case's events, and those to come, belong to another one. Raises CasesUnjoinable,
    CasesOfOthers.
    """
    with transaction.atomic():
        locks.hold(case.fingerprint, into.fingerprint)
        case_work.hold(case.id, into.id)
        _require_joinable(case, into)
        route = _lay(actor, case.fingerprint, case, into)
        CaseEvent.objects.filter(case=case).update(case=into)
        live = _by_facts()
        is_split = any(each.fingerprint == into.fingerprint for each in live)
        parts = _lead(into, live) if is_split else set()  # they take their share
        _count(case)
        _count(into, case)
        for part in Case.objects.filter(id__in=parts):
            _count(part, case)
        _record(actor, into, {"what": "joined", "from": str(case), "to": str(into)})
        _record(actor, case, {"what": "joined", "from": str(case), "to": str(into)})
    return route


def _require_joinable(case: Case, into: Case) -> None:
    """Chains of cases would make it hard to say where an event belongs, and to lead it back. A
    customer reads all of its case, so another customer's events may not come into it.
    """
    live = CaseRoute.objects.filter(ended_at=None)
    bound = live.filter(Q(origin__in=(case, into)) & Q(fact="") | Q(into=case)).exists()
    if case.id == into.id or case.environment != into.environment or bound:
        raise CasesUnjoinable()
    if case.organisation_id not in (None, into.organisation_id):
        raise CasesOfOthers()


def split(actor: Actor, case: Case, *, fact: str, value: str) -> Case:
    """The events with one fact, and those to come, become a case of their own. Raises
    CasesUnjoinable when no event, or every event, has it.
    """
    with transaction.atomic():
        locks.hold(case.fingerprint)
        case_work.hold(case.id)
        events = CaseEvent.objects.filter(case=case)
        having = events.filter(facts__contains={fact: value})
        if not having.exists() or not events.exclude(facts__contains={fact: value}).exists():
            raise CasesUnjoinable()
        part = _part(case, fact, value)
        _lay(actor, case.fingerprint, case, part, fact=fact, value=value)
        having.update(case=part)
        _count(case)
        _count(part, case)
        facts = {"what": "split", "from": str(case), "to": str(part), "fact": fact}
        _record(actor, case, facts)
        _record(actor, part, facts)
    part.refresh_from_db()
    return part


def _part(case: Case, fact: str, value: str) -> Case:
    """The same cause at the same place, narrowed by a fact; an earlier one of that fact again."""
    text = f"{case.fingerprint}|{fact}={value}"
    mark = hashlib.sha256(text.encode()).hexdigest()
    known = Case.objects.filter(fingerprint=mark).first()
    if known is not None:
        return known
    part = Case.objects.create(
        number=case_rows.next_number(),
        environment=case.environment,
        reason=case.reason,
        code=case.code,
        edge=case.edge,
        place=case.place,
        organisation_id=case.organisation_id,
        connection_id=case.connection_id,
        caller=case.caller,
        fingerprint=mark,
        first_at=case.first_at,
        opened_at=now(),
        last_at=case.last_at,
        severity=case.severity,
        due_at=case.due_at,
    )
    webhook_events.of_case(WebhookEvent.CASE_OPENED, part)
    return part


def undo(actor: Actor, route: CaseRoute) -> None:
    """Lead the events back to where they came from. Raises CasesUnjoinable when it has ended."""
    with transaction.atomic():
        locks.hold(route.origin.fingerprint, route.leads_to)
        case_work.hold(route.origin_id, route.into_id)
        ended = CaseRoute.objects.filter(id=route.id, ended_at=None).update(ended_at=now())
        if not ended:
            raise CasesUnjoinable()
        touched = _file_anew(route)
        for case in Case.objects.filter(id__in=touched):
            _count(case)
        for case in (route.origin, route.into):
            case.refresh_from_db()
        facts = {"what": "led back", "from": str(route.into), "to": str(route.origin)}
        _record(actor, route.origin, facts)
        _record(actor, route.into, facts)


def _file_anew(route: CaseRoute) -> set[UUID]:
    """A route has ended: what stands in the case it led to, or was split from there, stands where
    its own mark leads to now. Ids of all cases whose events may have changed.
    """
    live = _by_facts()
    found, looked_at = [route.into_id], {route.into_id, route.origin_id}
    while found:
        case = Case.objects.get(id=found.pop())
        parts = [each.into_id for each in live if each.fingerprint == case.fingerprint]
        found += set(parts) - looked_at
        looked_at.update(parts)
        looked_at |= _lead(case, live)
    return looked_at


def _by_facts() -> list[CaseRoute]:
    return list(CaseRoute.objects.filter(ended_at=None).exclude(fact=""))


def _lead(case: Case, live: list[CaseRoute]) -> set[UUID]:
    """Its events stand where their own marks lead to now, as `live` splits them. Ids of the cases
    to which any went.
    """
    homes: dict[tuple[str, frozenset[UUID]], str] = {}
    moves: dict[str, list[UUID]] = defaultdict(list)
    rows = CaseEvent.objects.filter(case=case).values_list("id", "mark", "facts")
    for event_id, mark, facts in rows.iterator():
        having = frozenset(each.id for each in live if _has(each, facts))
        key = mark or case.fingerprint, having
        if key not in homes:
            homes[key] = led(key[0], facts)
        if homes[key] != case.fingerprint:
            moves[homes[key]].append(event_id)
    gone = set()
    for home, event_ids in moves.items():
        there = Case.objects.filter(fingerprint=home).latest("last_at")
        CaseEvent.objects.filter(id__in=event_ids).update(case=there)
        gone.add(there.id)
    return gone


def _has(route: CaseRoute, facts: Mapping[str, object]) -> bool:
    return str(facts.get(route.fact)) == route.value


def _lay(
    actor: Actor, mark: str, origin: Case, into: Case, *, fact: str = "", value: str = ""
) -> CaseRoute:
    return CaseRoute.objects.create(
        fingerprint=mark,
        fact=fact,
        value=value,
        leads_to=into.fingerprint,
        origin=origin,
        into=into,
        made_at=now(),
        made_by=actor.name,
    )


def _count(case: Case, before: Case | None = None) -> None:
    """A case's numbers from its events; without an open one it is resolved, with one it is not. A
    resolved one that got the open events of the case `before` has the time that was left of it.
    """
    events = CaseEvent.objects.filter(case=case)
    times = events.aggregate(first=Min("at"), last=Max("at"))
    standing = events.filter(outcome__in=STANDING).count()
    changed: dict[str, object] = {"event_count": events.count(), "open_count": standing}
    if times["first"] is not None:
        changed |= {"first_at": times["first"], "last_at": times["last"]}
    was = case.state
    if standing:
        changed |= {"state": CaseState.OPEN, "resolved_at": None, "resolution": ""}
        if was == CaseState.RESOLVED and before is not None:
            began = {"opened_at": before.opened_at, "due_at": before.due_at}
            changed |= {**case_work.come_back(case), **began}
    elif was == CaseState.OPEN:
        changed |= {"state": CaseState.RESOLVED, "resolved_at": now()}
    Case.objects.filter(id=case.id).update(**changed)
    case.refresh_from_db()
    if case.state != was:
        webhook_events.of_case(_TURNS[CaseState(case.state)], case)


def _record(actor: Actor, case: Case, facts: Mapping[str, str]) -> None:
    about = ledger.About(
        environment=case.environment, subject_id=case.id, organisation_id=case.organisation_id
    )
    ledger.record(ledger.Kind.CASE_CHANGED, about, facts, actor=actor)
