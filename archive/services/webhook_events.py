"""What happened is owed to the webhooks that want to be told, in the transaction of the fact."""

from typing import Any
from uuid import UUID

from django.db.models import Q

from archive import jobs
from archive.models import Case, JobKind, Study, Webhook, WebhookDelivery, WebhookEvent
from archive.values import now


def of_case(event: WebhookEvent, case: Case) -> None:
    """Whose it is, and the operator, are told; nothing that was written on it."""
    data = {
        "case_id": str(case.id),
        "number": str(case),
        "reason": case.reason,
        "severity": case.severity,
        "interface": case.edge,
    }
    _owe(event, case.environment, case.organisation_id, data)


def of_study(event: WebhookEvent, study: Study) -> None:
    data = {
        "study_id": str(study.id),
        "study_instance_uid": study.study_instance_uid,
        "accession_number": study.accession_number,
    }
    _owe(event, study.environment, study.register.organisation_id, data)


def _owe(
    event: WebhookEvent, environment: str, organisation_id: UUID | None, data: dict[str, Any]
) -> None:
    concerned = Q(organisation_id=organisation_id) | Q(organisation__is_operator=True)
    rows = Webhook.objects.filter(
        concerned, environment=environment, is_on=True, ended_at=None, events__contains=[event]
    )
    for webhook_id in rows.values_list("id", flat=True):
        owed = WebhookDelivery.objects.create(
            webhook_id=webhook_id, event=event, at=now(), data=data
        )
        jobs.defer(
            JobKind.WEBHOOK,
            owed.id,
            environment=environment,
            organisation_id=organisation_id,
            peer_id=webhook_id,  # one call at a time to one receiver
        )
