"""Who may merge which ids, and what links make of them (HL-1)."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive import errors
from archive.errors import ArchiveError
from archive.errors import persons as person_errors
from archive.rules import identity
from archive.rules.identity import Party, Standing
from archive.values import PatientIdentifier
from tests.cast import MALLILA, VENLA
from tests.persons import official, temporary

OWN = identity.arc_of("1.2.246.10.90000003.19.0")
ESIM = Party(frozenset({OWN}))
ARCHIVIST = Party(is_archivist=True)


@pytest.mark.parametrize(
    ("oid", "arc"),
    [
        ("1.2.246.10.90000003.19.0", "1.2.246.10.90000003"),
        ("1.2.246.10.90000003.22.2026", "1.2.246.10.90000003"),
        ("1.2.246.10.90000003.10.5.22.2026", "1.2.246.10.90000003"),
        ("1.2.246.10.90000003", "1.2.246.10.90000003"),
        ("1.2.246.10", ""),
        ("1.2.246.21", ""),
        ("1.2.246.100.5", ""),
        ("", ""),
    ],
)
def test_an_oid_lies_under_its_organisations_arc(oid: str, arc: str) -> None:
    assert identity.arc_of(oid) == arc


def test_a_temporary_id_is_taken_from_its_issuer_only() -> None:
    identity.require_own_issuer(temporary(), {OWN})
    identity.require_own_issuer(official(), set())
    with pytest.raises(person_errors.PatientIdForeign):
        identity.require_own_issuer(temporary(business_id=MALLILA), {OWN})
    with pytest.raises(person_errors.PatientIdForeign):
        identity.require_own_issuer(temporary(), set())


@pytest.mark.parametrize(
    ("retired", "survivor", "party", "error"),
    [
        (Standing(temporary()), official(), ESIM, None),
        (Standing(temporary()), temporary("010181-9992"), ESIM, None),
        (Standing(official(), True), official(VENLA), ESIM, None),
        (Standing(temporary(), others_material=True), official(), ESIM, None),
        (Standing(temporary(business_id=MALLILA)), official(), ESIM, "MergeUnauthorised"),
        (Standing(temporary(business_id=MALLILA), True), official(), ESIM, "MergeUnauthorised"),
        (Standing(temporary()), temporary(business_id=MALLILA), ESIM, "MergeUnauthorised"),
        (Standing(official()), official(VENLA), ESIM, "MergeUnauthorised"),
        (Standing(official(), True, True), official(VENLA), ESIM, "MergeUnauthorised"),
        (Standing(official(), False, True), official(VENLA), ESIM, "MergeUnauthorised"),
        (Standing(official(), True), temporary(), ESIM, "OfficialIdRetired"),
        (Standing(official(), True), temporary(), ARCHIVIST, "OfficialIdRetired"),
        (Standing(official(), False, True), official(VENLA), ARCHIVIST, None),
        (Standing(temporary(business_id=MALLILA)), official(), ARCHIVIST, None),
        (Standing(temporary()), official(), Party(), "MergeUnauthorised"),
    ],
)
def test_who_may_retire_what(
    retired: Standing, survivor: PatientIdentifier, party: Party, error: str | None
) -> None:
    def ask() -> None:
        identity.require_merge(retired, survivor, party)

    _raises(ask, error)


@pytest.mark.parametrize(
    ("standing", "party", "may"),
    [
        (Standing(official(), own_material=True), ESIM, True),
        (Standing(official(), True, True), ESIM, True),
        (Standing(official(), others_material=True), ESIM, False),
        (Standing(official()), ESIM, False),
        (Standing(temporary()), ESIM, True),
        (Standing(temporary(), others_material=True), ESIM, False),
        (Standing(temporary(business_id=MALLILA)), ESIM, False),
        (Standing(official()), ARCHIVIST, True),
    ],
)
def test_who_may_update_whom(standing: Standing, party: Party, may: bool) -> None:
    assert identity.may_update(standing, party) is may


@pytest.mark.parametrize(
    ("environment", "code", "takes", "error"),
    [
        ("test", "010181-900C", False, None),
        ("test", "131052-308T", True, "EnvironmentMismatch"),
        ("production", "131052-308T", False, None),
        ("production", "010181-900C", True, None),
        ("production", "010181-900C", False, "RealPatientRequired"),
    ],
)
def test_each_environment_has_its_own_people(
    environment: str, code: str, takes: bool, error: str | None
) -> None:
    def ask() -> None:
        identity.require_environment(official(code), environment, takes_test_patients=takes)

    _raises(ask, error)


def _raises(ask: Callable[[], None], error: str | None) -> None:
    if error is None:
        ask()
        return
    kind = getattr(person_errors, error, None) or getattr(errors, error)
    with pytest.raises(ArchiveError) as raised:
        ask()
    assert type(raised.value) is kind


# --- links ----------------------------------------------------------------------------------------

CHAIN = {"a": "b", "b": "c"}


@pytest.mark.parametrize(
    ("links", "retired", "survivor", "expected"),
    [
        ({}, "a", "b", True),
        ({}, "a", "a", "MergeSelf"),
        (CHAIN, "a", "b", False),
        (CHAIN, "a", "c", False),
        (CHAIN, "b", "a", "MergeInverse"),
        (CHAIN, "c", "b", "MergeInverse"),
        (CHAIN, "c", "a", "MergeCircular"),
        (CHAIN, "a", "d", "MergedElsewhere"),
        (CHAIN, "d", "a", True),
        (CHAIN, "c", "d", True),
        ({"a": "b", "c": "b"}, "a", "c", False),
    ],
)
def test_what_a_link_would_do(
    links: dict[str, str], retired: str, survivor: str, expected: bool | str
) -> None:
    if isinstance(expected, bool):
        assert identity.changes(links, retired, survivor) is expected
        return
    with pytest.raises(getattr(person_errors, expected)):
        identity.changes(links, retired, survivor)


@given(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=40))
def test_links_never_close_a_circle_and_make_one_person_of_two(
    pairs: list[tuple[int, int]],
) -> None:
    links: dict[int, int] = {}
    for retired, survivor in pairs:
        try:
            changes = identity.changes(links, retired, survivor)
        except errors.Conflict:  # it would close a circle, or give the person another survivor
            of_retired = identity.root(links, retired)
            assert (
                survivor == retired
                or survivor in identity.tree(links, retired)
                or (retired in links and of_retired != identity.root(links, survivor))
            )
            continue
        if changes:
            links[retired] = survivor
        assert identity.root(links, retired) == identity.root(links, survivor)
    for each in range(8):
        assert each in identity.tree(links, identity.root(links, each))
