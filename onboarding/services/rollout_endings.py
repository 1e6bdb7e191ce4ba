"""How a run of the rollout test ends, and what its report says (ON-4)."""

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from archive import ledger
from archive.actors import Actor
from archive.models import Environment, Organisation
from archive.values import now
from onboarding.models import RolloutRun, RunState
from onboarding.queries import rollout as queries


def about(run: RolloutRun) -> ledger.About:
    return ledger.About(
        environment=Environment.TEST.value,
        organisation_id=run.organisation_id,
        subject_id=run.id,
    )


def end(actor: Actor, run: RolloutRun) -> None:
    """Its state says how; the row is held."""
    run.ended_at = now()
    run.report_sha256 = digest(run)
    run.save(update_fields=["state", "ended_at", "report_sha256"])
    facts = {"number": run.number, "state": run.state, "sha256": run.report_sha256}
    ledger.record(ledger.Kind.ROLLOUT_ENDED, about(run), facts, actor=actor)


def open_runs(organisation: Organisation) -> list[RolloutRun]:
    """Held for the caller's transaction. Before its joining is: whoever ends a run holds them in
    this order.
    """
    rows = RolloutRun.objects.select_for_update(of=("self",)).select_related("organisation")
    return list(rows.filter(organisation=organisation, state=RunState.RUNNING))


def abandon(actor: Actor, runs: Iterable[RolloutRun]) -> None:
    """The road they were begun on is over: what they saw shows nothing on another."""
    for run in runs:
        run.state = RunState.ABANDONED
        end(actor, run)


def content(run: RolloutRun) -> dict[str, Any]:
    """What the report says, without patients; what its digest covers."""
    return {
        "customer": run.organisation.business_id,
        "run": str(run.id),
        "number": run.number,
        "state": run.state,
        "purpose": run.purpose,
        "systems": run.systems,
        "started by": run.started_by,
        "started at": run.started_at.isoformat(),
        "ended at": run.ended_at.isoformat() if run.ended_at else "",
        "steps": [
            {
                "place": step.place,
                "kind": step.kind,
                "content type": step.content_type,
                "state": step.state,
                "cause": step.cause,
                "observed": step.observed,
                "at": step.at.isoformat() if step.at else "",
            }
            for step in queries.steps(run)
        ],
    }


def digest(run: RolloutRun) -> str:
    """SHA-256 over the report as canonical JSON: sorted keys, no blanks, UTF-8."""
    text = json.dumps(content(run), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
