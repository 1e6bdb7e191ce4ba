"""Each look judged by the rules in force when it happened (LG-5). What it takes to tell a kind of
suspicion is one function; the numbers are in the rule's row.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from archive.actors import ActorKind
from archive.ledger import Kind
from archive.models import (
    Environment,
    LedgerEvent,
    Patient,
    ReviewCheck,
    ReviewKind,
    ReviewRule,
)
from archive.queries import review_facts, standing
from archive.queries.disclosures import DISCLOSED, GIVEN
from archive.queries.review_facts import LOG_LOOKS
from archive.queries.use_log import STAFF_LOOKS
from archive.rules import review
from archive.rules.review import Hours, Look
from archive.services.suspicions import Place, Raised, Who, raise_, who_looked
from archive.values import civil_day, now


@dataclass(frozen=True, slots=True)
class Seen:
    """A look with who looked and at whom."""

    event: LedgerEvent
    who: Who
    person_id: UUID | None = None  # the survivor
    codes: tuple[str, ...] = ()
    patient_name: str = ""

    @property
    def place(self) -> Place:
        return self.event.at, self.event.id

    @property
    def environment(self) -> str:
        return self.event.environment or Environment.PRODUCTION.value

    @property
    def is_log(self) -> bool:
        return self.event.kind in LOG_LOOKS

    @property
    def is_emergency(self) -> bool:
        """Another's data was opened by it; what was open anyhow is no emergency use."""
        return self.event.kind in DISCLOSED and self.event.facts.get("emergency") is True


@dataclass(frozen=True, slots=True)
class Found:
    """The entries that show it, and what was measured."""

    events: Sequence[Place]
    facts: Mapping[str, Any] = field(default_factory=dict)


Judge = Callable[[Seen, ReviewRule], Found | None]


def judge(events: Iterable[LedgerEvent]) -> None:
    """In the caller's transaction. Judging the same again raises nothing."""
    looks = [event for event in events if is_reviewed(event)]
    rules = list(ReviewRule.objects.all())
    for seen in _seen(looks):
        _judge_one(seen, review_facts.rules_in_force(rules, seen.who.scope, seen.event.at))


def is_reviewed(event: LedgerEvent) -> bool:
    """What a customer's professional was given, and what the staff looked at."""
    if event.actor_kind == ActorKind.CONNECTION:
        return event.kind in GIVEN
    return event.actor_kind == ActorKind.STAFF and event.kind in (*STAFF_LOOKS, *LOG_LOOKS)


def _seen(events: Sequence[LedgerEvent]) -> Iterable[Seen]:
    ids = {event.patient_id for event in events if event.patient_id}
    patients = Patient.objects.select_related("survivor").in_bulk(ids)
    for event, who in zip(events, who_looked(events), strict=True):
        patient = patients.get(event.patient_id) if event.patient_id else None
        if patient is None:
            yield Seen(event, who)
            continue
        root = patient.survivor or patient
        codes = (root.identifier, patient.identifier)
        yield Seen(event, who, standing.person_id(patient), codes, root.name)


def _judge_one(seen: Seen, rules: Sequence[ReviewRule]) -> None:
    told = set()
    for rule in sorted(rules, key=lambda each: ORDER[each.kind]):
        kind = ReviewKind(rule.kind)
        if kind == ReviewKind.FAMILY_NAME and ReviewKind.OWN_RECORD in told:
            continue  # it is the same name
        found = JUDGES[kind](seen, rule)
        if found is not None:
            told.add(kind)
            _raise(seen, rule, found)


def _raise(seen: Seen, rule: ReviewRule, found: Found) -> None:
    raise_(
        Raised(
            ReviewKind(rule.kind),
            seen.who,
            seen.environment,
            found.events,
            rule,
            seen.person_id,
            found.facts,
        )
    )


# --- one look tells -------------------------------------------------------------------------------


def _emergency(seen: Seen, rule: ReviewRule) -> Found | None:
    return Found([seen.place]) if seen.is_emergency else None


def _without_care(seen: Seen, rule: ReviewRule) -> None:
    """Nothing can be said yet: it is looked at again when care has had time to follow."""
    if seen.is_emergency:
        due = seen.event.at + timedelta(minutes=rule.window_minutes)
        places = {"event_at": seen.event.at, "rule": rule, "due_at": due}
        ReviewCheck.objects.get_or_create(event_id=seen.event.id, defaults=places)


def _own_record(seen: Seen, rule: ReviewRule) -> Found | None:
    if seen.person_id is None or seen.is_log:
        return None
    who = seen.who
    same = review.is_same_person(who.user, who.user_name, seen.codes, seen.patient_name)
    return Found([seen.place]) if same else None


def _family_name(seen: Seen, rule: ReviewRule) -> Found | None:
    if seen.person_id is None or seen.is_log:
        return None
    shares = review.shares_family_name(seen.who.user_name, seen.patient_name)
    return Found([seen.place]) if shares else None


def _watched(seen: Seen, rule: ReviewRule) -> Found | None:
    """Looks at the log of a watched person are looks at the person."""
    if seen.person_id is None:
        return None
    day = civil_day(seen.event.at)
    return Found([seen.place]) if review_facts.watched({seen.person_id}, day) else None


def _no_care_relation(seen: Seen, rule: ReviewRule) -> Found | None:
    """Of a disclosure whose assertion, or lack of one, claims none. Emergencies need none; what
    customers report tells of none either way.
    """
    event = seen.event
    if event.kind != Kind.DISCLOSURE_GIVEN.word or seen.is_emergency:
        return None
    return Found([seen.place]) if event.facts.get("care_relation") == "" else None


# --- several looks tell ---------------------------------------------------------------------------


def _many_patients(seen: Seen, rule: ReviewRule) -> Found | None:
    if seen.person_id is None or seen.is_log:
        return None
    looks = _earlier(seen, rule, STAFF_LOOKS)
    persons = review.persons(looks)
    return _from(rule, persons, looks, persons=persons)


def _outside_hours(seen: Seen, rule: ReviewRule) -> Found | None:
    if rule.opens is None or rule.closes is None or seen.is_log:
        return None
    hours = Hours(rule.opens, rule.closes, rule.weekdays_only)
    if hours.hold(seen.event.at):
        return None
    looks = review.outside(_earlier(seen, rule, STAFF_LOOKS), hours)
    return _from(rule, len(looks), looks, looks=len(looks))


def _log_reading(seen: Seen, rule: ReviewRule) -> Found | None:
    if not seen.is_log:
        return None
    looks = _earlier(seen, rule, LOG_LOOKS)
    return _from(rule, len(looks), looks, looks=len(looks))


def _without_case(seen: Seen, rule: ReviewRule) -> Found | None:
    if seen.is_log or seen.person_id is None:
        return None
    looks = review_facts.without_case(_earlier(seen, rule, STAFF_LOOKS))
    if seen.event.id not in {look.event_id for look in looks}:
        return None
    return _from(rule, len(looks), looks, looks=len(looks))


def _earlier(seen: Seen, rule: ReviewRule, kinds: Sequence[str]) -> list[Look]:
    """The looks of the same person within the rule's time, this one among them. Of a system with
    nobody behind it none: many professionals share it.
    """
    until = seen.event.at
    since = until - timedelta(minutes=rule.window_minutes)
    if seen.who.person_id is not None:
        rows = review_facts.looked_by(seen.who.person_id, kinds, since, until)
        return review_facts.looks(rows)
    if not seen.who.user:
        return []
    who = seen.who
    rows = review_facts.given_to(seen.environment, who.organisation_id, who.user, since, until)
    return review_facts.looks(rows)


def _from(rule: ReviewRule, count: int, looks: Sequence[Look], /, **measured: int) -> Found | None:
    if count < max(rule.threshold, 1):
        return None
    return Found([(look.at, look.event_id) for look in looks], measured)


JUDGES: Mapping[str, Judge] = {
    ReviewKind.EMERGENCY: _emergency,
    ReviewKind.EMERGENCY_WITHOUT_CARE: _without_care,
    ReviewKind.OWN_RECORD: _own_record,
    ReviewKind.FAMILY_NAME: _family_name,
    ReviewKind.WATCHED: _watched,
    ReviewKind.NO_CARE_RELATION: _no_care_relation,
    ReviewKind.MANY_PATIENTS: _many_patients,
    ReviewKind.OUTSIDE_HOURS: _outside_hours,
    ReviewKind.LOG_READING: _log_reading,
    ReviewKind.WITHOUT_CASE: _without_case,
}
ORDER = {kind: place for place, kind in enumerate(JUDGES)}


# --- later ----------------------------------------------------------------------------------------


def look_again(limit: int = 100, *, at: datetime | None = None) -> int:
    """In the caller's transaction: emergencies after which care has had time to follow; how many
    were looked at.
    """
    moment = at or now()
    rows = ReviewCheck.objects.filter(done_at=None, due_at__lte=moment).select_related("rule")
    held = list(rows.select_for_update(skip_locked=True, of=("self",)).order_by("due_at")[:limit])
    places = {(row.event_at, row.event_id): row for row in held}
    events = LedgerEvent.objects.filter(
        at__in=[row.event_at for row in held], id__in=[row.event_id for row in held]
    )
    for seen in _seen(list(events)):
        row = places.get(seen.place)
        if row is not None and not review_facts.cared_for(seen.event, row.due_at):
            _raise(seen, row.rule, Found([seen.place]))
    ReviewCheck.objects.filter(id__in=[row.id for row in held]).update(done_at=moment)
    return len(held)
