"""The order list, the assignment list, and the staff's list of all; a patient by exact code."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from archive import gate
from archive.actors import Actor, ActorKind
from archive.models import Authorisation, Organisation
from archive.queries import authorisations as queries
from archive.queries import followup
from archive.queries.studies import patient_by_code
from archive.rules.authorisations import Side
from archive.services import authorisation_drafts, looking
from portal import formats
from portal.authorisation_words import lacking, service_words
from portal.forms.authorisations import AuthorisationFilters
from portal.forms.codes import looks_like_code
from portal.forms.reasons import PatientForm
from portal.lists.authorisations import BY_SIDE, Ordered
from portal.pages import BY_NAME
from portal.staff import Request, page, person_of
from portal.views import lists as frame
from portal.views import reasons
from portal.views.lists import Opened, Opener


def front(request: HttpRequest) -> HttpResponseBase:
    """One address: all of them for the staff, a customer's people read their own orders."""
    if request.user.is_authenticated and not person_of(request.user).is_staff:
        return orders(request)
    return staff(request)


@page("authorisations")
def staff(request: Request, actor: Actor) -> HttpResponseBase:
    return _list(request, actor, None)


@page("own-authorisations")
def orders(request: Request, actor: Actor) -> HttpResponseBase:
    return _list(request, actor, Side.ORGANISER)


@page("assignments")
def assignments(request: Request, actor: Actor) -> HttpResponseBase:
    return _list(request, actor, Side.PRODUCER)


def rows_of(request: Request, actor: Actor, side: Side | None) -> QuerySet[Authorisation]:
    """Through the gate; for a customer's people of all organisations they belong to."""
    own = [each.id for each in request.person.organisations]
    if side is None:
        rows = queries.newest(Authorisation.objects.filter(environment=request.environment))
    elif side == Side.ORGANISER:
        rows = queries.ordered_by(own, request.environment)
    else:
        rows = queries.granted_to(own, request.environment)
    return gate.concerning(rows, actor)


def parties_of(
    rows: QuerySet[Authorisation], side: Side | None
) -> Mapping[str, Sequence[Organisation]]:
    """Who can be chosen as the other side, among what there is."""

    def named(column: str) -> Sequence[Organisation]:
        ids = rows.order_by().values(column).distinct()
        return list(Organisation.objects.filter(id__in=ids))

    found: dict[str, Sequence[Organisation]] = {}
    if side != Side.ORGANISER:
        found["organiser"] = named("organiser_id")
    if side != Side.PRODUCER:
        found["producer"] = named("producer_id")
    return found


def _list(request: Request, actor: Actor, side: Side | None) -> HttpResponseBase:
    if any(looks_like_code(value) for _name, values in request.GET.lists() for value in values):
        messages.warning(request, _("A personal identity code was taken out of the address."))
        return redirect("authorisation-search")
    opened = opener(side)(request, actor, request.GET)

    def words(_rows: object) -> dict[str, Any]:
        drafts = authorisation_drafts.of_actor(actor, request.environment)
        return {
            **_told(opened.rows, side, unread=opened.is_unread),
            "none_fits": _("No authorisation fits the filters"),
            "side": side.value if side else "",
            "drafts": drafts if side == Side.ORGANISER else (),
            "may_order": BY_NAME["order-new"].may_open(actor.roles),
            "may_search": BY_NAME["authorisation-search"].may_open(actor.roles),
        }

    part = "authorisations/_list.html"
    return frame.answer(request, actor, BY_SIDE[side], opened, part, words)


def opener(side: Side | None) -> Opener:
    """One of the lists as an address narrows it."""

    def opened_by(request: Request, actor: Actor, query: QueryDict) -> Opened[Ordered]:
        own = rows_of(request, actor, side)
        form = AuthorisationFilters(query, parties_of(own, side))
        filters = form.filters()
        rows = queries.narrowed(own if filters else own.none(), filters or queries.Filters())
        order = tuple(queries.SORTS[form.sorted_by if filters else queries.FIRST_SORT])
        opened = Opened(form, followup.followed(rows), order, in_words, is_unread=filters is None)
        if filters is None or filters.person_id is None:
            return opened
        return _of_person(request, actor, opened, filters.person_id)

    return opened_by


def _of_person(
    request: Request, actor: Actor, opened: Opened[Ordered], person_id: UUID
) -> Opened[Ordered]:
    """One patient's list is for who searched for that patient in this session."""
    reason = reasons.with_reason(request, actor, person_id).reason
    rows = gate.searched(opened.rows, actor) if reason else opened.rows.none()
    return replace(opened, rows=rows, patient_id=person_id, reason=reason)


def in_words(found: Sequence[Any]) -> list[Ordered]:
    studies = followup.studies_of(found)
    return [
        Ordered(
            row=row,
            service=service_words(row),
            stage=followup.Stage(row.stage).label,
            late=followup.is_late(row),
            lacks=lacking(followup.missing(row, studies.get(row.series, []))),
        )
        for row in found
    ]


def _told(rows: QuerySet[Any], side: Side | None, *, unread: bool) -> dict[str, str]:
    """What the list shows, in a sentence."""
    count = queries.count(rows)
    late = queries.count(queries.narrowed(rows, queries.Filters(late=True))) if count else 0
    titles = {
        None: ngettext("%(count)s authorisation", "%(count)s authorisations", count),
        Side.ORGANISER: ngettext("%(count)s order", "%(count)s orders", count),
        Side.PRODUCER: ngettext("%(count)s assignment", "%(count)s assignments", count),
    }
    title = titles[side] % {"count": formats.counted_text(count)}
    if late:
        said = ngettext("%(count)s late", "%(count)s late", late)
        title = f"{title}, {said % {'count': formats.counted_text(late)}}"
    if unread:
        return {"title": title, "say": _("A filter cannot be read. Correct it or take it off.")}
    says = {
        None: _("Purchased-service authorisations of all customers, each in its newest version."),
        Side.ORGANISER: _("What your organisation has ordered from service producers."),
        Side.PRODUCER: _("What other organisations have authorised yours to produce."),
    }
    return {"title": title, "say": says[side]}


# --- a patient ------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@page("authorisation-search")
def patient(request: Request, actor: Actor) -> HttpResponseBase:
    """By exact code, which is posted and stands in no address; the search is recorded."""
    form = PatientForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        found = _search(request, actor, form)
        if found is not None:
            address = reverse("assignments" if _produces(request) else "authorisations")
            return redirect(f"{address}?patient={found}")
        form.add_error("code", _("No authorisation of yours in this environment is about it."))
    context = {
        "form": form,
        "is_staff": actor.kind == ActorKind.STAFF,
        "side": request.GET.get("side", ""),
        "trail": [(_("Authorisations"), reverse("authorisations"))],
    }
    return render(request, "authorisations/patient.html", context)


def _produces(request: Request) -> bool:
    """Whether the search began from the assignment list."""
    return request.GET.get("side") == Side.PRODUCER and not request.person.is_staff


def _search(request: Request, actor: Actor, form: PatientForm) -> UUID | None:
    given = form.cleaned_data
    found = patient_by_code(request.environment, given["identifier"])
    side = Side.PRODUCER if _produces(request) else Side.ORGANISER
    mine = gate.searched(rows_of(request, actor, None if request.person.is_staff else side), actor)
    count = 0
    if found is not None:
        count = queries.count(queries.narrowed(mine, queries.Filters(person_id=found.id)))
    seer, person_id = replace(actor, reason=given["reason"]), found.id if found and count else None
    looking.for_authorisations(seer, request.environment, person_id, found=count)
    if found is None or not count:
        return None
    reasons.keep(request, found.id, given["reason"])
    return found.id
