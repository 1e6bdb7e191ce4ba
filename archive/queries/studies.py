"""Studies by what people and peers know of them; lists page by key and never count."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.db.models import Q, QuerySet

from archive.models import CaseEvent, Document, DocumentKind, Patient, Study
from archive.queries import standing
from archive.values import HELSINKI, PatientIdentifier

PAGE = 50
COUNTED = 10_001  # one more than is ever said: "over 10,000"


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list of studies is narrowed by; empty means any."""

    environment: str = "production"
    organisation_id: UUID | None = None
    state: str = ""
    modality: str = ""
    study_code: str = ""
    accession_number: str = ""
    patient_id: UUID | None = None
    received_from: date | None = None
    received_until: date | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """A stretch of a list ordered newest first. A cursor is the place of a row, so rows that come
    or go meanwhile neither repeat nor hide others.
    """

    rows: Sequence[Study]
    older: str
    newer: str


def narrowed(filters: Filters) -> QuerySet[Study]:
    """The studies that the filters leave, with what a list shows of them."""
    rows = Study.objects.filter(environment=filters.environment).select_related(
        "register__organisation", "connection"
    )
    exact = {
        "register__organisation_id": filters.organisation_id,
        "state": filters.state,
        "study_code": filters.study_code,
        "accession_number": filters.accession_number,
    }
    rows = rows.filter(**{name: value for name, value in exact.items() if value})
    if filters.modality:
        rows = rows.filter(modalities__contains=[filters.modality])
    if filters.patient_id:
        rows = rows.filter(standing.of_person(filters.patient_id))
    if filters.received_from:
        rows = rows.filter(received_at__gte=_midnight(filters.received_from))
    if filters.received_until:
        rows = rows.filter(received_at__lt=_midnight(filters.received_until + timedelta(days=1)))
    return rows


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), HELSINKI)


def page(rows: QuerySet[Study], *, older_than: str = "", newer_than: str = "") -> Page:
    """One page by key. Raises ValueError when a cursor is none."""
    if newer_than:
        at, study_id = _cursor(newer_than)
        after = Q(received_at__gt=at) | Q(received_at=at, id__gt=study_id)
        found = list(
            rows.filter(after, received_at__gte=at).order_by("received_at", "id")[: PAGE + 1]
        )
        more, found = len(found) > PAGE, found[:PAGE][::-1]
        return Page(found, _key(found[-1]) if found else "", _key(found[0]) if more else "")
    if older_than:
        at, study_id = _cursor(older_than)
        before = Q(received_at__lt=at) | Q(received_at=at, id__lt=study_id)
        rows = rows.filter(before, received_at__lte=at)  # where an index scan may begin
    found = list(rows.order_by("-received_at", "-id")[: PAGE + 1])
    more, found = len(found) > PAGE, found[:PAGE]
    newer = _key(found[0]) if older_than and found else ""
    return Page(found, _key(found[-1]) if more else "", newer)


def _key(study: Study) -> str:
    return f"{study.received_at.timestamp():.6f}_{study.id}"


def _cursor(text: str) -> tuple[datetime, UUID]:
    stamp, _, study_id = text.partition("_")
    return datetime.fromtimestamp(float(stamp), HELSINKI), UUID(study_id)


def count(rows: QuerySet[Study]) -> int:
    """How many, counted to 10,001 only."""
    return rows.order_by()[:COUNTED].count()


def oldest(rows: QuerySet[Study]) -> datetime | None:
    """When the longest-held study of a list was received."""
    return rows.order_by("received_at", "id").values_list("received_at", flat=True).first()


def by_key(key: str) -> list[Study]:
    """Studies with this accession number or Study Instance UID, everywhere, newest first."""
    rows = Study.objects.filter(Q(accession_number=key) | Q(study_instance_uid=key))
    return list(
        rows.select_related("register__organisation", "patient").order_by("-received_at", "-id")[
            :50
        ]
    )


def refusals_by_key(key: str) -> list[CaseEvent]:
    """Refused objects that named this accession number or Study Instance UID."""
    rows = CaseEvent.objects.filter(Q(accession_number=key) | Q(study_instance_uid=key))
    return list(rows.select_related("case").order_by("-at", "-id")[:500])


def patient_by_code(environment: str, identifier: PatientIdentifier) -> Patient | None:
    """The patient of an exact code; the survivor when it was merged."""
    found = (
        Patient.objects.filter(
            environment=environment, issuer=identifier.issuer, identifier=identifier.value
        )
        .select_related("survivor")
        .first()
    )
    return found.survivor or found if found else None


def documents_of(study: Study) -> list[Document]:
    """The study's documents, its manifests included, in the order they were registered."""
    person = standing.of_person(standing.person_id(study.patient))
    tied = Q(
        environment=study.environment,
        register__controller_oid=study.register.controller_oid,
        accession_number=study.accession_number,
    )
    own = Q(study_instance_uid="") | Q(study_instance_uid=study.study_instance_uid)
    care = tied & person & own & ~Q(kind=DocumentKind.MANIFEST)
    return list(Document.objects.filter(care | Q(study=study)).order_by("registered_at"))
