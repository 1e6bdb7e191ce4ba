"""Purchased-service authorisations as rules: who may move one from state to state, and which orders
are sound (AC-3).

Facts in, a verdict out; the reading of rows and the writing is `archive.services.authorisations`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from archive.errors.authorisations import AuthorisationMoved, PartyUnfit
from archive.models import AuthorisationState as State
from archive.models import Urgency
from archive.values import Oid, Period


class Side(StrEnum):
    """Who acts on an authorisation."""

    ORGANISER = "organiser"
    PRODUCER = "producer"
    TIME = "time"


class Move(StrEnum):
    AMEND = "amend"  # a new version, also the one that names the producer
    ACCEPT = "accept"
    WITHDRAW = "withdraw"  # the acceptance, on its own day
    DECLINE = "decline"
    REVOKE = "revoke"
    FINISH = "finish"  # the organiser says that it is done
    END = "end"  # its validity is over


@dataclass(frozen=True, slots=True)
class Step:
    side: Side
    before: frozenset[State]
    after: State


LIVE = frozenset({State.WITHOUT_PRODUCER, State.GRANTED, State.ACCEPTED})
OVER = frozenset({State.DECLINED, State.ENDED, State.REVOKED, State.REPLACED})
STEPS: Mapping[Move, Step] = {
    Move.AMEND: Step(Side.ORGANISER, LIVE, State.REPLACED),
    Move.ACCEPT: Step(Side.PRODUCER, frozenset({State.GRANTED}), State.ACCEPTED),
    Move.WITHDRAW: Step(Side.PRODUCER, frozenset({State.ACCEPTED}), State.GRANTED),
    Move.DECLINE: Step(Side.PRODUCER, frozenset({State.GRANTED}), State.DECLINED),
    Move.REVOKE: Step(Side.ORGANISER, LIVE, State.REVOKED),
    Move.FINISH: Step(Side.ORGANISER, frozenset({State.GRANTED, State.ACCEPTED}), State.ENDED),
    Move.END: Step(Side.TIME, LIVE, State.ENDED),
}


@dataclass(frozen=True, slots=True)
class Standing:
    """What the moves that are open depend on."""

    state: str
    valid_until: date | None
    accepted_on: date | None = None
    used: bool = False  # something has been stored under it

    def is_over(self, day: date) -> bool:
        return self.valid_until is not None and self.valid_until < day


def is_open(move: Move, standing: Standing, day: date) -> bool:
    """Whether the state and the calendar allow it.

    A declined order may be given anew, to another producer too: that is a next version, and the
    declined one stays as it is. An acceptance is withdrawn on its own day and before any work.
    """
    if move == Move.END:
        return standing.state in LIVE and standing.is_over(day)
    if standing.is_over(day):
        return False
    if move == Move.AMEND and standing.state == State.DECLINED:
        return True
    if standing.state not in STEPS[move].before:
        return False
    return move != Move.WITHDRAW or (standing.accepted_on == day and not standing.used)


def require(move: Move, sides: frozenset[Side], standing: Standing, day: date) -> None:
    """Raises PartyUnfit, AuthorisationMoved."""
    if STEPS[move].side not in sides:
        raise PartyUnfit()
    if not is_open(move, standing, day):
        raise AuthorisationMoved(facts={"state": standing.state, "move": move.value})


def moves_open(sides: frozenset[Side], standing: Standing, day: date) -> list[Move]:
    return [
        move for move, step in STEPS.items() if step.side in sides and is_open(move, standing, day)
    ]


def leading_to(told: str, present: str, *, done: bool) -> Move | None:
    """The move by which another keeper of the document came from our state to its own; None when it
    is no further than we are.
    """
    wanted = {
        State.ACCEPTED: Move.ACCEPT,
        State.DECLINED: Move.DECLINE,
        State.REVOKED: Move.REVOKE,
        State.ENDED: Move.FINISH if done else Move.END,
        State.REPLACED: Move.AMEND,
    }.get(State(told))
    if wanted is None or present == told or (present in OVER and told == State.ACCEPTED):
        return None
    if present not in STEPS[wanted].before:
        raise AuthorisationMoved(facts={"state": present, "told": told})
    return wanted


# --- what is ordered ------------------------------------------------------------------------------


class Fault(StrEnum):
    """What can be wrong with an order; the portal has the words."""

    NO_RIGHT = "no-right"
    BEGINS_BEFORE_TODAY = "begins-before-today"
    ENDS_BEFORE_IT_BEGINS = "ends-before-it-begins"
    ENDED_ALREADY = "ended-already"
    DUE_BEFORE_IT_BEGINS = "due-before-it-begins"
    DUE_AFTER_IT_ENDS = "due-after-it-ends"
    DUE_PASSED = "due-passed"
    VOUCHER_WITHOUT_NUMBER = "voucher-without-number"
    VOUCHER_VALUE = "voucher-value"
    VOUCHER_TOO_SHORT = "voucher-too-short"
    NOTHING_ORDERED = "nothing-ordered"
    TOO_LONG = "too-long"
    UNKNOWN_WORD = "unknown-word"
    NO_OID = "no-oid"
    PATIENT_MISSING = "patient-missing"
    PATIENT_AT_POPULATION_LEVEL = "patient-at-population-level"
    PATIENT_FIXED = "patient-fixed"
    REGISTER_UNKNOWN = "register-unknown"
    REGISTER_FIXED = "register-fixed"
    WRITES_ELSEWHERE = "writes-elsewhere"
    ORGANISER_UNKNOWN = "organiser-unknown"
    ORGANISER_NOT_IN_USE = "organiser-not-in-use"
    PRODUCER_UNKNOWN = "producer-unknown"
    PRODUCER_NOT_IN_USE = "producer-not-in-use"
    PRODUCER_IS_ORGANISER = "producer-is-organiser"
    PRODUCER_FIXED = "producer-fixed"
    STATE_CONTRADICTS = "state-contradicts"
    IN_FUTURE = "in-future"
    REASON_MISSING = "reason-missing"


@dataclass(frozen=True, slots=True)
class Order:
    """What a version says beside its parties and its patient; named as the columns are."""

    valid_from: date
    valid_until: date | None = None
    may_read: bool = True
    may_write: bool = True
    service_code: str = ""
    service_text: str = ""
    order_text: str = ""
    urgency: str = Urgency.ROUTINE.value
    due_on: date | None = None
    voucher_number: str = ""
    voucher_value: Decimal | None = None
    voucher_expires_on: date | None = None
    service_event: str = ""

    @property
    def validity(self) -> Period:
        return Period(self.valid_from, self.valid_until)

    @classmethod
    def of(cls, row: object) -> "Order":
        """As a version's row has it."""
        return cls(**{each.name: getattr(row, each.name) for each in fields(cls)})

    def changed_from(self, before: "Order") -> list[str]:
        """The names of what differs."""
        return [
            each.name
            for each in fields(self)
            if getattr(self, each.name) != getattr(before, each.name)
        ]


ORDER_FIELDS = tuple(each.name for each in fields(Order))
LENGTHS = {
    "service_code": 20,
    "service_text": 200,
    "order_text": 4000,
    "voucher_number": 40,
}
MOST_VALUE = Decimal("9999999.99")

Faults = Iterator[tuple[str, Fault]]


def faults(order: Order) -> Faults:
    """What is wrong with an order in itself, each with its field; any day, whoever made it."""
    if not (order.may_read or order.may_write):
        yield "may_read", Fault.NO_RIGHT
    if order.valid_until is not None and order.valid_until < order.valid_from:
        yield "valid_until", Fault.ENDS_BEFORE_IT_BEGINS
    if order.due_on is not None:
        if order.due_on < order.valid_from:
            yield "due_on", Fault.DUE_BEFORE_IT_BEGINS
        elif order.valid_until is not None and order.due_on > order.valid_until:
            yield "due_on", Fault.DUE_AFTER_IT_ENDS
    yield from _voucher(order)
    for name, most in LENGTHS.items():
        if len(getattr(order, name)) > most:
            yield name, Fault.TOO_LONG
    if order.urgency not in Urgency.values:
        yield "urgency", Fault.UNKNOWN_WORD
    if order.service_event and not _is_oid(order.service_event):
        yield "service_event", Fault.NO_OID


def _voucher(order: Order) -> Faults:
    value, expires = order.voucher_value, order.voucher_expires_on
    if not order.voucher_number and (value is not None or expires is not None):
        yield "voucher_number", Fault.VOUCHER_WITHOUT_NUMBER
    if value is not None and not 0 <= value <= MOST_VALUE:
        yield "voucher_value", Fault.VOUCHER_VALUE
    if expires is not None and expires < order.valid_from:
        yield "voucher_expires_on", Fault.VOUCHER_TOO_SHORT


def faults_today(
    order: Order, today: date, before: Order | None, *, of_patient: bool, writable: bool
) -> Faults:
    """What is wrong with it when it is made or amended here and now; what was so before may stay.

    `writable`: the register is one that images are stored into.
    """
    if order.valid_from < today and (before is None or before.valid_from != order.valid_from):
        yield "valid_from", Fault.BEGINS_BEFORE_TODAY
    if order.valid_until is not None and order.valid_until < today:
        yield "valid_until", Fault.ENDED_ALREADY
    new_due = before is None or before.due_on != order.due_on
    if order.due_on is not None and order.due_on < today and new_due:
        yield "due_on", Fault.DUE_PASSED
    if of_patient and not (order.service_code or order.service_text):
        yield "service_text", Fault.NOTHING_ORDERED
    if order.may_write and not writable:
        yield "may_write", Fault.WRITES_ELSEWHERE


def _is_oid(text: str) -> bool:
    try:
        Oid(text)
    except ValueError:
        return False
    return True


# --- two for the same -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Coverage:
    """What two live authorisations of one producer in one register are compared by."""

    person_id: UUID | None
    service: str
    validity: Period


def service_of(order: Order) -> str:
    """The code, else the text as people would compare it."""
    return order.service_code.strip().upper() or " ".join(order.service_text.casefold().split())


def overlap(one: Coverage, other: Coverage) -> bool:
    """Same person or both of the population, same service, and a day that both cover."""
    return (
        (one.person_id, one.service) == (other.person_id, other.service)
        and (other.validity.end is None or one.validity.start <= other.validity.end)
        and (one.validity.end is None or other.validity.start <= one.validity.end)
    )
