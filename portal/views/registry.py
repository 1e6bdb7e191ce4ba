"""The registry: entries with all their metadata, versions, associations, and the messages they came
by. What names the patient, and the messages, are shown with a reason and for that once.
"""

from dataclasses import dataclass
from uuid import UUID

from django.http import HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from archive.actors import Actor
from archive.models import Document, RegistryMessage
from archive.objects.registry import DocumentEntry
from archive.queries import registry as queries
from archive.queries.registry import Association
from archive.services import looking
from onboarding.queries import customers_of
from portal.forms.reasons import ReasonForm
from portal.forms.registry import RegistryFilters
from portal.lists.messages import REGISTRY
from portal.registry_words import ASSOCIATIONS, Label, action_words, earlier, lines, pretty
from portal.staff import Request, page
from portal.views import lists, reasons
from portal.views.lists import Opened


@page("registry")
def front(request: Request, actor: Actor) -> HttpResponseBase:
    opened = opened_by(request, actor, request.GET)
    say = (
        _("A filter cannot be read. Correct it or take it off.")
        if opened.is_unread
        else _("Every document that is registered here, the newest first.")
    )
    words = {
        "title": _("Registry"),
        "say": say,
        "none_fits": _("No document fits the filters"),
    }
    return lists.answer(
        request, actor, REGISTRY, opened, "registry/_list.html", lambda _rows: words
    )


def opened_by(request: Request, actor: Actor, query: QueryDict) -> Opened[Document]:
    form = RegistryFilters(query, customers_of(actor, ()))
    filters = form.filters(request.environment)
    rows = Document.objects.none() if filters is None else queries.narrowed(filters)
    return Opened(form, rows, queries.ORDER, is_unread=filters is None)


@page("registry-entry")
def entry(request: Request, actor: Actor, document_id: UUID) -> HttpResponse:
    return _show(request, queries.one(document_id), ReasonForm())


@require_POST
@page("registry-entry")
def whole(request: Request, actor: Actor, document_id: UUID) -> HttpResponse:
    """With what names the patient, and with the messages, for this once."""
    found = queries.one(document_id)
    subject = reasons.subject(found.patient)
    form = ReasonForm(request.POST)
    if not reasons.with_reason(request, actor, subject).reason:
        if not form.is_valid():
            return _show(request, found, form)
        reasons.keep(request, subject, form.cleaned_data["reason"])
    seer = reasons.with_reason(request, actor, subject)
    looking.at_document(seer, found)
    return _show(request, found, ReasonForm(), shown=True)


# --- what a page shows ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Tie:
    """An association in words."""

    word: Label
    association: Association


@dataclass(frozen=True, slots=True)
class Sent:
    """A message in words; its texts are empty while they are hidden."""

    word: Label
    message: RegistryMessage
    request: str = ""
    answer: str = ""


def _show(
    request: Request, found: Document, form: ReasonForm, *, shown: bool = False
) -> HttpResponse:
    request.environment = found.environment
    chain = queries.chain(found)
    around = lists.around(request, request.person.actor(), REGISTRY, opened_by, found)
    context = {
        "document": found,
        "title": found.get_kind_display().capitalize(),
        "form": form,
        "shown": shown,
        "lines": lines(DocumentEntry.from_json(found.metadata), whole=shown),
        "earlier": earlier(found, whole=shown),
        "chain": chain if len(chain) > 1 else [],
        "ties": [_tie(each) for each in queries.associations(found)],
        "messages_kept": [_sent(each, shown) for each in queries.messages(found)],
        **around,
        "trail": [(_("Registry"), around["back"])],
    }
    return render(request, "registry/detail.html", context)


def _tie(association: Association) -> Tie:
    outward, inward = ASSOCIATIONS.get(association.link.kind, (association.link.kind,) * 2)
    return Tie(outward if association.outward else inward, association)


def _sent(message: RegistryMessage, shown: bool) -> Sent:
    word = action_words(message.action)
    if not shown or not message.request:
        return Sent(word, message)
    return Sent(word, message, pretty(bytes(message.request)), pretty(bytes(message.answer)))
