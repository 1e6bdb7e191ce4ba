"""Tokens of the HTTP API: made, shown once, used, revoked (NF-7).

A token made with another is bounded by it: it has no scope, role or customer that the other has
not, ends no later, and is revoked with it, so that what is stolen cannot outlive itself.
"""

import hashlib
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet

from archive import ledger
from archive.actors import Actor
from archive.errors.api import TokenExceedsMaker
from archive.models import (
    ApiScope,
    ApiToken,
    Environment,
    IdempotentCall,
    Membership,
    Organisation,
    Role,
    User,
)
from archive.values import now, today

PREFIX = "idr_"  # by which a leaked token is recognised, by people and by scanners
HINT = 10
SEEN = timedelta(minutes=1)  # how exactly its last use is kept
CALLS_KEPT = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Holder:
    """For whom a token is made: a person, or a system of an organisation with one role, known by
    its own secret or by the subject of the access tokens that the OpenID provider gives it.
    """

    user: User | None = None
    organisation: Organisation | None = None
    role: Role | None = None
    environment: Environment | None = None
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Maker:
    """A person's token with which another is made, and the roles in which it calls."""

    token: ApiToken
    roles: frozenset[str]


def make(
    actor: Actor,
    holder: Holder,
    *,
    name: str,
    scopes: Iterable[ApiScope],
    days: int,
    maker: Maker | None = None,
) -> tuple[ApiToken, str]:
    """The row and the secret, which is told this once. It is random, 256 bits, so a plain SHA-256
    is no weakness. Raises TokenExceedsMaker.
    """
    scopes = sorted(set(scopes))
    if maker is not None:
        _require_within(maker, holder, scopes)
    secret = f"{PREFIX}{secrets.token_urlsafe(32)}"
    at = now()
    until = at + timedelta(days=days)
    with transaction.atomic():
        if maker is not None:
            _require_in_use(maker.token)
            until = min(until, maker.token.expires_at)
        row = ApiToken.objects.create(
            name=name,
            hint=secret[:HINT],
            secret_sha256=_digest(secret),
            user=holder.user,
            organisation=holder.organisation,
            role=holder.role or "",
            environment=holder.environment or "",
            external_id=holder.subject,
            scopes=scopes,
            made_at=at,
            made_by_name=actor.name,
            made_with=maker.token if maker else None,
            within=sorted(maker.roles) if maker and holder.user else [],
            expires_at=until,
        )
        _record(actor, row, "made")
    return row, secret


def _require_within(maker: Maker, holder: Holder, scopes: Sequence[str]) -> None:
    """Raises TokenExceedsMaker."""
    if not set(scopes) <= set(maker.token.scopes):
        raise TokenExceedsMaker(facts={"field": "scopes"})
    role = holder.role or ""
    speaks = role in maker.roles and _holds(maker.token, holder.organisation, role)
    if holder.user is None and not speaks:
        raise TokenExceedsMaker(facts={"field": "role"})


def _require_in_use(token: ApiToken) -> None:
    """It stays so until the transaction ends: what revokes it finds what was made with it. Raises
    TokenExceedsMaker.
    """
    rows = ApiToken.objects.select_for_update(no_key=True)
    if not rows.filter(id=token.id, revoked_at=None).exists():
        raise TokenExceedsMaker("the token was revoked")


def revoke(actor: Actor, row: ApiToken) -> None:
    """From this second on, with all that was made with it."""
    with transaction.atomic():
        if ApiToken.objects.filter(id=row.id, revoked_at=None).update(revoked_at=now()):
            _record(actor, row, "revoked")
        for made in row.made_tokens.select_related("organisation"):
            revoke(actor, made)


def identify(secret: str) -> ApiToken | None:
    """The live token of this secret; None also when its holder may no longer call."""
    rows = ApiToken.objects.select_related("user", "organisation")
    row = rows.filter(secret_sha256=_digest(secret)).first()
    at = now()
    if row is None or not row.is_live_at(at) or not _may_call(row):
        return None
    _seen(row, at)
    return row


def of_subject(subject: str) -> ApiToken | None:
    """The live token of a system that the OpenID provider knows as this subject."""
    row = _of_subject(subject).first()
    at = now()
    if row is None or not row.is_live_at(at) or not _may_call(row):
        return None
    _seen(row, at)
    return row


def is_known(subject: str) -> bool:
    """Whether a system has a row of this subject, also one whose time is over."""
    return _of_subject(subject).exists()


def _of_subject(subject: str) -> QuerySet[ApiToken]:
    rows = ApiToken.objects.select_related("organisation", "user").exclude(external_id="")
    return rows.filter(external_id=subject, user=None, revoked_at=None)


def of_person(user: User, client: str, *, until: datetime) -> ApiToken | None:
    """The row by which a person's calls through a client of the OpenID provider are known; made at
    the first call. None when it was revoked, or the person may no longer call.
    """
    at = now()
    row, _ = ApiToken.objects.select_related("organisation", "user").get_or_create(
        user=user,
        external_id=client,
        defaults={
            "name": client[:100],
            "hint": "",
            "secret_sha256": _digest(secrets.token_urlsafe(32)),  # of no secret anybody has
            "scopes": [],
            "made_at": at,
            "made_by_name": "OpenID Connect",
            "expires_at": until,
        },
    )
    if row.revoked_at is not None or not _may_call(row):
        return None
    if row.expires_at < until:
        ApiToken.objects.filter(id=row.id, expires_at__lt=until).update(expires_at=until)
    _seen(row, at)
    return row


def _may_call(row: ApiToken) -> bool:
    if row.made_with is not None and not _is_backed(row, row.made_with):
        return False
    if row.user is not None:
        return row.user.is_active
    return row.organisation is not None and not row.organisation.has_left(today())


def _is_backed(row: ApiToken, maker: ApiToken) -> bool:
    """By the token it was made with, which may call, and of whose person a system has its role."""
    if not maker.is_live_at(now()) or not _may_call(maker):
        return False
    return row.user is not None or _holds(maker, row.organisation, row.role)


def _holds(maker: ApiToken, organisation: Organisation | None, role: str) -> bool:
    held = Membership.objects.filter(organisation=organisation, role=role)
    return held.filter(user=maker.user_id).exists()


def _seen(row: ApiToken, at: datetime) -> None:
    """Written once a minute at most: many calls of one token do not wait for each other."""
    unseen = Q(last_used_at=None) | Q(last_used_at__lt=at - SEEN)
    if row.last_used_at is None or row.last_used_at < at - SEEN:
        ApiToken.objects.filter(unseen, id=row.id).update(last_used_at=at)


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def _record(actor: Actor, row: ApiToken, what: str) -> None:
    environment = row.environment or Environment.PRODUCTION.value
    about = ledger.About(
        environment=environment, subject_id=row.id, organisation_id=row.organisation_id
    )
    facts = {"what": what, "name": row.name, "scopes": ", ".join(row.scopes), "role": row.role}
    ledger.record(ledger.Kind.TOKEN_CHANGED, about, facts, actor=actor)


def forget_calls() -> None:
    """Keys are good for two days; whoever comes later has long since asked what became of it."""
    IdempotentCall.objects.filter(at__lt=now() - CALLS_KEPT).delete()
