"""What may be destroyed, lists of it, how far each has come, and the forecast (AR-9)."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple
from uuid import UUID

from django.db.models import Count, Exists, F, Max, Min, OuterRef, Q, QuerySet, Sum, Value
from django.db.models.functions import Replace

from archive.errors import NotFound
from archive.ledger import Kind
from archive.models import (
    Case,
    CaseEvent,
    DestructionItem,
    DestructionList,
    Instance,
    ItemState,
    Job,
    JobKind,
    LedgerEvent,
    Patient,
    RetentionHold,
    RetentionSurvey,
    SecondKind,
    SecondPerson,
    SecondState,
    Study,
    StudyState,
)
from archive.queries import keyset, retention, standing
from archive.queries.keyset import Key
from archive.rules.retention import IN_FLUX, Facts
from archive.values import today

COUNTED = 10_001
SCANNED = 500
MOVES_SHOWN = 50
LIVE = (ItemState.LISTED, ItemState.CONDEMNED, ItemState.DESTROYED)
LEFT = (ItemState.LISTED, ItemState.CONDEMNED)
BY_NUMBER = (Key("number", int, True),)
BY_ID = (Key("id", UUID),)


# --- what may be destroyed ------------------------------------------------------------------------


def candidates(
    environment: str, *, ended_by: date, organisation_id: UUID | None
) -> QuerySet[Study]:
    """Studies whose retention had ended by a day as the last survey says, that are on no list. What
    is held is among them: that is judged with the rest.
    """
    listed = DestructionItem.objects.filter(study_id=OuterRef("id"), state__in=LIVE)
    rows = Study.objects.filter(
        ~Exists(listed),
        retention__environment=environment,
        retention__permanent=False,
        retention__committed=True,
        retention__ends_on__lte=ended_by,
    ).exclude(state__in=(StudyState.DESTROYED, *IN_FLUX))
    if organisation_id is not None:
        rows = rows.filter(register__organisation_id=organisation_id)
    return retention.with_facts(rows).order_by("retention__ends_on", "id")


def judged(rows: QuerySet[Study], on: date) -> Iterator[tuple[Study, Facts]]:
    """Each with its facts, read in parts."""
    ids = list(rows.values_list("id", flat=True))
    for start in range(0, len(ids), SCANNED):
        part = ids[start : start + SCANNED]
        found = retention.with_facts(Study.objects.all()).in_bulk(part)
        facts = retention.facts_of(found.values(), on)
        yield from ((found[each], facts[each]) for each in part)


def sizes(studies: Collection[Study]) -> dict[UUID, tuple[int, int]]:
    """How many objects of each go with it, and how many bytes: rejected ones too."""
    rows = Instance.objects.filter(study__in=[study.id for study in studies]).order_by()
    counted = rows.values("study_id").annotate(count=Count("id"), size=Sum("size"))
    return {row["study_id"]: (row["count"], row["size"]) for row in counted}


# --- lists ----------------------------------------------------------------------------------------


def lists(environment: str) -> QuerySet[DestructionList]:
    rows = DestructionList.objects.filter(environment=environment)
    return rows.select_related("made_by", "approved_by").annotate(
        studies=Count("items"),
        destroyed=Count("items", filter=Q(items__state=ItemState.DESTROYED)),
    )


def found(list_id: UUID) -> DestructionList:
    """Raises NotFound."""
    rows = DestructionList.objects.select_related("made_by", "approved_by")
    row = rows.filter(id=list_id).first()
    if row is None:
        raise NotFound()
    return row


def request_of(row: DestructionList) -> SecondPerson | None:
    """The open request for a second person."""
    rows = SecondPerson.objects.filter(
        kind=SecondKind.DESTRUCTION, subject_id=row.id, state=SecondState.OPEN
    )
    return rows.select_related("asked_by").first()


def moves(row: DestructionList) -> list[LedgerEvent]:
    """Who has moved it on, stopped or refused it and why, the latest first."""
    kind = Kind.DESTRUCTION_MOVED.word
    rows = LedgerEvent.objects.filter(subject_id=row.id, kind=kind)
    return list(rows.order_by("-at", "-id")[:MOVES_SHOWN])


@dataclass(frozen=True, slots=True)
class Progress:
    """How many studies of a list stand where, with the sizes of what is to go or has gone."""

    listed: int
    condemned: int
    destroyed: int
    spared: int
    instances: int
    bytes: int

    @property
    def total(self) -> int:
        return self.listed + self.condemned + self.destroyed + self.spared

    @property
    def done(self) -> int:
        return self.destroyed + self.spared


def progress(row: DestructionList) -> Progress:
    return progress_among([row.id])[row.id]


def progress_among(list_ids: Collection[UUID]) -> dict[UUID, Progress]:
    """Of each list, with one read for all."""

    def of(state: ItemState) -> Count:
        return Count("id", filter=Q(state=state))

    rows = DestructionItem.objects.filter(list__in=list_ids).order_by().values_list("list_id")
    counted = rows.annotate(
        listed=of(ItemState.LISTED),
        condemned=of(ItemState.CONDEMNED),
        destroyed=of(ItemState.DESTROYED),
        spared=of(ItemState.SPARED),
        instances_of_all=Sum("instances", filter=~Q(state=ItemState.SPARED), default=0),
        bytes_of_all=Sum("bytes", filter=~Q(state=ItemState.SPARED), default=0),
    )
    nothing = dict.fromkeys(list_ids, Progress(*[0] * 6))
    return nothing | {list_id: Progress(*counts) for list_id, *counts in counted}


def study_dates(row: DestructionList) -> tuple[str, str]:
    """The earliest and the latest of its studies, as DICOM has them; empty where none has one."""
    day = Replace(F("study__study_date"), Value("."), Value(""))
    told = DestructionItem.objects.filter(list=row).exclude(study__study_date="")
    found = told.order_by().aggregate(first=Min(day), last=Max(day))
    return found["first"] or "", found["last"] or ""


def items(row: DestructionList) -> QuerySet[DestructionItem]:
    rows = DestructionItem.objects.filter(list=row)
    return rows.select_related("rule", "study__register__organisation")


def page_of_items(
    row: DestructionList, *, after: str = "", before: str = ""
) -> keyset.Page[DestructionItem]:
    """In the order of proposal. Raises ValueError when a cursor is none."""
    return keyset.page(items(row), BY_ID, after=after, before=before)


# --- holds ----------------------------------------------------------------------------------------


def holds(environment: str, *, live_on: date | None) -> QuerySet[RetentionHold]:
    """Of a day those in force only; the newest first."""
    rows = RetentionHold.objects.all() if live_on is None else retention.live_holds(live_on)
    return rows.filter(environment=environment).select_related("study", "patient")


def holds_of(study: Study, on: date) -> list[RetentionHold]:
    """In force on a day: its own, and those of its patient under any id."""
    own = Q(study=study) | standing.of_person(standing.person_id(study.patient))
    rows = retention.live_holds(on).filter(own)
    return list(rows.order_by("-placed_at"))


def holds_alike(
    reason: str, until: date | None, *, study: Study | None, patient: Patient | None
) -> QuerySet[RetentionHold]:
    """In force on the same study or person for the same reason, and ending no sooner."""
    about = standing.of_person(standing.person_id(patient)) if patient else Q(study=study)
    lasts = Q(until=None) if until is None else Q(until=None) | Q(until__gte=until)
    rows = retention.live_holds(today()).filter(about, lasts, reason__iexact=reason)
    return rows.order_by("placed_at")


class Extent(NamedTuple):
    """How much a hold is about today."""

    studies: int
    objects: int


def extent_of(study: Study) -> Extent:
    return _extent(Study.objects.filter(id=study.id))


def extent_of_patient(patient_id: UUID) -> Extent:
    """Under any of the patient's ids."""
    roots = Patient.objects.filter(id=patient_id).values_list("survivor_id", "id")
    root = next((survivor or own for survivor, own in roots), None)
    ids = Patient.objects.filter(Q(id=root) | Q(survivor=root)).values_list("id", flat=True)
    return _extent(Study.objects.filter(patient__in=list(ids)))


def _extent(rows: QuerySet[Study]) -> Extent:
    """Rejected objects stay, so they count; destroyed ones do not."""
    kept = rows.exclude(state=StudyState.DESTROYED)
    objects = Instance.objects.filter(study__in=kept.values("id"))
    return Extent(kept.count(), objects.count())


# --- the forecast ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Forecast:
    """What the last whole survey counted: by year of the last day, and by standing."""

    survey: RetentionSurvey
    figures: dict[str, dict[str, int]]

    def total(self, standing: str) -> int:
        return sum(of_year.get(standing, 0) for of_year in self.figures.values())


def forecast(environment: str) -> Forecast | None:
    rows = RetentionSurvey.objects.filter(environment=environment).exclude(ended_at=None)
    survey = rows.order_by("-began_at").first()
    return None if survey is None else Forecast(survey, survey.figures)


@dataclass(frozen=True, slots=True)
class Walking:
    """The survey under way. Once its job was given up it stands; `case` says why."""

    survey: RetentionSurvey
    stands: bool
    case: Case | None


def walking(environment: str) -> Walking | None:
    survey = RetentionSurvey.objects.filter(environment=environment, ended_at=None).first()
    if survey is None:
        return None
    jobs = Job.objects.filter(kind=JobKind.RETENTION_SURVEY, subject_id=survey.id, ended_at=None)
    if jobs.exists():
        return Walking(survey, stands=False, case=None)
    failures = CaseEvent.objects.filter(subject_id=survey.id).select_related("case")
    last = failures.order_by("-at").first()
    return Walking(survey, stands=True, case=last.case if last else None)


def expired_count(environment: str, *, before: date) -> int:
    """What no hold of today keeps; counted to 10,001 only."""
    held = retention.live_holds(today()).filter(environment=environment)
    persons = held.exclude(patient=None).annotate(person=standing.PERSON)
    rows = candidates(environment, ended_by=before, organisation_id=None).order_by()
    free = (
        rows.annotate(person=standing.PERSON)
        .exclude(id__in=held.exclude(study=None).values("study_id"))
        .exclude(person__in=persons.values("person"))
    )
    return free.values("id")[:COUNTED].count()
