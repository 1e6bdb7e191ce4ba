"""Jobs that do not move, and those that were given up."""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from archive.models import Job
from archive.queries import queues
from portal.advice import told
from portal.lists.cells import Act, Identifier, Press, State, Value, When
from portal.lists.columns import Column, Listing, acts

ENVIRONMENT: Column[Any] = Column(
    "environment",
    gettext_lazy("Environment"),
    lambda each: each.job.get_environment_display(),
)
TRIES: Column[Any] = Column("tries", gettext_lazy("Tries"), lambda each: each.job.tries, css="num")


def _error(each: Any) -> str:
    return told(each.job.last_reason, each.job.last_error)


@dataclass(frozen=True, slots=True)
class Stuck:
    """A job and why nobody does it."""

    job: Job
    why: str | Promise


STUCK = Listing[Stuck](
    name="stuck-jobs",
    url_name="jobs",
    url_args=("stuck",),
    pages=("queues",),
    key=lambda each: each.job.id,
    columns=(
        Column(
            "job",
            gettext_lazy("Job"),
            lambda each: each.job.get_kind_display(),
            under=(ENVIRONMENT,),
        ),
        Column(
            "due",
            gettext_lazy("Due since"),
            lambda each: When(each.job.not_before, "brief"),
            order=queues.ORDER,
        ),
        TRIES,
        Column(
            "reason",
            gettext_lazy("Reason"),
            lambda each: each.why,
            under=(Column("error", gettext_lazy("Error"), _error),),
        ),
        Column("id", gettext_lazy("Id"), lambda each: Identifier(str(each.job.id)), shown=False),
    ),
)


def _case(each: queues.Dead) -> Act | None:
    return Act(str(each.case), reverse("case", args=[each.case.id])) if each.case else None


def _again(each: queues.Dead) -> Value:
    if each.again:
        return State("wait", _("tried again"))
    job = each.job
    return Press(_("Try again"), reverse("job-retry", args=[job.id]), job.get_kind_display())


DEAD = Listing[queues.Dead](
    name="dead-jobs",
    url_name="jobs",
    url_args=("dead",),
    pages=("queues",),
    key=lambda each: each.job.id,
    columns=(
        Column(
            "job",
            gettext_lazy("Job"),
            lambda each: each.job.get_kind_display(),
            under=(
                ENVIRONMENT,
                Column("id", gettext_lazy("Id"), lambda each: Identifier(str(each.job.id))),
            ),
        ),
        Column(
            "ended",
            gettext_lazy("Given up"),
            lambda each: When(each.job.ended_at, "brief"),
            order=queues.LATEST,
        ),
        TRIES,
        Column("reason", gettext_lazy("Reason"), _error),
        Column("case", gettext_lazy("Case"), _case),
        acts(_again),
    ),
)
