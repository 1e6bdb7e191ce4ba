"""Duty against fact, judged (AR-11)."""

from datetime import date

from onboarding.rules.duty import Duty, Verdict, alike, judge, months_back
from onboarding.rules.observations import Content

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


def test_contents_that_share_a_class_and_a_modality_are_not_told_apart() -> None:
    enhanced, xrf, secondary = "1.2.840.10008.5.1.4.1.1.12.1.1", "1.2.3.12.2", "1.2.3.7"
    made = {
        "angiography": content(enhanced, secondary, of="XA"),
        "fluoroscopy": content(xrf, secondary, of="RF"),
        "interventional": content(enhanced, xrf, of="XA RF"),
        "report": content(secondary, of="DOC"),
        "to_come": content(),
    }
    assert alike(made) == {
        "angiography": ["interventional"],
        "fluoroscopy": ["interventional"],
        "interventional": ["angiography", "fluoroscopy"],
        "report": [],
        "to_come": [],
    }
    made["anything"] = content(secondary)
    assert alike(made)["report"] == ["anything"]


def content(*classes: str, of: str = "") -> Content:
    return Content(frozenset(classes), frozenset(of.split()))


def test_what_came_of_another_speaks_for_what_was_announced_only() -> None:
    announced, silent = Duty(PAST, announced=True), Duty(PAST, announced=False)
    assert judge(announced, {}, DAY, [{}, {OCTOBER: 3}]) == Verdict.STORES
    assert judge(announced, {}, DAY, [{SEPTEMBER: 3}]) == Verdict.QUIET
    assert judge(announced, {}, DAY, [{}]) == Verdict.NOTHING
    assert judge(silent, {}, DAY, [{OCTOBER: 3}]) == Verdict.UNTOLD
    assert judge(silent, {SEPTEMBER: 1}, DAY, [{OCTOBER: 3}]) == Verdict.STORES
