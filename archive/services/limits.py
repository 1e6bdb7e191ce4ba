"""How much a customer's systems may load the archive: read for each association, set by officers
(AR-13).
"""

from dataclasses import asdict, dataclass, fields
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q

from archive import ledger
from archive.actors import Actor
from archive.models import Organisation, UseLimit
from archive.models.dated import valid_on
from archive.values import today

NO_LIMIT = (1 << 31) - 1  # the greatest number that a row can hold


@dataclass(frozen=True, slots=True)
class Limits:
    """Associations at once, and objects stored in a minute, of one environment; calls of the API in
    a minute, of all its tokens and of each.
    """

    associations: int = NO_LIMIT
    objects_per_minute: int = NO_LIMIT
    calls_per_minute: int = NO_LIMIT
    token_calls_per_minute: int = NO_LIMIT


def of(organisation_id: UUID | None) -> Limits:
    """Its own, else everyone's."""
    owners = Q(organisation=None) | Q(organisation_id=organisation_id)
    rows = UseLimit.objects.filter(valid_on(today()), owners)
    row = rows.order_by(F("organisation_id").asc(nulls_last=True), "-valid_from").first()
    return Limits(**{each.name: getattr(row, each.name) for each in fields(Limits)} if row else {})


def own(organisation: Organisation) -> UseLimit | None:
    """The row that is for this customer alone, if there is one."""
    rows = UseLimit.objects.filter(valid_on(today()), organisation=organisation)
    return rows.order_by("-valid_from").first()


def allow(actor: Actor, organisation: Organisation, limits: Limits, *, reason: str) -> None:
    """From today on, these for this customer; they hold from the next association on."""
    with transaction.atomic():
        _end(organisation)
        UseLimit.objects.update_or_create(
            organisation=organisation,
            valid_from=today(),
            defaults={**asdict(limits), "valid_until": None},
        )
        what = (
            f"{limits.associations} associations, {limits.objects_per_minute} objects a minute, "
            f"{limits.calls_per_minute} calls ({limits.token_calls_per_minute} of a token)"
        )
        _record(actor, organisation, f"limits: {what}", reason)


def follow_everyone(actor: Actor, organisation: Organisation, *, reason: str) -> None:
    """From today on, everyone's limits."""
    with transaction.atomic():
        _end(organisation)
        UseLimit.objects.filter(organisation=organisation, valid_from=today()).delete()
        _record(actor, organisation, "limits: as everyone's", reason)


def _end(organisation: Organisation) -> None:
    """What holds now held to yesterday; what begins later is not touched."""
    rows = UseLimit.objects.filter(valid_on(today()), organisation=organisation)
    rows.filter(valid_from__lt=today()).update(valid_until=today() - timedelta(days=1))


def _record(actor: Actor, organisation: Organisation, what: str, reason: str) -> None:
    about = ledger.About(organisation_id=organisation.id, subject_id=organisation.id)
    facts = {"what": what, "reason": reason}
    ledger.record(ledger.Kind.CUSTOMER_CHANGED, about, facts, actor=actor)
