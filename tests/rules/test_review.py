"""What makes a look suspicious: names compared, hours judged, reasons read (LG-5)."""

from datetime import UTC, datetime, time

import pytest

from archive.rules.review import Hours, case_numbers, is_same_person, shares_family_name


@pytest.mark.parametrize(
    ("user", "patient", "shares"),
    [
        ("Lääkäri Liisa", "Lääkäri^Matti", True),
        ("MÄKINEN, Eino", "Mäkinen-Virtanen^Aino", True),
        ("Aino Virtanen", "Mäkinen-Virtanen^Aino", True),
        ("Öhman^Åke", "Öhman^Åsa", True),
        ("Liisa Lääkäri", "Meikäläinen^Liisa", False),  # a given name is no family name
        ("Niemi Liisa", "Nieminen^Liisa", False),
        ("Liisa Lääkäri", "", False),
        ("", "Lääkäri^Matti", False),
        ("ESIM_PACS", "Meikäläinen^Matti", False),
    ],
)
def test_a_family_name_is_shared_in_any_order(user: str, patient: str, shares: bool) -> None:
    assert shares_family_name(user, patient) is shares


@pytest.mark.parametrize(
    ("user", "name", "same"),
    [
        ("", "Meikäläinen Matti", True),
        ("", "Matti Juhani Meikäläinen", True),
        ("", "Meikäläinen Maija", False),
        ("010181-900c", "Somebody Else", True),
        ("12345678901", "", False),
        ("", "Meikäläinen", False),
        ("", "Matti Virtanen", False),
    ],
)
def test_the_own_record_is_known_by_code_or_whole_name(user: str, name: str, same: bool) -> None:
    assert is_same_person(user, name, ["010181-900C"], "Meikäläinen^Matti^Juhani") is same


@pytest.mark.parametrize(
    ("at", "within"),
    [
        (datetime(2026, 11, 25, 4, 59, tzinfo=UTC), False),  # 6.59 in winter
        (datetime(2026, 11, 25, 5, 0, tzinfo=UTC), True),
        (datetime(2026, 11, 25, 15, 59, tzinfo=UTC), True),
        (datetime(2026, 11, 25, 16, 0, tzinfo=UTC), False),
        (datetime(2026, 7, 1, 4, 0, tzinfo=UTC), True),  # the same clock in summer
        (datetime(2026, 11, 28, 10, 0, tzinfo=UTC), False),  # a Saturday
    ],
)
def test_the_hours_are_those_of_finland(at: datetime, within: bool) -> None:
    assert Hours(time(7), time(18), weekdays_only=True).hold(at) is within


def test_a_name_without_family_name_is_nobodys_own() -> None:
    assert not is_same_person("", "Matti Meikäläinen", [], "^Matti")


def test_the_weekend_is_judged_by_the_hours_where_it_is_no_matter() -> None:
    saturday = datetime(2026, 11, 28, 10, 0, tzinfo=UTC)
    assert Hours(time(7), time(18)).hold(saturday)
    assert not Hours(time(13), time(18)).hold(saturday)


def test_hours_may_go_over_midnight() -> None:
    night = Hours(time(22), time(6))
    assert night.hold(datetime(2026, 11, 25, 21, 0, tzinfo=UTC))
    assert not night.hold(datetime(2026, 11, 25, 10, 0, tzinfo=UTC))


def test_a_reason_may_name_cases() -> None:
    assert case_numbers("e-1042, see R-101 and PRE-7") == {("E", 1042), ("R", 101)}
