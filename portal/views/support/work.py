"""What people do with a case; each act is a post that leads back to the case."""

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from archive.actors import Actor
from archive.errors import ArchiveError
from archive.errors.desk import CaseTaken
from archive.models import BatchKind, Case, CaseEvent, Connection, Handling, Severity, User
from archive.queries import desk as queries
from archive.queries import desk_work
from archive.services import batches, case_work, routes
from portal.advice import advise
from portal.forms.case_work import (
    CommentForm,
    IgnoreForm,
    JoinForm,
    OwnerForm,
    RedirectForm,
    ReplyForm,
    SeverityForm,
    SplitForm,
)
from portal.forms.reasons import ResolveForm
from portal.staff import Request, page
from portal.views import case as pages
from portal.views.support.parts import differing, ids_of

Act = Callable[[Request, Actor, Case], str | CommentForm]


@require_POST
@page("case-work")
def act(request: Request, actor: Actor, case_id: UUID, what: str) -> HttpResponseBase:
    """One of `ACTS`; a form that cannot be read says why on the case's page."""
    if what not in ACTS:
        raise Http404
    found = queries.case(case_id)
    try:
        said = ACTS[what](request, actor, found)
    except ArchiveError as error:
        advice = advise(error.reason())
        messages.error(request, f"{advice.cause} {advice.step}")
    else:
        if isinstance(said, CommentForm):
            return pages.show(request, actor, found, ResolveForm(), said.given_back())
        if said:
            messages.success(request, said)
    return redirect("case", found.id)


def _wrong(request: Request, form: object) -> str:
    errors = getattr(form, "errors", {})
    for name, texts in errors.items():
        label = form.fields[name].label if name in getattr(form, "fields", {}) else ""  # type: ignore[attr-defined]
        messages.error(request, f"{label}: {' '.join(texts)}")
    return ""


def _require_unchanged(request: Request, case: Case) -> None:
    """The owner is who the page said when it was opened. Raises CaseTaken."""
    said = request.POST.get("was")
    if said is not None and said != str(case.owner_id or ""):
        raise CaseTaken()


def _take(request: Request, actor: Actor, case: Case) -> str:
    _require_unchanged(request, case)
    case_work.assign(actor, case, User.objects.get(id=request.user.id))
    return _("The case is yours.")


def _assign(request: Request, actor: Actor, case: Case) -> str:
    people = desk_work.handlers()
    form = OwnerForm(request.POST, people)
    if not form.is_valid():
        return _wrong(request, form)
    _require_unchanged(request, case)
    owner = next((each for each in people if str(each.id) == form.cleaned_data["owner"]), None)
    case_work.assign(actor, case, owner)
    if owner is None:
        return _("The case has no owner now.")
    return _("The case was given to %(person)s.") % {
        "person": owner.get_full_name() or owner.username
    }


def _severity(request: Request, actor: Actor, case: Case) -> str:
    form = SeverityForm(request.POST)
    if not form.is_valid():
        return _wrong(request, form)
    case_work.set_severity(actor, case, Severity(form.cleaned_data["severity"]))
    return _("Severity and due time were changed.")


def _comment(request: Request, actor: Actor, case: Case) -> str | CommentForm:
    form = CommentForm(request.POST)
    if not form.is_valid():
        _wrong(request, form)
        return form
    text, readers = form.cleaned_data["text"], form.cleaned_data["readers"]
    if readers == CommentForm.ASKING:
        case_work.wait_for_customer(actor, case, text)
        return _(
            "The customer was asked, and its technical contact gets a mail. The case waits for the "
            "answer."
        )
    case_work.comment(actor, case, text, is_shared=readers == CommentForm.SHARED)
    return _("The comment was added.")


def _go_on(request: Request, actor: Actor, case: Case) -> str:
    answered = case.handling == Handling.ANSWERED
    case_work.go_on(actor, case)
    if answered:
        return _("The customer’s answer is dealt with.")
    return _("The customer is not waited for any more.")


def _watch(request: Request, actor: Actor, case: Case) -> str:
    on = "on" in request.POST
    case_work.watch(actor, case, on=on)
    return _("You watch the case.") if on else _("You no longer watch the case.")


def _join(request: Request, actor: Actor, case: Case) -> str:
    form = JoinForm(request.POST)
    if not form.is_valid():
        return _wrong(request, form)
    into = desk_work.by_number(form.cleaned_data["case"], case.environment)
    if into is None:
        messages.error(request, _("There is no such case in this environment."))
        return ""
    routes.join(actor, case, into)
    return _("%(case)s was joined to %(into)s.") % {"case": case, "into": into}


def _split(request: Request, actor: Actor, case: Case) -> str:
    form = SplitForm(request.POST, differing(queries.explaining(case)))
    if not form.is_valid():
        return _wrong(request, form)
    name, value = form.chosen
    part = routes.split(actor, case, fact=name, value=value)
    return _("Events were split off to %(case)s.") % {"case": part}


def _apart(request: Request, actor: Actor, case: Case) -> str:
    route = desk_work.route(case, next(iter(ids_of(request.POST.getlist("route"))), case.id))
    routes.undo(actor, route)
    return _("The events were led back to %(case)s.") % {"case": route.origin}


def _ignore(request: Request, actor: Actor, case: Case) -> str:
    form = IgnoreForm(request.POST)
    if not form.is_valid():
        return _wrong(request, form)
    events = CaseEvent.objects.filter(case=case, outcome="open")
    chosen = ids_of(request.POST.getlist("event"))
    if "chosen" in request.POST and not chosen:
        messages.warning(request, _("Nothing was selected, so nothing was ignored."))
        return ""
    batch = batches.begin(
        actor,
        events.filter(id__in=chosen) if chosen else events,
        BatchKind.IGNORE,
        environment=case.environment,
        case=case,
        reason=form.cleaned_data["reason"],
    )
    return _("The events are ignored. The batch can be undone.") if batch else _("Nothing is open.")


def _redirect(request: Request, actor: Actor, case: Case) -> str:
    form = RedirectForm(request.POST, desk_work.other_systems(case))
    if not form.is_valid():
        return _wrong(request, form)
    target = Connection.objects.get(id=form.cleaned_data["connection"])
    events = CaseEvent.objects.filter(id__in=queries.retryable(case))
    batch = batches.begin(
        actor,
        events,
        BatchKind.REDIRECT,
        environment=case.environment,
        case=case,
        connection=target,
    )
    if batch is None:
        return _("Nothing is open.")
    return _("The confirmations are sent to %(system)s.") % {"system": target}


ACTS: dict[str, Act] = {
    "take": _take,
    "assign": _assign,
    "severity": _severity,
    "comment": _comment,
    "go-on": _go_on,
    "watch": _watch,
    "join": _join,
    "split": _split,
    "apart": _apart,
    "ignore": _ignore,
    "redirect": _redirect,
}


# --- the customer's side ------------------------------------------------------------------------


def _own(request: Request, case_id: UUID) -> Case:
    return queries.case(case_id, [each.id for each in request.person.organisations])


@require_POST
@page("own-case-reply")
def reply(request: Request, actor: Actor, case_id: UUID) -> HttpResponseBase:
    """The customer answers the desk."""
    found = _own(request, case_id)
    form = ReplyForm(request.POST)
    if not form.is_valid():
        _wrong(request, form)
        return pages.show_own(request, actor, found, form.given_back())
    case_work.reply(actor, found, form.cleaned_data["text"])
    messages.success(request, _("Your reply was sent to technical support."))
    return redirect("case", found.id)


@require_POST
@page("own-case-repair")
def repair(request: Request, actor: Actor, case_id: UUID) -> HttpResponse | HttpResponseBase:
    """The customer's own system takes calls again: what is owed to it is sent again."""
    found = _own(request, case_id)
    events = CaseEvent.objects.filter(id__in=queries.repairable(found))
    batch = batches.begin(actor, events, BatchKind.RETRY, environment=found.environment, case=found)
    if batch is None:
        messages.warning(request, _("There is nothing to send again."))
    else:
        messages.success(request, _("What was left unsent is being sent again, oldest first."))
    return redirect("case", found.id)
