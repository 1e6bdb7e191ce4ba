"""Webhooks: made, sent to, given up, switched on again (NF-7)."""

import hashlib
import hmac
import ipaddress
import json
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit
from uuid import UUID

from django.db import transaction
from django.db.models import F

from archive import jobs, ledger
from archive.actors import SYSTEM, Actor
from archive.config import settings
from archive.errors import ArchiveError
from archive.errors.api import WebhookUnanswered, WebhookUnfit
from archive.models import JobKind, Organisation, Webhook, WebhookDelivery, WebhookEvent
from archive.services import error_desk
from archive.services.error_desk import Place, What, Who
from archive.values import now

DELIVER = Place("job", "webhook")
KEPT = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Owed:
    """A call to make: where to, its body, and the headers by which the receiver knows us and it."""

    url: str
    addresses: tuple[tuple[str, int], ...]  # of its host, as they were looked at
    body: bytes
    headers: dict[str, str]


def make(
    actor: Actor,
    organisation: Organisation,
    *,
    environment: str,
    name: str,
    url: str,
    events: Iterable[WebhookEvent],
) -> Webhook:
    """Raises WebhookUnfit."""
    require_fit(url)
    with transaction.atomic():
        row = Webhook.objects.create(
            organisation=organisation,
            environment=environment,
            name=name,
            url=url,
            events=sorted(events),
            made_at=now(),
            made_by_name=actor.name,
        )
        _record(actor, row, "made")
    return row


def switch_on(actor: Actor, row: Webhook) -> None:
    """What it missed since it was given up is owed again, oldest first."""
    with transaction.atomic():
        Webhook.objects.filter(id=row.id).update(is_on=True, given_up_at=None)
        missed = WebhookDelivery.objects.filter(webhook=row, delivered_at=None).order_by("at")
        for delivery_id in missed.values_list("id", flat=True):
            jobs.defer(
                JobKind.WEBHOOK,
                delivery_id,
                environment=row.environment,
                organisation_id=row.organisation_id,
                peer_id=row.id,
            )
        _record(actor, row, "switched on")


def end(actor: Actor, row: Webhook) -> None:
    """With it ends the case about its receiver, which nothing else could settle any more."""
    with transaction.atomic():
        if Webhook.objects.filter(id=row.id, ended_at=None).update(ended_at=now(), is_on=False):
            error_desk.settle(row.id, DELIVER.step)
            _record(actor, row, "ended")


def secret_of(webhook_id: UUID) -> str:
    """With which its calls are signed; kept nowhere."""
    key = settings().secret_key.encode()
    return hmac.new(key, b"webhook " + webhook_id.bytes, hashlib.sha256).hexdigest()


def signature(secret: str, stamp: int, body: bytes) -> str:
    """Over time and body, so that a call that is sent on later is told apart."""
    signed = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256)
    return f"t={stamp},v1={signed.hexdigest()}"


def require_fit(url: str) -> None:
    """Nobody has the archive call into its own network. Raises WebhookUnfit."""
    if settings().demo:
        return
    try:
        addresses_of(url)
    except WebhookUnanswered:
        raise WebhookUnfit(facts={"field": "url"}) from None


def addresses_of(url: str) -> tuple[tuple[str, int], ...]:
    """Where a call to it goes, and nowhere else: asked anew at each call, for a name may come to
    mean another host, even between two questions.

    Raises WebhookUnfit, WebhookUnanswered when nothing is told of the name.
    """
    parts = urlsplit(url)
    if not parts.hostname or not (parts.scheme == "https" or settings().demo):
        raise WebhookUnfit(facts={"field": "url"})
    try:
        port = parts.port or (443 if parts.scheme == "https" else 80)
        found = socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)
    except OSError:
        raise WebhookUnanswered("its name is nowhere") from None
    except ValueError:  # no port, or no name
        raise WebhookUnfit(facts={"field": "url"}) from None
    hosts = {str(each[4][0]) for each in found}
    if not settings().demo and not all(ipaddress.ip_address(each).is_global for each in hosts):
        raise WebhookUnfit(facts={"field": "url"})
    return tuple((str(each[4][0]), port) for each in found)


# --- the work -------------------------------------------------------------------------------------


def owed(delivery_id: UUID) -> Owed | None:
    """The call to make now; None when it was made, or its webhook is off.

    Raises WebhookUnfit, WebhookUnanswered.
    """
    row = WebhookDelivery.objects.select_related("webhook").filter(id=delivery_id).first()
    if row is None or row.delivered_at is not None or not row.webhook.is_on:
        return None
    addresses = addresses_of(row.webhook.url)
    body = json.dumps(
        {
            "id": str(row.id),
            "type": row.event,
            "at": row.at.isoformat(),
            "environment": row.webhook.environment,
            "data": row.data,
        }
    ).encode()
    stamp = int(now().timestamp())
    headers = {
        "Content-Type": "application/json",
        "Webhook-Id": str(row.id),
        "Webhook-Signature": signature(secret_of(row.webhook_id), stamp, body),
    }
    return Owed(row.webhook.url, addresses, body, headers)


def delivered(delivery_id: UUID) -> None:
    """What stood on the desk about the receiver is settled."""
    with transaction.atomic():
        rows = WebhookDelivery.objects.filter(id=delivery_id)
        rows.update(delivered_at=now(), last_error="", tries=F("tries") + 1)
        error_desk.settle(rows.values_list("webhook_id", flat=True).get(), DELIVER.step)


def not_delivered(delivery_id: UUID, error: ArchiveError) -> None:
    WebhookDelivery.objects.filter(id=delivery_id).update(
        last_error=error.detail[:200], last_reason=error.reason(), tries=F("tries") + 1
    )


def give_up(delivery_id: UUID, job_id: UUID, error: ArchiveError) -> None:
    """The webhook is switched off: its owner has a case, and what it misses is kept for it."""
    with transaction.atomic():
        row = WebhookDelivery.objects.select_related("webhook").get(id=delivery_id).webhook
        on = Webhook.objects.filter(id=row.id, is_on=True)
        if on.update(is_on=False, given_up_at=now()):
            _record(SYSTEM, row, "given up")
        error_desk.report(
            error,
            environment=row.environment,
            place=DELIVER,
            who=Who(row.organisation_id),
            what=What(subject_id=row.id),
            facts={"peer": urlsplit(row.url).hostname or ""},
            once=True,
        )


def forget_old() -> None:
    WebhookDelivery.objects.filter(at__lt=now() - KEPT).delete()


def _record(actor: Actor, row: Webhook, what: str) -> None:
    about = ledger.About(
        environment=row.environment, subject_id=row.id, organisation_id=row.organisation_id
    )
    facts = {"what": what, "name": row.name}
    ledger.record(ledger.Kind.WEBHOOK_CHANGED, about, facts, actor=actor)
