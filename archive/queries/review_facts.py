"""What the rules of review are judged on: the rules in force, who is watched for, earlier looks of
the same person, and whether care followed an emergency.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from archive.ledger import Kind
from archive.models import (
    Authorisation,
    Case,
    Document,
    LedgerEvent,
    ReviewCase,
    ReviewRule,
    Study,
    WatchedPerson,
)
from archive.models.dated import valid_on
from archive.queries import disclosures, standing
from archive.queries.disclosures import GIVEN
from archive.queries.use_log import STAFF_LOOKS
from archive.rules.review import Look, case_numbers
from archive.values import civil_day, midnight

LOG_LOOKS = (  # a person of the staff looks at a log
    Kind.LOG_SEARCHED.word,
    Kind.LOG_READ.word,
    Kind.LOG_EXPORTED.word,
    Kind.LOG_REPORTED.word,
    Kind.REVIEW_VIEWED.word,
)
REVIEWED = frozenset({*GIVEN, *STAFF_LOOKS, *LOG_LOOKS})
MOST = 1_000  # of one person's earlier looks, the newest


def rules_in_force(rules: Iterable[ReviewRule], scope: str, at: datetime) -> list[ReviewRule]:
    return [
        rule
        for rule in rules
        if rule.scope == scope
        and rule.is_on
        and rule.valid_from <= at
        and (rule.valid_until is None or at < rule.valid_until)
    ]


def watched(persons: Collection[UUID], day: date) -> set[UUID]:
    """Which of these are watched for on a day. Whoever was merged away counts as the survivor."""
    rows = WatchedPerson.objects.filter(valid_on(day), standing.of_persons(persons))
    found = rows.values_list("patient_id", "patient__survivor_id")
    return {survivor or patient for patient, survivor in found}


# --- earlier looks --------------------------------------------------------------------------------


def given_to(
    environment: str, organisation_id: UUID | None, user: str, since: datetime, until: datetime
) -> QuerySet[LedgerEvent]:
    """What was given to a professional of this organisation."""
    filters = disclosures.Filters(
        environment=environment,
        receiver_id=organisation_id,
        user=user,
        since=since,
        until=until + timedelta(microseconds=1),
        kinds=GIVEN,
    )
    return disclosures.narrowed(filters)


def looked_by(
    person_id: UUID, kinds: Sequence[str], since: datetime, until: datetime
) -> QuerySet[LedgerEvent]:
    """What a person of the staff looked at."""
    rows = LedgerEvent.objects.filter(
        actor_kind__in=("staff", "customer"),  # word for word as the index has it
        actor_id=person_id,
        at__gte=since,
        at__lte=until,
    )
    return rows.filter(kind__in=kinds, actor_kind="staff")


def looks(rows: QuerySet[LedgerEvent]) -> list[Look]:
    """The newest, in the order of time."""
    newest = rows.order_by("-at", "-id").values_list("at", "id", "patient_id", "facts__reason")
    return [Look(at, event_id, who, why or "") for at, event_id, who, why in newest[:MOST]][::-1]


def without_case(looks: Sequence[Look]) -> list[Look]:
    """Those whose reason names no case that there is."""
    named = {each.event_id: case_numbers(each.reason) for each in looks}
    asked = {number for numbers in named.values() for number in numbers}
    known = {
        *(("E", each) for each in _numbers(Case.objects.all(), asked, "E")),
        *(("R", each) for each in _numbers(ReviewCase.objects.all(), asked, "R")),
    }
    return [each for each in looks if not named[each.event_id] & known]


def _numbers(rows: QuerySet[Any], asked: set[tuple[str, int]], letter: str) -> list[int]:
    wanted = [number for each, number in asked if each == letter]
    return list(rows.filter(number__in=wanted).values_list("number", flat=True)) if wanted else []


# --- care after an emergency ----------------------------------------------------------------------


def cared_for(event: LedgerEvent, until: datetime) -> bool:
    """Whether the organisation has since the day of the emergency archived something of the
    patient, ordered or been ordered care, or used the data otherwise than in an emergency.
    """
    if event.organisation_id is None or event.patient_id is None:
        return False
    since = midnight(civil_day(event.at))
    persons = disclosures.ids_of_person(event.patient_id)
    own = Q(register__organisation_id=event.organisation_id)
    return (
        Study.objects.filter(
            own, patient_id__in=persons, received_at__gte=since, received_at__lt=until
        ).exists()
        or Document.objects.filter(
            own, patient_id__in=persons, registered_at__gte=since, registered_at__lt=until
        ).exists()
        or _ordered(event, persons, since, until)
        or _used_otherwise(event, persons, since, until)
    )


def _ordered(event: LedgerEvent, persons: Sequence[UUID], since: datetime, until: datetime) -> bool:
    party = Q(organiser_id=event.organisation_id) | Q(producer_id=event.organisation_id)
    rows = Authorisation.objects.filter(
        party, patient_id__in=persons, environment=event.environment
    )
    return rows.filter(made_at__gte=since, made_at__lt=until).exists()


def _used_otherwise(
    event: LedgerEvent, persons: Sequence[UUID], since: datetime, until: datetime
) -> bool:
    rows = LedgerEvent.objects.filter(
        kind__in=GIVEN,
        environment=event.environment,
        patient_id__in=persons,
        organisation_id=event.organisation_id,
        at__gte=since,
        at__lt=until,
    )
    return rows.filter(facts__emergency=False).exists()
