"""The disclosure log finds by every filter and by page (LG-1, LG-5)."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from archive.models import LedgerEvent, Organisation, Register, RegisterHolding
from archive.queries import disclosed, disclosures, keyset
from archive.queries.disclosures import Filters
from archive.queries.log_subjects import subjects_of
from archive.values import now, today
from portal import log_rows
from tests import builders, cast, logs
from tests.cast import MALLILA, RONTGEN, VENLA

pytestmark = pytest.mark.django_db


def found(**filters: Any) -> set[UUID]:
    rows = disclosures.narrowed(Filters(**filters))
    return set(rows.values_list("id", flat=True))


def test_each_filter_narrows_the_log() -> None:
    study, other = builders.study(), builders.study(MALLILA, code=VENLA)
    wanted = logs.give(study)
    unlike = logs.give(other, to=RONTGEN, ground="emergency")
    entry = LedgerEvent.objects.get(id=unlike)
    for filters in (
        {"patient_id": study.patient_id},
        {"receiver_id": logs.organisation_id(MALLILA)},
        {"controller": study.register.controller_oid},
        {"ground": "permission"},
        {"until": entry.at},
    ):
        assert found(**filters) == {wanted}, filters
    assert found(user=logs.DOCTOR.user_id) == {wanted, unlike}
    assert found(user="nobody") == found(environment="test") == set()
    assert found(since=now() + timedelta(seconds=1)) == set()


def test_a_merged_person_is_found_by_every_id() -> None:
    kept, retired = builders.study(), builders.study(code=VENLA)
    written = {logs.give(kept), logs.give(retired)}
    retired.patient.survivor = kept.patient
    retired.patient.save()
    assert found(patient_id=kept.patient_id) == written
    assert found(patient_id=retired.patient_id) == written


def test_pages_meet_and_an_export_reads_them_all(monkeypatch: pytest.MonkeyPatch) -> None:
    study = builders.study()
    written = [logs.give(study) for _ in range(5)]
    rows = disclosures.narrowed(Filters())
    first = keyset.page(rows, keyset.NEWEST_EVENT, size=2)
    second = keyset.page(rows, keyset.NEWEST_EVENT, after=first.following, size=2)
    assert [row.id for row in (*first.rows, *second.rows)] == written[:0:-1]
    monkeypatch.setattr(keyset, "STRETCH", 2)
    read = [row.id for stretch in keyset.stretches(rows, keyset.NEWEST_EVENT) for row in stretch]
    assert read == written[::-1]


def test_receivers_are_counted() -> None:
    study = builders.study()
    for receiver in (MALLILA, MALLILA, RONTGEN):
        logs.give(study, to=receiver)
    rows = disclosures.by_receiver(disclosures.narrowed(Filters()))
    assert [(row.organisation_id, row.entries, row.persons) for row in rows] == [
        (logs.organisation_id(RONTGEN), 1, 1),
        (logs.organisation_id(MALLILA), 2, 1),
    ]


@pytest.mark.parametrize(("days", "then"), [(1, "Esimerkkilän"), (0, "Röntgen")])
def test_an_entry_names_who_was_controller_then(days: int, then: str) -> None:
    """ON-8: from the day on it is the successor's, and history stays true."""
    study = builders.study()
    event = LedgerEvent.objects.get(id=logs.give(study))
    RegisterHolding.objects.create(
        register=study.register,
        organisation=study.register.organisation,
        until=today() + timedelta(days=days),
    )
    successor = cast.organisation(RONTGEN)
    Register.objects.filter(id=study.register_id).update(organisation=successor)
    (told,) = disclosed.page(study.patient_id).rows
    assert told.controller.startswith(then)
    assert log_rows.given(event, subjects_of([event])).controller.startswith(then)
    assert Organisation.objects.filter(name_fi=told.controller).exists()
