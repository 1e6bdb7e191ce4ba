"""Authorisations from order to end: who may, what follows, and what is refused (AC-3)."""

from datetime import datetime, time, timedelta
from typing import Any

import pytest

from archive import errors
from archive.actors import SYSTEM
from archive.errors.authorisations import (
    AuthorisationInvalid,
    AuthorisationMoved,
    AuthorisationOverlaps,
    ControllerDiffers,
    PartyUnfit,
    SubcontractingRefused,
)
from archive.models import (
    Authorisation,
    CustomerState,
    Job,
    LedgerEvent,
    Organisation,
    Patient,
    Register,
)
from archive.queries import standing
from archive.rules.authorisations import Order
from archive.services import authorisation_drafts, authorisations
from archive.values import HELSINKI, PatientIdentifier, now, today
from tests import authorising as cast
from tests.authorising import day, made, order, person, register, system
from tests.cast import ESIMERKKILA, MALLILA, MATTI, RONTGEN, VENLA, organisation

pytestmark = pytest.mark.usefixtures("db")


def rights(business_id: str = RONTGEN) -> int:
    """How many live authorisations a producer has for Matti or everybody in Esimerkkilä."""
    persons = [each.id for each in Patient.objects.filter(identifier=MATTI)]
    found = standing.grants(organisation(business_id).id, "production", persons, now())
    return sum(each.register_id == register().id for each in found)


def events(row: Authorisation) -> list[str]:
    rows = LedgerEvent.objects.filter(subject_id=row.id).order_by("at", "id")
    return [each.kind.removeprefix("authorisation.") for each in rows]


def test_an_authorisation_opens_the_register_at_once_and_is_told_of() -> None:
    assert rights() == 0
    row = made()
    assert (row.state, row.version, row.level, rights()) == ("granted", 1, "patient", 1)
    assert events(row) == ["made"]
    event = LedgerEvent.objects.get(subject_id=row.id)
    assert event.patient_id == row.patient_id and event.organisation_id == row.organiser_id
    owed = set(Job.objects.filter(subject_id__in=[row.id, event.id]).values_list("kind", flat=True))
    assert owed == {"authorisation_form", "authorisation_letter"}


def test_without_a_producer_there_are_no_rights_and_naming_one_grants_them() -> None:
    row = made(producer=None)
    assert (row.state, row.granted_at, rights()) == ("without_producer", None, 0)
    named = authorisations.amend(person(), row, Order.of(row), producer=organisation(RONTGEN))
    assert (named.state, named.version, named.series, rights()) == ("granted", 2, row.series, 1)
    assert named.document_oid == row.document_oid
    row.refresh_from_db()
    assert (row.state, row.closed_at) == ("replaced", named.granted_at)


def test_an_amendment_goes_on_without_a_gap_and_is_accepted_anew() -> None:
    row = authorisations.accept(person(RONTGEN), made())
    changed = order(order_text="Kiireellinen", urgency="urgent")
    amended = authorisations.amend(person(), row, changed, producer=row.producer)
    row.refresh_from_db()
    assert row.closed_at == amended.granted_at
    assert (amended.state, amended.accepted_at, rights()) == ("granted", None, 1)
    assert amended.granted_at is not None
    for moment in (amended.granted_at - timedelta(microseconds=1), amended.granted_at, now()):
        live = standing.authorisations(organisation(RONTGEN).id, "production", moment)
        assert live.filter(series=row.series).count() == 1
    event = LedgerEvent.objects.get(subject_id=amended.id)
    assert event.facts["changed"] == ["order_text", "urgency"]


def test_nothing_changed_is_no_version() -> None:
    row = made()
    same = authorisations.amend(person(), row, Order.of(row), producer=row.producer)
    assert same.id == row.id and events(row) == ["made"]


def test_the_life_of_an_order() -> None:
    row = authorisations.accept(person(RONTGEN), made())
    row = authorisations.withdraw_acceptance(person(RONTGEN), row)
    assert (row.state, row.accepted_at) == ("granted", None)
    row = authorisations.accept(system(RONTGEN), row)
    row = authorisations.finish(system(ESIMERKKILA), row)
    assert row.state == "ended" and row.done_at == row.closed_at is not None
    assert rights() == 0
    assert events(row) == ["made", "accepted", "withdrawn", "accepted", "ended"]


def test_a_revocation_needs_a_reason_and_ends_the_rights() -> None:
    row = made()
    with pytest.raises(AuthorisationInvalid) as refused:
        authorisations.revoke(person(), row, reason="  ")
    assert refused.value.facts["field"] == "reason"
    row = authorisations.revoke(person(), row, reason="Hoidettu muualla")
    assert (row.state, row.closing_reason, rights()) == ("revoked", "Hoidettu muualla", 0)


def test_a_declined_order_is_given_to_another() -> None:
    row = authorisations.decline(person(RONTGEN), made(), reason="Ei aikoja")
    assert (row.state, rights()) == ("declined", 0)
    again = authorisations.amend(person(), row, Order.of(row), producer=organisation(MALLILA))
    assert (again.version, again.state, rights(MALLILA)) == (2, "granted", 1)
    row.refresh_from_db()
    assert row.state == "declined"
    with pytest.raises(AuthorisationMoved):  # it has a successor
        authorisations.amend(person(), row, Order.of(row), producer=organisation(RONTGEN))


@pytest.mark.parametrize("state", ["declined", "ended", "revoked", "replaced"])
@pytest.mark.parametrize("act", ["accept", "decline", "withdraw", "revoke", "finish"])
def test_what_is_over_stays_over(state: str, act: str) -> None:
    row = made()
    Authorisation.objects.filter(id=row.id).update(state=state, closed_at=now())
    producer, organiser = person(RONTGEN), person()
    acts: dict[str, Any] = {
        "accept": lambda: authorisations.accept(producer, row),
        "decline": lambda: authorisations.decline(producer, row, reason="x"),
        "withdraw": lambda: authorisations.withdraw_acceptance(producer, row),
        "revoke": lambda: authorisations.revoke(organiser, row, reason="x"),
        "finish": lambda: authorisations.finish(organiser, row),
    }
    with pytest.raises(AuthorisationMoved):
        acts[act]()
    assert events(row) == ["made"]


def test_a_move_judged_on_what_has_changed_meanwhile_is_refused() -> None:
    row = made()
    stale = Authorisation.objects.get(id=row.id)
    authorisations.revoke(person(), row, reason="x")
    with pytest.raises(AuthorisationMoved):
        authorisations.accept(person(RONTGEN), stale)


# --- who ------------------------------------------------------------------------------------------


def test_each_party_does_its_own() -> None:
    row = made()
    for wrong in (person(ESIMERKKILA), person(MALLILA), system(RONTGEN, "test"), SYSTEM):
        with pytest.raises(PartyUnfit):
            authorisations.accept(wrong, row)
    for wrong in (person(RONTGEN), person(MALLILA), cast.repository()):
        with pytest.raises(PartyUnfit):
            authorisations.revoke(wrong, row, reason="x")


def test_a_technical_contact_orders_nothing() -> None:
    actor = person()
    row = made()
    organisation().memberships.filter(user_id=actor.id).update(role="customer_technical")
    with pytest.raises(PartyUnfit):
        authorisations.revoke(actor, row, reason="x")
    with pytest.raises(ControllerDiffers):
        made(VENLA)


def test_only_the_controller_authorises_and_chains_are_explained() -> None:
    with pytest.raises(ControllerDiffers):
        authorisations.make(
            person(RONTGEN),
            register(),
            order(),
            environment="production",
            producer=organisation(MALLILA),
            patient=cast.patient(),
        )
    made()
    with pytest.raises(SubcontractingRefused):
        authorisations.make(
            person(RONTGEN),
            register(),
            order(),
            environment="production",
            producer=organisation(MALLILA),
            patient=cast.patient(),
        )
    assert Authorisation.objects.filter(producer=organisation(MALLILA)).count() == 0


def test_a_system_acts_in_its_own_environment() -> None:
    with pytest.raises(ControllerDiffers):
        authorisations.make(
            system(ESIMERKKILA, "test"), register(), order(), environment="production"
        )


@pytest.mark.parametrize(
    ("business_id", "fault"),
    [(ESIMERKKILA, "producer-is-organiser"), ("9000004-6", "producer-not-in-use")],
)
def test_the_producer_is_another_customer_in_use(business_id: str, fault: str) -> None:
    with pytest.raises(AuthorisationInvalid) as refused:
        made(producer=business_id)
    assert refused.value.facts["fault"] == fault
    assert not Patient.objects.filter(identifier=MATTI, environment="production").exists()


def test_a_customer_on_its_way_may_produce_in_the_test_environment() -> None:
    assert made(producer="9000004-6", environment="test").state == "granted"
    Organisation.objects.filter(business_id="9000004-6").update(state="ended")
    with pytest.raises(AuthorisationInvalid):
        made(VENLA, producer="9000004-6", environment="test")


@pytest.mark.parametrize("state", [CustomerState.JOINING, CustomerState.ENDED])
def test_who_does_not_use_the_service_orders_nothing_and_may_still_revoke(state: str) -> None:
    row = made()
    Organisation.objects.filter(business_id=ESIMERKKILA).update(state=state)
    with pytest.raises(AuthorisationInvalid) as refused:
        made(VENLA)
    assert refused.value.facts["faults"] == "register organiser-not-in-use"
    with pytest.raises(AuthorisationInvalid):
        authorisations.amend(person(), row, order(urgency="urgent"), producer=row.producer)
    with pytest.raises(AuthorisationInvalid):
        authorisation_drafts.begin(person(), register(), "production", cast.patient(VENLA))
    assert not Patient.objects.filter(identifier=VENLA).exists()
    assert authorisations.revoke(person(), row, reason="use has ended").state == "revoked"


def test_a_customer_on_its_way_orders_in_the_test_environment() -> None:
    Organisation.objects.filter(business_id=ESIMERKKILA).update(state=CustomerState.JOINING)
    assert made(environment="test").state == "granted"


def test_a_named_producer_stays() -> None:
    row = made()
    for other in (organisation(MALLILA), None):
        with pytest.raises(AuthorisationInvalid) as refused:
            authorisations.amend(person(), row, Order.of(row), producer=other)
        assert refused.value.facts["fault"] == "producer-fixed"


def test_patients_that_are_no_test_persons_do_not_come_into_the_test_environment() -> None:
    temporary = PatientIdentifier.parse("T-1", "1.2.246.10.90000003.22.2026")
    with pytest.raises(errors.EnvironmentMismatch):
        authorisations.make(person(), register(), order(), environment="test", patient=temporary)
    assert not Patient.objects.filter(identifier="T-1").exists()


# --- what -----------------------------------------------------------------------------------------


def test_all_faults_are_named_at_once() -> None:
    with pytest.raises(AuthorisationInvalid) as refused:
        made(valid_from=day(-1), valid_until=day(-2), may_read=False, may_write=False)
    assert refused.value.facts["faults"] == (
        "may_read no-right,valid_until ends-before-it-begins,due_on due-after-it-ends,"
        "valid_from begins-before-today,valid_until ended-already"
    )


def test_a_second_one_for_the_same_is_a_conflict() -> None:
    row = made()
    with pytest.raises(AuthorisationOverlaps) as refused:
        made()
    assert refused.value.facts["document_oid"] == row.document_oid
    made(VENLA)
    made(None)
    made(service_code="JN3AD", service_text="Vatsan TT")
    made(producer=MALLILA)
    made(valid_from=day(31), valid_until=day(60), due_on=day(40))
    free = made(producer=None)
    with pytest.raises(AuthorisationOverlaps):
        authorisations.amend(person(), free, Order.of(free), producer=organisation(RONTGEN))
    authorisations.revoke(person(), row, reason="x")
    assert authorisations.amend(person(), free, Order.of(free), producer=organisation(RONTGEN))


def test_a_merged_id_is_the_same_patient() -> None:
    row = made()
    old = Patient.objects.create(
        environment="production", identifier=VENLA, issuer="1.2.246.21", survivor=row.patient
    )
    with pytest.raises(AuthorisationOverlaps):
        made(VENLA)
    assert old.survivor_id == row.patient_id


def test_writing_goes_to_the_default_register() -> None:
    other = Register.objects.create(
        organisation=organisation(),
        controller_oid=register().controller_oid,
        type="4",
        specifier="1.2.3",
    )
    with pytest.raises(AuthorisationInvalid) as refused:
        authorisations.make(person(), other, order(), environment="production")
    assert refused.value.facts["fault"] == "writes-elsewhere"
    reading = order(may_write=False)
    assert authorisations.make(person(), other, reading, environment="production").may_read


# --- time -----------------------------------------------------------------------------------------


def test_validity_ends_them_at_midnight_and_once() -> None:
    row, lasting = made(), made(VENLA, valid_until=None)
    yesterday = day(-1)
    Authorisation.objects.filter(id=row.id).update(
        valid_from=yesterday, valid_until=yesterday, granted_at=now() - timedelta(days=2)
    )
    assert authorisations.end_due(today()) == 1
    assert authorisations.end_due(today()) == 0
    row.refresh_from_db()
    lasting.refresh_from_db()
    midnight = datetime.combine(today(), time(), HELSINKI)
    assert (row.state, row.closed_at, row.done_at) == ("ended", midnight, None)
    assert lasting.state == "granted"
    assert events(row) == ["made", "ended"]


def test_before_its_first_day_it_opens_nothing() -> None:
    made(valid_from=day(1), due_on=None)
    assert rights() == 0
