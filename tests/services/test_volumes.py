"""Volumes by day and what they say of a customer's duty (AR-11)."""

from datetime import timedelta

import pytest

from archive.models import (
    ContentPolicy,
    Instance,
    Organisation,
    Register,
    RegisterHolding,
    VolumeDay,
)
from archive.services import volumes
from archive.values import midnight, today
from onboarding.models import Joining
from onboarding.queries import duty
from onboarding.rules.duty import Verdict
from tests import builders
from tests.cast import ESIMERKKILA, MALLILA, organisation

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_yet() -> None:
    VolumeDay.objects.all().delete()


def days(business_id: str = ESIMERKKILA) -> list[tuple[int, int, int, int]]:
    """Days ago, studies, objects, bytes; the latest first."""
    rows = VolumeDay.objects.filter(organisation__business_id=business_id, content_type="ct")
    return [
        ((today() - row.day).days, row.studies, row.instances, row.bytes)
        for row in rows.order_by("-day")
    ]


def came(days_ago: int, *, seconds: int = 0) -> None:
    """All that has no time of its own yet came then."""
    at = midnight(today() - timedelta(days=days_ago)) + timedelta(seconds=seconds)
    Instance.objects.filter(received_at__gte=midnight(today())).update(received_at=at)


def test_a_study_counts_on_the_day_it_came_first_and_objects_on_their_own() -> None:
    study = builders.study()
    builders.series(study, 3)
    came(2)
    builders.series(study, 2)
    came(1, seconds=-1)  # the last second of the day before
    builders.series(study, 1)
    builders.series(builders.study(), 4)
    volumes.count_due()
    assert days() == [(0, 1, 5, 5000), (2, 1, 5, 5000)]
    volumes.count_due()
    assert days() == [(0, 1, 5, 5000), (2, 1, 5, 5000)]
    assert days(MALLILA) == []


def test_what_came_after_a_count_is_counted_by_the_next() -> None:
    builders.series(builders.study(), 1)
    volumes.count_due()
    builders.series(builders.study(), 2)
    volumes.count_due()
    assert days() == [(0, 2, 3, 3000)]


def test_what_came_before_a_register_passed_on_counts_once_and_for_its_controller_then() -> None:
    study = builders.study()
    builders.series(study, 2)
    came(1)
    volumes.count_due()
    former, successor = organisation(), organisation(MALLILA)
    Register.objects.filter(organisation=former).update(organisation=successor)
    RegisterHolding.objects.create(register=study.register, organisation=former, until=today())
    builders.series(study, 3)
    volumes.count_due()
    assert days() == [(1, 1, 2, 2000)]
    assert days(MALLILA) == [(0, 0, 3, 3000)]


def test_what_came_on_the_day_of_a_pass_counts_for_one_of_the_two() -> None:
    study = builders.study()
    builders.series(study, 2)
    volumes.count_due()
    assert days() == [(0, 1, 2, 2000)]
    former, successor = organisation(), organisation(MALLILA)
    Register.objects.filter(organisation=former).update(organisation=successor)
    RegisterHolding.objects.create(register=study.register, organisation=former, until=today())
    volumes.count_due()
    assert (days(), days(MALLILA)) == ([], [(0, 1, 2, 2000)])


def rows(content: str, environment: str = "production") -> dict[str, duty.Row]:
    everybody = Organisation.objects.filter(business_id__in=(ESIMERKKILA, MALLILA))
    found = duty.rows(environment, everybody, duty.last_months(12))
    return {
        row.organisation.business_id: row for row in found if row.content.content_type == content
    }


def test_who_announced_a_content_and_archives_none_is_found() -> None:
    ContentPolicy.objects.filter(content_type="resting_ecg").update(duty_from=today())
    for business_id in (ESIMERKKILA, MALLILA):
        Joining.objects.filter(organisation=organisation(business_id)).update(
            content_types=["resting_ecg", "ct"]
        )
    builders.series(builders.study(), 1)
    volumes.count_due()
    ecg, ct = rows("resting_ecg"), rows("ct")
    assert {row.verdict for row in ecg.values()} == {Verdict.NOTHING}
    assert (ct[ESIMERKKILA].verdict, ct[MALLILA].verdict) == (Verdict.STORES, Verdict.NOTHING)
    assert ct[ESIMERKKILA].total.instances == 1
    assert {row.verdict for row in rows("ct", "test").values()} == {Verdict.FREE}
    Organisation.objects.filter(business_id=MALLILA).update(state="joining")
    assert rows("ct")[MALLILA].verdict == Verdict.FREE


def test_what_counts_as_another_content_fulfils_the_one_that_was_announced() -> None:
    Joining.objects.update(content_types=["interventional"])
    xa = ContentPolicy.objects.get(content_type="angiography").sop_classes[0]
    study = builders.study()
    builders.series(study, 1)
    Instance.objects.filter(study=study).update(content_type="angiography", sop_class_uid=xa)
    volumes.count_due()
    found = rows("interventional")
    assert (found[ESIMERKKILA].verdict, found[MALLILA].verdict) == (
        Verdict.STORES,
        Verdict.NOTHING,
    )
    alike = [each.content_type for each in found[ESIMERKKILA].alike]
    assert alike == ["angiography", "fluoroscopy"]
    assert found[ESIMERKKILA].total.instances == 0  # each object is counted once
    assert rows("fluoroscopy")[ESIMERKKILA].verdict == Verdict.UNTOLD
