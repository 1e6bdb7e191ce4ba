"""Saved searches: the filters of a log's address under a name (LG-5)."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from archive.actors import Actor
from archive.errors import ArchiveError
from archive.services import saved_searches
from portal.forms.review import SaveSearchForm
from portal.staff import Request, page
from portal.views.logs import opened
from portal.views.logs.patient import LOGS
from portal.views.review.opened import refused


@require_POST
@page("saved-searches")
def save(request: Request, actor: Actor, log: str) -> HttpResponseBase:
    if log not in LOGS:
        raise Http404
    form = SaveSearchForm(request.POST)
    query = opened.filters_only(request.POST.get("query", ""))
    back = f"{reverse(LOGS[log].url_name)}?{query}"
    if not form.is_valid():
        wrong = next(iter(form.errors.values()))[0]
        messages.error(request, _("The search is not saved: %(why)s") % {"why": wrong})
        return redirect(back)
    given = form.cleaned_data
    try:
        saved_searches.save(
            actor, log=log, name=given["name"], query=query, is_shared=given["is_shared"]
        )
    except ArchiveError as error:
        refused(request, error)
    else:
        messages.success(request, _("The search is saved."))
    return redirect(back)


@require_POST
@page("saved-searches")
def remove(request: Request, actor: Actor, search_id: UUID) -> HttpResponseBase:
    row = saved_searches.remove(actor, search_id)
    messages.success(request, _("The search “%(name)s” is removed.") % {"name": row.name})
    return redirect(LOGS[row.log].url_name)
