"""The content policy: what may be archived today, what comes, and a new version from a day on,
after a preview in words (AR-2).
"""

from dataclasses import dataclass
from datetime import date

from django import forms
from django.http import HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from archive.actors import Actor
from archive.errors import ArchiveError
from archive.errors.rules import PolicyUnfit
from archive.models import ContentPolicy, LedgerEvent
from archive.objects import storage_classes
from archive.queries import content_policies as queries
from archive.queries.content_policies import Standing
from archive.services import content_policies as services
from archive.values import today
from portal.forms.content_policies import EndForm, VersionForm
from portal.lists.laws import POLICIES, Shown
from portal.pages import BY_NAME
from portal.policy_words import changed_words, ended_words
from portal.staff import Request, page
from portal.views import changes, lists
from portal.views.changes import Around, Change
from portal.views.joining.opened import words
from portal.views.lists import Opened

STANDINGS: dict[Standing, tuple[str, str | Promise]] = {
    Standing.ALLOWED: ("done", gettext_lazy("allowed")),
    Standing.TO_COME: ("wait", gettext_lazy("to come")),
    Standing.CLOSED: ("stop", gettext_lazy("closed")),
}
CHANGED: dict[str, str | Promise] = {
    "added": gettext_lazy("Content type added"),
    "version": gettext_lazy("New version"),
    "closed": gettext_lazy("Ended"),
}
WRONG: dict[str, str | Promise] = {
    "allowed_from": gettext_lazy("Today at the earliest: the past stays as it was."),
    "allowed_until": gettext_lazy("The last day is before the first."),
    "last_day": gettext_lazy("That day is past, or nothing is archived on it."),
    "content_type": gettext_lazy("Small letters, digits and underscores only."),
    "modalities": gettext_lazy("Modalities are capital letters, such as XC."),
}


@dataclass(frozen=True, slots=True)
class Told:
    """A change that the ledger tells of, with the first day of the row it was about."""

    event: LedgerEvent
    word: str
    day: date


def shown(row: ContentPolicy, day: date) -> Shown:
    shape, word = STANDINGS[queries.standing(row, day)]
    return Shown(
        row=row,
        name=capfirst(queries.name_of(row)),
        shape=shape,
        word=str(word),
        classes=[(storage_classes.name_of(uid), uid) for uid in row.sop_classes],
        source=_(row.source) if row.source else "",
        contradiction=_(row.contradiction) if row.contradiction else "",
    )


@require_safe
@page("policies")
def policies(request: Request, actor: Actor) -> HttpResponseBase:
    told = {
        "title": _("Content policy"),
        "say": _(
            "Which content may be archived, from when, and from when it must be. What was in force"
            " is never rewritten: a change is a row of its own from a day on."
        ),
        "changes": _changes(request),
    }
    opened = opened_by(request, actor, request.GET)
    part = "system/_policies.html"
    return lists.answer(request, actor, POLICIES, opened, part, lambda _rows: told)


def opened_by(request: Request, actor: Actor, query: QueryDict) -> Opened[Shown]:
    """Without a filter: whatever the address says."""
    day = today()
    rows = sorted(
        (shown(row, day) for row in queries.listed(day)),
        key=lambda each: (list(STANDINGS.values()).index((each.shape, each.word)), each.name),
    )
    return Opened(forms.Form(), rows)


@require_safe
@page("policy")
def policy(request: Request, actor: Actor, content_type: str) -> HttpResponse:
    """A content type with all its versions."""
    day = today()
    rows = [shown(row, day) for row in queries.versions(content_type)]
    current = queries.in_force(content_type, day)
    around = lists.around(request, actor, POLICIES, opened_by, content_type)
    front = next((each for each in rows if each.row == current), rows[0])
    context = {
        "front": front,
        "rows": rows,
        "recent": queries.recent_objects(content_type),
        "changes": _changes(request),
        "log": [_told(each) for each in queries.changes(content_type)],
        **around,
        "trail": [(_("Content policy"), around["back"])],
    }
    return render(request, "system/policy.html", context)


def _told(event: LedgerEvent) -> Told:
    facts = event.facts
    word = CHANGED.get(facts["what"], facts["what"])
    return Told(event, str(word), date.fromisoformat(facts["from"]))


def _changes(request: Request) -> bool:
    return BY_NAME["policy-change"].may_open(request.person.roles)


# --- changes, each with its preview ---------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@page("policy-change")
def add(request: Request, actor: Actor) -> HttpResponseBase:
    form = VersionForm(request.POST if request.method == "POST" else None, None)
    return _begin(request, actor, form, _("New content type"), reverse("policies"))


@require_http_methods(["GET", "HEAD", "POST"])
@page("policy-change")
def version(request: Request, actor: Actor, content_type: str) -> HttpResponseBase:
    row = queries.versions(content_type)[0]
    row = queries.in_force(content_type, today()) or row
    form = VersionForm(request.POST if request.method == "POST" else None, row)
    title = _("New version of %(name)s") % {"name": queries.name_of(row)}
    return _begin(request, actor, form, title, reverse("policy", args=[content_type]))


def _begin(
    request: Request, actor: Actor, form: VersionForm, title: str, back: str
) -> HttpResponseBase:
    change = Change(
        title,
        check=lambda: services.check(form.version()),
        act=lambda: services.begin(actor, form.version(), reason=form.cleaned_data["reason"]),
        say=lambda: changed_words(form.version()),
    )
    return _change(request, form, change, back)


@require_http_methods(["GET", "HEAD", "POST"])
@page("policy-change")
def end(request: Request, actor: Actor, content_type: str) -> HttpResponseBase:
    rows = queries.versions(content_type)
    form = EndForm(request.POST if request.method == "POST" else None)
    change = Change(
        _("End of %(name)s") % {"name": queries.name_of(rows[0])},
        check=lambda: services.check_end(rows, form.cleaned_data["last_day"]),
        act=lambda: services.close(actor, content_type, **form.cleaned_data),
        say=lambda: ended_words(content_type, form.cleaned_data["last_day"]),
    )
    return _change(request, form, change, reverse("policy", args=[content_type]))


def _change(request: Request, form: forms.Form, change: Change, back: str) -> HttpResponseBase:
    done, trail = _("The content policy is changed."), [(_("Content policy"), reverse("policies"))]
    around = Around(back, done, trail, _blame, "system/policy_change.html")
    classes = sorted((storage_classes.name_of(uid), uid) for uid in storage_classes.STORAGE)
    return changes.answer(request, form, change, around, classes=classes)


def _blame(form: forms.Form, error: ArchiveError) -> None:
    field = error.facts.get("field", "")
    said = words(error, is_staff=True)
    if isinstance(error, PolicyUnfit):
        said = str(WRONG.get(field) or said)
    form.add_error(field if field in form.fields else None, said)
