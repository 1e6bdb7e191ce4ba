"""Windows of certificates and specification versions (ON-2 a)."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onboarding.errors import FieldInvalid, StepOutOfOrder
from onboarding.models import CertifiedSystem, Precondition, SpecificationVersion
from onboarding.queries import alarms, file, rollout
from onboarding.rules.certification import AHEAD, Dates, Odd, Window, is_valid, odds, warnings
from onboarding.rules.preconditions import Lack
from onboarding.services import evidence, systems
from onboarding.services.systems import System
from tests.onboarding import cast

DAY = date(2026, 11, 22)


def dates(**given: date | None) -> Dates:
    values: dict[str, date | None] = {
        "certificate_from": date(2024, 1, 1),
        "certificate_until": None,
        "production_from": None,
        "production_until": None,
        "certification_until": None,
        **given,
    }
    return Dates(**values)  # type: ignore[arg-type]


@given(st.dates(date(2020, 1, 1), date(2040, 1, 1)), st.integers(-800, 800))
def test_a_warning_comes_half_a_year_ahead_and_stays(day: date, days: int) -> None:
    until = day + timedelta(days=days)
    found = warnings(dates(production_until=until), day)
    assert bool(found) == (days <= AHEAD.days)
    if found:
        assert (found[0].window, found[0].days) == (Window.PRODUCTION, days)
        assert found[0].passed == (days < 0)


@pytest.mark.parametrize(
    ("given_dates", "valid"),
    [
        ({}, True),
        ({"certificate_until": DAY}, True),
        ({"certificate_until": DAY - timedelta(days=1)}, False),
        ({"certificate_from": DAY + timedelta(days=1)}, False),
        ({"production_until": DAY - timedelta(days=1)}, False),
        ({"production_from": DAY + timedelta(days=1)}, False),
        ({"certification_until": DAY - timedelta(days=1)}, True),
    ],
)
def test_certificate_and_production_window_both_cover_the_day(
    given_dates: dict[str, date], valid: bool
) -> None:
    assert is_valid(dates(**given_dates), DAY) == valid


@pytest.mark.usefixtures("db")
def test_one_system_out_of_its_window_spoils_the_whole() -> None:
    road = cast.proved(cast.filled(cast.applicant()))
    newest = SpecificationVersion.objects.get(name="2.4.1")
    old = System("RIS", "1", "K-0", "THL", newest, date(2024, 2, 1), date(2025, 1, 1))
    systems.add_system(cast.admin(road), road.organisation, old)
    first = file.checklist(road)[0]
    assert (first.holds, first.lacking) == (False, (Lack.WINDOW, Lack.JUDGEMENT))
    shown = {row.product: found for row, found in file.systems(road.organisation)}
    assert shown["PACS"] == ()
    assert [each.window for each in shown["RIS"]] == [Window.CERTIFICATE]


@pytest.mark.usefixtures("db")
def test_systems_that_a_customer_changes_are_judged_anew() -> None:
    road = cast.proved(cast.filled(cast.applicant()))
    me, row = cast.admin(road), CertifiedSystem.objects.get(organisation=road.organisation)
    told = System(
        row.product, "1", row.certificate_number, row.regulation, row.specification, row.valid_from
    )
    seen = cast.evidence_of(road, Precondition.CERTIFIED)
    systems.change_system(me, row, told)  # nothing is another
    assert file.checklist(road)[0].holds
    systems.change_system(me, row, replace(told, version="2"))
    assert file.checklist(road)[0].lacking == (Lack.JUDGEMENT,)
    with pytest.raises(StepOutOfOrder):  # from a page that shows the version of before
        evidence.judge(cast.officer(), seen, accepted=True)
    seen.refresh_from_db()
    evidence.judge(cast.officer(), seen, accepted=True)
    systems.change_system(cast.officer(), row, replace(told, version="3"))
    assert file.checklist(road)[0].holds


@pytest.mark.usefixtures("db")
def test_a_system_that_is_taken_off_counts_no_more_and_can_be_put_back() -> None:
    road = cast.proved(cast.filled(cast.applicant()))
    me, row = cast.admin(road), CertifiedSystem.objects.get(organisation=road.organisation)
    systems.remove_system(me, row)
    assert file.checklist(road)[0].lacking == (Lack.SYSTEM,)
    assert file.systems(road.organisation) == []
    assert alarms.of([road])[road.organisation_id] == []
    assert rollout.systems(road.organisation) == []
    (gone,) = file.systems_taken_off(road.organisation)
    assert (gone.id, gone.taken_off_by) == (row.id, me.name)
    systems.put_back(me, gone)
    assert file.systems_taken_off(road.organisation) == []
    assert file.checklist(road)[0].lacking == (Lack.JUDGEMENT,)  # by the customer itself
    systems.remove_system(cast.officer(), row)
    systems.put_back(cast.officer(), row)
    assert [each.id for each, _ in file.systems(road.organisation)] == [row.id]


@pytest.mark.parametrize(
    ("given_dates", "found"),
    [
        ({}, []),
        ({"certificate_from": DAY + timedelta(days=1)}, [Odd.NOT_YET]),
        ({"production_from": DAY}, []),
        ({"production_from": DAY + timedelta(days=1)}, [Odd.NOT_IN_USE]),
        ({"certification_from": date(2024, 1, 1)}, []),
        ({"certification_from": date(2024, 1, 2)}, [Odd.TOO_EARLY]),
        ({"certification_until": date(2024, 1, 1)}, []),
        ({"certification_until": date(2023, 12, 31)}, [Odd.TOO_LATE]),
    ],
)
def test_a_certificate_is_dated_while_its_version_was_certified_against(
    given_dates: dict[str, date], found: list[Odd]
) -> None:
    assert [odd for odd, _day in odds(dates(**given_dates), DAY)] == found


@pytest.mark.usefixtures("db")
def test_a_certificate_does_not_end_before_it_begins() -> None:
    road = cast.applicant()
    newest = SpecificationVersion.objects.get(name="2.4.1")
    wrong = System("RIS", "1", "K-0", "THL", newest, date(2024, 2, 1), date(2023, 1, 1))
    with pytest.raises(FieldInvalid) as refused:
        systems.add_system(cast.admin(road), road.organisation, wrong)
    assert refused.value.facts == {"field": "valid_until", "why": "ends-first"}


@pytest.mark.usefixtures("db")
def test_the_specification_versions_have_the_windows_of_their_source() -> None:
    rows = {row.name: row for row in SpecificationVersion.objects.all()}
    assert rows["2.3.4"].certification_until == date(2023, 10, 31)
    assert (rows["2.4"].certification_from, rows["2.4"].certification_until) == (
        date(2023, 8, 31),
        date(2024, 3, 30),
    )
    assert (rows["2.4.1"].production_from, rows["2.4.1"].production_until) == (
        date(2024, 1, 30),
        None,
    )
    assert all(row.source for row in rows.values())
