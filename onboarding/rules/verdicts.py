"""What observed facts make of each step of the rollout test (ON-4). Pure."""

from collections.abc import Callable, Iterable, Mapping

from archive.models import CommitmentState, MessageOutcome, NoticeState, StudyState
from onboarding.models import StepState
from onboarding.rules.observations import Content, Facts, Failure, Finding, Observed
from onboarding.rules.rollout import BAD_CODE, EXISTS, STEPS, StepKind

WAITING = Finding(StepState.WAITING)


def judge(kind: StepKind, content_type: str, facts: Facts) -> Finding:
    """How a step stands by what has come. A step that has passed is not asked again."""
    if not EXISTS[STEPS[kind]]:
        return Finding(StepState.INACTIVE)
    if kind == StepKind.STORE:
        return _store(content_type, facts)
    return _JUDGES[kind](facts)


def _echo(facts: Facts) -> Finding:
    if facts.echoes:
        return Finding(StepState.PASSED, dict(facts.echoes[0].facts), at=facts.echoes[0].at)
    return _failed(each for each in facts.failures if each.place == "association")


def _store(content_type: str, facts: Facts) -> Finding:
    if content_type and content_type not in facts.contents:
        return Finding(StepState.INACTIVE)
    for each in facts.objects:
        if content_type in ("", each.content_type) and each.accession != facts.bad_accession:
            return Finding(StepState.PASSED, dict(each.facts), at=each.at)
    content = facts.contents.get(content_type)
    return _failed(
        each
        for each in facts.failures
        if each.place == "store" and not _is_bad_one(each, facts) and _could_be(each, content)
    )


def _could_be(failure: Failure, content: Content | None) -> bool:
    """Whether a refused object was meant as this content; one that told nothing may be any."""
    sop_class, modality = failure.facts.get("SOPClassUID", ""), failure.facts.get("Modality", "")
    if content is None or not sop_class:
        return True
    if sop_class not in content.sop_classes:
        return False
    return not modality or not content.modalities or modality in content.modalities


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


def _xds_query(facts: Facts) -> Finding:
    if not facts.registry_user:
        return Finding(StepState.NOT_ASKED)
    for each in facts.queries:
        if each.found:
            return Finding(StepState.PASSED, dict(each.facts), at=each.at)
    refused = _failed(
        each for each in facts.failures if (each.edge, each.place) == ("xds", "query")
    )
    if facts.queries and (refused.at is None or facts.queries[0].at > refused.at):
        empty = facts.queries[0]
        return Finding(StepState.FAILED, dict(empty.facts), at=empty.at)
    return refused


def _name_update(facts: Facts) -> Finding:
    return _told(facts, "ADT^A08", "ADT^A31")


def _merge(facts: Facts) -> Finding:
    return _told(facts, "ADT^A40")


def _told(facts: Facts, *events: str) -> Finding:
    if not facts.hl7_sender:
        return Finding(StepState.NOT_ASKED)
    for each in facts.told:
        if each.event in events and each.outcome == MessageOutcome.DONE:
            return Finding(StepState.PASSED, dict(each.facts), at=each.at)
    return _failed(
        each
        for each in facts.failures
        if each.edge == "hl7" and each.facts.get("event", events[0]) in events
    )


_JUDGES: Mapping[StepKind, Callable[[Facts], Finding]] = {
    StepKind.ECHO: _echo,
    StepKind.COMMITMENT: _commitment,
    StepKind.REFUSAL: _refusal,
    StepKind.REGISTRATION: _registration,
    StepKind.NOTICE: _notice,
    StepKind.NAME_UPDATE: _name_update,
    StepKind.MERGE: _merge,
    StepKind.XDS_QUERY: _xds_query,
}


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
