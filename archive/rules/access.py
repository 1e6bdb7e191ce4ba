"""May this requester see this object for this purpose now, and on what ground (AC-2)?

`decide` is pure and total: facts in, a decision with the rules that fired out, in their order. The
chain for a customer's system reads as the law does: own register, purchased service, emergency,
informed and permitted and not prohibited. `archive.gate` narrows querysets by the same rules.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from archive.actors import Actor, ActorKind, Purpose, Requester
from archive.models import STAFF_ROLES, DocumentKind, Role
from archive.rules.facts import Area, Corrected, Grant, PersonFacts, Policies, Subject


class Action(StrEnum):
    SEE_STUDY = "see-study"  # what it is and what happened to it; no patient's name or code
    SEE_PATIENT = "see-patient"  # whose it is
    QUERY = "query"  # over XDS, WADO or FHIR, by whoever may see it
    RETURN = "return"  # back over DICOM or DICOMweb: own register and purchased service
    ACT = "act"  # register again, send again, retry
    CORRECT = "correct"  # reject, revoke, correct, undo


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything beside actor and object that a decision depends on, as of one moment."""

    person: PersonFacts = field(default_factory=PersonFacts)
    grants: tuple[Grant, ...] = ()
    policies: Policies = field(default_factory=Policies)


@dataclass(frozen=True, slots=True)
class Decision:
    allowed: bool
    ground: str
    fired: tuple[str, ...]
    authorisation_id: UUID | None = None


SEERS = frozenset({Role.ADMIN, Role.ARCHIVIST, Role.SUPPORT})
CITIZENS_KINDS = frozenset({DocumentKind.REQUEST, DocumentKind.STUDY_ENTRY, DocumentKind.REPORT})
NO_FACTS = Facts()
CORRECTORS = frozenset({Role.ADMIN, Role.ARCHIVIST})


def decide(actor: Actor, action: Action, subject: Subject, facts: Facts = NO_FACTS) -> Decision:
    """Every combination gives a decision with the rules that fired, in order."""
    match actor.kind:
        case ActorKind.SYSTEM:
            return Decision(True, "system", ("the-system-itself",))
        case ActorKind.CONNECTION:
            return _system_of_customer(actor, action, subject, facts)
        case ActorKind.STAFF:
            return _staff(actor, action)
        case ActorKind.CITIZEN:
            return _citizen(actor, action, subject)
        case ActorKind.CUSTOMER:
            return _no("customers-see-no-patient-data-in-the-portal")


def _no(*fired: str) -> Decision:
    return Decision(False, "", fired)


# --- a customer's system --------------------------------------------------------------------------


def _system_of_customer(actor: Actor, action: Action, subject: Subject, facts: Facts) -> Decision:
    if actor.environment != subject.environment:
        return _no("other-environment")
    if action not in (Action.QUERY, Action.RETURN):
        return _no("systems-act-by-their-protocol")
    gone = out_of_use(subject)
    if gone:
        return _no(gone)
    if is_for_another(actor.requester, subject):
        return _no("assertion-for-another-patient")
    # It is given as what it is: the registry says that it is in force no more.
    before = ("not-in-force",) if subject.corrected == Corrected.REPLACED else ()
    if is_own_register(actor, subject):
        return Decision(True, "own-register", (*before, "own-register"))
    grant = next((g for g in facts.grants if g.may_read and g.reaches(subject)), None)
    if grant is not None:
        fired = (*before, "not-own-register", "authorisation")
        return Decision(True, "authorisation", fired, grant.id)
    before = (*before, "not-own-register", "no-authorisation")
    if action == Action.RETURN:
        return _returned(actor, subject, facts, before)
    return _disclosure(actor, subject, facts, before)


def _returned(actor: Actor, subject: Subject, facts: Facts, before: tuple[str, ...]) -> Decision:
    """To a producer that may store and not see, what it has begun itself under that (AR-6)."""
    if subject.begun_by is not None and subject.begun_by == actor.organisation_id:
        for grant in facts.grants:
            if grant.may_write and grant.series == subject.begun_under and grant.reaches(subject):
                fired = (*before, "begun-under-authorisation")
                return Decision(True, "authorisation", fired, grant.id)
    return _no(*before, "returned-to-its-controller-only")


def out_of_use(subject: Subject) -> str:
    """What keeps it from everybody's system, its own controller's too; nothing if it is in use."""
    if subject.destroyed:
        return "destroyed"
    match subject.corrected:
        case Corrected.QUALITY:
            return "rejected-for-quality"
        case Corrected.REJECTED:
            return "rejected"
        case Corrected.WHOLLY:
            return "all-rejected"
    return ""


def is_for_another(requester: Requester | None, subject: Subject) -> bool:
    """An assertion speaks for one patient."""
    return requester is not None and requester.patient_id not in (None, subject.person_id)


def is_own_register(actor: Actor, subject: Subject) -> bool:
    """A provider's registers are several: public and occupational health care are strangers to each
    other when the asker says which of them it works for.
    """
    if actor.organisation_id != subject.controller_id:
        return False
    asker = actor.requester
    return (
        asker is None
        or not asker.register_type
        or own_register_named(asker)
        == (
            subject.register_type,
            subject.register_specifier,
        )
    )


def own_register_named(requester: Requester) -> tuple[str, str]:
    return requester.register_type, requester.register_specifier


def _disclosure(actor: Actor, subject: Subject, facts: Facts, before: tuple[str, ...]) -> Decision:
    """From one controller's register to another."""
    bar = bar_of(actor.requester, facts.policies)
    if bar:
        return _no(*before, bar)
    bans = [ban for ban in facts.person.bans if ban.covers(subject)]
    if is_emergency(actor.requester):
        firm = [ban for ban in bans if not ban.emergency_exception]
        if firm:
            return _no(*before, "emergency", f"prohibited-{firm[0].scope}", "no-exception")
        how = ("prohibited-but-exception",) if bans else ("not-prohibited",)
        return Decision(True, "emergency", (*before, "emergency", *how))
    before = (*before, "care-relation")
    ground, fired = _permission(actor, subject, facts)
    if not ground:
        return _no(*before, *fired)
    if bans:
        return _no(*before, *fired, f"prohibited-{bans[0].scope}")
    return Decision(True, ground, (*before, *fired, "not-prohibited"))


def _permission(actor: Actor, subject: Subject, facts: Facts) -> tuple[str, tuple[str, ...]]:
    """The ground that opens, or none, and the rules that fired."""
    area = area_of(actor.organisation_id, subject.controller_id, facts.policies)
    if area is not None and (facts.person.informed or not area.informing_needed):
        return "area", ("area",)
    if not facts.person.informed:
        return "", ("not-informed",)
    if not facts.person.permitted:
        return "", ("informed", "not-permitted")
    return "permission", ("informed", "permitted")


def bar_of(requester: Requester | None, policies: Policies) -> str:
    """What in the assertion itself bars a disclosure. Without one the organisation vouches for its
    professionals and their care relations.
    """
    if requester is None:
        return ""
    if policies.roles is not None and requester.role not in policies.roles:
        return "role-without-right"
    if is_emergency(requester):
        return ""
    if requester.purpose != Purpose.TREATMENT:
        return "purpose-is-not-treatment"
    return "" if requester.care_relation else "no-care-relation"


def is_emergency(requester: Requester | None) -> bool:
    return requester is not None and requester.purpose == Purpose.EMERGENCY


def area_of(asker: UUID | None, controller: UUID, policies: Policies) -> Area | None:
    """The area both are members of; of several the one that asks for least."""
    found = [area for area in policies.areas if {asker, controller} <= area.members]
    return min(found, key=lambda area: area.informing_needed, default=None)


# --- a citizen ------------------------------------------------------------------------------------


def _citizen(actor: Actor, action: Action, subject: Subject) -> Decision:
    """Request, examination note and report; never images, nor what would tell of them."""
    if actor.environment != subject.environment:
        return _no("other-environment")
    if action != Action.QUERY:
        return _no("citizens-only-look")
    if actor.citizen is None or actor.citizen.person_id != subject.person_id:
        return _no("another-persons-data")
    if subject.content not in CITIZENS_KINDS:
        return _no("not-shown-to-citizens")
    if subject.corrected == Corrected.REPLACED:
        return _no("not-in-force", "citizens-see-what-is-in-force")
    if actor.citizen.acting_ground:
        return Decision(True, "acting-for", ("acting-for",))
    return Decision(True, "own-data", ("own-data",))


# --- a person's own state -------------------------------------------------------------------------


def of_person(actor: Actor) -> Decision:
    """What a person has said, and to whom data was disclosed: it stands in nobody's register."""
    match actor.kind:
        case ActorKind.STAFF:
            return _staff(actor, Action.SEE_PATIENT)
        case ActorKind.CITIZEN if actor.citizen is not None:
            ground = "acting-for" if actor.citizen.acting_ground else "own-data"
            return Decision(True, ground, (ground,))
    return _no("another-persons-data")


# --- the operator's staff -------------------------------------------------------------------------


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
        return _no("role-may-not-see-patients")
    if action == Action.CORRECT and not roles & CORRECTORS:
        return _no("role-may-not-correct")
    if action == Action.SEE_PATIENT and not actor.reason:
        return _no("no-reason-given")
    return Decision(
        True, "operators-duty", ("staff-role", "reason-given") if actor.reason else ("staff-role",)
    )
