"""How far an order has come, read from what is stored: ordered, accepted, performed, images,
documents, done; and what is missing (AC-3).

Counted are the studies stored under any version of the authorisation, and those of the same patient
and service event in the same register, whoever stored them: save under another order of the
patient, whose work they are. A study that was rejected whole, or has been corrected to somebody
else, does not do what was ordered.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import (
    Case,
    CharField,
    Count,
    Exists,
    F,
    Model,
    OuterRef,
    Q,
    QuerySet,
    TextChoices,
    Value,
    When,
)
from django.utils.translation import gettext_lazy as _

from archive.models import (
    Authorisation,
    AuthorisationLevel,
    Document,
    DocumentKind,
    DocumentStatus,
    Study,
    StudyState,
)
from archive.queries import standing
from archive.queries.authorisations import RELATED
from archive.values import now, today

IN_COLUMN = 50  # shown of each column
DONE_SHOWN = timedelta(days=30)
UNDOCUMENTED = (StudyState.RECEIVING, StudyState.WAITING)


class Stage(TextChoices):
    ORDERED = "ordered", _("ordered")
    ACCEPTED = "accepted", _("accepted")
    PERFORMED = "performed", _("performed")
    IMAGES = "images", _("images stored")
    DOCUMENTS = "documents", _("documents stored")
    DONE = "done", _("done")


def followed(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Rows that carry `person`, with their `stage`."""
    return rows.annotate(
        stage=Case(
            When(done_at__isnull=False, then=Value(Stage.DONE.value)),
            When(_stored() & ~_undocumented(), then=Value(Stage.DOCUMENTS.value)),
            When(_stored(), then=Value(Stage.IMAGES.value)),
            When(_studies() | Q(_note()), then=Value(Stage.PERFORMED.value)),
            When(accepted_at__isnull=False, then=Value(Stage.ACCEPTED.value)),
            default=Value(Stage.ORDERED.value),
            output_field=CharField(),
        )
    )


def with_stage(row: Authorisation) -> Any:
    """One row as it is now."""
    rows = Authorisation.objects.select_related(*RELATED).annotate(person=standing.PERSON)
    return followed(rows).get(id=row.id)


def _studies(**wanted: object) -> Q:
    """Whether there is a study of that kind: under it, or of its service event."""
    under = Study.objects.annotate(person=standing.PERSON).filter(
        Q(authorisation__patient=None) | Q(person=OuterRef("person")),
        authorisation__series=OuterRef("series"),
        environment=OuterRef("environment"),
    )
    alike = _of_event(Study).exclude(state=StudyState.CORRECTED).exclude(_of_an_order())
    under = under.exclude(state=StudyState.CORRECTED)
    return Q(Exists(under.filter(**wanted))) | Q(Exists(alike.filter(**wanted)))


def _of_an_order() -> Q:
    """Stored under an authorisation of the patient. A study of this row's own is found by that."""
    return Q(authorisation__level=AuthorisationLevel.PATIENT)


def _stored() -> Q:
    states = [each for each in StudyState if each != StudyState.RECEIVING]
    return _studies(state__in=states)


def _undocumented() -> Q:
    return _studies(state__in=UNDOCUMENTED)


def _note() -> Exists:
    """An examination note says that it was performed, before any image is here."""
    return Exists(
        _of_event(Document).filter(kind=DocumentKind.STUDY_ENTRY, status=DocumentStatus.APPROVED)
    )


def _of_event(model: type[Model]) -> QuerySet[Any]:
    rows = model._default_manager.annotate(person=standing.PERSON).exclude(service_event="")
    return rows.filter(
        environment=OuterRef("environment"),
        register_id=OuterRef("register_id"),
        person=OuterRef("person"),
        service_event=OuterRef("service_event"),
    )


def times(row: Any, studies: Sequence[Study]) -> dict[Stage, datetime]:
    """When a row that carries its stage reached each, as far as that is known. Images are stored
    when the last of them has come, documents when the last study could be registered.
    """
    reached = list(Stage).index(Stage(row.stage))
    came = [
        study.quiet_since or study.received_at
        for study in studies
        if study.state != StudyState.RECEIVING
    ]
    known = {
        Stage.ORDERED: row.made_at,
        Stage.ACCEPTED: row.accepted_at,
        Stage.PERFORMED: min((study.received_at for study in studies), default=None),
        Stage.IMAGES: max(came, default=None),
        Stage.DOCUMENTS: max(
            (study.registered_at for study in studies if study.registered_at), default=None
        ),
        Stage.DONE: row.done_at,
    }
    return {
        stage: at
        for place, (stage, at) in enumerate(known.items())
        if at is not None and (place <= reached or stage == Stage.ACCEPTED)
    }


def is_late(row: Authorisation) -> bool:
    return row.closed_at is None and row.due_on is not None and row.due_on < today()


# --- the board ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Column:
    stage: Stage
    rows: Sequence[Any]
    count: int


def on_board(rows: QuerySet[Any]) -> QuerySet[Any]:
    """What is under way, and what was done lately."""
    recent = now() - DONE_SHOWN
    return followed(rows.filter(Q(closed_at=None) | Q(done_at__gte=recent)))


def board(rows: QuerySet[Any]) -> list[Column]:
    """A column for each stage, what is due first at its head."""
    shown = on_board(rows)
    counts = dict(shown.order_by().values_list("stage").annotate(Count("id")))
    return [
        Column(stage, _first(shown, stage) if counts.get(stage) else [], counts.get(stage, 0))
        for stage in Stage
    ]


def _first(shown: QuerySet[Any], stage: Stage) -> list[Any]:
    due = F("due_on").asc(nulls_last=True)
    newest_first = ("-done_at", "-id") if stage == Stage.DONE else (due, "made_at", "id")
    return list(shown.filter(stage=stage).order_by(*newest_first)[:IN_COLUMN])


# --- what is missing ------------------------------------------------------------------------------


def studies_of(rows: Iterable[Authorisation]) -> dict[UUID, list[Study]]:
    """The studies of each series, the latest first; two queries however many rows."""
    listed = list(rows)
    by_event: dict[tuple[object, ...], list[Authorisation]] = defaultdict(list)
    for row in listed:
        if row.patient is not None and row.service_event:
            person = standing.person_id(row.patient)
            by_event[row.environment, row.register_id, person, row.service_event].append(row)
    found: dict[UUID, dict[UUID, Study]] = defaultdict(dict)
    whose = {row.series: standing.person_id(row.patient) for row in listed if row.patient}
    related = ("authorisation", "patient", "connection__organisation")
    stored = Study.objects.select_related(*related).order_by("-received_at", "-id")
    stored = stored.exclude(state=StudyState.CORRECTED)
    for study in stored.filter(authorisation__series__in=[row.series for row in listed]):
        person = standing.person_id(study.patient)
        if study.authorisation and whose.get(study.authorisation.series, person) == person:
            found[study.authorisation.series][study.id] = study
    events = [key[-1] for key in by_event]
    alike = stored.filter(service_event__in=events).exclude(_of_an_order()) if events else ()
    for study in alike:
        person = standing.person_id(study.patient)
        key = (study.environment, study.register_id, person, study.service_event)
        for row in by_event.get(key, ()):
            found[row.series][study.id] = study
    return {series: list(studies.values()) for series, studies in found.items()}


def missing(row: Authorisation, studies: Sequence[Study]) -> list[str]:
    """What an order still lacks: "producer", "acceptance", "images", or kinds of document."""
    if row.closed_at is not None:
        return []
    if row.producer_id is None:
        return ["producer"]
    lacking = [] if row.accepted_at is not None else ["acceptance"]
    if not studies:
        # Of the population no number is ordered.
        return [*lacking, "images"] if row.level == AuthorisationLevel.PATIENT else lacking
    waits = {kind for study in studies for kind in study.waits_for.split(",") if kind}
    return [*lacking, *(kind for kind in DocumentKind.values if kind in waits)]
