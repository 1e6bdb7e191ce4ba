"""Everything that happened to a study, over all interfaces, in order (SD-4).

Entries come from the ledger (by study, and by the documents and notices tied to it) and from the
desk's events. An entry says what in codes; the portal has the words.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q

from archive.models import (
    CaseEvent,
    Document,
    Hl7Message,
    Job,
    JobState,
    LedgerEvent,
    MessageOutcome,
    Study,
)
from archive.queries import standing
from archive.queries.studies import documents_of

MOST = 1_000  # events, and failures, of one study on one page
DONE, WAITS, FAILED, NEUTRAL = "done", "waits", "failed", "neutral"

# kind of event: interface, step, outcome
STEPS: dict[str, tuple[str, str, str]] = {
    "study.stored": ("DICOM", "stored", DONE),
    "study.waiting": ("registration", "waiting", WAITS),
    "study.registered": ("registration", "registered", DONE),
    "study.retried": ("portal", "asked-again", NEUTRAL),
    "study.viewed": ("portal", "viewed", NEUTRAL),
    "commitment.requested": ("DICOM", "commitment-asked", DONE),
    "commitment.reported": ("DICOM", "commitment-reported", DONE),
    "commitment.undelivered": ("DICOM", "commitment-undelivered", FAILED),
    "document.registered": ("XDS", "document-registered", DONE),
    "manifest.registered": ("XDS", "manifest-registered", DONE),
    "manifest.withdrawn": ("XDS", "manifest-withdrawn", NEUTRAL),
    "objects.rejected": ("correction", "rejected", NEUTRAL),
    "rejection.revoked": ("correction", "revoked", NEUTRAL),
    "study.corrected": ("correction", "corrected", DONE),
    "correction.undone": ("correction", "undone", NEUTRAL),
    "object.restored": ("integrity", "restored", DONE),
    "study.retrieved": ("DICOM", "retrieved", DONE),
    "notice.delivered": ("IAN", "notice-delivered", DONE),
    "notice.undelivered": ("IAN", "notice-undelivered", FAILED),
    "notice.given_up": ("IAN", "notice-given-up", FAILED),
    "hold.placed": ("portal", "held", NEUTRAL),
    "hold.released": ("portal", "hold-released", NEUTRAL),
    "study.spared": ("retention", "spared", NEUTRAL),
    "study.condemned": ("retention", "condemned", DONE),
    "study.destroyed": ("retention", "destroyed", DONE),
    "destruction.restored": ("retention", "destroyed-again", DONE),
    "patient.merged": ("HL7", "merged", DONE),
    "patient.unmerged": ("HL7", "unmerged", NEUTRAL),
    "patient.updated": ("HL7", "updated", DONE),
}
# Told of an association, a call or a message, but not among the steps of a study's life.
OF_CALLS: dict[str, tuple[str, str, str]] = {
    "association.verified": ("DICOM", "verified", DONE),
    "retrieval.begun": ("DICOM", "retrieval-begun", NEUTRAL),
    "object.refused": ("DICOM", "refused", FAILED),
    "documents.queried": ("XDS", "queried", DONE),
    "document.updated": ("XDS", "document-updated", DONE),
    "document.removed": ("XDS", "document-removed", NEUTRAL),
    "disclosure.given": ("XDS", "given", DONE),
    "data.used": ("XDS", "given", DONE),
    "disclosure.notified": ("API", "disclosure-notified", DONE),
    "message.replayed": ("portal", "replayed", NEUTRAL),
}
JOBS = {JobState.WAITING: WAITS, JobState.RUNNING: WAITS, JobState.DEAD: FAILED}
OF_PERSONS = ("patient.merged", "patient.unmerged", "patient.updated")
BY_STAFF = "staff"


@dataclass(frozen=True, slots=True)
class Entry:
    at: datetime
    interface: str
    step: str
    outcome: str
    facts: dict[str, Any] = field(default_factory=dict)
    actor: str = ""
    case_event: CaseEvent | None = None

    @property
    def detail(self) -> str:
        """For an engineer, in English: the facts as they stand."""
        if self.case_event is not None:
            return f"{self.case_event.case.code} {self.case_event.detail}".strip()
        return ", ".join(
            f"{name} {_plain(value)}" for name, value in self.facts.items() if value != ""
        )


def _plain(value: Any) -> str:
    return "/".join(map(str, value)) if isinstance(value, list) else str(value)


def of_study(study: Study, documents: Sequence[Document] | None = None) -> list[Entry]:
    """The life of a study, oldest first; of a very long one the newest part. `documents`: the
    study's, where they were read already.
    """
    tied = [each.id for each in (documents_of(study) if documents is None else documents)]
    ids = list(standing.ids_of(standing.person_id(study.patient)).values_list("id", flat=True))
    of_person = Q(patient_id__in=ids) | Q(subject_id__in=ids)
    events = LedgerEvent.objects.filter(
        Q(study_id=study.id) | Q(subject_id__in=tied) | (of_person & Q(kind__in=OF_PERSONS))
    )
    failures = CaseEvent.objects.filter(
        Q(study=study)
        | Q(study_instance_uid=study.study_instance_uid, case__environment=study.environment)
    )
    newest_events = events.filter(kind__in=STEPS).order_by("-at")[:MOST]
    newest_failures = failures.select_related("case").order_by("-at")[:MOST]
    entries = [*_from_ledger(newest_events), *_from_desk(newest_failures)]
    return sorted(entries, key=_at)


def work_on(study: Study) -> list[Entry]:
    """Work that is owed on a study, or was given up; what was done the log tells."""
    rows = Job.objects.filter(study_id=study.id, state__in=JOBS).order_by("-made_at")[:MOST]
    return [_owed(job) for job in rows]


def _owed(job: Job) -> Entry:
    facts = {
        "kind": job.kind,
        "state": job.state,
        "tries": job.tries,
        "error": job.last_error,
        "cause": job.last_reason,
        "next": job.not_before.isoformat() if job.state == JobState.WAITING else "",
    }
    return Entry(job.ended_at or job.made_at, "job", "work", JOBS[JobState(job.state)], facts)


def of_message(message: Hl7Message) -> list[Entry]:
    """A message from its coming to its answer, with what it did and what went wrong."""
    refused = message.outcome == MessageOutcome.REFUSED
    facts = {"event": message.event, "control_id": message.control_id}
    answer = {"acknowledgement": message.acknowledgement, "reason": message.reason}
    entries = [
        Entry(
            message.received_at, "HL7", "message-received", NEUTRAL, facts, str(message.connection)
        )
    ]
    if message.acknowledgement:
        outcome = FAILED if refused else DONE
        entries.append(Entry(message.received_at, "HL7", "message-answered", outcome, answer))
    events = LedgerEvent.objects.filter(_called(message.correlation_id) | Q(subject_id=message.id))
    failures = CaseEvent.objects.filter(subject_id=message.id).select_related("case")
    found = [*_from_ledger(events.order_by("-at")[:MOST]), *_from_desk(failures[:MOST])]
    return [*entries, *sorted(found, key=_at)]


def of_call(reference: UUID) -> list[Entry]:
    """Everything of one association or call, by the reference that its rows share."""
    events = LedgerEvent.objects.filter(correlation_id=reference).order_by("at")[:MOST]
    failures = CaseEvent.objects.filter(correlation_id=reference).select_related("case")
    found = [*_from_ledger(events), *_from_desk(failures.order_by("at")[:MOST])]
    return sorted(found, key=_at)


def studies_of_call(reference: UUID) -> list[Study]:
    """Studies that an association or call is known to have touched."""
    touched = LedgerEvent.objects.filter(correlation_id=reference)
    failed = CaseEvent.objects.filter(correlation_id=reference)
    named = [rows.values_list("study_id", flat=True)[:MOST] for rows in (touched, failed)]
    ids = {study_id for rows in named for study_id in rows if study_id is not None}
    rows = Study.objects.select_related("register__organisation", "connection")
    return list(rows.filter(id__in=ids).order_by("-received_at")[:50])


def environments_of_call(reference: UUID) -> set[str]:
    """Where an association or call took place: of its rows one, but for what belongs to neither."""
    logged = LedgerEvent.objects.filter(correlation_id=reference).exclude(environment="")
    failed = CaseEvent.objects.filter(correlation_id=reference).exclude(case__environment="")
    found = set(logged.values_list("environment", flat=True)[:MOST])
    return found | set(failed.values_list("case__environment", flat=True)[:MOST])


def _called(reference: UUID | None) -> Q:
    return Q(correlation_id=reference) if reference else Q(subject_id__in=())


def of_refusals(case_events: list[CaseEvent]) -> list[Entry]:
    """What is known of a study that was only ever refused."""
    return sorted(_from_desk(case_events), key=_at)


def _from_ledger(events: Any) -> Iterator[Entry]:
    seen: set[UUID] = set()
    for event in events:
        known = STEPS.get(event.kind) or OF_CALLS.get(event.kind)
        if known is not None and event.id not in seen:
            seen.add(event.id)
            interface, step, outcome = known
            interface = event.facts.get("interface") or interface
            if event.kind in OF_PERSONS and event.actor_kind == BY_STAFF:
                interface = "portal"
            if step in ("commitment-reported", "retrieved") and event.facts.get("failed"):
                outcome = FAILED
            yield Entry(event.at, interface, step, outcome, event.facts, event.actor_name)


def _from_desk(case_events: Any) -> Iterator[Entry]:
    interfaces = {"dicom": "DICOM", "xds": "XDS", "hl7": "HL7", "job": "registration"}
    interfaces |= {"dicomweb": "DICOMweb", "fhir": "FHIR"}
    for event in case_events:
        place = event.case.place
        interface = interfaces.get(event.case.edge, event.case.edge)
        interface = place if place in ("correction", "integrity") else interface
        if event.case.place == "notice":
            continue  # the ledger says it, with every try
        yield Entry(event.at, interface, event.case.reason, FAILED, event.facts, case_event=event)


def _at(entry: Entry) -> datetime:
    return entry.at
