"""Queues: jobs by kind, those that do not move and why, the processes; holding a kind (NF-6)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from archive.actors import Actor
from archive.errors import NotFound
from archive.models import Job, JobKind
from archive.queries import queues as queries
from archive.queries.keyset import Key
from archive.queries.overview import COUNTED
from archive.services import queues as services
from portal.forms.programs import DRAIN, GO_ON, HoldForm, JobFilters
from portal.lists.columns import Listing
from portal.lists.jobs import DEAD, STUCK, Stuck
from portal.pages import BY_NAME
from portal.staff import Request, page
from portal.views import lists
from portal.views.lists import Opened

WHY = {
    "held": gettext_lazy("the queue is held"),
    "peer-is-called": gettext_lazy("another call to the same system is going on"),
    "failed-before": gettext_lazy("it failed and is tried again"),
    "not-carried": gettext_lazy("it was not handed to a worker"),
    "not-claimed": gettext_lazy("no worker has taken it"),
}


@dataclass(frozen=True, slots=True)
class JobList:
    """Jobs that somebody should look at, of both environments."""

    listing: Listing[Any]
    title: str | Promise
    rows: Callable[[], QuerySet[Job]]
    order: tuple[Key, ...]
    in_words: Callable[[Sequence[Job]], list[Any]]

    @property
    def count(self) -> int:
        return self.rows().order_by()[:COUNTED].count()


def _stuck(found: Sequence[Job]) -> list[Stuck]:
    holds, called = queries.held_kinds(), queries.called_peers()
    return [Stuck(job, WHY[queries.why(job, holds, called)]) for job in found]


UNMOVED, GIVEN_UP = "stuck", "dead"
JOBS = {
    UNMOVED: JobList(
        STUCK, gettext_lazy("Jobs that do not move"), queries.stuck, queries.ORDER, _stuck
    ),
    GIVEN_UP: JobList(
        DEAD,
        gettext_lazy("Given up in a week"),
        queries.given_up,
        queries.LATEST,
        queries.with_cases,
    ),
}


@require_safe
@page("queues")
def listed(request: Request, actor: Actor) -> HttpResponse:
    context = {
        "queues": [(each, each.kind.label) for each in queries.queues()],
        "lists": JOBS.values(),
        "processes": queries.processes(),
        "holds": BY_NAME["queue-hold"].may_open(actor.roles),
    }
    return render(request, "programs/queues.html", context)


@require_safe
@page("queues")
def jobs(request: Request, actor: Actor, what: str) -> HttpResponseBase:
    """Those that do not move, or those that were given up."""
    if what not in JOBS:
        raise Http404
    shown = JOBS[what]
    retries = BY_NAME["job-retry"].may_open(actor.roles)
    form = JobFilters(request.GET)
    is_read = form.is_valid()
    rows = form.narrowed(shown.rows()) if is_read else Job.objects.none()
    opened: Opened[Any] = Opened(form, rows, shown.order, shown.in_words, is_unread=not is_read)
    words = {
        "title": shown.title,
        "say": _("Of both environments."),
        "none_fits": _("No job fits the filters"),
        "retries": retries and what == GIVEN_UP,
        "trail": [(_("Queues"), reverse("queues"))],
    }
    listing = shown.listing if retries else shown.listing.without("act")
    part = "programs/_jobs.html"
    return lists.answer(request, actor, listing, opened, part, lambda _rows: words)


@require_POST
@page("job-retry")
def again(request: Request, actor: Actor, job_id: UUID) -> HttpResponseBase:
    job = Job.objects.filter(id=job_id).first()
    if job is None:
        raise NotFound()
    if services.try_again(actor, job):
        messages.success(request, _("It is tried again now."))
    else:
        messages.info(request, _("Nothing was set going: it goes on already, or has arrived."))
    return redirect("jobs", GIVEN_UP)


@require_http_methods(["GET", "POST"])
@page("queue-hold")
def hold(request: Request, actor: Actor, kind: str) -> HttpResponseBase:
    if kind not in JobKind.values:
        raise Http404
    queue = JobKind(kind)
    form = HoldForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        what, reason = form.cleaned_data["what"], form.cleaned_data["reason"]
        if what == GO_ON:
            services.let_go(actor, queue, reason=reason)
        else:
            services.hold(actor, queue, draining=what == DRAIN, reason=reason)
        messages.success(request, _("The queue was changed. What runs goes on."))
        return redirect("queues")
    context = {
        "form": form,
        "title": str(queue.label).capitalize(),
        "trail": [(_("Queues"), reverse("queues"))],
    }
    return render(request, "programs/queue.html", context, status=422 if form.is_bound else 200)
