"""Purchased-service authorisations: all for the staff, orders and assignments for the parties."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from archive.models import Authorisation
from archive.rules.authorisations import Side
from portal.lists.cells import Identifier, PersonCode, State, Value, When, state_of
from portal.lists.columns import Column, Listing


@dataclass(frozen=True, slots=True)
class Ordered:
    row: Authorisation
    service: str
    stage: str | Promise
    late: bool
    lacks: str


def _urgency(each: Ordered) -> str:
    return each.row.get_urgency_display() if each.row.urgency != "routine" else ""


def _producer(each: Ordered) -> Value:
    return each.row.producer.name if each.row.producer else State("none", _("none yet"))


def _patient(each: Ordered) -> Value:
    if each.row.patient is None:
        return each.row.get_level_display()
    return PersonCode(each.row.patient.identifier)


def _late(each: Ordered) -> State | None:
    return State("needs", _("late")) if each.late else None


def _lacks(each: Ordered) -> str:
    return f"{_('missing')}: {each.lacks}" if each.lacks else ""


AUTHORISATIONS = Listing[Ordered](
    name="authorisations",
    url_name="authorisations",
    pages=("authorisations",),
    detail="authorisation",
    key=lambda each: each.row.id,
    columns=(
        Column(
            "service",
            gettext_lazy("Service"),
            lambda each: each.service,
            under=(Column("urgency", gettext_lazy("Urgency"), _urgency),),
        ),
        Column("state", gettext_lazy("State"), lambda each: state_of(each.row)),
        Column(
            "stage",
            gettext_lazy("Come as far as"),
            lambda each: each.stage,
            under=(Column("lacks", gettext_lazy("Missing"), _lacks),),
        ),
        Column("organiser", gettext_lazy("Organiser"), lambda each: each.row.organiser.name),
        Column("producer", gettext_lazy("Producer"), _producer),
        Column("patient", gettext_lazy("Patient"), _patient),
        Column(
            "due",
            gettext_lazy("Wanted by"),
            lambda each: each.row.due_on,
            css="nowrap",
            under=(Column("late", gettext_lazy("Late"), _late),),
        ),
        Column(
            "valid",
            gettext_lazy("Valid from"),
            lambda each: each.row.valid_from,
            css="nowrap",
            under=(
                Column("until", gettext_lazy("Valid until"), lambda each: each.row.valid_until),
            ),
        ),
        Column(
            "document",
            gettext_lazy("Document"),
            lambda each: Identifier(each.row.document_oid),
            shown=False,
        ),
        Column(
            "voucher",
            gettext_lazy("Voucher number"),
            lambda each: each.row.voucher_number,
            shown=False,
        ),
        Column("made", gettext_lazy("Made"), lambda each: When(each.row.made_at), shown=False),
        Column(
            "closed", gettext_lazy("Closed"), lambda each: When(each.row.closed_at), shown=False
        ),
    ),
)
ORDERS = AUTHORISATIONS.without("organiser", name="orders", pages=("own-authorisations",))
ASSIGNMENTS = AUTHORISATIONS.without(
    "producer", name="assignments", url_name="assignments", pages=("assignments",)
)
BY_SIDE = {None: AUTHORISATIONS, Side.ORGANISER: ORDERS, Side.PRODUCER: ASSIGNMENTS}
FOLLOW_UP = AUTHORISATIONS.without(
    name="follow-up",
    url_name="follow-up",
    pages=("follow-up",),
    walks=False,
    fixed=("side", "view"),
)
# Of its own for the producing side, so that a choice of columns says nothing of the other side.
FOLLOW_UP_PRODUCED = FOLLOW_UP.without(
    "producer", name="follow-up-produced", pages=("assignments",)
)
FOLLOWED = {
    None: FOLLOW_UP,
    Side.ORGANISER: FOLLOW_UP.without("organiser"),
    Side.PRODUCER: FOLLOW_UP_PRODUCED,
}
