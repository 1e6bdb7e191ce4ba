"""What a producer stores for an organiser goes into the organiser's register, never its own
(AC-4).
"""

import pytest

from archive.errors import ControllerUnauthorised, OtherContent, OtherRegister
from archive.errors.authorisations import AuthorisationMoved
from archive.models import (
    Authorisation,
    CaseEvent,
    CustomerState,
    Instance,
    LedgerEvent,
    Organisation,
    Patient,
    Study,
)
from archive.rules.authorisations import Order
from archive.services import authorisations, commitment, corrections, notices, registration
from archive.services.sessions import Session
from archive.values import uid_from_uuid
from tests import cast, notes
from tests.authorising import made, naming, person, received, register
from tests.cast import CT, ESIMERKKILA, MALLILA, MATTI, RONTGEN, VENLA, send, store

pytestmark = pytest.mark.usefixtures("db")


def test_it_stands_in_the_organisers_register_under_its_authorisation() -> None:
    row = made()
    study = store(naming(), business_id=RONTGEN)
    assert (study.register_id, study.authorisation_id) == (register().id, row.id)
    assert study.connection.organisation_id == row.producer_id
    stored = LedgerEvent.objects.get(kind="study.stored", study_id=study.id)
    assert stored.facts["authorisation"] == str(row.id)
    assert stored.organisation_id == row.producer_id


def test_a_producer_corrects_what_it_has_begun_and_nothing_of_its_organisers_own() -> None:
    notes.allow(RONTGEN, metadata=True)
    made()
    elsewhere = {"StudyInstanceUID": "1.2.5", "SeriesInstanceUID": "1.2.5.1"}
    own, theirs = naming(), naming(**elsewhere)
    store(own)
    store(theirs, business_id=RONTGEN)
    uid = str(own.SOPInstanceUID)
    with pytest.raises(OtherContent):
        store(naming(SOPInstanceUID=uid, AccessionNumber="B2"), business_id=RONTGEN)
    uid = str(theirs.SOPInstanceUID)
    study = store(
        naming(SOPInstanceUID=uid, AccessionNumber="B2", **elsewhere), business_id=RONTGEN
    )
    assert corrections.settle(study.id) is None
    told = Study.objects.filter(environment="production").order_by("accession_number")
    assert list(told.values_list("accession_number", flat=True)) == ["A1", "B2"]


def test_without_naming_the_organiser_it_is_the_producers_own() -> None:
    made()
    study = store(cast.dataset(), business_id=RONTGEN)
    assert (study.register_id, study.authorisation_id) == (register(RONTGEN).id, None)


@pytest.mark.parametrize(
    "columns",
    [
        {"may_write": False},
        {"environment": "test"},
        {"state": "revoked", "closed_at": "2026-11-01T00:00:00Z"},
        {"granted_at": None},
        {"valid_until": "2026-01-01"},
        {"valid_from": "2126-01-01"},
    ],
    ids=lambda columns: next(iter(columns)),
)
def test_without_a_live_right_to_write_it_is_refused_and_on_the_desk(
    columns: dict[str, object],
) -> None:
    row = made()
    Authorisation.objects.filter(id=row.id).update(**columns)
    with pytest.raises(ControllerUnauthorised) as refused:
        store(naming(), business_id=RONTGEN)
    assert refused.value.error_comment == "0124: no authorisation for the organiser's register"
    event = CaseEvent.objects.select_related("case").get(case__reason="controller-unauthorised")
    assert event.case.organisation_id == cast.organisation(RONTGEN).id
    assert event.facts["controller"] == register().controller_oid
    assert not Study.objects.exists()


@pytest.mark.parametrize("state", [CustomerState.ENDED, CustomerState.JOINING])
def test_nothing_is_stored_for_an_organiser_that_does_not_use_the_service(state: str) -> None:
    made()
    Organisation.objects.filter(business_id=ESIMERKKILA).update(state=state)
    with pytest.raises(ControllerUnauthorised):
        store(naming(), business_id=RONTGEN)
    assert not Study.objects.exists()


def test_nobody_elses_authorisation_helps() -> None:
    made()
    with pytest.raises(ControllerUnauthorised):
        store(naming(), business_id=MALLILA)
    with pytest.raises(ControllerUnauthorised):
        store(naming(MALLILA), business_id=RONTGEN)


def test_a_patients_authorisation_is_for_that_patient() -> None:
    row = made()
    with pytest.raises(ControllerUnauthorised):
        store(naming(PatientID=VENLA), business_id=RONTGEN)
    Patient.objects.create(
        environment="production", identifier=VENLA, issuer="1.2.246.21", survivor=row.patient
    )
    assert store(naming(PatientID=VENLA), business_id=RONTGEN).authorisation_id == row.id


def test_at_population_level_every_patient_is_reached() -> None:
    row = made(None)
    assert store(naming(PatientID=VENLA), business_id=RONTGEN).authorisation_id == row.id


def test_the_patients_own_order_comes_before_the_populations_and_the_codes_before_others() -> None:
    made(None)
    made(service_code="JN3AD", service_text="Vatsan TT")
    head = made()
    assert store(naming(), business_id=RONTGEN).authorisation_id == head.id


def test_a_known_uid_keeps_its_register() -> None:
    made()
    own = cast.dataset()
    store(own, business_id=RONTGEN)
    again = naming(
        StudyInstanceUID=own.StudyInstanceUID,
        SeriesInstanceUID=own.SeriesInstanceUID,
        SOPInstanceUID=own.SOPInstanceUID,
    )
    with pytest.raises(OtherRegister):
        store(again, business_id=RONTGEN)
    named = naming(StudyInstanceUID="1.2.7", SeriesInstanceUID="1.2.7.1", InstanceNumber="2")
    store(named, business_id=RONTGEN)
    unnamed = cast.dataset(
        StudyInstanceUID="1.2.7",
        SeriesInstanceUID="1.2.7.1",
        SOPInstanceUID=named.SOPInstanceUID,
        InstanceNumber="2",
    )
    with pytest.raises(OtherRegister):
        store(unnamed, business_id=RONTGEN)


def test_one_association_does_not_mix_registers_in_one_study() -> None:
    made()
    session = Session(cast.peer(RONTGEN))
    send(session, cast.dataset())
    with pytest.raises(OtherRegister):
        send(session, naming())
    session.close()
    assert Instance.objects.count() == 1


def test_more_objects_come_later_and_the_organiser_adds_its_own() -> None:
    row = made()
    study = store(naming(), business_id=RONTGEN)
    authorisations.amend(person(), row, _urgent(row), producer=row.producer)
    assert store(naming(), business_id=RONTGEN) == study
    assert store(cast.dataset(), business_id=ESIMERKKILA) == study
    repeated = naming()
    store(repeated, repeated, business_id=RONTGEN)
    assert Instance.objects.filter(study=study).count() == 4


def _urgent(row: Authorisation) -> Order:
    values = {**{name: getattr(row, name) for name in Order.__dataclass_fields__}}
    return Order(**{**values, "urgency": "urgent"})


def test_a_producer_adds_to_a_study_of_the_organisers() -> None:
    made()
    study = store(cast.dataset(), business_id=ESIMERKKILA)
    assert store(naming(), business_id=RONTGEN) == study


def test_a_revocation_holds_from_the_next_association_on() -> None:
    row = made()
    session = Session(cast.peer(RONTGEN))
    send(session, naming())
    authorisations.revoke(person(), row, reason="x")
    send(session, naming())
    session.close()
    with pytest.raises(ControllerUnauthorised):
        store(naming(), business_id=RONTGEN)
    assert Instance.objects.count() == 2


def test_a_producer_does_not_withdraw_what_it_has_begun() -> None:
    row = authorisations.accept(person(RONTGEN), made())
    store(naming(), business_id=RONTGEN)
    with pytest.raises(AuthorisationMoved):
        authorisations.withdraw_acceptance(person(RONTGEN), row)


# --- what follows ---------------------------------------------------------------------------------


def asked(*uids: str, business_id: str = RONTGEN) -> list[str]:
    """What of these objects a commitment report to the customer calls safe."""
    references = [(CT, uid) for uid in uids]
    made_request = commitment.request(
        cast.peer(business_id), transaction_uid=uid_from_uuid(), references=references
    )
    return [uid for _, uid in commitment.result(made_request).committed]


def test_its_objects_are_committed_to_the_producer_also_after_the_end() -> None:
    row = made()
    image = naming()
    store(image, business_id=RONTGEN)
    uid = str(image.SOPInstanceUID)
    assert asked(uid) == [uid]
    authorisations.revoke(person(), row, reason="x")
    assert asked(uid) == [uid]
    assert asked(uid, business_id=ESIMERKKILA) == [uid]
    assert asked(uid, business_id=MALLILA) == []


def test_what_it_added_to_the_organisers_study_is_committed_while_the_right_lives() -> None:
    row = made()
    store(cast.dataset(), business_id=ESIMERKKILA)
    added = naming()
    store(added, business_id=RONTGEN)
    uid = str(added.SOPInstanceUID)
    assert asked(uid) == [uid]
    authorisations.revoke(person(), row, reason="x")
    assert asked(uid) == []


def test_registration_makes_the_organisers_manifest_and_confirms_to_the_producer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made()
    study = store(naming(), business_id=RONTGEN)
    cast.documents(study_uid=study.study_instance_uid)
    Instance.objects.filter(study=study).update(committed_at=study.received_at)
    registration.advance(study.id)
    study.refresh_from_db()
    assert study.state == "registered"
    manifest = study.manifests.get(status="approved")
    assert manifest.register_id == register().id
    assert register().controller_oid in str(manifest.metadata)
    notice = study.notices.get()
    assert notice.connection.organisation_id == cast.organisation(RONTGEN).id
    owed = notices.owed(notice.id)
    assert owed is not None and owed.target.called_aet == "RONTGEN_PACS"


def test_what_the_repository_tells_opens_the_register_as_well() -> None:
    row = received()
    assert store(naming(PatientID=MATTI), business_id=RONTGEN).authorisation_id == row.id
