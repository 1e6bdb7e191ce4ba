"""What people keep of a list: views under a name, and their columns (LG-5)."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import Http404, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from archive.actors import Actor
from archive.errors.reviews import SearchNameTaken
from archive.errors.wishes import ValueUnfit
from archive.models import SavedView
from archive.services import saved_views as services
from portal.advice import advise
from portal.forms.views import NameForm, SaveViewForm
from portal.lists.columns import Listing
from portal.lists.every import LISTINGS
from portal.pages import BY_NAME
from portal.staff import Request, page
from portal.views.lists import address_of, filters_only


def _listing(request: Request, name: str) -> Listing[Any]:
    """A list that this person reads. Of others the staff read that their role may not; for a
    customer's people they are not there.
    """
    found = LISTINGS.get(name)
    if found is None:
        raise Http404
    if not found.may_open(request.person.roles):
        raise PermissionDenied if request.person.is_staff else Http404
    return found


def _query(request: Request) -> str:
    return filters_only(QueryDict(request.POST.get("query", "")[: services.MOST]))


def _columns(request: Request, listing: Listing[Any]) -> list[str]:
    """Those of the list that are named, in its order."""
    named = set(request.POST.getlist("column"))
    offered = listing.columns_for(is_staff=request.person.is_staff)
    return [column.key for column in offered if column.key in named]


@require_POST
@page("list-views")
def save(request: Request, actor: Actor, name: str) -> HttpResponseBase:
    listing = _listing(request, name)
    form = SaveViewForm(request.POST)
    back = f"{listing.url}?{_query(request)}"
    if not form.is_valid():
        _say_unsaved(request, form)
        return redirect(back)
    given = form.cleaned_data
    try:
        made = services.save(
            actor,
            listing=name,
            name=given["name"],
            query=_query(request),
            columns=_columns(request, listing),
            is_shared=given["is_shared"],
        )
    except (SearchNameTaken, ValueUnfit) as error:
        messages.warning(request, str(advise(error.reason()).cause))
        return redirect(back)
    if given["opens"]:
        services.open_with(actor, made.id, opens=True)
    messages.success(request, _("The view is saved."))
    return redirect(f"{listing.url}?{address_of(made)}")


def _say_unsaved(request: Request, form: NameForm) -> None:
    wrong = next(iter(form.errors.values()))[0]
    messages.error(request, _("The view is not saved: %(why)s") % {"why": wrong})


@require_http_methods(["GET", "HEAD", "POST"])
@page("list-views")
def change(request: Request, actor: Actor, view_id: UUID) -> HttpResponseBase:
    """Rename, remove, or open the list with it. Asked for without an act: whether to remove it."""
    row = SavedView.objects.filter(id=view_id).exclude(name="").first()
    if row is None:
        raise Http404
    listing = _listing(request, row.listing)
    if request.method != "POST":
        if row.owner_id != actor.id:
            raise Http404
        return render(request, "sure.html", _removing(request, listing, row))
    act = ACTS.get(request.POST.get("act", ""))
    if act is None:
        raise BadRequest("no such act")
    try:
        return redirect(f"{listing.url}?{act(request, actor, row)}")
    except SearchNameTaken as error:
        messages.warning(request, str(advise(error.reason()).cause))
        return redirect(f"{listing.url}?{address_of(row)}")


def _removing(request: Request, listing: Listing[Any], row: SavedView) -> dict[str, Any]:
    """What is asked, and what will follow."""
    opened = [BY_NAME[name] for name in listing.pages]
    label = next(each.label for each in opened if each.may_open(request.person.roles))
    said = [_("Its filters, columns and order are gone. The rows of the list stay.")]
    if row.is_shared:
        said.append(_("It goes from everybody who reads this list."))
    return {
        "title": _("Remove the view"),
        "about": row.name,
        "ask": _("Remove the view?"),
        "sentences": said,
        "hidden": [("act", "remove")],
        "button": _("Remove the view"),
        "back": f"{listing.url}?{address_of(row)}",
        "trail": [(str(label), listing.url)],
    }


def _rename(request: Request, actor: Actor, row: SavedView) -> str:
    form = NameForm(request.POST)
    if form.is_valid():
        row = services.rename(actor, row.id, form.cleaned_data["name"])
        messages.success(request, _("The view is called “%(name)s”.") % {"name": row.name})
    else:
        _say_unsaved(request, form)
    return address_of(row)


def _remove(request: Request, actor: Actor, row: SavedView) -> str:
    services.remove(actor, row.id)
    messages.success(request, _("The view “%(name)s” is removed.") % {"name": row.name})
    return row.query


def _open(request: Request, actor: Actor, row: SavedView) -> str:
    services.open_with(actor, row.id, opens=True)
    messages.success(request, _("The list opens with “%(name)s”.") % {"name": row.name})
    return address_of(row)


def _close(request: Request, actor: Actor, row: SavedView) -> str:
    services.open_with(actor, row.id, opens=False)
    messages.success(request, _("The list opens with all its rows."))
    return address_of(row)


ACTS: Mapping[str, Callable[[Request, Actor, SavedView], str]] = {
    "rename": _rename,
    "remove": _remove,
    "open": _open,
    "close": _close,
}


@require_POST
@page("list-views")
def columns(request: Request, actor: Actor, name: str) -> HttpResponseBase:
    """The person's own columns of the list, from now on."""
    listing = _listing(request, name)
    usual = request.POST.get("act") == "usual"
    services.choose_columns(actor, name, [] if usual else _columns(request, listing))
    return redirect(f"{listing.url}?{_query(request) or urlencode({'saved': ''})}")
