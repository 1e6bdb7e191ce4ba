"""Metadata corrected by an archivist: previewed, given a reason, undone (AR-7).

No byte changes. The new values are laid over the objects when they are served, and the study's row,
manifest and register entry follow.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from django.db import transaction

from archive import ledger, locks, vault
from archive.actors import Actor
from archive.errors import AccessionMissing, ArchiveError
from archive.errors.corrections import CorrectionOutdated
from archive.models import (
    Correction,
    CorrectionOrigin,
    CorrectionState,
    Instance,
    InstanceVersion,
    Study,
)
from archive.objects.header import Header
from archive.objects.study_facts import StudyFacts
from archive.queries.standing import person_id
from archive.rules import admission
from archive.services import corrections, named_persons, policies, rejections, study_moves
from archive.services.correction_likeness import say_what_finds
from archive.values import now, today, uuid7


@dataclass(frozen=True, slots=True)
class Preview:
    """What a correction would do to one study; `refused` says why it may not. `otherwise`: what the
    archive knows of the patient whose it becomes and was given another value.
    """

    study: Study
    before: StudyFacts
    after: StudyFacts
    refused: ArchiveError | None = None
    otherwise: Mapping[str, str] = field(default_factory=dict)

    @property
    def changes(self) -> dict[str, tuple[str, str]]:
        return self.before.changes(self.after)


def preview(studies: Sequence[Study], given: Mapping[str, str]) -> list[Preview]:
    """`given` are the attributes that get another value, by DICOM keyword; the others stay."""
    return [_preview(study, given) for study in studies]


def _preview(study: Study, given: Mapping[str, str]) -> Preview:
    before = study_moves.facts_of(study)
    after = replace(before, **given)
    try:
        after = _judged(study, after)
    except ArchiveError as error:
        return Preview(study, before, after, error)
    known = study_moves.known_of(study, after)
    # What is given out bears no name of whom it is not: a query would say another than the objects.
    after = replace(after, **{name: held for name, held in known.items() if name not in given})
    otherwise = {name: held for name, held in known.items() if held != getattr(after, name)}
    return Preview(study, before, after, otherwise=otherwise)


def _judged(study: Study, after: StudyFacts) -> StudyFacts:
    """By the rules that a stored object is admitted by. Raises an Unacceptable."""
    policy = policies.for_association(study.environment)
    header = after.on(Header(complete=True))
    patient = admission.trusted_patient(header, policy)
    types = set(Instance.objects.filter(study=study).values_list("content_type", flat=True))
    for content in policy.contents:
        if content.content_type in types and content.code_demanded:
            admission.study_code(header, content, policy, today())
            break
    if not after.AccessionNumber.strip():
        raise AccessionMissing()
    return replace(after, PatientID=patient.value, IssuerOfPatientID=patient.issuer)


def correct(
    actor: Actor,
    study_ids: Sequence[UUID],
    given: Mapping[str, str],
    *,
    reason: str,
    seen: Mapping[UUID, str],
) -> list[Correction]:
    """Correct all these studies or none. `seen`: the mark of what each said when it was previewed.

    Raises CorrectionOutdated, and what refuses the new values.
    """
    batch_id = uuid7()
    with transaction.atomic():
        locks.hold(*study_ids)
        rows = Study.objects.filter(id__in=list(study_ids))
        studies = list(
            rows.select_related("patient__survivor", "register", "overlay").order_by("id")
        )
        made = []
        for each in preview(studies, given):
            if each.refused is not None:
                raise each.refused
            if seen.get(each.study.id) != each.before.mark():
                raise CorrectionOutdated()
            if each.changes:
                correction = _row(actor, each, batch_id, reason, now())
                _lay_over(actor, each, correction)
                made.append(correction)
        # Of none before all are made: a record that the vault has is done again some day.
        for correction in made:
            _keep_record(actor, correction.study, correction)
        return made


def _row(actor: Actor, each: Preview, batch_id: UUID, reason: str, at: datetime) -> Correction:
    study = each.study
    return Correction.objects.create(
        environment=study.environment,
        study=study,
        batch_id=batch_id,
        origin=CorrectionOrigin.PORTAL,
        state=CorrectionState.IN_FORCE,
        mark=each.after.mark(),
        before=each.before.to_json(),
        after=each.after.to_json(),
        values=_laid_on(study.overlay, each.before, each.after),
        previous=study.overlay,
        reason=reason[:200],
        actor_kind=actor.kind,
        actor_id=actor.id,
        actor_name=actor.name[:200],
        made_at=at,
        in_force_at=at,
    )


def _lay_over(actor: Actor, each: Preview, correction: Correction) -> None:
    Study.objects.filter(id=each.study.id).update(overlay=correction)
    study_moves.move(each.study, each.after)
    study_moves.tell(correction, changed=list(each.changes), actor=actor)


def _keep_record(actor: Actor, study: Study, correction: Correction) -> None:
    facts = {
        "study": study.study_instance_uid,
        "after": correction.after,
        "values": correction.values,
        "reason": correction.reason,
        "actor": rejections.actor_facts(actor),
    }
    vault.keep_record(study.environment, "overlay", facts, at=correction.made_at)


def replay(
    actor: Actor,
    study: Study,
    after: StudyFacts,
    *,
    reason: str,
    at: datetime,
    superseded: bool,
) -> None:
    """Do again what was once decided; `superseded`: corrected objects have been sent since."""
    with transaction.atomic():
        locks.hold(study.id)
        each = Preview(study, study_moves.facts_of(study), after)
        correction = _row(actor, each, uuid7(), reason, at)
        if superseded:
            _lay_under(correction)
        else:
            _lay_over(actor, each, correction)


def _laid_on(below: Correction | None, before: StudyFacts, after: StudyFacts) -> dict[str, str]:
    """What is laid over the objects: what is below, and what changes."""
    changed = {name: value for name, (_, value) in before.changes(after).items()}
    if "PatientID" in changed:
        changed["IssuerOfPatientID"] = after.IssuerOfPatientID
    return {**(below.values if below else {}), **changed}


def _lay_under(correction: Correction) -> None:
    """What was sent since then stands on it, and gives way to it when that is undone."""
    rows = Correction.objects.filter(study=correction.study, in_force_at__gt=correction.made_at)
    later = rows.exclude(id=correction.id).select_related("previous").order_by("in_force_at")
    sent = later.first()
    if sent is None:
        return
    below = sent.previous
    before, after = StudyFacts.from_json(sent.before), StudyFacts.from_json(correction.after)
    Correction.objects.filter(id=correction.id).update(
        before=sent.before,
        values=_laid_on(below, before, after),
        previous=below,
    )
    Correction.objects.filter(id=sent.id).update(before=correction.after, previous=correction)


def last_in_force(study: Study) -> Correction | None:
    """The one that can be undone: what came later stands on it."""
    rows = Correction.objects.filter(study=study, state=CorrectionState.IN_FORCE)
    return rows.order_by("-in_force_at", "-id").first()


def undo(
    actor: Actor, correction: Correction, *, reason: str, replayed_at: datetime | None = None
) -> None:
    """Make the study what it was before its last correction; `replayed_at`: as was once decided.
    Raises CorrectionOutdated, OthersObjects.
    """
    with transaction.atomic():
        locks.hold(correction.study_id)
        study = Study.objects.select_related("patient__survivor", "register", "overlay").get(
            id=correction.study_id
        )
        last = last_in_force(study)
        if last is None or last.id != correction.id:
            raise CorrectionOutdated()
        at = replayed_at or now()
        standing = study_moves.facts_of(study)
        restored = _before(last, standing)
        newest = corrections.newest_versions(last).items()
        restored_versions = [_version_before(each, version) for each, version in newest]
        for version in restored_versions:
            corrections.put_in_force(version)
        say_what_finds(study.id, restored_versions)
        Correction.objects.filter(id=last.id).update(
            state=CorrectionState.UNDONE,
            undone_at=at,
            undone_by=actor.name[:200],
            undone_why=reason[:200],
        )
        Study.objects.filter(id=study.id).update(overlay=last.previous)
        study_moves.move(study, restored)
        if replayed_at is None:
            named_persons.require_none_of(person_id(study.patient), study.id)
        _tell_undone(actor, study, last, list(standing.changes(restored)), reason)
        if replayed_at is None:
            _keep_undo_record(actor, study, last, reason, at)


def _before(correction: Correction, standing: StudyFacts) -> StudyFacts:
    """What the study is again: of its person, what was not told anew since the correction."""
    before = StudyFacts.from_json(correction.before)
    changes = before.changes(StudyFacts.from_json(correction.after))
    untouched = {name for name, (_, after) in changes.items() if getattr(standing, name) == after}
    return study_moves.of_person(standing, before, untouched)


def _version_before(instance_id: UUID, version: InstanceVersion) -> InstanceVersion:
    rows = InstanceVersion.objects.filter(instance_id=instance_id, number__lt=version.number)
    standing = rows.filter(correction=None) | rows.filter(
        correction__state=CorrectionState.IN_FORCE
    )
    last = standing.exclude(correction=version.correction).order_by("number").last()
    assert last is not None  # the first one always stands
    return last


def _tell_undone(
    actor: Actor, study: Study, correction: Correction, changed: list[str], reason: str
) -> None:
    about = ledger.About.of_study(study, subject_id=correction.id, patient_id=study.patient_id)
    facts = {"changed": changed, "reason": reason}
    ledger.record(ledger.Kind.CORRECTION_UNDONE, about, facts, actor=actor)


def _keep_undo_record(
    actor: Actor, study: Study, correction: Correction, reason: str, at: datetime
) -> None:
    told = {
        "study": study.study_instance_uid,
        "mark": correction.mark,
        "undone_at": at.isoformat(),
        "reason": reason,
        "actor": rejections.actor_facts(actor),
    }
    vault.keep_record(study.environment, "undo", told, at=at)
