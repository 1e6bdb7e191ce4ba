"""What observed facts make of each step of the rollout test (ON-4). Pure."""

from collections.abc import Callable, Iterable, Mapping

from archive.models import CommitmentState, ConnectionKind, NoticeState, StudyState
from onboarding.models import StepState
from onboarding.rules.observations import (
    Content,
    Facts,
    Failure,
    Finding,
    Means,
    Observed,
    StoredObject,
)
from onboarding.rules.rollout import BAD_CODE, StepKind
from onboarding.rules.sightings import SIGHTINGS, Sighting

WAITING = Finding(StepState.WAITING)
STORING = frozenset(
    {
        StepKind.STORE,
        StepKind.COMMITMENT,
        StepKind.REFUSAL,
        StepKind.REGISTRATION,
        StepKind.NOTICE,
    }
)


def judge(kind: StepKind, content_type: str, facts: Facts) -> Finding:
    """How a step stands by what has come. A step that has passed is not asked again."""
    if not is_of_use(kind, facts.means, stores=facts.stores):
        return Finding(StepState.NOT_ASKED)
    if kind == StepKind.STORE:
        return _store(content_type, facts)
    if kind in SIGHTINGS:
        return _sighted(SIGHTINGS[kind], facts)
    return _JUDGES[kind](facts) if kind in _JUDGES else Finding(StepState.INACTIVE)


def is_of_use(kind: StepKind, means: frozenset[Means], *, stores: bool) -> bool:
    """Whoever only reports on images or uses them shows nothing of storing, and without a DICOM
    system no echo either.
    """
    if kind == StepKind.ECHO:
        return stores or any(each.kind == ConnectionKind.DICOM for each in means)
    return stores or kind not in STORING


def is_asked(sighting: Sighting, means: frozenset[Means]) -> bool:
    """The customer has a test connection for it."""
    return any(
        each.kind == sighting.kind
        and sighting.xds_role in (None, each.xds_role)
        and (not sighting.needs or getattr(each, sighting.needs))
        for each in means
    )


def _sighted(sighting: Sighting, facts: Facts) -> Finding:
    if not is_asked(sighting, facts.means):
        return Finding(StepState.NOT_ASKED)
    seen = [each for each in facts.sighted if each.event in sighting.events]
    for each in seen:
        if sighting.passes(each.facts):
            return Finding(StepState.PASSED, _shown(sighting, each.facts), at=each.at)
    refused = _failed(each for each in facts.failures if _is_refusal(sighting, each))
    if seen and (refused.at is None or seen[0].at > refused.at):
        return Finding(StepState.FAILED, _shown(sighting, seen[0].facts), at=seen[0].at)
    return refused


def _shown(sighting: Sighting, facts: Mapping[str, object]) -> Observed:
    return {name: str(facts[name]) for name in sighting.shown if facts.get(name) not in (None, "")}


def _is_refusal(sighting: Sighting, failure: Failure) -> bool:
    if failure.edge != sighting.edge or failure.place not in sighting.places:
        return False
    if sighting.reasons and failure.reason not in sighting.reasons:
        return False
    return not sighting.messages or failure.facts.get("event", "") in sighting.messages


def _echo(facts: Facts) -> Finding:
    if facts.echoes:
        return Finding(StepState.PASSED, dict(facts.echoes[0].facts), at=facts.echoes[0].at)
    return _failed(each for each in facts.failures if each.place == "association")


def _store(content_type: str, facts: Facts) -> Finding:
    if content_type and content_type not in facts.contents:
        return Finding(StepState.INACTIVE)
    content = facts.contents.get(content_type)
    good = [each for each in facts.objects if each.accession != facts.bad_accession]
    # What is archived as another content, and could be this one as well, comes second.
    for each in (
        *(each for each in good if content_type in ("", each.content_type)),
        *(each for each in good if _may_be(each, content)),
    ):
        return Finding(StepState.PASSED, dict(each.facts), at=each.at)
    return _failed(
        each
        for each in facts.failures
        if each.place == "store" and not _is_bad_one(each, facts) and _could_be(each, content)
    )


def _may_be(stored: StoredObject, content: Content | None) -> bool:
    told = (str(stored.facts.get(name, "")) for name in ("SOPClassUID", "Modality"))
    return content is not None and content.takes(*told)


def _could_be(failure: Failure, content: Content | None) -> bool:
    """Whether a refused object was meant as this content; one that told nothing may be any."""
    sop_class, modality = failure.facts.get("SOPClassUID", ""), failure.facts.get("Modality", "")
    if content is None or not sop_class:
        return True
    return content.takes(sop_class, modality) or (not modality and sop_class in content.sop_classes)


def _is_bad_one(failure: Failure, facts: Facts) -> bool:
    described = failure.facts.get("StudyDescription", "")
    return failure.accession == facts.bad_accession or described == BAD_CODE


def _commitment(facts: Facts) -> Finding:
    for each in facts.commitments:
        if each.state == CommitmentState.REPORTED and each.outcome and not any(each.outcome):
            return Finding(StepState.PASSED, {"objects": len(each.outcome)}, at=each.at)
    for each in facts.commitments:
        lost = [reason for reason in each.outcome if reason]
        if lost:
            observed: Observed = {"objects": len(each.outcome), "failed": len(lost)}
            return Finding(StepState.FAILED, observed, lost[0], each.at)
        if each.state == CommitmentState.UNDELIVERED:
            about = _failed(one for one in facts.failures if one.subject == each.id)
            return about if about.cause else Finding(StepState.FAILED, at=each.at)
    asked = _failed(each for each in facts.failures if each.place == "commitment")
    if asked.cause or not facts.commitments:
        return asked
    return Finding(StepState.WAITING, {"asked": True}, at=facts.commitments[0].at)


def _refusal(facts: Facts) -> Finding:
    by_patient = bad_by_patient(facts.contents.values())
    expected = "patient-id-untrusted" if by_patient else "study-code-unknown"
    sent = [each for each in facts.failures if each.place == "store" and _is_bad_one(each, facts)]
    for each in sent:
        if each.reason == expected:
            observed: Observed = {"code": each.code, **_explaining(each)}
            return Finding(StepState.PASSED, observed, at=each.at)
    if any(each.accession == facts.bad_accession for each in facts.objects):
        return Finding(StepState.FAILED, {"archived": True})
    return _failed(sent)


def _registration(facts: Facts) -> Finding:
    for each in facts.studies:
        if each.state == StudyState.REGISTERED:
            return Finding(StepState.PASSED, dict(each.facts), at=each.at)
    for each in facts.studies:
        if each.state == StudyState.FAILED:
            about = _failed(one for one in facts.failures if one.subject == each.id)
            return about if about.cause else Finding(StepState.FAILED, dict(each.facts), at=each.at)
    if facts.studies:
        return Finding(StepState.WAITING, dict(facts.studies[0].facts), at=facts.studies[0].at)
    return WAITING


def _notice(facts: Facts) -> Finding:
    if not facts.notices_on:
        return Finding(StepState.NOT_ASKED)
    for each in facts.notices:
        if each.state == NoticeState.DELIVERED:
            return Finding(StepState.PASSED, dict(each.facts), at=each.at)
    for each in facts.notices:
        if each.state == NoticeState.FAILED:
            about = _failed(one for one in facts.failures if one.subject == each.id)
            return about if about.cause else Finding(StepState.FAILED, dict(each.facts), at=each.at)
    if facts.notices:
        return Finding(StepState.WAITING, dict(facts.notices[0].facts), at=facts.notices[0].at)
    return WAITING


_JUDGES: Mapping[StepKind, Callable[[Facts], Finding]] = {
    StepKind.ECHO: _echo,
    StepKind.COMMITMENT: _commitment,
    StepKind.REFUSAL: _refusal,
    StepKind.REGISTRATION: _registration,
    StepKind.NOTICE: _notice,
}
# What can be seen today; the others wait for their interface.
ACTIVE = frozenset({StepKind.STORE, *_JUDGES, *SIGHTINGS})


def _failed(failures: Iterable[Failure]) -> Finding:
    """By the newest of them; waiting when there is none."""
    for each in failures:
        observed: Observed = {"code": each.code, **_explaining(each)}
        return Finding(StepState.FAILED, observed, each.reason, each.at)
    return WAITING


_OF_PATIENT = frozenset({"PatientID", "IssuerOfPatientID", "PatientName"})


def _explaining(failure: Failure) -> Observed:
    return {
        name: value for name, value in failure.facts.items() if value and name not in _OF_PATIENT
    }


def bad_by_patient(contents: Iterable[Content]) -> bool:
    """Where no content asks for a study code, the patient id is what is made bad."""
    listed = list(contents)
    return bool(listed) and not any(each.code_demanded for each in listed)
