"""A case: its cause, whose move it is, its events, and what can be done about them."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from archive.actors import Actor
from archive.errors import BytesDamaged
from archive.errors.desk import CaseAnswered
from archive.models import BatchKind, Case, CaseEvent, CaseState, EventOutcome
from archive.queries import desk as queries
from archive.queries import desk_work
from archive.services import batches, error_desk
from portal import formats
from portal.advice import advise
from portal.forms.case_work import CommentForm, ReplyForm
from portal.forms.reasons import ResolveForm
from portal.lists.desk import DESK
from portal.names import OF_PATIENT, fact, fact_label, fact_place, place_words
from portal.pages import BY_NAME, address
from portal.staff import Request, page
from portal.views import desk, lists
from portal.views.desk import CUSTOMER_READER, STAFF_READER, Reader, is_customer
from portal.views.fragments import answer
from portal.views.support.parts import around, ids_of, working

EVENTS = "events"


def front(request: HttpRequest, case_id: UUID) -> HttpResponseBase:
    """One address, quoted in mails and by `manage.py trace`."""
    return own(request, case_id) if is_customer(request) else staff(request, case_id)


@page("case")
def staff(request: Request, actor: Actor, case_id: UUID) -> HttpResponse:
    return show(request, actor, queries.case(case_id), ResolveForm())


@page("own-case")
def own(request: Request, actor: Actor, case_id: UUID) -> HttpResponse:
    """Another organisation's case is answered as one that is not there."""
    organisations = [organisation.id for organisation in request.person.organisations]
    return show_own(request, actor, queries.case(case_id, organisations), ReplyForm())


def show_own(request: Request, actor: Actor, found: Case, reply_form: ReplyForm) -> HttpResponse:
    """The customer's page."""
    more = {
        "comments": desk_work.comments(found, shared_only=True),
        "reply_form": reply_form,
        "repairable": len(queries.repairable(found)),
        "watches": found.watchers.filter(id=request.user.id).exists(),
    }
    return _page(request, actor, found, CUSTOMER_READER, more)


@require_POST
@page("case-retry")
def retry(request: Request, actor: Actor, case_id: UUID) -> HttpResponseBase:
    """One event, the selected ones, or all that can be done again here."""
    found = queries.case(case_id)
    able = queries.retryable(found)
    asked = set(able) if "all" in request.POST else ids_of(request.POST.getlist("event"))
    if not asked:
        messages.warning(request, _("Nothing was selected, so nothing was retried."))
        return _back(found)
    event_ids = [event_id for event_id in able if event_id in asked]
    batches.begin(
        actor,
        CaseEvent.objects.filter(id__in=event_ids),
        BatchKind.RETRY,
        environment=found.environment,
        case=found,
    )
    _say_retried(request, len(event_ids), len(asked) - len(event_ids))
    return _back(found)


def _say_retried(request: Request, count: int, left: int) -> None:
    if count:
        said = ngettext(
            "%(count)s event is tried again. Its outcome appears below.",
            "%(count)s events are tried again. Their outcomes appear below.",
            count,
        )
        messages.success(request, said % {"count": formats.number_text(count)})
    if left > 0:
        said = ngettext(
            "%(count)s event cannot be retried here, or was put right meanwhile.",
            "%(count)s events cannot be retried here, or were put right meanwhile.",
            left,
        )
        messages.warning(request, said % {"count": formats.number_text(left)})


@require_POST
@page("case-resolve")
def resolve(request: Request, actor: Actor, case_id: UUID) -> HttpResponseBase:
    found = queries.case(case_id)
    form = ResolveForm(request.POST)
    if not form.is_valid():
        return show(request, actor, found, form)
    if found.state == CaseState.OPEN:
        read = request.POST.get("read", "")[:9]
        seen = int(read) if read.isdecimal() else None
        try:
            error_desk.resolve(actor, found, reason=form.cleaned_data["reason"], read=seen)
        except CaseAnswered as error:
            advice = advise(error.reason())
            messages.error(request, f"{advice.cause} {advice.step}")
            return show(request, actor, found, form)
        messages.success(request, _("%(case)s is resolved.") % {"case": found})
    else:
        messages.warning(request, _("%(case)s was resolved already.") % {"case": found})
    return _back(found)


def _back(found: Case) -> HttpResponseBase:
    return redirect("case", found.id)


# --- the page -----------------------------------------------------------------------------------


def show(
    request: Request,
    actor: Actor,
    found: Case,
    form: ResolveForm,
    comment_form: CommentForm | None = None,
) -> HttpResponse:
    """The staff's page."""
    roles = request.person.roles
    able = queries.retryable(found) if BY_NAME["case-retry"].may_open(roles) else []
    opens_studies = BY_NAME["study"].may_open(roles)
    works = BY_NAME["case-work"].may_open(roles)
    explaining = queries.explaining(found)
    more: dict[str, Any] = {
        "explaining": explaining,
        "able": len(able),
        "form": form if BY_NAME["case-resolve"].may_open(roles) else None,
        "opens_studies": opens_studies,
        "studies": queries.affected_studies(found) if opens_studies else [],
        **around(found),
        **(working(request, found, explaining) if works else {}),
    }
    if comment_form is not None:
        more["comment_form"] = comment_form
    return _page(request, actor, found, STAFF_READER, more)


def _page(
    request: Request, actor: Actor, found: Case, reader: Reader, more: dict[str, Any]
) -> HttpResponse:
    request.environment = found.environment
    advice = advise(found.reason)
    shape, word = reader.standing(found, advice)
    try:
        part = queries.events(
            found, after=request.GET.get("after", ""), before=request.GET.get("before", "")
        )
    except ValueError as error:
        raise BadRequest("not a place in this list") from error
    told = more.pop("explaining", None) or queries.explaining(found)
    explaining = sorted(told, key=lambda each: fact_place(each.name))
    context = {
        "case": found,
        "advice": advice,
        "cause": reader.cause(advice),
        "step": reader.step(advice, found),
        "move": reader.move(advice, found),
        "is_staff": reader.is_staff,
        "is_asked": reader.is_asked(found),
        "joined_to": None if found.event_count else desk_work.joined_to(found),
        "opens_messages": any(
            BY_NAME[name].may_open(request.person.roles) for name in ("message", "own-message")
        ),
        "shape": shape,
        "word": word,
        "place": place_words(found.edge, found.place),
        "facts": [_explained(each) for each in explaining if reader.is_staff or _open(each.name)],
        "events": [_told(event, reader, is_message=found.edge == "hl7") for event in part.rows],
        "page": part,
        "is_damage": found.reason == BytesDamaged.reason(),
        "integrity_url": address(request.person.roles, "integrity"),
        "unsettled": any(event.outcome == EventOutcome.RETRIED for event in part.rows),
        **_place(request, actor, found, reader),
        **more,
    }
    return answer(request, "case/detail.html", context, part="case/_events.html", target=EVENTS)


def _place(request: Request, actor: Actor, found: Case, reader: Reader) -> dict[str, Any]:
    around = lists.around(request, actor, DESK, desk.opened_by, found)
    label = _("Support desk") if reader.is_staff else _("Errors")
    return {**around, "trail": [(label, around["back"])]}


def _open(name: str) -> bool:
    """Whether a customer's people may read the fact: nothing of the patient."""
    return name not in OF_PATIENT


def _explained(each: queries.Explaining) -> tuple[str, str]:
    """A fact with its commonest values, and how often each was told."""
    label = fact_label(each.name)
    if each.others and each.values[0][1] == 1:
        return label, _("%(count)s different values") % {
            "count": formats.number_text(len(each.values) + each.others)
        }
    values = [fact(each.name, value)[1] for value, _count in each.values]
    if len(values) == 1:
        return label, values[0]
    counted = [
        f"{value} × {formats.number_text(count)}"
        for value, (_raw, count) in zip(values, each.values, strict=True)
    ]
    if each.others:
        others = ngettext("%(count)s other value", "%(count)s other values", each.others)
        counted.append(others % {"count": formats.number_text(each.others)})
    return label, ", ".join(counted)


def _told(event: CaseEvent, reader: Reader, *, is_message: bool) -> dict[str, Any]:
    facts = [
        fact(name, str(value))
        for name, value in sorted(event.facts.items(), key=lambda pair: fact_place(pair[0]))
        if value not in ("", None) and (reader.is_staff or _open(name))
    ]
    return {
        "event": event,
        "facts": facts,
        "can_retry": event.outcome == EventOutcome.OPEN
        and (event.job_id is not None or is_message),
    }
