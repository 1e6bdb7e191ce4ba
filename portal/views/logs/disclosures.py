"""The disclosure log: what the archive gave to other controllers, and what customers reported."""

from django.http import HttpResponse, HttpResponseBase, QueryDict
from django.utils.translation import gettext_lazy as _

from archive.actors import Actor
from archive.queries import disclosures, log_subjects
from onboarding.queries import customers
from portal.forms.logs import DisclosureFilters
from portal.lists.logs import DISCLOSURES
from portal.log_rows import given
from portal.staff import Request, page
from portal.views.logs import opened
from portal.views.logs.opened import Log


def _form(query: QueryDict) -> DisclosureFilters:
    return DisclosureFilters(query, customers(), log_subjects.controllers())


LOG = Log(
    name="disclosures",
    label=_("Disclosures"),
    say=_("What was given to other controllers, the newest first. Your look is recorded."),
    url_name="log-disclosures",
    listing=DISCLOSURES,
    form=_form,
    narrowed=disclosures.narrowed,
    holds=lambda kind: kind in disclosures.DISCLOSED,
    row=given,
)


@page("disclosures")
def entries(request: Request, actor: Actor) -> HttpResponseBase:
    return opened.entries(request, actor, LOG)


@page("disclosure")
def entry(request: Request, actor: Actor, key: str) -> HttpResponse:
    return opened.entry(request, actor, LOG, key)
