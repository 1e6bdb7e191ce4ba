"""One key, one answer: where is my study?"""

from dataclasses import asdict, dataclass
from typing import Any

from archive.errors import NotFound
from archive.models import Case, CaseEvent, Instance, Study
from archive.queries import studies, timeline
from archive.queries.timeline import Entry


@dataclass(frozen=True, slots=True)
class Trace:
    """`state` is None and `instances` 0 for a key that is known from refusals only."""

    study: str
    state: str | None
    environment: str
    instances: int  # that are given out
    rejected: int
    committed: bool
    waits_for: list[str]
    timeline: list[dict[str, Any]]
    cases: list[dict[str, str]]

    def facts(self) -> dict[str, Any]:
        return asdict(self)


def trace(key: str, *, web: str) -> tuple[Trace, list[Trace]]:
    """The newest study under a key, and the others. Raises NotFound."""
    found = [of_study(study, web=web) for study in studies.by_key(key)]
    refusals = studies.refusals_by_key(key)
    if not found and refusals:
        found = [_of_refusals(refusals, web=web)]
    if not found:
        raise NotFound("no study and no refusal has this accession number or Study Instance UID")
    return found[0], found[1:]


def of_study(study: Study, *, web: str) -> Trace:
    entries = timeline.of_study(study)
    every = Instance.objects.filter(study=study)
    held = Instance.objects.available().filter(study=study)
    instances = held.count()
    return Trace(
        study=study.study_instance_uid,
        state=study.state,
        environment=study.environment,
        instances=instances,
        rejected=every.count() - instances,
        committed=bool(instances) and not held.filter(committed_at=None).exists(),
        waits_for=[kind for kind in study.waits_for.split(",") if kind],
        timeline=[_entry(entry) for entry in entries],
        cases=_cases([event for event in _events_of(study)], web=web),
    )


def _events_of(study: Study) -> list[CaseEvent]:
    by_uid = CaseEvent.objects.filter(
        study_instance_uid=study.study_instance_uid, case__environment=study.environment
    )
    return list((by_uid | CaseEvent.objects.filter(study=study)).select_related("case"))


def _of_refusals(events: list[CaseEvent], *, web: str) -> Trace:
    return Trace(
        study=events[0].study_instance_uid,
        state=None,
        environment=events[0].case.environment,
        instances=0,
        rejected=0,
        committed=False,
        waits_for=[],
        timeline=[_entry(entry) for entry in timeline.of_refusals(events)],
        cases=_cases(events, web=web),
    )


def _entry(entry: Entry) -> dict[str, Any]:
    return {
        "at": entry.at.isoformat(),
        "interface": entry.interface,
        "step": entry.step,
        "outcome": entry.outcome,
        "detail": entry.detail,
    }


def _cases(events: list[CaseEvent], *, web: str) -> list[dict[str, str]]:
    cases: dict[Any, Case] = {event.case_id: event.case for event in events}
    return [
        {
            "code": case.code,
            "reason": case.reason,
            "state": case.state,
            "url": f"{web}/cases/{case.id}/",
        }
        for case in cases.values()
    ]
