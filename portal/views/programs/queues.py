"""Queues: jobs by kind, those that do not move and why, the processes; holding a kind (NF-6)."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from archive.actors import Actor
from archive.errors import NotFound
from archive.models import Job, JobKind
from archive.queries import queues as queries
from archive.services import queues as services
from portal.forms.programs import DRAIN, GO_ON, HoldForm
from portal.pages import BY_NAME
from portal.staff import Request, page

SHOWN = 20
WHY = {
    "held": gettext_lazy("the queue is held"),
    "peer-is-called": gettext_lazy("another call to the same system is going on"),
    "failed-before": gettext_lazy("it failed and is tried again"),
    "not-carried": gettext_lazy("it was not handed to a worker"),
    "not-claimed": gettext_lazy("no worker has taken it"),
}


@require_safe
@page("queues")
def listed(request: Request, actor: Actor) -> HttpResponse:
    holds, called = queries.held_kinds(), queries.called_peers()
    stuck = queries.stuck().order_by("not_before", "id")[:SHOWN]
    context = {
        "queues": [(each, each.kind.label) for each in queries.queues()],
        "stuck": [(job, WHY[queries.why(job, holds, called)]) for job in stuck],
        "dead": queries.dead(SHOWN),
        "retries": BY_NAME["job-retry"].may_open(actor.roles),
        "processes": queries.processes(),
        "holds": BY_NAME["queue-hold"].may_open(actor.roles),
    }
    return render(request, "programs/queues.html", context)


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
    return redirect("queues")


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
