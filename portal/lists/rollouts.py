"""Runs of the rollout test."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from onboarding.models import RolloutRun
from onboarding.queries.rollout import NEWEST
from portal.lists.cells import State, When
from portal.lists.columns import Column, Listing


@dataclass(frozen=True, slots=True)
class Ran:
    row: RolloutRun
    shape: str
    purpose: str


ROLLOUTS = Listing[Ran](
    name="rollouts",
    url_name="rollout",
    pages=("rollouts", "rollout"),
    detail="rollout-report",
    key=lambda each: each.row.id,
    columns=(
        Column(
            "run",
            gettext_lazy("Run"),
            lambda each: _("Rollout test %(number)s") % {"number": each.row.number},
        ),
        Column("customer", gettext_lazy("Customer"), lambda each: each.row.organisation.name),
        Column(
            "state",
            gettext_lazy("State"),
            lambda each: State(each.shape, each.row.get_state_display()),
        ),
        Column("purpose", gettext_lazy("Purpose"), lambda each: each.purpose),
        Column(
            "started",
            gettext_lazy("Started"),
            lambda each: When(each.row.started_at, "brief"),
            under=(Column("by", gettext_lazy("Started by"), lambda each: each.row.started_by),),
            order=NEWEST,
        ),
        Column("ended", gettext_lazy("Ended"), lambda each: When(each.row.ended_at, "brief")),
    ),
)
