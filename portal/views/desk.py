"""The support desk: failures by cause and customer. A customer's people read their own."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponseBase, QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from archive.actors import Actor
from archive.models import Case, CaseState, Handling
from archive.queries import desk as queries
from archive.values import now
from onboarding.queries import customers_of
from portal import formats
from portal.advice import BY_REASON, Advice, Move, advise
from portal.forms.desk import CaseFilters
from portal.lists.desk import DESK, Row
from portal.names import place_words
from portal.pages import BY_NAME, CUSTOMERS
from portal.staff import Request, page, person_of
from portal.views import lists
from portal.views.lists import Opened


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads: the staff the mechanism, a customer's people their duty."""

    is_staff: bool

    @property
    def moves(self) -> frozenset[Move]:
        return frozenset({Move.US, Move.SUPPORT} if self.is_staff else {Move.SENDER})

    def cause(self, advice: Advice) -> str:
        return str(advice.cause if self.is_staff else advice.customer_cause)

    def step(self, advice: Advice, case: Case | None = None) -> str:
        step = str(advice.step if self.is_staff else advice.customer_step)
        if case and self.is_asked(case):
            asked = _("Technical support asks you something: answer on the page of the case.")
            return f"{asked} {step}"
        if case and self.is_answered(case):
            answered = _("The customer has answered: read the comments.")
            return f"{answered} {step}"
        return step

    def move(self, advice: Advice, case: Case | None = None) -> str:
        if (case and self.is_asked(case)) or (not self.is_staff and advice.move == Move.SENDER):
            return _("yours")
        if case and self.is_staff and case.state == CaseState.OPEN:
            talking = {Handling.ANSWERED: Move.SUPPORT, Handling.WAITING: Move.SENDER}
            return str(talking.get(Handling(case.handling), advice.move).value)
        return str(advice.move.value)

    def is_asked(self, case: Case) -> bool:
        """A customer's people, whose answer the desk waits for."""
        waits = case.state == CaseState.OPEN and case.handling == Handling.WAITING
        return waits and not self.is_staff

    def is_answered(self, case: Case) -> bool:
        """The desk, which has not yet said that it heard."""
        answered = case.state == CaseState.OPEN and case.handling == Handling.ANSWERED
        return answered and self.is_staff

    def standing(self, case: Case, advice: Advice) -> tuple[str, str]:
        """Shape and word of a case: whose move it is."""
        if case.state == CaseState.RESOLVED:
            return "done", _("resolved")
        if case.handling == Handling.WAITING:
            return (
                ("wait", _("waits for the customer"))
                if self.is_staff
                else ("needs", _("needs you"))
            )
        if self.is_answered(case):
            return "needs", _("customer has answered")
        if case.handling == Handling.RECURRING and self.is_staff:
            return "needs", _("has come back")
        if advice.move in self.moves:
            return "needs", _("needs you")
        words = {
            Move.SENDER: _("customer’s move"),
            Move.US: _("archive’s move"),
            Move.SUPPORT: _("support desk’s move"),
            Move.ITSELF: _("tried again by itself"),
        }
        return "wait", words.get(advice.move, _("open"))

    @property
    def reasons(self) -> list[str]:
        """The causes in which it is the reader's move."""
        return [reason for reason, advice in BY_REASON.items() if advice.move in self.moves]


STAFF_READER, CUSTOMER_READER = Reader(True), Reader(False)


def front(request: HttpRequest) -> HttpResponseBase:
    """One address: the desk for the staff, their own errors for a customer's people."""
    return errors(request) if is_customer(request) else staff(request)


def is_customer(request: HttpRequest) -> bool:
    return request.user.is_authenticated and bool(person_of(request.user).roles & CUSTOMERS)


@page("desk")
def staff(request: Request, actor: Actor) -> HttpResponseBase:
    return _list(request, actor, STAFF_READER)


@page("errors")
def errors(request: Request, actor: Actor) -> HttpResponseBase:
    return _list(request, actor, CUSTOMER_READER)


def _list(request: Request, actor: Actor, reader: Reader) -> HttpResponseBase:
    opened = opened_by(request, actor, request.GET)

    def words(_rows: object) -> dict[str, object]:
        counts = queries.counts(opened.rows, reader.reasons, is_staff=reader.is_staff)
        return {
            "page_title": _("Support desk") if reader.is_staff else _("Errors"),
            "title": _title(counts),
            "say": _say(reader, unread=opened.is_unread),
            "none_fits": _("No case fits the filters"),
            "is_staff": reader.is_staff,
            "acts_on": request.GET.urlencode() if BY_NAME["batch"].may_open(actor.roles) else None,
        }

    return lists.answer(request, actor, DESK, opened, "desk/_list.html", words)


def opened_by(request: Request, actor: Actor, query: QueryDict) -> Opened[Row]:
    """The list as an address narrows it; a customer's people have their own cases only."""
    reader = STAFF_READER if request.person.is_staff else CUSTOMER_READER
    own = None if reader.is_staff else tuple(each.id for each in request.person.organisations)
    form = CaseFilters(query, customers_of(actor, own or ()), is_staff=reader.is_staff)
    filters = form.filters(request.environment, own, owner_id=request.user.id)
    rows = Case.objects.none() if filters is None else queries.narrowed(filters)

    def in_words(found: Sequence[Case]) -> list[Row]:
        return [_told(case, reader) for case in found]

    return Opened(form, rows, queries.ORDER, in_words, is_unread=filters is None)


def _told(case: Case, reader: Reader) -> Row:
    advice = advise(case.reason)
    shape, word = reader.standing(case, advice)
    return Row(
        case=case,
        title=str(advice.title),
        step=reader.step(advice, case),
        shape=shape,
        word=word,
        place=place_words(case.edge, case.place),
        is_late=case.state == CaseState.OPEN and case.due_at is not None and case.due_at < now(),
    )


def _title(counts: queries.Counts) -> str:
    """ "Seven cases, two need you", in digits."""
    if not counts.all:
        return _("No cases")
    cases = ngettext("%(count)s case", "%(count)s cases", counts.all)
    parts: Sequence[str] = [cases % {"count": formats.counted_text(counts.all)}]
    if counts.open and counts.open != counts.all:
        opened = ngettext("%(count)s open", "%(count)s open", counts.open)
        parts = [*parts, opened % {"count": formats.counted_text(counts.open)}]
    if counts.yours:
        yours = ngettext("%(count)s needs you", "%(count)s need you", counts.yours)
        parts = [*parts, yours % {"count": formats.counted_text(counts.yours)}]
    return ", ".join(parts)


def _say(reader: Reader, *, unread: bool) -> str:
    if unread:
        return _("A filter cannot be read. Correct it or take it off.")
    if reader.is_staff:
        return _("Failures with one cause, of one customer, are one case. Open cases stand first.")
    return _("What did not go through from your systems, by cause. Open cases stand first.")
