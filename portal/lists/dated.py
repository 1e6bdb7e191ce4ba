"""Dated rows that are added and ended, never rewritten: rules of access and of retention, trusted
issuers, clients of the citizen API.
"""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from archive.models import (
    AccessPolicy,
    AccessPolicyKind,
    ApiClient,
    RetentionRule,
    TrustedIssuer,
)
from archive.values import today
from portal.lists.cells import Act, Identifier, State, Value, When, dated, lines
from portal.lists.columns import Column, Listing, acts

FIRST: Column[Any] = Column(
    "first", gettext_lazy("First day"), lambda each: each.row.valid_from, sortable=True
)
LAST: Column[Any] = Column(
    "last", gettext_lazy("Last day"), lambda each: each.row.valid_until, sortable=True
)
STANDING: Column[Any] = Column(
    "state",
    gettext_lazy("State"),
    lambda each: dated(each.row.valid_from, each.row.valid_until),
    sortable=True,
)


@dataclass(frozen=True, slots=True)
class OfAccess:
    """A rule of access; `about` are its members or roles."""

    row: AccessPolicy
    name: str
    about: str
    is_open: bool


def _informing(each: OfAccess) -> str:
    if each.row.kind != AccessPolicyKind.AREA:
        return ""
    return _("needed") if each.row.informing_needed else _("not needed")


def _change_access(each: OfAccess) -> Value:
    if not each.is_open:
        return None
    of = [each.row.id]
    close = Act(_("Close"), reverse("access-rules-close", args=of), each.name)
    if each.row.kind != AccessPolicyKind.AREA:
        return close
    return lines((Act(_("Members"), reverse("access-rules-members", args=of), each.name), close))


ACCESS_RULES = Listing[OfAccess](
    name="access-rules",
    url_name="access-rules",
    pages=("access-rules",),
    key=lambda each: each.row.id,
    columns=(
        Column(
            "rule",
            gettext_lazy("Rule"),
            lambda each: each.name,
            css="broad",
            under=(
                Column("kind", gettext_lazy("Kind"), lambda each: each.row.get_kind_display()),
                Column("about", gettext_lazy("Members or roles"), lambda each: each.about),
                Column("source", gettext_lazy("Source"), lambda each: each.row.source),
            ),
            sortable=True,
        ),
        STANDING,
        FIRST,
        LAST,
        Column("informing", gettext_lazy("Informing"), _informing),
        acts(_change_access),
    ),
)


@dataclass(frozen=True, slots=True)
class OfRetention:
    """A rule of retention: how long, and of what."""

    row: RetentionRule
    name: str
    period: str
    scope: str
    is_open: bool


def _unread(each: OfRetention) -> State | None:
    return None if each.row.verified else State("needs", _("not yet read in its source"))


def _change_retention(each: OfRetention) -> Value:
    if not each.is_open:
        return None
    of = [each.row.id]
    close = Act(_("Close"), reverse("retention-rule-close", args=of), each.name)
    if each.row.verified:
        return close
    return lines((Act(_("Confirm"), reverse("retention-rule-confirm", args=of), each.name), close))


RETENTION_RULES = Listing[OfRetention](
    name="retention-rules",
    url_name="retention-rules",
    pages=("retention-rules",),
    key=lambda each: each.row.id,
    columns=(
        Column(
            "rule",
            gettext_lazy("Rule"),
            lambda each: each.name,
            css="broad",
            under=(
                Column("source", gettext_lazy("Source"), lambda each: _(each.row.source)),
                Column("unread", gettext_lazy("Read in its source"), _unread),
            ),
            sortable=True,
        ),
        Column(
            "kept",
            gettext_lazy("Kept"),
            lambda each: each.period,
            under=(Column("scope", gettext_lazy("What is kept"), lambda each: each.scope),),
        ),
        STANDING,
        Column(
            "priority",
            gettext_lazy("Priority"),
            lambda each: each.row.priority,
            css="num",
            sortable=True,
        ),
        FIRST,
        LAST,
        acts(_change_retention),
    ),
)


@dataclass(frozen=True, slots=True)
class Issuer:
    row: TrustedIssuer
    shape: str
    word: str


def _retire_issuer(each: Issuer) -> Act | None:
    if each.shape == "stop":
        return None
    return Act(_("Retire"), reverse("issuer-retire", args=[each.row.id]), each.row.entity_id)


ISSUERS = Listing[Issuer](
    name="issuers",
    url_name="issuers",
    pages=("issuers",),
    key=lambda each: each.row.id,
    columns=(
        Column(
            "issuer",
            gettext_lazy("Issuer"),
            lambda each: each.row.entity_id,
            sortable=True,
        ),
        Column(
            "environment",
            gettext_lazy("Environment"),
            lambda each: each.row.get_environment_display(),
            sortable=True,
        ),
        Column(
            "certificate",
            gettext_lazy("Signing certificate"),
            lambda each: each.row.certificate_subject,
            under=(
                Column("sha256", "SHA-256", lambda each: Identifier(each.row.certificate_sha256)),
            ),
        ),
        Column(
            "expires",
            gettext_lazy("Expires"),
            lambda each: When(each.row.certificate_until, "brief"),
            sortable=True,
        ),
        Column(
            "state",
            gettext_lazy("State"),
            lambda each: State(each.shape, each.word),
            sortable=True,
        ),
        FIRST,
        LAST,
        acts(_retire_issuer),
    ),
)


def _in_use(row: ApiClient) -> State:
    if row.is_valid_on(today()):
        return State("done", _("in use"))
    return State("stop", _("retired"))


def _retire_client(row: ApiClient) -> Act | None:
    if not row.is_valid_on(today()):
        return None
    return Act(_("Retire"), reverse("api-clients-retire", args=[row.id]), row.name)


API_CLIENTS = Listing[ApiClient](
    name="api-clients",
    url_name="api-clients",
    pages=("api-clients",),
    key=lambda row: row.id,
    columns=(
        Column(
            "service",
            gettext_lazy("Service"),
            lambda row: row.name,
            under=(Column("issuer", gettext_lazy("Issuer"), lambda row: row.issuer),),
            sortable=True,
        ),
        Column(
            "environment",
            gettext_lazy("Environment"),
            lambda row: row.get_environment_display(),
            sortable=True,
        ),
        Column("state", gettext_lazy("State"), _in_use, sortable=True),
        Column("first", gettext_lazy("First day"), lambda row: row.valid_from, sortable=True),
        Column("last", gettext_lazy("Last day"), lambda row: row.valid_until),
        Column(
            "calls",
            gettext_lazy("Calls a minute"),
            lambda row: row.calls_a_minute,
            css="num",
            sortable=True,
        ),
        Column("key", gettext_lazy("Key"), lambda row: Identifier(row.key_id)),
        acts(_retire_client),
    ),
)
