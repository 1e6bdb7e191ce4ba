"""What came from a customer in the test environment since its run began (ON-4)."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from django.db.models import Q

from archive.models import (
    AvailabilityNotice,
    CaseEvent,
    Connection,
    ConnectionKind,
    Document,
    Environment,
    Instance,
    LedgerEvent,
    StorageCommitment,
    Study,
)
from archive.values import now
from onboarding.models import Joining, RolloutRun
from onboarding.queries.rollout import (
    archived_today,
    means_of,
    own_test_connections,
    stores,
    wants_notices,
)
from onboarding.rules import rollout
from onboarding.rules.observations import (
    Commitment,
    Content,
    Echo,
    Facts,
    Failure,
    Notice,
    Observed,
    Sighted,
    StoredObject,
    StoredStudy,
)
from onboarding.rules.sightings import SIGHTINGS

TEST = Environment.TEST.value
MOST = 200  # newest of each that are looked at
STAND_IN = "rollout:"  # begins the message id of documents that the stand-in registered
# A run is looked at every few seconds; an hour back covers a pause without reading whole days.
LOOK_BACK = timedelta(hours=1)


def facts_of(run: RolloutRun) -> Facts:
    """Everything a verdict needs, by the connections of the customer itself."""
    connections = own_test_connections(run.organisation)
    own = [each.id for each in connections]
    means = means_of(connections)
    road = Joining.objects.filter(organisation=run.organisation).first()
    studies = _studies(run, own)
    ids = [each.id for each in studies]
    return Facts(
        contents=contents_of(run),
        bad_accession=rollout.bad_accession(run.number),
        notices_on=wants_notices(connections),
        means=means,
        stores=stores(road, means),
        echoes=_echoes(run, connections),
        objects=_objects(run, ids),
        failures=_failures(run),
        commitments=_commitments(run, own),
        studies=_stored(studies),
        notices=_notices(ids, own),
        sighted=_sighted(run),
    )


def contents_of(run: RolloutRun) -> dict[str, Content]:
    """Of the contents asked for, those that may be archived today."""
    road = Joining.objects.filter(organisation=run.organisation).first()
    return {
        content_type: Content(
            frozenset(uid for row in rows for uid in row.sop_classes),
            frozenset(word for row in rows for word in row.modalities),
            all(row.code_demanded for row in rows),
        )
        for content_type, rows in archived_today(road.content_types if road else []).items()
    }


def studies_of(run: RolloutRun) -> list[Study]:
    """The run's studies, newest first."""
    return _studies(run, [each.id for each in own_test_connections(run.organisation)])


def _studies(run: RolloutRun, connections: Sequence[UUID]) -> list[Study]:
    rows = Study.objects.filter(
        environment=TEST, connection__in=connections, received_at__gte=run.started_at
    )
    return list(rows.select_related("register", "patient").order_by("-received_at", "-id")[:MOST])


def _echoes(run: RolloutRun, connections: Sequence[Connection]) -> tuple[Echo, ...]:
    rows = LedgerEvent.objects.filter(
        kind="association.verified",
        subject_id__in=[each.id for each in connections if each.kind == ConnectionKind.DICOM],
        at__gte=run.started_at,
    )
    return tuple(Echo(row.at, _picked(row.facts, "calling")) for row in rows.order_by("-at")[:1])


def _picked(facts: Mapping[str, object], *names: str) -> Observed:
    return {name: str(facts[name]) for name in names if facts.get(name)}


def _objects(run: RolloutRun, studies: Sequence[UUID]) -> tuple[StoredObject, ...]:
    """The newest of each content type, class and modality; the bad one of the run beside them, if
    it was archived.
    """
    rows = Instance.objects.filter(study__in=studies).select_related("study", "series")
    bad = Q(study__accession_number=rollout.bad_accession(run.number))
    kinds = ("content_type", "sop_class_uid", "series__modality")
    good = rows.exclude(bad).order_by(*kinds, "-received_at", "-id")
    found = [*good.distinct(*kinds), *rows.filter(bad)[:1]]
    return tuple(_object(row) for row in found)


def _object(row: Instance) -> StoredObject:
    facts: Observed = {
        "SOPClassUID": row.sop_class_uid,
        "TransferSyntaxUID": row.transfer_syntax_uid,
        "Modality": row.series.modality,
        "StudyDescription": row.study.study_code,
        "AccessionNumber": row.study.accession_number,
        "bytes": row.size,
    }
    kept = {name: value for name, value in facts.items() if value}
    return StoredObject(row.received_at, row.content_type, row.study.accession_number, kept)


def _failures(run: RolloutRun) -> tuple[Failure, ...]:
    rows = CaseEvent.objects.filter(
        case__organisation=run.organisation, case__environment=TEST, at__gte=run.started_at
    )
    return tuple(_failure(row) for row in rows.select_related("case").order_by("-at", "-id")[:MOST])


def _failure(row: CaseEvent) -> Failure:
    return Failure(
        at=row.at,
        reason=row.case.reason,
        code=row.case.code,
        edge=row.case.edge,
        place=row.case.place,
        accession=row.accession_number,
        subject=str(row.subject_id or row.study_id or ""),
        facts={name: str(value) for name, value in row.facts.items()},
    )


def _commitments(run: RolloutRun, connections: Sequence[UUID]) -> tuple[Commitment, ...]:
    rows = StorageCommitment.objects.filter(
        environment=TEST, connection__in=connections, requested_at__gte=run.started_at
    ).order_by("-requested_at", "-id")
    return tuple(
        Commitment(row.reported_at or row.requested_at, str(row.id), row.state, tuple(row.outcome))
        for row in rows[:MOST]
    )


def _stored(studies: Sequence[Study]) -> tuple[StoredStudy, ...]:
    by_stand_in = set(
        Document.objects.filter(
            environment=TEST,
            accession_number__in=[each.accession_number for each in studies],
            submission__message_id__startswith=STAND_IN,
        ).values_list("register_id", "accession_number")
    )
    return tuple(
        _study(each, stand_in=(each.register_id, each.accession_number) in by_stand_in)
        for each in studies
    )


def _study(study: Study, *, stand_in: bool) -> StoredStudy:
    """`stand_in`: its documents came from the button, not from the Patient Data Repository."""
    given = {
        "AccessionNumber": study.accession_number,
        "state": study.state,
        "missing": study.waits_for,
        "instances": study.instance_count or "",
    }
    facts = _picked(given, *given)
    if stand_in:
        facts["stand_in"] = True
    at = study.registered_at or study.received_at
    return StoredStudy(at, str(study.id), study.state, study.accession_number, facts)


def _notices(studies: Sequence[UUID], connections: Sequence[UUID]) -> tuple[Notice, ...]:
    rows = AvailabilityNotice.objects.filter(study__in=studies, connection__in=connections)
    found = rows.select_related("connection", "study").order_by("-made_at", "-id")[:MOST]
    return tuple(
        Notice(
            row.delivered_at or row.made_at,
            str(row.id),
            row.state,
            {
                "AccessionNumber": row.study.accession_number,
                "called": row.connection.aet,
                "tries": row.tries,
                **({"problem": row.last_error} if row.last_error else {}),
            },
        )
        for row in found
    )


def _sighted(run: RolloutRun) -> tuple[Sighted, ...]:
    rows = LedgerEvent.objects.filter(
        kind__in=[event for each in SIGHTINGS.values() for event in each.events],
        organisation_id=run.organisation_id,
        environment=TEST,
        at__gte=max(run.started_at, now() - LOOK_BACK),
    ).order_by("-at")
    return tuple(Sighted(row.at, row.kind, row.facts) for row in rows[:MOST])
