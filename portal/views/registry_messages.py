"""SOAP messages of XDS and XCA: the list, and one as it was received and answered, which is shown
with a reason and for that once.
"""

from collections.abc import Sequence
from uuid import UUID

from django.http import HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from archive.actors import Actor
from archive.models import RegistryMessage
from archive.queries import registry_messages as queries
from archive.services import looking
from onboarding.queries import customers_of
from portal.advice import advise
from portal.forms.reasons import ReasonForm
from portal.forms.registry import MessageFilters
from portal.lists.messages import XDS_MESSAGES, Exchange
from portal.pages import BY_NAME, address
from portal.registry_words import action_words, pretty
from portal.staff import Request, page
from portal.views import lists, reasons
from portal.views.lists import Opened


@page("registry-messages")
def front(request: Request, actor: Actor) -> HttpResponseBase:
    opened = opened_by(request, actor, request.GET)
    say = (
        _("A filter cannot be read. Correct it or take it off.")
        if opened.is_unread
        else _("What known systems sent and were answered over XDS and XCA, the latest first.")
    )
    words = {
        "title": _("XDS messages"),
        "say": say,
        "none_fits": _("No message fits the filters"),
        "trail": [(_("Registry"), reverse("registry"))],
    }
    part = "registry/_messages.html"
    return lists.answer(request, actor, XDS_MESSAGES, opened, part, lambda _rows: words)


def opened_by(request: Request, actor: Actor, query: QueryDict) -> Opened[Exchange]:
    form = MessageFilters(query, customers_of(actor, ()))
    filters = form.filters(request.environment)
    rows = RegistryMessage.objects.none() if filters is None else queries.narrowed(filters)

    def in_words(found: Sequence[RegistryMessage]) -> list[Exchange]:
        return [Exchange(row, capfirst(str(action_words(row.action)))) for row in found]

    return Opened(form, rows, queries.ORDER, in_words, is_unread=filters is None)


@page("registry-message")
def one(request: Request, actor: Actor, message_id: UUID) -> HttpResponse:
    return _show(request, actor, queries.one(message_id), ReasonForm())


@require_POST
@page("registry-message")
def whole(request: Request, actor: Actor, message_id: UUID) -> HttpResponse:
    """Both texts, for this once."""
    found = queries.one(message_id)
    form = ReasonForm(request.POST)
    if not reasons.with_reason(request, actor, found.id).reason:
        if not form.is_valid():
            return _show(request, actor, found, form)
        reasons.keep(request, found.id, form.cleaned_data["reason"])
    seer = reasons.with_reason(request, actor, found.id)
    looking.at_registry_message(seer, found)
    return _show(request, actor, found, ReasonForm(), shown=True)


def _show(
    request: Request,
    actor: Actor,
    found: RegistryMessage,
    form: ReasonForm,
    *,
    shown: bool = False,
) -> HttpResponse:
    request.environment = found.environment
    failures = queries.failures(found)
    around = lists.around(request, actor, XDS_MESSAGES, opened_by, found)
    traced = found.correlation_id and BY_NAME["trace-association"].may_open(actor.roles)
    context = {
        "message": found,
        "what": action_words(found.action),
        "form": form,
        "shown": shown,
        "is_kept": bool(found.request or found.answer) or not found.is_whole,
        "received": pretty(bytes(found.request)) if shown else "",
        "answered": pretty(bytes(found.answer)) if shown else "",
        "failures": [
            (each, advise(each.case.reason), address(actor.roles, "case", each.case))
            for each in failures
        ],
        "trace_url": reverse("trace-association", args=[found.correlation_id]) if traced else "",
        **around,
        "trail": [(_("Registry"), reverse("registry")), (_("XDS messages"), around["back"])],
    }
    return render(request, "registry/message.html", context)
