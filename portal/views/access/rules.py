"""Dated rules of access: what is in force and what comes; added and closed by the administrator
after a preview in words (AC-2).
"""

from datetime import timedelta
from uuid import UUID

from django import forms
from django.http import HttpResponseBase
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from archive.actors import Actor
from archive.errors import ArchiveError, NotFound
from archive.errors.wishes import ValueUnfit
from archive.models import AccessPolicy, AccessPolicyKind, Organisation, Study
from archive.queries import standing, wishes
from archive.services import access_rules as services
from archive.services.access_rules import Rule
from portal import formats
from portal.forms.access_rules import AreaForm, CloseForm, MembersForm, RoleForm
from portal.lists.dated import ACCESS_RULES, OfAccess
from portal.staff import Request, page
from portal.views import changes, lists
from portal.views.changes import Around, Change
from portal.views.joining.opened import blame
from portal.views.lists import Opened

COUNTED = formats.COUNTED_TO + 1


@require_safe
@page("access-rules")
def rules(request: Request, actor: Actor) -> HttpResponseBase:
    rows = AccessPolicy.objects.prefetch_related("members").order_by("-valid_from", "name_fi")
    opened: Opened[OfAccess] = Opened(forms.Form(), [_listed(row) for row in rows])
    words = {
        "title": _("Rules of access"),
        "say": _(
            "Dated rules beside what patients say. A row is never rewritten: what changes is closed"
            " and begun anew."
        ),
    }
    part = "access/_rules.html"
    return lists.answer(request, actor, ACCESS_RULES, opened, part, lambda _rows: words)


def _listed(row: AccessPolicy) -> OfAccess:
    is_open = row.kind in services.OPEN_KINDS and not services.has_ended(row)
    return OfAccess(row, name_of(row), _about(row), is_open)


def name_of(row: AccessPolicy) -> str:
    return getattr(row, f"name_{(get_language() or 'fi')[:2]}", "") or row.name_fi


def _about(row: AccessPolicy) -> str:
    if row.kind == AccessPolicyKind.AREA:
        named = ", ".join(sorted(each.name for each in row.members.all()))
        return named or _("no members yet, so it opens nothing")
    return ", ".join(row.roles)


# --- changes, each with its preview ---------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@page("access-rules-change")
def add(request: Request, actor: Actor, kind: str) -> HttpResponseBase:
    data = request.POST if request.method == "POST" else None
    form = AreaForm(data, wishes.providers()) if kind == AccessPolicyKind.AREA else RoleForm(data)
    change = Change(
        AccessPolicyKind(kind).label,
        check=lambda: services.check(form.rule()),
        act=lambda: services.add(actor, form.rule(), reason=form.cleaned_data["reason"]),
        say=lambda: added_words(form.rule()),
    )
    return _change(request, form, change)


@require_http_methods(["GET", "HEAD", "POST"])
@page("access-rules-change")
def close(request: Request, actor: Actor, rule_id: UUID) -> HttpResponseBase:
    row = _row(rule_id)
    form = CloseForm(request.POST if request.method == "POST" else None)

    def say() -> list[str]:
        day = formats.day_text(form.cleaned_data["last_day"])
        opens = row.kind == AccessPolicyKind.AREA
        said = (
            _("After %(day)s only permission, purchased services and emergencies open: %(about)s.")
            if opens
            else _("After %(day)s this rule limits no role: %(about)s.")
        )
        return [said % {"day": day, "about": _about(row)}]

    change = Change(
        name_of(row),
        check=lambda: services.check_end(row, form.cleaned_data["last_day"]),
        act=lambda: services.close(actor, row, **form.cleaned_data),
        say=say,
    )
    return _change(request, form, change)


@require_http_methods(["GET", "HEAD", "POST"])
@page("access-rules-change")
def members(request: Request, actor: Actor, rule_id: UUID) -> HttpResponseBase:
    row = _row(rule_id)
    held = {str(each.id) for each in row.members.all()}
    form = MembersForm(request.POST if request.method == "POST" else None, wishes.providers(), held)

    def rule() -> Rule:
        return services.with_members(row, form.members(), form.cleaned_data["first_day"])

    def check() -> None:
        services.check_end(row, rule().valid_from - timedelta(days=1))
        services.check(rule())

    def act() -> object:
        given = form.cleaned_data
        return services.change_members(
            actor, row, form.members(), first_day=given["first_day"], reason=given["reason"]
        )

    def say() -> list[str]:
        before = _("Until then the members are as before: %(about)s.") % {"about": _about(row)}
        return [*added_words(rule()), before]

    return _change(request, form, Change(name_of(row), check, act, say))


def _change(request: Request, form: forms.Form, change: Change) -> HttpResponseBase:
    back = reverse("access-rules")
    done, trail = _("The rule is recorded."), [(_("Rules of access"), back)]
    return changes.answer(request, form, change, Around(back, done, trail, _blame))


def _blame(form: forms.Form, error: ArchiveError) -> None:
    if isinstance(error, ValueUnfit):
        named = error.facts["field"]
        field = next((each for each in (named, *ALIKE.get(named, ())) if each in form.fields), None)
        form.add_error(field, WRONG[named])
    else:
        blame(form, error, is_staff=True)


# Fields of the services by what the form calls them.
ALIKE = {"last_day": ("first_day",), "valid_from": ("first_day",), "valid_until": ("first_day",)}
WRONG = {
    "valid_from": gettext_lazy("A rule begins tomorrow at the earliest."),
    "valid_until": gettext_lazy("The last day is before the first."),
    "last_day": gettext_lazy("That day is past, or after the rule’s own end."),
    "members": gettext_lazy("An area has two members or more."),
    "roles": gettext_lazy("Name a role at least."),
}


def added_words(rule: Rule) -> list[str]:
    """What a row will change, in sentences."""
    day = formats.day_text(rule.valid_from)
    if rule.kind == AccessPolicyKind.ROLE:
        return _role_words(rule, day)
    named = Organisation.objects.filter(id__in=rule.members)
    said = _(
        "From %(day)s these may disclose to each other without permission, unless the patient has "
        "prohibited it: %(members)s."
    )
    informed = (
        _("The patient must have been informed.")
        if rule.informing_needed
        else _("The patient need not have been informed.")
    )
    held = Study.objects.filter(register__organisation_id__in=rule.members)[:COUNTED].count()
    return [
        said % {"day": day, "members": ", ".join(sorted(each.name for each in named))},
        informed,
        _("Studies in their registers now: %(count)s.") % {"count": formats.counted_text(held)},
        _end_words(rule),
    ]


def _role_words(rule: Rule, day: str) -> list[str]:
    others = standing.policies(rule.valid_from).roles
    said = _("From %(day)s only these roles see what others control: %(roles)s.")
    roles = sorted({*rule.roles, *(others or ())})
    before = (
        _("Without this rule every role would.")
        if others is None
        else _("Without this rule these would: %(roles)s.") % {"roles": ", ".join(sorted(others))}
    )
    return [said % {"day": day, "roles": ", ".join(roles)}, before, _end_words(rule)]


def _end_words(rule: Rule) -> str:
    if rule.valid_until is None:
        return _("It holds until it is closed.")
    return _("Its last day is %(day)s.") % {"day": formats.day_text(rule.valid_until)}


def _row(rule_id: UUID) -> AccessPolicy:
    """Raises NotFound, also of rows whose dates are the law's own."""
    row = AccessPolicy.objects.prefetch_related("members").filter(id=rule_id).first()
    if row is None or row.kind not in services.OPEN_KINDS:
        raise NotFound()
    return row
