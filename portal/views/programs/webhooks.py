"""Webhooks of one's own organisation: made, seen, switched on again, ended."""

from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from archive.actors import Actor
from archive.errors import NotFound
from archive.errors.api import WebhookUnfit
from archive.models import Organisation, Webhook, WebhookEvent
from archive.services import webhooks as services
from portal.advice import advise
from portal.forms.programs import WebhookForm
from portal.pages import BY_NAME
from portal.staff import Request, page


def _own(request: Request) -> QuerySet[Webhook]:
    owners = [each.id for each in request.person.organisations]
    return Webhook.objects.filter(organisation__in=owners, ended_at=None)


@require_safe
@page("webhooks")
def listed(request: Request, actor: Actor) -> HttpResponse:
    rows = _own(request).filter(environment=request.environment)
    context = {
        "rows": [(row, row.deliveries.order_by("-at").first()) for row in rows],
        "changes": BY_NAME["webhook-change"].may_open(actor.roles),
    }
    return render(request, "programs/webhooks.html", context)


@require_http_methods(["GET", "POST"])
@page("webhook-change")
def add(request: Request, actor: Actor) -> HttpResponseBase:
    form = WebhookForm(request.POST or None, request.person.organisations)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            row = services.make(
                actor,
                Organisation.objects.get(id=given["organisation"]),
                environment=given["environment"],
                name=given["name"],
                url=given["url"],
                events=[WebhookEvent(each) for each in given["events"]],
            )
        except WebhookUnfit as error:
            form.add_error("url", str(advise(error.reason()).customer_step))
        else:
            context = {"row": row, "secret": services.secret_of(row.id), "trail": _trail()}
            return render(request, "programs/webhook.html", context)
    context = {"form": form, "trail": _trail()}
    return render(
        request, "programs/webhook_new.html", context, status=422 if form.is_bound else 200
    )


@require_POST
@page("webhook-change")
def act(request: Request, actor: Actor, webhook_id: UUID, what: str) -> HttpResponseBase:
    row = _own(request).filter(id=webhook_id).first()
    if row is None:
        raise NotFound()
    if what == "on":
        services.switch_on(actor, row)
        messages.success(request, _("It is on. What it missed is sent now, the oldest first."))
    elif what == "end":
        services.end(actor, row)
        messages.success(request, _("Nothing more is sent to it."))
    else:
        raise Http404
    return redirect("webhooks")


def _trail() -> list[tuple[str, str]]:
    return [(_("Webhooks"), reverse("webhooks"))]
