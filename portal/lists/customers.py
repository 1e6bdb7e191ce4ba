"""Customers: all of them, those on the road in or out, who loads the archive, the versions of the
terms that they accept, and what two officers decided about them.
"""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from archive.models import Organisation
from archive.queries.load import Load
from onboarding.models import FourEyes, TermsDocument
from onboarding.queries.customers import CustomerRow
from onboarding.queries.pipeline import Entry
from portal.lists.cells import Count, Label, Size, State, Strong, Value, When, lines, state_of
from portal.lists.columns import Column, Listing

BUSINESS_ID = _("Business id")

CUSTOMERS = Listing[CustomerRow](
    name="customers",
    url_name="organisations",
    pages=("customers",),
    detail="organisation",
    key=lambda row: row.organisation.id,
    columns=(
        Column(
            "customer",
            _("Customer"),
            lambda row: row.organisation.name,
            under=(Column("id", BUSINESS_ID, lambda row: row.organisation.business_id),),
            sortable=True,
        ),
        Column("state", _("State"), lambda row: state_of(row.organisation), sortable=True),
        Column(
            "sector", _("Sector"), lambda row: row.organisation.get_sector_display(), sortable=True
        ),
        Column(
            "connections", _("Connections"), lambda row: row.connections, css="num", sortable=True
        ),
        Column("today", _("Studies today"), lambda row: row.today, css="num", sortable=True),
        Column("waiting", _("Waiting"), lambda row: row.waiting, css="num", sortable=True),
        Column("cases", _("Open cases"), lambda row: Count(row.cases), css="num", sortable=True),
    ),
)


@dataclass(frozen=True, slots=True)
class OnRoad:
    """A customer on the road, in words."""

    entry: Entry
    waits: str
    asked: str  # what waits for a second officer
    alarms: list[tuple[str, str]]  # shape and sentence


def _warnings(row: OnRoad) -> Value:
    asked = [State("needs", row.asked)] if row.asked else []
    alarms = [Strong(said) if shape == "needs" else said for shape, said in row.alarms]
    return lines([*asked, *alarms])


PIPELINE = Listing[OnRoad](
    name="pipeline",
    url_name="joining",
    pages=("pipeline",),
    detail="joining-file",
    key=lambda row: row.entry.organisation.id,
    columns=(
        Column(
            "customer",
            _("Customer"),
            lambda row: row.entry.organisation.name,
            under=(Column("id", BUSINESS_ID, lambda row: row.entry.organisation.business_id),),
            sortable=True,
        ),
        Column("state", _("State"), lambda row: state_of(row.entry.joining), sortable=True),
        Column("waits", _("Waits for"), lambda row: row.waits, sortable=True),
        Column("since", _("In this state"), lambda row: row.entry.waited, css="num"),
        Column(
            "missing",
            _("Preconditions missing"),
            lambda row: row.entry.missing,
            css="num",
            sortable=True,
        ),
        Column("warnings", _("Warnings"), _warnings),
    ),
)


@dataclass(frozen=True, slots=True)
class Loading:
    """One customer's last day, and the last hour of it."""

    organisation: Organisation
    day: Load
    hour: Load


def _load(key: str, label: str | Promise, hour_label: str | Promise) -> Column[Loading]:
    """A number of the day with that of the hour below it."""
    return Column(
        key,
        label,
        lambda row: getattr(row.day, key),
        under=(Column(f"{key}-hour", hour_label, lambda row: getattr(row.hour, key)),),
        css="num",
        sortable=True,
    )


LOAD = Listing[Loading](
    name="load",
    url_name="load",
    pages=("load",),
    detail="organisation",
    walks=False,
    key=lambda row: row.organisation.id,
    columns=(
        Column(
            "customer",
            _("Customer"),
            lambda row: row.organisation.name,
            under=(Column("id", BUSINESS_ID, lambda row: row.organisation.business_id),),
            sortable=True,
        ),
        _load("associations", _("Associations"), _("Associations in an hour")),
        _load("objects", _("Objects stored"), _("Objects stored in an hour")),
        Column(
            "size",
            _("Size"),
            lambda row: Size(row.day.size),
            under=(Column("size-hour", _("Size in an hour"), lambda row: Size(row.hour.size)),),
            css="num",
            sortable=True,
        ),
        _load("queries", _("Queries"), _("Queries in an hour")),
        _load("returned", _("Objects returned"), _("Objects returned in an hour")),
        Column(
            "refusals",
            _("Refusals"),
            lambda row: Count(row.day.refusals),
            under=(
                Column("refusals-hour", _("Refusals in an hour"), lambda row: row.hour.refusals),
            ),
            css="num",
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Version:
    """Of the terms or the service description, and how many have accepted it."""

    row: TermsDocument
    title: str
    standing: State
    accepted: int
    missing: int


TERMS = Listing[Version](
    name="terms-versions",
    url_name="terms-versions",
    pages=("terms-versions",),
    detail="terms-version",
    key=lambda each: each.row.id,
    columns=(
        Column("document", _("Document"), lambda each: each.title, sortable=True),
        Column("state", _("State"), lambda each: each.standing, sortable=True),
        Column("from", _("In force from"), lambda each: each.row.valid_from, sortable=True),
        Column("accepted", _("Accepted"), lambda each: each.accepted, css="num", sortable=True),
        Column("missing", _("Not accepted"), lambda each: each.missing, css="num", sortable=True),
    ),
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a second officer decides, in words; `url` leads to what a grant would do."""

    row: FourEyes
    own: bool
    title: Label
    effect: str
    url: str


def _asker(each: Asked) -> str:
    person = each.row.asked_by
    return person.get_full_name() or person.get_username()


def _decider(each: Asked) -> str:
    person = each.row.decided_by
    return (person.get_full_name() or person.get_username()) if person else ""


DECIDED = Listing[Asked](
    name="four-eyes",
    url_name="four-eyes",
    pages=("four-eyes",),
    key=lambda each: each.row.id,
    columns=(
        Column(
            "customer",
            _("Customer"),
            lambda each: each.row.joining.organisation.name,
            under=(
                Column("what", _("What was asked"), lambda each: each.title),
                Column("effect", _("Effect"), lambda each: each.effect),
                Column("reason", _("Reason"), lambda each: each.row.reason),
            ),
        ),
        Column("state", _("State"), lambda each: each.row.get_state_display()),
        Column(
            "asked",
            _("Asked"),
            _asker,
            under=(Column("asked-at", _("Asked at"), lambda each: When(each.row.asked_at)),),
        ),
        Column(
            "decided",
            _("Decided"),
            _decider,
            under=(Column("decided-at", _("Decided at"), lambda each: When(each.row.decided_at)),),
        ),
    ),
)
