"""May this requester see this object, and on what ground?

`decide` is pure and total. Own register only, and the operator's staff with a stated reason;
permissions, prohibitions and authorisations come in as further rules in the same order of work
(AC-2).
"""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from archive.actors import Actor, ActorKind
from archive.models import STAFF_ROLES, Role


class Action(StrEnum):
    SEE_STUDY = "see-study"  # what it is and what happened to it; no patient's name or code
    SEE_PATIENT = "see-patient"  # whose it is
    QUERY = "query"  # over a protocol
    ACT = "act"  # register again, send again, retry
    CORRECT = "correct"  # reject, revoke, correct, undo


@dataclass(frozen=True, slots=True)
class Subject:
    """What is asked for."""

    environment: str
    controller_id: UUID  # the organisation whose register it stands in


@dataclass(frozen=True, slots=True)
class Decision:
    allowed: bool
    ground: str
    fired: tuple[str, ...]


SEERS = frozenset({Role.ADMIN, Role.ARCHIVIST, Role.SUPPORT})
CORRECTORS = frozenset({Role.ADMIN, Role.ARCHIVIST})
BY_PEOPLE = frozenset({Action.ACT, Action.CORRECT})


def decide(actor: Actor, action: Action, subject: Subject) -> Decision:
    """Every combination gives a decision with the rules that fired, in order."""
    if actor.kind == ActorKind.SYSTEM:
        return Decision(True, "system", ("the-system-itself",))
    if actor.kind == ActorKind.CONNECTION:
        return _system_of_customer(actor, action, subject)
    if actor.kind == ActorKind.STAFF:
        return _staff(actor, action)
    return Decision(False, "", ("customers-see-no-patient-data-in-the-portal",))


def _system_of_customer(actor: Actor, action: Action, subject: Subject) -> Decision:
    if actor.environment != subject.environment:
        return Decision(False, "", ("other-environment",))
    if action in BY_PEOPLE:
        return Decision(False, "", ("systems-act-by-their-protocol",))
    if actor.organisation_id == subject.controller_id:
        return Decision(True, "own-register", ("own-register",))
    return Decision(False, "", ("not-own-register",))


def _staff(actor: Actor, action: Action) -> Decision:
    roles = actor.roles & STAFF_ROLES
    if action == Action.SEE_STUDY:
        allowed = bool(roles)
        return Decision(
            allowed,
            "operators-duty" if allowed else "",
            ("staff-role" if allowed else "no-staff-role",),
        )
    if not roles & SEERS:
        return Decision(False, "", ("role-may-not-see-patients",))
    if action == Action.CORRECT and not roles & CORRECTORS:
        return Decision(False, "", ("role-may-not-correct",))
    if action == Action.SEE_PATIENT and not actor.reason:
        return Decision(False, "", ("no-reason-given",))
    return Decision(
        True, "operators-duty", ("staff-role", "reason-given") if actor.reason else ("staff-role",)
    )
