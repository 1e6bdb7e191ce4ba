"""The content policy by dated rows: the past stays, the future can be changed (AR-2)."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from archive.actors import Actor, ActorKind
from archive.errors import ClassNotArchived
from archive.errors import rules as errors
from archive.errors.wishes import StaffRoleUnfit
from archive.models import ContentPolicy, LedgerEvent
from archive.queries import content_policies as queries
from archive.queries.content_policies import Standing
from archive.services import content_policies as services
from archive.services import policies
from archive.services.content_policies import Version
from archive.values import today
from tests import cast

pytestmark = pytest.mark.django_db

ADMIN = Actor(ActorKind.STAFF, "Anna Ylläpito", roles=frozenset({"admin"}))
ARCHIVIST = Actor(ActorKind.STAFF, "Aki Arkisto", roles=frozenset({"archivist"}))
PHOTO = "1.2.840.10008.5.1.4.1.1.77.1.4"
REASON = "Asetus 12/2026"


def on(days: int) -> date:
    return today() + timedelta(days=days)


def version(**columns: Any) -> Version:
    return replace(
        Version(
            content_type="visible_light",
            name_fi="valokuva",
            name_sv="fotografi",
            name_en="photograph",
            sop_classes=(PHOTO,),
            modalities=("XC",),
            code_demanded=False,
            allowed_from=today(),
            source="Decree 12/2026",
        ),
        **columns,
    )


def rows(content_type: str = "visible_light") -> list[ContentPolicy]:
    return list(ContentPolicy.objects.filter(content_type=content_type).order_by("allowed_from"))


def told() -> list[dict[str, Any]]:
    events = LedgerEvent.objects.filter(kind="policy.changed").order_by("at", "id")
    return [event.facts for event in events]


def test_a_content_that_was_to_come_is_archived_from_its_day_on() -> None:
    photo = cast.dataset(SOPClassUID=PHOTO, Modality="XC", StudyDescription="Ihon kuva")
    with pytest.raises(ClassNotArchived):
        cast.store(photo)
    services.begin(ADMIN, version(), reason=REASON)
    cast.store(photo)
    assert [row.allowed_from for row in rows()] == [today()]
    assert [each["from"] for each in told()[0]["withdrawn"]] == ["2029-01-01"]


def test_a_version_closes_the_one_before_on_the_eve_and_changes_nothing_of_it() -> None:
    (before,) = rows("ct")
    wanted = version(content_type="ct", allowed_from=on(5), sop_classes=(cast.CT,))
    services.begin(ADMIN, wanted, reason=REASON)
    first, second = rows("ct")
    assert (first.allowed_from, first.allowed_until) == (before.allowed_from, on(4))
    assert first.sop_classes == before.sop_classes and second.sop_classes == [cast.CT]
    assert queries.in_force("ct", on(4)) == first and queries.in_force("ct", on(5)) == second
    (event,) = queries.changes("ct")
    assert (event.actor_name, event.facts["reason"]) == ("Anna Ylläpito", REASON)


def test_a_version_to_come_is_replaced_and_one_in_force_is_not() -> None:
    services.begin(ADMIN, version(allowed_from=on(5)), reason=REASON)
    services.begin(ADMIN, version(allowed_from=on(5), modalities=("OP",)), reason=REASON)
    assert [row.modalities for row in rows()] == [["OP"]]
    services.begin(ADMIN, version(), reason=REASON)
    with pytest.raises(errors.PolicyBeganThen):
        services.begin(ADMIN, version(), reason=REASON)


def test_an_end_holds_through_its_last_day() -> None:
    services.close(ADMIN, "ct", last_day=today(), reason=REASON)
    (row,) = rows("ct")
    assert queries.standing(row, today()) == Standing.ALLOWED
    assert queries.standing(row, on(1)) == Standing.CLOSED
    with pytest.raises(errors.PolicyUnfit):
        services.close(ADMIN, "ct", last_day=on(1), reason=REASON)  # nothing is open then


def test_what_does_not_fit_is_refused_by_its_field() -> None:
    wrong: dict[str, dict[str, Any]] = {
        "content_type": {"content_type": "Visible light"},
        "name_sv": {"name_sv": " "},
        "source": {"source": ""},
        "sop_classes": {"sop_classes": ("1.2.840.10008.1.1",)},
        "modalities": {"modalities": ("xc",)},
        "allowed_from": {"allowed_from": on(-1)},
        "allowed_until": {"allowed_until": on(-1)},
    }
    said = {}
    for field, columns in wrong.items():
        with pytest.raises(errors.PolicyUnfit) as caught:
            services.begin(ADMIN, version(**columns), reason=REASON)
        said[field] = caught.value.facts["field"]
    assert said == {field: field for field in wrong}
    assert told() == []


def test_only_an_administrator_changes_it() -> None:
    acts: list[Any] = [
        lambda: services.begin(ARCHIVIST, version(), reason=REASON),
        lambda: services.close(ARCHIVIST, "ct", last_day=today(), reason=REASON),
    ]
    for act in acts:
        with pytest.raises(StaffRoleUnfit):
            act()


def test_every_content_has_its_source_and_where_sources_differ_that_is_told() -> None:
    found = {row.content_type: row for row in ContentPolicy.objects.all()}
    assert all(row.source for row in found.values())
    assert found["resting_ecg"].duty_from == date(2029, 10, 29)
    assert "1.10.2029" in found["resting_ecg"].contradiction
    assert "13.12.2019" in found["plain_xray"].contradiction
    assert found["plain_xray"].duty_from == date(2019, 12, 31)
    contents = policies.for_association("production").contents
    assert {each.content_type for each in contents} == set(found)
