"""The use and administration log: who looked at what and why, who changed what (LG-3)."""

from django.http import HttpResponse, HttpResponseBase, QueryDict
from django.utils.translation import gettext_lazy as _

from archive.actors import Actor
from archive.models import Organisation
from archive.queries import use_log
from portal.forms.logs import UseFilters
from portal.lists.logs import USE
from portal.log_rows import used
from portal.staff import Request, page
from portal.views.logs import opened
from portal.views.logs.opened import Log


def _form(query: QueryDict) -> UseFilters:
    return UseFilters(query, Organisation.objects.all(), use_log.staff())


LOG = Log(
    name="use",
    label=_("Use log"),
    say=_("Who looked at what and why, and who changed what. Your look is recorded."),
    url_name="log-use",
    listing=USE,
    form=_form,
    narrowed=use_log.narrowed,
    holds=use_log.holds,
    row=used,
)


@page("use-log")
def entries(request: Request, actor: Actor) -> HttpResponseBase:
    return opened.entries(request, actor, LOG)


@page("use-entry")
def entry(request: Request, actor: Actor, key: str) -> HttpResponse:
    return opened.entry(request, actor, LOG, key)
