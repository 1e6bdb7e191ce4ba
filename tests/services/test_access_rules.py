"""Dated rules of access: what was decided stays decided (AC-2)."""

from datetime import date, timedelta
from typing import Any

import pytest

from archive.actors import Actor, ActorKind
from archive.errors import wishes as errors
from archive.models import AccessPolicy, AccessPolicyKind
from archive.queries import standing
from archive.services import access_rules as services
from archive.services.access_rules import Rule
from archive.values import today
from tests import wishes
from tests.cast import ESIMERKKILA, MALLILA, RONTGEN, organisation

pytestmark = pytest.mark.django_db

ADMIN = Actor(ActorKind.STAFF, "Anna Ylläpito", roles=frozenset({"admin"}))
ARCHIVIST = wishes.ARCHIVIST
REASON = "HE 94/2024"


def on(days: int) -> date:
    return today() + timedelta(days=days)


def area(*members: str, **columns: Any) -> Rule:
    ids = frozenset(organisation(each).id for each in members or (ESIMERKKILA, MALLILA))
    return Rule(
        AccessPolicyKind.AREA,
        *("Alue", "Område", "Area"),
        **{"valid_from": on(1), "source": "Act", "members": ids, **columns},
    )


def areas(day: date) -> list[frozenset[Any]]:
    return [each.members for each in standing.policies(day).areas if each.members]


def test_an_area_begins_and_ends_on_its_days() -> None:
    row = services.add(ADMIN, area(), reason=REASON)
    assert areas(today()) == [] and len(areas(on(1))) == 1
    services.close(ADMIN, row, last_day=on(3), reason=REASON)
    assert len(areas(on(3))) == 1 and areas(on(4)) == []
    added, closed = wishes.ledger("rules.changed")
    assert added.facts["members"] == [ESIMERKKILA, MALLILA] and closed.facts["what"] == "closed"


def test_other_members_begin_a_row_of_their_own() -> None:
    row = services.add(ADMIN, area(), reason=REASON)
    whole = frozenset(organisation(each).id for each in (ESIMERKKILA, MALLILA, RONTGEN))
    made = services.change_members(ADMIN, row, whole, first_day=on(5), reason=REASON)
    assert [len(each) for each in areas(on(4))] == [2]
    assert areas(on(5)) == [whole] and made.id != row.id


def test_the_area_that_waits_for_its_members_gets_them() -> None:
    """HE 94/2024 is in force since the beginning of the year; its members come when they join."""
    row = AccessPolicy.objects.get(kind="area")
    members = frozenset(organisation(each).id for each in (ESIMERKKILA, MALLILA))
    services.change_members(ADMIN, row, members, first_day=on(1), reason=REASON)
    assert areas(today()) == [] and areas(on(1)) == [members]


def test_roles_are_limited_from_the_row_s_first_day() -> None:
    rule = Rule(
        AccessPolicyKind.ROLE, *("R", "R", "R"), valid_from=on(2), source="x", roles=("nurse",)
    )
    services.add(ADMIN, rule, reason=REASON)
    assert standing.policies(on(1)).roles is None
    assert standing.policies(on(2)).roles == {"nurse"}


def test_the_dates_of_consents_limit_no_role() -> None:
    assert standing.policies(date(2019, 5, 1)).roles is None
    assert standing.was_consent(date(2019, 5, 1)) and standing.was_consent(date(2021, 10, 31))
    assert not standing.was_consent(date(2021, 11, 1))


@pytest.mark.parametrize(
    ("columns", "field"),
    [
        ({"valid_from": on(0)}, "valid_from"),
        ({"valid_until": on(0)}, "valid_until"),
        ({"members": frozenset()}, "members"),
        ({"name_sv": " "}, "name_sv"),
        ({"source": ""}, "source"),
        ({"kind": AccessPolicyKind.CONSENT}, "kind"),
        ({"kind": AccessPolicyKind.ROLE}, "roles"),
    ],
)
def test_a_row_that_does_not_fit_is_refused(columns: dict[str, Any], field: str) -> None:
    base = area()
    kept = {name: getattr(base, name) for name in base.__dataclass_fields__}
    count = AccessPolicy.objects.count()
    with pytest.raises(errors.ValueUnfit) as refused:
        services.add(ADMIN, Rule(**{**kept, **columns}), reason=REASON)
    assert refused.value.facts["field"] == field
    assert AccessPolicy.objects.count() == count and not wishes.ledger("rules.changed")


def test_what_was_in_force_cannot_be_undone() -> None:
    row = services.add(ADMIN, area(), reason=REASON)
    with pytest.raises(errors.ValueUnfit):
        services.close(ADMIN, row, last_day=on(-1), reason=REASON)
    services.close(ADMIN, row, last_day=on(0), reason=REASON)  # before it has begun
    assert areas(on(1)) == []
    with pytest.raises(errors.PolicyHasEnded):
        services.close(ADMIN, row, last_day=on(1), reason=REASON)
    law = AccessPolicy.objects.get(kind="consent")
    with pytest.raises(errors.PolicyHasEnded):
        services.close(ADMIN, law, last_day=on(1), reason=REASON)


def test_a_day_after_the_row_s_own_end_is_no_end() -> None:
    row = services.add(ADMIN, area(valid_until=on(9)), reason=REASON)
    with pytest.raises(errors.ValueUnfit):
        services.close(ADMIN, row, last_day=on(10), reason=REASON)


def test_only_an_administrator_changes_rules() -> None:
    with pytest.raises(errors.StaffRoleUnfit):
        services.add(ARCHIVIST, area(), reason=REASON)
