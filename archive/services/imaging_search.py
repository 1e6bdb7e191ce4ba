"""Registered studies by what is said of them, page by page (ImagingStudy): what the gate lets be
seen, and what is disclosed by it in the log first.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, Q

from archive import conversation, ledger
from archive.errors.fhir import ResourceUnknown
from archive.models import Instance, Series, Study
from archive.objects.search import Term, Token
from archive.queries import keyset, standing, terms
from archive.services import disclosure, images_given, metadata_given
from archive.services.asking import Asking
from archive.services.document_search import ORDER
from archive.services.web_searches import Search


@dataclass(frozen=True, slots=True)
class SeriesFound:
    """`instances` are its objects when one study was asked for, else only their number is told."""

    series: Series
    count: int
    instances: Sequence[Instance] = ()


@dataclass(frozen=True, slots=True)
class Found:
    studies: Sequence[Study]
    series: Mapping[UUID, Sequence[SeriesFound]]  # by study
    following: str = ""


def find(asking: Asking, search: Search) -> Found:
    """Raises ValueError when the page is none."""
    wanted = terms.condition(search.terms, terms.STUDY) & search.about()
    rows = images_given.registered(asking).filter(wanted)
    page = keyset.page(rows, ORDER, after=search.after, size=search.size)
    studies = metadata_given.released(
        asking.actor,
        page.rows,
        environment=asking.environment,
        interface=asking.interface,
        message_id=asking.message_id,
        correlation_id=asking.correlation_id,
    )
    _record(asking, search, studies)
    return Found(studies, _series(studies), page.following)


def one(asking: Asking, study_id: str) -> Found:
    """With all its objects. Raises ResourceUnknown."""
    found = find(asking, Search((Term("_id", (Token(study_id),)),), size=1))
    if not found.studies:
        raise ResourceUnknown()
    held: dict[UUID, list[Instance]] = {}
    rows = Instance.objects.available().filter(study=found.studies[0])
    for row in rows.order_by("id"):
        held.setdefault(row.series_id, []).append(row)
    series = {
        study_id: [
            SeriesFound(each.series, each.count, held.get(each.series.id, ())) for each in listed
        ]
        for study_id, listed in found.series.items()
    }
    return Found(found.studies, series)


def _series(studies: Sequence[Study]) -> dict[UUID, list[SeriesFound]]:
    """Those with objects that are given out."""
    counted = (
        Instance.objects.available()
        .filter(study__in=[each.id for each in studies])
        .values("series_id")
        .annotate(count=Count("id"))
    )
    counts = {row["series_id"]: row["count"] for row in counted}
    found: dict[UUID, list[SeriesFound]] = {}
    for row in Series.objects.filter(Q(id__in=counts)).order_by("id"):
        found.setdefault(row.study_id, []).append(SeriesFound(row, counts[row.id]))
    return found


def _record(asking: Asking, search: Search, studies: Sequence[Study]) -> None:
    """The use log: who asked about whom."""
    persons = {standing.person_id(each.patient) for each in studies}
    about = ledger.About(
        environment=asking.environment,
        organisation_id=asking.actor.organisation_id,
        subject_id=asking.actor.id,
        patient_id=disclosure.person_asked(asking.actor, persons),
        correlation_id=asking.correlation_id,
    )
    facts = {
        "level": "STUDY",
        "keys": sorted({term.name for term in search.terms}),
        "found": len(studies),
        "calling": asking.actor.name,
        "interface": "FHIR",
        **disclosure.asked_by(asking.actor),
        **conversation.timing(),
    }
    ledger.record(ledger.Kind.IMAGES_QUERIED, about, facts, actor=asking.actor)
