"""Duty against fact, judged (AR-11)."""

from datetime import date

from onboarding.rules.duty import Duty, Verdict, judge, months_back

DAY = date(2026, 11, 26)
PAST, LATER = date(2019, 12, 31), date(2029, 10, 1)
OCTOBER, SEPTEMBER = date(2026, 10, 1), date(2026, 9, 1)


def test_a_duty_in_force_is_held_against_what_came() -> None:
    announced, silent = Duty(PAST, announced=True), Duty(PAST, announced=False)
    assert judge(announced, {}, DAY) == Verdict.NOTHING
    assert judge(announced, {OCTOBER: 0}, DAY) == Verdict.NOTHING
    assert judge(silent, {}, DAY) == Verdict.UNTOLD
    for duty in (announced, silent):
        assert judge(duty, {OCTOBER: 3}, DAY) == Verdict.STORES
        assert judge(duty, {SEPTEMBER: 3}, DAY) == Verdict.QUIET


def test_a_duty_binds_from_its_own_day_on() -> None:
    assert judge(Duty(DAY, announced=True), {}, DAY) == Verdict.NOTHING
    assert judge(Duty(LATER, announced=True), {}, DAY) == Verdict.TO_COME
    assert judge(Duty(None, announced=True), {}, DAY) == Verdict.FREE


def test_months_go_back_over_the_turn_of_a_year() -> None:
    assert months_back(date(2026, 1, 31), 3) == [
        date(2025, 11, 1),
        date(2025, 12, 1),
        date(2026, 1, 1),
    ]
