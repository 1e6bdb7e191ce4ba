"""Authorisations in words: faults of an order, what is missing, and the timeline."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from archive.actors import ActorKind
from archive.models import Authorisation, LedgerEvent
from archive.rules.authorisations import Fault
from portal.entries import Entry
from portal.said import error_words

FAULTS: Mapping[Fault, Promise] = {
    Fault.NO_RIGHT: gettext_lazy("Give at least one right: to see or to store."),
    Fault.BEGINS_BEFORE_TODAY: gettext_lazy("The day is before today. Choose today or later."),
    Fault.ENDS_BEFORE_IT_BEGINS: gettext_lazy("The last day is before the first."),
    Fault.ENDED_ALREADY: gettext_lazy("The last day has passed."),
    Fault.DUE_BEFORE_IT_BEGINS: gettext_lazy("The day is before the validity begins."),
    Fault.DUE_AFTER_IT_ENDS: gettext_lazy("The day is after the validity ends."),
    Fault.DUE_PASSED: gettext_lazy("The day has passed. Choose today or later."),
    Fault.VOUCHER_WITHOUT_NUMBER: gettext_lazy("A voucher needs its number."),
    Fault.VOUCHER_VALUE: gettext_lazy("The value must be zero or more, and less than 10 million."),
    Fault.VOUCHER_TOO_SHORT: gettext_lazy("The voucher expires before the validity begins."),
    Fault.NOTHING_ORDERED: gettext_lazy("Say what is ordered: a code, or in words."),
    Fault.TOO_LONG: gettext_lazy("The text is too long."),
    Fault.UNKNOWN_WORD: gettext_lazy("This is none of the choices."),
    Fault.NO_OID: gettext_lazy("This is no object identifier. It looks like 1.2.246.10.1234."),
    Fault.PATIENT_MISSING: gettext_lazy("Give the patient’s code."),
    Fault.PATIENT_AT_POPULATION_LEVEL: gettext_lazy("At population level no patient is named."),
    Fault.PATIENT_FIXED: gettext_lazy("The patient is the same in every version."),
    Fault.REGISTER_UNKNOWN: gettext_lazy("The register is unknown here."),
    Fault.REGISTER_FIXED: gettext_lazy("The register is the same in every version."),
    Fault.WRITES_ELSEWHERE: gettext_lazy(
        "Images are stored into the default register only. For this one give the right to see."
    ),
    Fault.ORGANISER_UNKNOWN: gettext_lazy("The organiser is unknown here."),
    Fault.ORGANISER_NOT_IN_USE: gettext_lazy(
        "The organisation does not use this service now. Orders are made once it is in production."
    ),
    Fault.PRODUCER_UNKNOWN: gettext_lazy("The producer is unknown here."),
    Fault.PRODUCER_NOT_IN_USE: gettext_lazy("The producer does not use this service now."),
    Fault.PRODUCER_IS_ORGANISER: gettext_lazy(
        "The organiser needs no authorisation to its own register. Choose another producer."
    ),
    Fault.PRODUCER_FIXED: gettext_lazy(
        "The producer cannot be changed. Revoke this one and make another for the other producer."
    ),
    Fault.STATE_CONTRADICTS: gettext_lazy("The state contradicts the rest of the document."),
    Fault.IN_FUTURE: gettext_lazy("The time is in the future."),
    Fault.REASON_MISSING: gettext_lazy("Give the reason."),
}

LACKS: Mapping[str, Promise] = {
    "producer": gettext_lazy("the producer"),
    "acceptance": gettext_lazy("the producer’s acceptance"),
    "images": gettext_lazy("images"),
    "request": gettext_lazy("the request"),
    "study-entry": gettext_lazy("the examination note"),
}


def lacking(missing: Iterable[str]) -> str:
    """ "images, the examination note", or nothing."""
    return ", ".join(str(LACKS.get(each, each)) for each in missing)


def service_words(row: Authorisation) -> str:
    """What is ordered, in one line."""
    said = f"{row.service_code} {row.service_text}".strip()
    return said or _("Services, not named")


FIELDS: Mapping[str, Any] = {
    "valid_from": gettext_lazy("Valid from"),
    "valid_until": gettext_lazy("Last day of validity"),
    "may_read": gettext_lazy("Right to see"),
    "may_write": gettext_lazy("Right to store"),
    "service_code": gettext_lazy("Code of the service"),
    "service_text": gettext_lazy("Service in words"),
    "order_text": gettext_lazy("Information for the producer"),
    "urgency": gettext_lazy("Urgency"),
    "due_on": gettext_lazy("Wanted by"),
    "voucher_number": gettext_lazy("Number of the service voucher"),
    "voucher_value": gettext_lazy("Value of the voucher, euros"),
    "voucher_expires_on": gettext_lazy("Voucher expires on"),
    "service_event": gettext_lazy("Service event"),
    "organiser": gettext_lazy("Organiser"),
    "producer": gettext_lazy("Producer"),
    "patient": gettext_lazy("Patient"),
    "register": gettext_lazy("Register"),
}


# --- timeline -------------------------------------------------------------------------------------

SAID: Mapping[str, Promise] = {
    "authorisation.made": gettext_lazy("Made by %(actor)s"),
    "authorisation.amended": gettext_lazy("Version %(version)s made by %(actor)s"),
    "authorisation.accepted": gettext_lazy("Accepted by %(actor)s"),
    "authorisation.withdrawn": gettext_lazy("Acceptance withdrawn by %(actor)s"),
    "authorisation.declined": gettext_lazy("Declined by %(actor)s"),
    "authorisation.revoked": gettext_lazy("Revoked by %(actor)s"),
    "authorisation.delivered": gettext_lazy("Kept by the Patient Data Repository"),
    "authorisation.undelivered": gettext_lazy(
        "Not yet taken by the Patient Data Repository; it is tried again"
    ),
}
SHAPES = {
    "authorisation.declined": "needs",
    "authorisation.revoked": "stop",
    "authorisation.ended": "stop",
    "authorisation.withdrawn": "none",
    "authorisation.undelivered": "wait",
}
BEFORE_THAT = ("authorisation.undelivered",)


def entries(events: Iterable[LedgerEvent]) -> list[Entry]:
    """The timeline of a series. Tries that failed in a row are one entry."""
    told: list[Entry] = []
    last = ""
    for event in events:
        if event.kind in BEFORE_THAT and last == event.kind:
            told.pop()
        told.append(_entry(event))
        last = event.kind
    return told


def _entry(event: LedgerEvent) -> Entry:
    facts = event.facts
    if event.kind == "authorisation.ended":
        is_done = facts.get("how") == "done"
        what = _("Marked as done by %(actor)s") if is_done else _("Validity was over")
    else:
        what = str(SAID[event.kind])
    changed = [str(FIELDS[name]) for name in facts.get("changed", ()) if name in FIELDS]
    told = facts.get("reason") or ", ".join(changed)
    said = {"actor": event.actor_name, "version": facts.get("version", "")}
    return Entry(
        at=event.at,
        interface=_interface(event),
        what=f"{what % said}: {told}" if told else what % said,
        answer=error_words(facts),
        shape=SHAPES.get(event.kind, "done"),
    )


def _interface(event: LedgerEvent) -> str:
    kinds = {ActorKind.CONNECTION: "API", ActorKind.SYSTEM: _("Job")}
    return str(kinds.get(ActorKind(event.actor_kind), _("Portal")))
