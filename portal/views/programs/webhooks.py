"""Webhooks of one's own organisation: made, seen, switched on again, ended."""

from collections.abc import Container, Sequence
from uuid import UUID

from django.contrib import messages
from django.db.models import OuterRef, QuerySet, Subquery
from django.forms import Form
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from archive.actors import Actor
from archive.errors import NotFound
from archive.errors.api import WebhookUnfit
from archive.models import Organisation, Webhook, WebhookDelivery, WebhookEvent
from archive.queries.keyset import NEWEST_EVENT
from archive.services import webhooks as services
from portal.advice import advise
from portal.forms.programs import DeliveryFilters, WebhookForm
from portal.lists.programs import DELIVERIES, NEWEST, WEBHOOKS, Called
from portal.pages import BY_NAME
from portal.staff import Request, page
from portal.views import lists
from portal.views.lists import Opened


def _own(request: Request) -> QuerySet[Webhook]:
    owners = [each.id for each in request.person.organisations]
    return Webhook.objects.filter(organisation__in=owners, ended_at=None)


@require_safe
@page("webhooks")
def listed(request: Request, actor: Actor) -> HttpResponseBase:
    changes = BY_NAME["webhook-change"].may_open(actor.roles)
    words = {
        "title": _("Webhooks"),
        "say": _("Your own program is told of cases and studies as they happen, in signed calls."),
        "changes": changes,
    }
    rows = _own(request).filter(environment=request.environment)
    listing = WEBHOOKS if changes else WEBHOOKS.without("act")
    bound = {each.id for each in request.person.speaks_for}
    opened = Opened(Form(), rows, NEWEST, lambda found: _in_words(found, bound))
    part = "programs/_webhooks.html"
    return lists.answer(request, actor, listing, opened, part, lambda _rows: words)


def _in_words(found: Sequence[Webhook], bound: Container[UUID]) -> list[Called]:
    """With the last call of each: one step of an index, however many there were."""
    newest = WebhookDelivery.objects.filter(webhook=OuterRef("pk")).order_by("-at").values("id")
    rows = Webhook.objects.filter(id__in=[row.id for row in found])
    ids = rows.annotate(latest=Subquery(newest[:1])).values_list("latest", flat=True)
    last = {row.webhook_id: row for row in WebhookDelivery.objects.filter(id__in=ids)}
    return [Called(row, last.get(row.id), row.organisation_id in bound) for row in found]


@require_safe
@page("webhooks")
def deliveries(request: Request, actor: Actor) -> HttpResponseBase:
    """What was sent to them, and what still is."""
    words = {
        "title": _("Deliveries"),
        "say": _("What happened and whether your program was told of it, the latest first."),
        "none_fits": _("No delivery fits the filters"),
        "trail": _trail(),
    }
    own = _own(request).filter(environment=request.environment)
    form = DeliveryFilters(request.GET, own)
    rows = WebhookDelivery.objects.filter(webhook__in=own).select_related("webhook")
    is_read = form.is_valid()
    rows = form.narrowed(rows) if is_read else rows.none()
    opened: Opened[WebhookDelivery] = Opened(form, rows, NEWEST_EVENT, is_unread=not is_read)
    part = "programs/_deliveries.html"
    return lists.answer(request, actor, DELIVERIES, opened, part, lambda _rows: words)


@require_http_methods(["GET", "POST"])
@page("webhook-change")
def add(request: Request, actor: Actor) -> HttpResponseBase:
    form = WebhookForm(request.POST or None, request.person.speaks_for)
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


def _bound(request: Request, webhook_id: UUID) -> Webhook:
    """One of an organisation for which the person speaks. Raises NotFound."""
    row = _own(request).filter(id=webhook_id, organisation__in=request.person.speaks_for).first()
    if row is None:
        raise NotFound()
    return row


@require_POST
@page("webhook-change")
def switch_on(request: Request, actor: Actor, webhook_id: UUID) -> HttpResponseBase:
    services.switch_on(actor, _bound(request, webhook_id))
    messages.success(request, _("It is on. What it missed is sent now, the oldest first."))
    return redirect("webhooks")


@require_http_methods(["GET", "HEAD", "POST"])
@page("webhook-change")
def end(request: Request, actor: Actor, webhook_id: UUID) -> HttpResponseBase:
    row = _bound(request, webhook_id)
    if request.method == "POST":
        services.end(actor, row)
        messages.success(request, _("Nothing more is sent to it."))
        return redirect("webhooks")
    context = {"row": row, "trail": _trail(), "back": reverse("webhooks")}
    return render(request, "programs/webhook_end.html", context)


def _trail() -> list[tuple[str, str]]:
    return [(_("Webhooks"), reverse("webhooks"))]
