"""The form document in both directions between us and the Patient Data Repository (AC-3)."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from archive import errors, jobs, tasks
from archive.config import settings
from archive.errors.authorisations import (
    AuthorisationInvalid,
    AuthorisationMoved,
    AuthorisationOverlaps,
    ControllerDiffers,
    FormDiffers,
    RepositoryUnreachable,
    SubcontractingRefused,
)
from archive.models import Authorisation, Case, CaseEvent, Job, JobKind, LedgerEvent, Patient
from archive.objects.authorisation_form import Form
from archive.queries import standing
from archive.services import authorisation_forms, authorisations
from archive.values import now
from tests.authorising import day, form, made, person, received, repository, system
from tests.cast import MALLILA, MATTI, RONTGEN, VENLA, organisation

pytestmark = pytest.mark.usefixtures("db")


def receive(told: Form) -> Authorisation:
    return authorisation_forms.receive(repository(), told)


def rows(of: Form) -> list[tuple[int, str]]:
    found = Authorisation.objects.filter(document_oid=of.document_oid).order_by("version")
    return list(found.values_list("version", "state"))


def live(business_id: str = RONTGEN) -> int:
    found = standing.authorisations(organisation(business_id).id, "production", now())
    return found.filter(patient__identifier=MATTI).count()


def test_a_form_opens_the_register_and_the_same_again_changes_nothing() -> None:
    told = form()
    row = receive(told)
    assert (row.state, row.made_by, live()) == ("granted", "Tilaaja Taina", 1)
    assert row.valid_from == day(-3)
    assert row.granted_at is not None and row.granted_at > told.made_at
    events = LedgerEvent.objects.count()
    assert receive(told).id == row.id
    assert (LedgerEvent.objects.count(), rows(told)) == (events, [(1, "granted")])
    assert not Job.objects.filter(kind="authorisation_form").exists()  # it comes from there


def test_a_new_version_replaces_and_an_older_one_comes_too_late() -> None:
    told = form()
    receive(told)
    receive(replace(told, version=3, order_text="Kolmas"))
    assert rows(told) == [(1, "replaced"), (3, "granted")]
    receive(replace(told, version=2, order_text="Toinen"))
    assert rows(told) == [(1, "replaced"), (2, "replaced"), (3, "granted")]
    assert live() == 1
    late = Authorisation.objects.get(document_oid=told.document_oid, version=2)
    assert late.granted_at is None


def test_a_producer_comes_with_a_later_version() -> None:
    told = form(producer="", state="without_producer")
    receive(told)
    assert live() == 0
    receive(replace(told, version=2, producer=organisation(RONTGEN).oid, state="granted"))
    assert (live(), rows(told)) == (1, [(1, "replaced"), (2, "granted")])


@pytest.mark.parametrize(
    ("state", "extra", "after"),
    [
        ("accepted", {}, "accepted"),
        ("declined", {"closing_reason": "Ei aikoja"}, "declined"),
        ("revoked", {"closing_reason": "Peruttu"}, "revoked"),
        ("ended", {}, "ended"),
        ("replaced", {}, "replaced"),
    ],
)
def test_a_known_version_goes_the_way_it_went_there(
    state: str, extra: dict[str, Any], after: str
) -> None:
    told = form()
    receive(told)
    gone = replace(told, state=state, **extra)
    row = receive(gone)
    assert row.state == after
    assert row.closing_reason == extra.get("closing_reason", "")
    assert live() == (1 if after == "accepted" else 0)
    assert receive(gone).state == after
    assert receive(told).state == after  # an older word undoes nothing


def test_what_is_over_when_it_comes_never_gave_rights_here() -> None:
    row = received(state="revoked", closed_at=now() - timedelta(days=1), closing_reason="Peruttu")
    assert (row.granted_at, row.state, live()) == (None, "revoked", 0)


def test_what_ended_otherwise_here_is_a_conflict() -> None:
    told = form()
    row = receive(told)
    authorisations.revoke(person(), row, reason="x")
    with pytest.raises(AuthorisationMoved):
        receive(replace(told, state="ended"))


def test_the_same_version_with_other_content_is_a_conflict() -> None:
    told = form()
    receive(told)
    for changed in ({"order_text": "muuta"}, {"patient_id": VENLA}, {"valid_until": day(60)}):
        with pytest.raises(FormDiffers):
            receive(replace(told, **changed))
    assert receive(replace(told, made_by="Toinen Tilaaja")).version == 1


BAD: list[tuple[dict[str, Any], str]] = [
    ({"organiser": "1.2.3"}, "organiser organiser-unknown"),
    ({"controller_oid": "1.2.3"}, "register register-unknown"),
    ({"register_type": "4"}, "register register-unknown"),
    ({"producer": "1.2.3"}, "producer producer-unknown"),
    ({"producer": ""}, "producer state-contradicts"),
    ({"state": "without_producer"}, "producer state-contradicts"),
    ({"state": "asleep"}, "state state-contradicts"),
    ({"closed_at": now()}, "state state-contradicts"),
    ({"patient_id": ""}, "patient patient-missing"),
    ({"level": "population"}, "patient patient-at-population-level"),
    ({"made_at": now() + timedelta(days=1)}, "made_at in-future"),
    ({"state": "accepted", "accepted_at": now() + timedelta(days=1)}, "accepted_at in-future"),
    ({"valid_until": day(-9)}, "valid_until ends-before-it-begins"),
    ({"may_read": False, "may_write": False}, "may_read no-right"),
    ({"voucher_expires_on": day(5)}, "voucher_number voucher-without-number"),
    ({"service_event": "x"}, "service_event no-oid"),
]


@pytest.mark.parametrize(("values", "fault"), BAD, ids=[fault for _, fault in BAD])
def test_bad_forms_are_refused_by_field_and_nothing_is_written(
    values: dict[str, Any], fault: str
) -> None:
    before = LedgerEvent.objects.count(), Job.objects.count()
    with pytest.raises(AuthorisationInvalid) as refused:
        received(**values)
    assert refused.value.facts["faults"].split(",")[0] == fault
    assert (LedgerEvent.objects.count(), Job.objects.count()) == before
    assert not Authorisation.objects.filter(made_by="Tilaaja Taina").exists()
    assert not Patient.objects.filter(identifier=MATTI, environment="production").exists()


def test_one_who_is_not_the_controller_is_refused() -> None:
    with pytest.raises(ControllerDiffers):
        received(organiser=organisation(MALLILA).oid)
    made()
    with pytest.raises(SubcontractingRefused):
        received(organiser=organisation(RONTGEN).oid, producer=organisation(MALLILA).oid)


def test_patients_that_are_none_here_are_refused() -> None:
    with pytest.raises(errors.PatientIdUntrusted):
        received(patient_id="010181-9000")
    with pytest.raises(errors.EnvironmentMismatch):
        other = form(patient_id="T-1", patient_issuer="1.2.246.10.90000003.22.2026")
        authorisation_forms.receive(repository("test"), other)


def test_register_and_patient_stay_the_same_in_every_version() -> None:
    told = form()
    receive(told)
    with pytest.raises(AuthorisationInvalid) as refused:
        receive(replace(told, version=2, patient_id=VENLA))
    assert refused.value.facts["fault"] == "patient-fixed"


def test_two_live_ones_for_the_same_contradict_each_other() -> None:
    received()
    with pytest.raises(AuthorisationOverlaps):
        received()
    received(state="ended")


def test_only_the_repository_sends_forms() -> None:
    with pytest.raises(errors.Refused):
        authorisation_forms.receive(system(), form())


# --- to the repository ----------------------------------------------------------------------------


def test_what_goes_out_is_what_would_come_in() -> None:
    row = made(voucher_number="PS-1", voucher_value=Decimal("120.50"), voucher_expires_on=day(20))
    row.refresh_from_db()
    told = authorisation_forms.form_of(row)
    assert receive(told).id == row.id
    body = told.to_json()
    assert body["register"]["type"] == "2" and body["patient"]["id"] == MATTI
    assert body["voucher_value"] == "120.50" and body["valid_until"] == day(30).isoformat()
    assert MATTI not in repr(told)


def test_it_is_sent_until_the_repository_knows_the_present_state() -> None:
    row = made()
    sent = authorisation_forms.owed(row.id)
    assert sent is not None and sent.form.state == "granted"
    authorisations.accept(person(RONTGEN), row)
    authorisation_forms.delivered(row.id, sent)
    again = authorisation_forms.owed(row.id)
    assert again is not None and again.form.state == "accepted"
    authorisation_forms.delivered(row.id, again)
    assert authorisation_forms.owed(row.id) is None
    delivered = LedgerEvent.objects.filter(subject_id=row.id, kind="authorisation.delivered")
    assert [each.facts["state"] for each in delivered] == ["accepted"]


def test_without_an_address_it_is_tried_again_and_then_a_case() -> None:
    row = made()
    job = Job.objects.get(kind="authorisation_form", subject_id=row.id)
    work = tasks.WORK[JobKind(job.kind)]
    with pytest.raises(RepositoryUnreachable, match="PDR_URL") as failed:
        work.run(row.id)
    for tries in (1, settings().notice_tries):
        Job.objects.filter(id=job.id).update(state="waiting", tries=tries - 1, not_before=now())
        claim = jobs.claim(job.id)
        assert claim is not None
        tasks._not_done(claim, work, failed.value)
        job.refresh_from_db()
        assert job.state == ("waiting" if tries == 1 else "dead")
    case = Case.objects.get(reason="repository-unreachable")
    assert (case.edge, case.place, case.organisation_id) == ("pdr", "authorisation", None)
    assert CaseEvent.objects.get(case=case).job_id == job.id
    sent = authorisation_forms.owed(row.id)
    assert sent is not None
    authorisation_forms.delivered(row.id, sent)
    case.refresh_from_db()
    assert case.state == "resolved"
