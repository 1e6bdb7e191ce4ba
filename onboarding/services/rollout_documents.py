"""A stand-in for the Patient Data Repository in the rollout test (ON-4): the request and the study
entry of the run's studies, so that they can be registered where no such repository answers.
"""

import hashlib
from uuid import uuid4

from django.db import transaction

from archive import ledger
from archive.actors import Actor, connection_actor
from archive.config import settings
from archive.models import (
    Connection,
    Environment,
    Study,
    StudyState,
    XdsRole,
)
from archive.objects.registry import (
    ACCESSION_TYPE,
    HAS_MEMBER,
    KIND_SCHEME,
    STUDY_UID_TYPE,
    Author,
    Code,
    DocumentEntry,
    Link,
    PatientId,
    ReferenceId,
    Submission,
    SubmissionSet,
    format_time,
)
from archive.rules.linkage import NEEDED
from archive.services import documents, study_papers
from archive.values import now, uid_from_uuid
from onboarding.errors import StepOutOfOrder
from onboarding.models import RolloutRun, RunState
from onboarding.queries.observing import STAND_IN, studies_of
from onboarding.rules.road import Party
from onboarding.services import rights, steps

WAITS = (StudyState.RECEIVING, StudyState.WAITING)
TITLES = {"request": "Pyyntö", "study-entry": "Tutkimusmerkintä"}
# In place of national codes that a stand-in does not know.
UNKNOWN = Code("rollout-test", KIND_SCHEME)


def register_documents(actor: Actor, run: RolloutRun) -> int:
    """Register what the run's studies still wait for; how many documents. Raises ActorUnfit,
    StepOutOfOrder when the run has ended or no Patient Data Repository is connected.
    """
    rights.require(actor, run.organisation, Party.CUSTOMER, Party.TECHNICAL)
    with transaction.atomic():
        held = RolloutRun.objects.select_for_update().get(id=run.id)
        if held.state != RunState.RUNNING:
            raise StepOutOfOrder(facts={"state": held.state})
        repository = _repository()
        count = 0
        for study in studies_of(run):
            if study.state in WAITS:
                count += _register_missing(repository, run, study)
        facts = {"number": run.number, "documents": count}
        about = steps.about(run.organisation, Environment.TEST.value)
        ledger.record(ledger.Kind.ROLLOUT_DOCUMENTED, about, facts, actor=actor)
        return count


def _repository() -> Actor:
    """The actor of the test environment's Patient Data Repository."""
    rows = Connection.objects.filter(environment=Environment.TEST, xds_role=XdsRole.PDR)
    row = rows.order_by("valid_from").first()
    if row is None:
        raise StepOutOfOrder("no Patient Data Repository in the test environment")
    return connection_actor(
        connection_id=row.id,
        name=f"{row.xds_user} (rollout test)",
        organisation_id=row.organisation_id,
        environment=row.environment,
    )


def _register_missing(repository: Actor, run: RolloutRun, study: Study) -> int:
    there = {
        document.kind
        for document in study_papers.tied(study)
        if document.study_instance_uid in ("", study.study_instance_uid)
    }
    missing = [kind for kind in NEEDED if kind not in there]
    if missing:
        documents.register(
            repository,
            _submission(study, missing),
            environment=study.environment,
            message_id=f"{STAND_IN}{run.id}",
            correlation_id=None,
        )
    return len(missing)


def _submission(study: Study, kinds: list[str]) -> Submission:
    patient = PatientId(study.patient.identifier, study.patient.issuer)
    held = SubmissionSet(
        id=uuid4().urn,
        unique_id=uid_from_uuid(),
        source_id=f"{settings().operator_oid}.41",
        patient=patient,
        content_type=UNKNOWN,
        submission_time=format_time(now()),
    )
    entries = tuple(_entry(study, patient, kind) for kind in kinds)
    links = tuple(Link(HAS_MEMBER, held.id, entry.uuid) for entry in entries)
    return Submission(held, entries, links)


def _entry(study: Study, patient: PatientId, kind: str) -> DocumentEntry:
    controller, unique_id = study.register.controller_oid, uid_from_uuid()
    text = f"{kind} {unique_id}".encode()
    return DocumentEntry(
        uuid=uuid4().urn,
        unique_id=unique_id,
        patient=patient,
        mime_type="text/xml",
        class_code=Code(kind, KIND_SCHEME, TITLES[kind]),
        type_code=Code(kind, KIND_SCHEME, TITLES[kind]),
        format_code=UNKNOWN,
        facility_type=UNKNOWN,
        practice_setting=UNKNOWN,
        confidentiality=(UNKNOWN,),
        authors=(Author(institutions=(f"Rollout test^^^^^^^^^{controller}",)),),
        references=(
            ReferenceId(study.accession_number, controller, ACCESSION_TYPE),
            ReferenceId(study.study_instance_uid, "", STUDY_UID_TYPE),
        ),
        hash=hashlib.sha1(text, usedforsecurity=False).hexdigest(),
        size=len(text),
        repository=settings().document_repository,
        language="fi-FI",
        creation_time=format_time(now()),
        title=TITLES[kind],
    )
