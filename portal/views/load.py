"""Who loads the archive, and how much each customer may (AR-13)."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import timedelta
from uuid import UUID

from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from archive.actors import Actor
from archive.models import Organisation
from archive.queries import load as queries
from archive.queries.load import Load
from archive.services import limits as services
from archive.services.limits import Limits
from archive.values import now
from onboarding.queries import customers_of
from portal.formats import number_text
from portal.forms.limits import EveryonesForm, LimitsForm
from portal.lists.customers import LOAD, Loading
from portal.pages import address
from portal.staff import Request, page
from portal.views import lists
from portal.views.lists import Opened

EVERYONES = "everyones"  # both forms ask for a reason
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@page("load")
def load(request: Request, actor: Actor) -> HttpResponseBase:
    rows = _rows(request.environment, customers_of(actor, ()))
    opened: Opened[Loading] = Opened(Form(), rows)
    return lists.answer(
        request, actor, LOAD, opened, "load/_list.html", lambda _rows: _words(len(rows))
    )


def _words(count: int) -> dict[str, object]:
    title = ngettext(
        "%(count)s customer has used the archive within a day",
        "%(count)s customers have used the archive within a day",
        count,
    )
    say = _(
        "The last 24 hours; below each number the last hour. Associations are those that stored, "
        "asked or fetched something."
    )
    return {"page_title": _("Load"), "title": title % {"count": number_text(count)}, "say": say}


def _rows(environment: str, organisations: Iterable[Organisation]) -> list[Loading]:
    at = now()
    day, hour = (queries.of_all(environment, at - span) for span in (DAY, HOUR))
    rows = [
        Loading(each, day[each.id], hour.get(each.id, Load()))
        for each in organisations
        if each.id in day
    ]
    return sorted(rows, key=lambda row: (-row.day.weight, row.organisation.name))


@dataclass(frozen=True, slots=True)
class Told:
    """A customer's load and limits, for its page."""

    row: Loading
    limits: Limits
    is_own: bool
    change_url: str  # nothing for who may not


def told(request: Request, organisation: Organisation) -> Told:
    at = now()
    day, hour = (
        queries.of_one(request.environment, at - span, organisation.id) for span in (DAY, HOUR)
    )
    return Told(
        Loading(organisation, day, hour),
        services.of(organisation.id),
        services.own(organisation) is not None,
        address(request.person.roles, "load-limits", organisation),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@page("load-limits")
def limits(request: Request, actor: Actor, organisation_id: UUID) -> HttpResponseBase:
    organisation = _customer(actor, organisation_id)
    form = _limits_form(organisation, request.POST or None)
    if form.is_bound and form.is_valid():
        reason = form.cleaned_data["reason"]
        services.allow(actor, organisation, form.limits(), reason=reason)
        messages.success(request, _("The limits hold from the next association on."))
        return redirect("organisation", organisation.id)
    return _show(request, organisation, form, EveryonesForm(prefix=EVERYONES))


@require_POST
@page("load-limits")
def everyones(request: Request, actor: Actor, organisation_id: UUID) -> HttpResponseBase:
    """Give up the customer's own limits."""
    organisation = _customer(actor, organisation_id)
    form = EveryonesForm(request.POST, prefix=EVERYONES)
    if not form.is_valid():
        return _show(request, organisation, _limits_form(organisation), form)
    services.follow_everyone(actor, organisation, reason=form.cleaned_data["reason"])
    messages.success(request, _("Everyone’s limits hold from the next association on."))
    return redirect("organisation", organisation.id)


def _limits_form(organisation: Organisation, data: QueryDict | None = None) -> LimitsForm:
    """What holds today stands in it."""
    return LimitsForm(data, initial=asdict(services.of(organisation.id)))


def _customer(actor: Actor, organisation_id: UUID) -> Organisation:
    organisation = customers_of(actor, ()).filter(id=organisation_id).first()
    if organisation is None:
        raise Http404
    return organisation


def _show(
    request: Request, organisation: Organisation, form: LimitsForm, everyones_form: EveryonesForm
) -> HttpResponse:
    context = {
        "organisation": organisation,
        "form": form,
        "everyones": everyones_form,
        "is_own": services.own(organisation) is not None,
        "trail": [
            (_("Customers"), reverse("organisations")),
            (organisation.name, reverse("organisation", args=[organisation.id])),
        ],
    }
    return render(request, "load/limits.html", context)
