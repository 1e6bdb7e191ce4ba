"""Cases: the support desk's list, and a customer's own errors; batches over many at once."""

from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from archive.models import Batch, Case
from archive.queries.keyset import Key, moment
from portal.lists.cells import Code, State, When, state_of
from portal.lists.columns import Column, Listing

BY_LAST = (Key("last_at", moment, True), Key("id", UUID, True))
BY_FIRST = (Key("first_at", moment, True), Key("id", UUID, True))
BY_EVENTS = (Key("event_count", int, True), Key("id", UUID, True))
BY_OPEN = (Key("open_count", int, True), Key("id", UUID, True))


@dataclass(frozen=True, slots=True)
class Row:
    """A case in the reader's words."""

    case: Case
    title: str
    step: str
    shape: str
    word: str
    place: str
    is_late: bool


def _owner(row: Row) -> str:
    owner = row.case.owner
    return (owner.get_full_name() or owner.get_username()) if owner else ""


def _customer(row: Row) -> str:
    return row.case.organisation.name if row.case.organisation else ""


def _aet(row: Row) -> Code:
    return Code(row.case.connection.aet if row.case.connection else "")


def _late(row: Row) -> str:
    return _("late") if row.is_late else ""


DESK = Listing[Row](
    name="desk",
    url_name="desk",
    pages=("desk", "errors"),
    detail="case",
    key=lambda row: row.case.id,
    columns=(
        Column(
            "cause",
            gettext_lazy("Cause"),
            lambda row: row.title,
            css="broad",
            under=(
                Column("case", gettext_lazy("Case"), lambda row: f"{row.case} · {row.place}"),
                Column("step", gettext_lazy("Next step"), lambda row: row.step),
            ),
        ),
        Column(
            "state",
            gettext_lazy("State"),
            lambda row: State(row.shape, row.word),
            under=(
                Column("owner", gettext_lazy("Owner"), _owner, staff_only=True),
                Column("late", gettext_lazy("Late"), _late, staff_only=True),
            ),
        ),
        Column(
            "customer",
            gettext_lazy("Customer"),
            _customer,
            under=(Column("aet", gettext_lazy("AE title"), _aet),),
        ),
        Column("code", gettext_lazy("Code"), lambda row: Code(row.case.code)),
        Column(
            "events",
            gettext_lazy("Events"),
            lambda row: row.case.event_count,
            css="num",
            order=BY_EVENTS,
        ),
        Column(
            "open", gettext_lazy("Open"), lambda row: row.case.open_count, css="num", order=BY_OPEN
        ),
        Column(
            "first",
            gettext_lazy("First"),
            lambda row: When(row.case.first_at, "brief"),
            order=BY_FIRST,
        ),
        Column(
            "last",
            gettext_lazy("Last"),
            lambda row: When(row.case.last_at, "brief"),
            order=BY_LAST,
        ),
        Column(
            "severity",
            gettext_lazy("Severity"),
            lambda row: row.case.get_severity_display(),
            shown=False,
            staff_only=True,
        ),
        Column(
            "due",
            gettext_lazy("Due"),
            lambda row: When(row.case.due_at),
            shown=False,
            staff_only=True,
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Begun:
    """A batch and how far it is."""

    batch: Batch
    kind: str
    ended: int
    outcomes: str


BATCHES = Listing[Begun](
    name="batches",
    url_name="batches",
    pages=("batch",),
    detail="batch",
    key=lambda row: row.batch.id,
    columns=(
        Column(
            "batch",
            gettext_lazy("Batch"),
            lambda row: row.kind,
            css="broad",
            under=(
                Column(
                    "case",
                    gettext_lazy("Case"),
                    lambda row: str(row.batch.case) if row.batch.case else "",
                ),
                Column("outcomes", gettext_lazy("Outcome"), lambda row: row.outcomes),
            ),
        ),
        Column("state", gettext_lazy("State"), lambda row: state_of(row.batch)),
        Column("events", gettext_lazy("Events"), lambda row: row.batch.item_count, css="num"),
        Column("ended", gettext_lazy("Ended"), lambda row: row.ended, css="num"),
        Column("begun", gettext_lazy("Begun"), lambda row: When(row.batch.made_at)),
        Column("person", gettext_lazy("Person"), lambda row: row.batch.made_by_name),
    ),
)
