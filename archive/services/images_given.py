"""Images on their way out: which may go, and the log's word before they leave (XD-3, LG-1).

`choose` finds what the asker may see of what it names, `release` decides once more and writes down
what goes, one entry a study.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from django.db.models import Exists, OuterRef, QuerySet

from archive import gate
from archive.config import settings
from archive.errors import ArchiveError
from archive.errors.retrieval import DocumentUnknown, RepositoryUnknown
from archive.models import (
    CaseEvent,
    Document,
    DocumentKind,
    DocumentStatus,
    EventOutcome,
    Instance,
    Study,
)
from archive.objects.retrieving import ImageRequest, Problem, WantedObject
from archive.queries import standing
from archive.rules.access import Action, Decision
from archive.rules.disclosure import What
from archive.services import disclosure, objects_out, serving
from archive.services.asking import Asking
from archive.services.disclosure import Given
from archive.services.error_desk import Place
from archive.services.serving import Outgoing

RETRIEVE = Place("xds", "retrieve")
_STEP = 1_000  # objects looked up at once


@dataclass(frozen=True, slots=True)
class Chosen:
    """An object that may be seen, and the transfer syntax in which it goes."""

    wanted: WantedObject
    study: Study
    held: Outgoing
    transfer_syntax_uid: str


@dataclass(frozen=True, slots=True)
class _Found:
    study: Study
    series_uid: str
    held: Outgoing


def choose(asking: Asking, request: ImageRequest) -> tuple[list[Chosen], list[Problem]]:
    """What of it may be seen and can be given; the rest, each with its reason."""
    wanted = list(dict.fromkeys(request.objects))
    studies = _studies(asking, {each.study_uid for each in wanted})
    found = _instances(studies, [each.unique_id for each in wanted])
    chosen, problems = [], []
    for each in wanted:
        try:
            row = _require(asking, each, found.get(each.unique_id))
            syntax = objects_out.syntax_for(row.held, request.transfer_syntaxes)
            objects_out.require_held(row.held)
            chosen.append(Chosen(each, row.study, row.held, syntax))
        except ArchiveError as error:
            problems.append(Problem(each, error))
    return chosen, problems


def _require(asking: Asking, wanted: WantedObject, found: _Found | None) -> _Found:
    """Raises CommunityMissing, CommunityUnknown, RepositoryUnknown, DocumentUnknown."""
    asking.require_home(wanted)
    if wanted.repository != settings().imaging_source:
        raise RepositoryUnknown()
    named = (wanted.study_uid, wanted.series_uid)
    if found is None or (found.study.study_instance_uid, found.series_uid) != named:
        raise DocumentUnknown()
    return found


def _studies(asking: Asking, uids: set[str]) -> dict[object, Study]:
    """Those of these that may be given, by their id."""
    return {row.id: row for row in registered(asking).filter(study_instance_uid__in=uids)}


def registered(asking: Asking) -> QuerySet[Study]:
    """Those that may be seen and have a manifest in force: what is not registered any more, or not
    yet, is not given.
    """
    in_force = Document.objects.filter(
        study=OuterRef("pk"), kind=DocumentKind.MANIFEST, status=DocumentStatus.APPROVED
    )
    rows = gate.visible(Study.objects.all(), asking.actor)
    related = ("register__organisation", "patient__survivor", "overlay")
    return rows.filter(Exists(in_force), environment=asking.environment).select_related(*related)


def _instances(studies: Mapping[object, Study], uids: Sequence[str]) -> dict[str, _Found]:
    found: dict[str, _Found] = {}
    for start in range(0, len(uids) if studies else 0, _STEP):
        rows = Instance.objects.available().filter(
            study__in=list(studies), sop_instance_uid__in=uids[start : start + _STEP]
        )
        for row in rows.select_related("series"):
            row.study = studies[row.study_id]  # read once, however many objects it has
            series_uid = row.series.series_instance_uid
            found[row.sop_instance_uid] = _Found(
                studies[row.study_id], series_uid, serving.prepared(row)
            )
    return found


def release(asking: Asking, chosen: Sequence[Chosen]) -> tuple[list[Chosen], list[Problem]]:
    """Those that go, written down by now: what cannot be written is not given. The rest was
    withdrawn from sight a moment ago.
    """
    rows = _anew(asking, chosen)
    verdicts = gate.decisions(asking.actor, Action.QUERY, rows)
    allowed = {
        row.id: (row.study, verdict)
        for row, verdict in zip(rows, verdicts, strict=True)
        if verdict.allowed
    }
    going = [
        replace(each, study=allowed[each.held.id][0]) for each in chosen if each.held.id in allowed
    ]
    problems = [
        Problem(each.wanted, DocumentUnknown()) for each in chosen if each.held.id not in allowed
    ]
    counts = Counter(each.study.id for each in going)
    studies = {
        each.study.id: _given(*allowed[each.held.id], counts[each.study.id]) for each in going
    }
    if studies:
        disclosure.given(
            asking.actor,
            list(studies.values()),
            environment=asking.environment,
            interface=asking.interface,
            message_id=asking.message_id,
            correlation_id=asking.correlation_id,
        )
    return going, problems


def _anew(asking: Asking, chosen: Sequence[Chosen]) -> list[Instance]:
    """The objects as they are now, of studies that still say what was made ready to go; each study
    is read once, however many objects it has.
    """
    before = {each.study.id: each.study for each in chosen}
    studies = {
        row.id: row
        for row in registered(asking).filter(id__in=list(before))
        if _standing(row) == _standing(before[row.id])
    }
    objects = Instance.objects.filter(
        id__in=[each.held.id for each in chosen], study__in=list(studies)
    )
    rows = list(objects.only("study", "rejection"))
    for row in rows:
        row.study = studies[row.study_id]
    return rows


def broke_off(asking: Asking, study_uids: Collection[str]) -> frozenset[str]:
    """Those of these studies of which the desk has an object that could not be given in full: of
    what is not there, or not to be seen, it has none by name.
    """
    events = CaseEvent.objects.filter(
        study_instance_uid__in=study_uids,
        case__environment=asking.environment,
        case__edge=RETRIEVE.edge,
        case__place=RETRIEVE.step,
    )
    named = events.exclude(sop_instance_uid="").exclude(outcome=EventOutcome.SOLVED)
    return frozenset(named.values_list("study_instance_uid", flat=True))


def _standing(study: Study) -> tuple[object, ...]:
    """Whose it is, and what is laid over its objects."""
    return study.patient_id, study.register_id, study.overlay_id


def _given(study: Study, verdict: Decision, objects: int) -> Given:
    return Given(
        ground=verdict.ground,
        fired=verdict.fired,
        register=study.register,
        patient_id=standing.person_id(study.patient),
        what=What.IMAGES,
        study_id=study.id,
        objects=objects,
        service_event=study.service_event,
        authorisation_id=verdict.authorisation_id,
    )
