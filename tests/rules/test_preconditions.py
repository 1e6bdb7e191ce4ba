"""Which of ON-2 (a) to (f) hold, each for what is lacking alone."""

from dataclasses import replace
from datetime import date

import pytest

from onboarding.models import ContactKind, EvidenceState, Precondition, TermsKind
from onboarding.rules.certification import Dates
from onboarding.rules.preconditions import Facts, Lack, for_submission, lacking, missing

DAY = date(2026, 11, 28)
LIVE = Dates(date(2026, 1, 1), date(2028, 1, 1), date(2026, 1, 1), None, None)
OVER = replace(LIVE, certificate_until=date(2026, 11, 27))
WHOLE = Facts(
    evidence={
        Precondition.CERTIFIED: EvidenceState.ACCEPTED,
        Precondition.PATIENT_DATA: EvidenceState.ACCEPTED,
        Precondition.ROLLOUT_TEST: EvidenceState.ACCEPTED,
    },
    systems=(LIVE,),
    accepted=frozenset(TermsKind),
    contacts=frozenset(ContactKind),
    production_connections=1,
    roles=("produces",),
    content_types=("ct",),
    day=DAY,
)


def evidence(precondition: Precondition, state: EvidenceState) -> dict[str, str]:
    return {**WHOLE.evidence, precondition: state}


def test_nothing_is_missing_when_all_is_there() -> None:
    assert missing(WHOLE) == () and for_submission(WHOLE) == ()


@pytest.mark.parametrize(
    ("columns", "precondition", "lacks"),
    [
        ({"systems": ()}, Precondition.CERTIFIED, (Lack.SYSTEM,)),
        ({"systems": (LIVE, OVER)}, Precondition.CERTIFIED, (Lack.WINDOW,)),
        (
            {"evidence": evidence(Precondition.CERTIFIED, EvidenceState.GIVEN)},
            Precondition.CERTIFIED,
            (Lack.JUDGEMENT,),
        ),
        (
            {"evidence": evidence(Precondition.PATIENT_DATA, EvidenceState.GIVEN)},
            Precondition.PATIENT_DATA,
            (Lack.JUDGEMENT,),
        ),
        (
            {"evidence": evidence(Precondition.PATIENT_DATA, EvidenceState.MISSING)},
            Precondition.PATIENT_DATA,
            (Lack.EVIDENCE,),
        ),
        (
            {"accepted": frozenset({TermsKind.SERVICE})},
            Precondition.DELIVERY_TERMS,
            (Lack.ACCEPTANCE,),
        ),
        (
            {"accepted": frozenset({TermsKind.DELIVERY})},
            Precondition.SERVICE_DESCRIPTION,
            (Lack.ACCEPTANCE,),
        ),
        ({"roles": ()}, Precondition.DEPLOYMENT_DATA, (Lack.ACTIVITY,)),
        (
            {"contacts": frozenset({ContactKind.TECHNICAL})},
            Precondition.DEPLOYMENT_DATA,
            (Lack.CONTACTS,),
        ),
        ({"production_connections": 0}, Precondition.DEPLOYMENT_DATA, (Lack.CONNECTION,)),
        (
            {"evidence": evidence(Precondition.ROLLOUT_TEST, EvidenceState.MISSING)},
            Precondition.ROLLOUT_TEST,
            (Lack.TEST,),
        ),
    ],
)
def test_each_says_what_is_lacking_and_the_others_hold(
    columns: dict[str, object], precondition: Precondition, lacks: tuple[Lack, ...]
) -> None:
    facts = replace(WHOLE, **columns)  # type: ignore[arg-type]
    assert lacking(precondition, facts) == lacks
    assert missing(facts) == (precondition,)


@pytest.mark.parametrize("precondition", Precondition)
def test_what_is_waived_lacks_nothing(precondition: Precondition) -> None:
    nothing = Facts({}, (), frozenset(), frozenset(), 0, (), (), DAY)
    assert lacking(precondition, nothing)
    assert not lacking(precondition, replace(nothing, evidence={precondition: "waived"}))


def test_a_registration_is_submitted_with_activity_and_contacts_alone() -> None:
    early = replace(WHOLE, systems=(), production_connections=0, evidence={})
    assert for_submission(early) == ()
    assert for_submission(replace(early, roles=())) == (Lack.ACTIVITY,)
    assert for_submission(replace(early, contacts=frozenset())) == (Lack.CONTACTS,)
