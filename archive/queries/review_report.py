"""The whole of a review case as values: what its report tells, and the digest over it."""

import hashlib
import json
from typing import Any

from archive.models import ReviewCase


def content(case: ReviewCase) -> dict[str, Any]:
    """Ids, times and texts; no patient's name or code."""
    suspicions = case.suspicions.order_by("raised_at", "id").select_related("rule")
    return {
        "case": str(case),
        "environment": case.environment,
        "title": case.title,
        "opened": [case.opened_at, case.opened_by],
        "suspicions": [
            {
                "kind": row.kind,
                "rule": [row.rule.id, row.rule.version] if row.rule else None,
                "who": [row.organisation_id, row.user, row.user_name, row.person_id],
                "patient": row.patient_id,
                "facts": row.facts,
                "events": list(
                    row.events.order_by("event_at", "event_id").values_list("event_at", "event_id")
                ),
            }
            for row in suspicions
        ],
        "notes": [[row.at, row.by, row.text] for row in case.notes.order_by("at", "id")],
        "explanations": [
            {
                "organisation": row.organisation_id,
                "asked": [row.asked_at, row.asked_by, row.question, row.events],
                "answered": [row.answered_at, row.answered_by, row.answer],
                "state": row.state,
            }
            for row in case.explanations.order_by("asked_at", "id")
        ],
        "finding": [case.finding, case.finding_text, case.found_at, case.found_by],
        "closed": [case.closed_at, case.closed_by, case.decision],
        "reopened": case.reopened_count,
    }


def digest(told: dict[str, Any]) -> str:
    """SHA-256, the same for the same content wherever it is read."""
    text = json.dumps(told, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()
