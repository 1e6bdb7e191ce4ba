"""Times, lengths and numbers in three languages."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import translation

from portal import formats

AT = datetime(2024, 1, 12, 12, 5, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("language", "text"),
    [("fi", "12.1.2024 klo 14.05"), ("sv", "12.1.2024 kl. 14.05"), ("en", "12 Jan 2024 14:05")],
)
def test_a_time_is_helsinki_time_in_the_readers_language(language: str, text: str) -> None:
    with translation.override(language):
        assert formats.when_text(AT) == text


@pytest.mark.parametrize(
    ("last", "text"),
    [
        (date(2022, 5, 9), "5.5.2022 – 9.5.2022"),
        (date(2022, 5, 5), "5.5.2022"),
        (None, "5.5.2022 –"),
    ],
)
def test_days_from_and_to_the_same_are_one(last: date | None, text: str) -> None:
    with translation.override("fi"):
        assert formats.span_text(date(2022, 5, 5), last) == text


@pytest.mark.parametrize(
    ("language", "text"),
    [("fi", "CR, DX tai RF"), ("sv", "CR, DX eller RF"), ("en", "CR, DX or RF")],
)
def test_of_what_one_is_enough_the_last_is_told_with_or(language: str, text: str) -> None:
    with translation.override(language):
        assert formats.either_text(["CR", "DX", "RF"]) == text
        assert (formats.either_text(["CR"]), formats.either_text([])) == ("CR", "")


def test_the_tooltip_is_utc() -> None:
    assert formats.utc_text(AT.astimezone(formats.HELSINKI)) == "2024-01-12 12:05:09 UTC"


def test_summer_time_is_followed() -> None:
    with translation.override("fi"):
        assert formats.clock_text(AT.replace(month=7)) == "15.05"


@pytest.mark.parametrize(
    ("length", "text"),
    [
        (timedelta(milliseconds=38), "38 ms"),
        (timedelta(seconds=4.1), "4,1 s"),
        (timedelta(minutes=59), "59 min"),
        (timedelta(hours=2, minutes=24), "2 h 24 min"),
        (timedelta(hours=3), "3 h"),
        (timedelta(days=3, hours=2), "3 vrk 2 h"),
    ],
)
def test_a_length_is_short_and_rounded(length: timedelta, text: str) -> None:
    with translation.override("fi"):
        assert formats.length_text(length) == text


def test_nobody_counts_beyond_ten_thousand() -> None:
    with translation.override("en"):
        assert formats.counted_text(10_000) == "10,000"
        assert formats.counted_text(10_001) == "over 10,000"


def test_a_day_is_written_as_people_do() -> None:
    with translation.override("en"):
        assert formats.day_text(date(2024, 2, 3)) == "3 Feb 2024"


def test_both_ends_of_a_long_identifier_stay() -> None:
    uid = "1.2.246.10.9000000.1.2026112200417"
    cut = formats.cut_text(uid)
    assert cut.startswith("1.2.246.10.900") and cut.endswith(uid[-8:])
    assert len(cut) < len(uid)
    assert formats.cut_text("R2026112200417") == "R2026112200417"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Nieminen^Aino Maria", "Aino Maria Nieminen"),
        ("Virtanen^Venla^Helmi^Dr=x=y", "Venla Helmi Virtanen"),
        ("Öhman", "Öhman"),
        ("=山田^太郎", "=山田^太郎"),
        ("", ""),
    ],
)
def test_a_name_is_written_given_name_first(name: str, text: str) -> None:
    assert formats.person_text(name) == text


def test_who_waits_is_told_no_seconds() -> None:
    with translation.override("fi"):
        assert formats.wait_text(timedelta(milliseconds=956)) == "alle minuutin"
    assert formats.wait_text(timedelta(minutes=12)) == "12 min"
