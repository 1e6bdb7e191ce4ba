"""Which of ON-2 (a) to (f) hold, from facts. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from onboarding.models import ContactKind, EvidenceState, Precondition, TermsKind
from onboarding.rules.certification import Dates, is_valid


class Lack(StrEnum):
    """What is lacking for a precondition to hold."""

    EVIDENCE = "evidence"  # none has been given
    JUDGEMENT = "judgement"  # given, an officer has not judged it
    SYSTEM = "system"  # no certified system is named
    WINDOW = "window"  # a system's certificate or specification version does not cover today
    ACCEPTANCE = "acceptance"  # the version in force is not accepted
    CONTACTS = "contacts"
    CONNECTION = "connection"  # no complete production connection is planned
    ACTIVITY = "activity"  # roles or content types are not chosen
    TEST = "test"


@dataclass(frozen=True, slots=True)
class Facts:
    evidence: Mapping[str, str]  # Precondition -> EvidenceState
    systems: tuple[Dates, ...]
    accepted: frozenset[str]  # TermsKind whose version in force is accepted
    contacts: frozenset[str]  # ContactKind
    production_connections: int  # planned and complete
    roles: tuple[str, ...]
    content_types: tuple[str, ...]
    day: date


def lacking(precondition: Precondition, facts: Facts) -> tuple[Lack, ...]:
    """Nothing when the precondition holds."""
    if facts.evidence.get(precondition) == EvidenceState.WAIVED:
        return ()
    if precondition == Precondition.CERTIFIED:
        return (*_systems(facts), *_judged(precondition, facts))
    if precondition == Precondition.PATIENT_DATA:
        return _judged(precondition, facts)
    if precondition == Precondition.DELIVERY_TERMS:
        return () if TermsKind.DELIVERY in facts.accepted else (Lack.ACCEPTANCE,)
    if precondition == Precondition.SERVICE_DESCRIPTION:
        return () if TermsKind.SERVICE in facts.accepted else (Lack.ACCEPTANCE,)
    if precondition == Precondition.DEPLOYMENT_DATA:
        return _deployment(facts)
    passed = facts.evidence.get(precondition) == EvidenceState.ACCEPTED
    return () if passed else (Lack.TEST,)


def missing(facts: Facts) -> tuple[Precondition, ...]:
    """The preconditions that do not hold, in order."""
    return tuple(each for each in Precondition if lacking(each, facts))


def for_submission(facts: Facts) -> tuple[Lack, ...]:
    """What a registration must tell before the staff see it."""
    found = []
    if not facts.roles:
        found.append(Lack.ACTIVITY)
    if not facts.contacts >= set(ContactKind):
        found.append(Lack.CONTACTS)
    return tuple(found)


def _judged(precondition: Precondition, facts: Facts) -> tuple[Lack, ...]:
    state = facts.evidence.get(precondition, EvidenceState.MISSING)
    if state == EvidenceState.ACCEPTED:
        return ()
    return (Lack.JUDGEMENT if state == EvidenceState.GIVEN else Lack.EVIDENCE,)


def _systems(facts: Facts) -> tuple[Lack, ...]:
    """The whole of the systems is certified: one that is not spoils it."""
    if not facts.systems:
        return (Lack.SYSTEM,)
    covered = all(is_valid(each, facts.day) for each in facts.systems)
    return () if covered else (Lack.WINDOW,)


def _deployment(facts: Facts) -> tuple[Lack, ...]:
    found = list(for_submission(facts))
    if not facts.production_connections:
        found.append(Lack.CONNECTION)
    return tuple(found)
