"""HL7 messages: the list, one message in words, and doing a refused one again. A customer's people
read what became of their own, without anything of the patient.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages as said
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from archive.actors import Actor
from archive.errors import ArchiveError
from archive.models import Hl7Message, MessageOutcome
from archive.queries import messages as queries
from archive.services import looking
from archive.services import messages as services
from onboarding.queries import customers_of
from portal import formats
from portal.advice import advise
from portal.forms.messages import MessageFilters
from portal.forms.reasons import ReasonForm
from portal.hl7_words import event_words, parts
from portal.lists.messages import MESSAGES, Message
from portal.pages import BY_NAME
from portal.shapes import SHAPES
from portal.staff import Request, page
from portal.views import lists, reasons
from portal.views.desk import CUSTOMER_READER, STAFF_READER, Reader, is_customer
from portal.views.lists import Opened


def front(request: HttpRequest) -> HttpResponseBase:
    """One address: all messages for the staff, their own for a customer's people."""
    return own(request) if is_customer(request) else staff(request)


@page("messages")
def staff(request: Request, actor: Actor) -> HttpResponseBase:
    return _list(request, actor)


@page("own-messages")
def own(request: Request, actor: Actor) -> HttpResponseBase:
    return _list(request, actor)


def _own(request: Request) -> tuple[UUID, ...]:
    return tuple(organisation.id for organisation in request.person.organisations)


def _list(request: Request, actor: Actor) -> HttpResponseBase:
    opened = opened_by(request, actor, request.GET)

    def words(_rows: object) -> dict[str, object]:
        count = queries.count(opened.rows)
        title = ngettext("%(count)s message", "%(count)s messages", count)
        return {
            "title": title % {"count": formats.counted_text(count)},
            "say": _say(unread=opened.is_unread, is_staff=request.person.is_staff),
            "none_fits": _("No message fits the filters"),
        }

    return lists.answer(request, actor, MESSAGES, opened, "messages/_list.html", words)


def opened_by(request: Request, actor: Actor, query: QueryDict) -> Opened[Message]:
    own = None if request.person.is_staff else _own(request)
    form = MessageFilters(query, customers_of(actor, own or ()))
    filters = form.filters(request.environment, own)
    rows = Hl7Message.objects.none() if filters is None else queries.narrowed(filters)

    def in_words(found: Sequence[Hl7Message]) -> list[Message]:
        return [Message(row, event_words(row.event)) for row in found]

    return Opened(form, rows, queries.ORDER, in_words, is_unread=filters is None)


def _say(*, unread: bool, is_staff: bool) -> str:
    if unread:
        return _("A filter cannot be read. Correct it or take it off.")
    if is_staff:
        return _(
            "What customers’ systems told of patients’ ids and names. The latest stands first."
        )
    return _("What your systems told of patients’ ids and names. The latest stands first.")


# --- one message --------------------------------------------------------------------------------


def detail(request: HttpRequest, message_id: UUID) -> HttpResponseBase:
    """One address, quoted in acknowledgements (ERR-7)."""
    if is_customer(request):
        return own_message(request, message_id)
    return message(request, message_id)


@page("message")
def message(request: Request, actor: Actor, message_id: UUID) -> HttpResponse:
    return _show(request, queries.one(message_id), ReasonForm())


@page("own-message")
def own_message(request: Request, actor: Actor, message_id: UUID) -> HttpResponse:
    """Another organisation's message is answered as one that is not there."""
    found = queries.one(message_id, _own(request))
    return _page(request, found, CUSTOMER_READER, {})


@require_POST
@page("message")
def whole(request: Request, actor: Actor, message_id: UUID) -> HttpResponse:
    """The message with the patient's data in it, for this once and with a reason."""
    found = queries.one(message_id)
    form = ReasonForm(request.POST)
    subject = _subject(found)
    kept = reasons.with_reason(request, actor, subject).reason
    if not kept:
        if not form.is_valid():
            return _show(request, found, form)
        reasons.keep(request, subject, form.cleaned_data["reason"])
    seer = reasons.with_reason(request, actor, subject)
    looking.at_message(seer, found)
    return _show(request, found, ReasonForm(), shown=True)


def _subject(found: Hl7Message) -> UUID:
    return reasons.subject(found.patient) if found.patient else found.id


@require_POST
@page("message-replay")
def replay(request: Request, actor: Actor, message_id: UUID) -> HttpResponseBase:
    found = queries.one(message_id)
    try:
        outcome = services.replay(actor, found.id)
    except ArchiveError as error:
        said.warning(request, str(advise(error.reason()).cause))
        return redirect("message", found.id)
    if outcome == MessageOutcome.REFUSED:
        again = queries.one(message_id)
        said.error(
            request,
            _("It was refused again: %(cause)s") % {"cause": advise(again.reason).title},
        )
    elif outcome == MessageOutcome.DONE:
        said.success(request, _("The message was processed, and did what it asks."))
    else:
        said.success(request, _("The message was processed; there was nothing to change."))
    return redirect("message", found.id)


def _show(
    request: Request, found: Hl7Message, form: ReasonForm, *, shown: bool = False
) -> HttpResponse:
    """The staff's page."""
    roles = request.person.roles
    can_replay = found.outcome in queries.REPLAYABLE and bool(found.raw)
    more = {
        "form": form,
        "shown": shown,
        "before": queries.before(found) if shown else None,
        "parts": parts(bytes(found.raw), whole=shown),
        "answer_parts": parts(bytes(found.answer), whole=True),
        "can_replay": can_replay and BY_NAME["message-replay"].may_open(roles),
        "merges": queries.merges_of(found),
        "studies": queries.studies_of(found),
    }
    return _page(request, found, STAFF_READER, more)


def _page(
    request: Request, found: Hl7Message, reader: Reader, more: dict[str, Any]
) -> HttpResponse:
    request.environment = found.environment
    around = lists.around(request, request.person.actor(), MESSAGES, opened_by, found)
    advice = advise(found.reason) if found.reason else None
    context = {
        "message": found,
        "what": event_words(found.event),
        "shape": SHAPES["hl7message", found.outcome],
        "advice": advice,
        "cause": reader.cause(advice) if advice else "",
        "step": reader.step(advice) if advice else "",
        "move": reader.move(advice) if advice else "",
        "is_staff": reader.is_staff,
        **around,
        "trail": [(_("Messages"), around["back"])],
        **more,
    }
    return render(request, "messages/detail.html", context)
