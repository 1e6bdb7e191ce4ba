"""Periods counted in calendar months."""

from calendar import monthrange
from datetime import date, timedelta


def one_calendar_month_later(day: date) -> date:
    """The day of the same number in the next month, else that month's last (Act 150/1930 section 3:
    laki säädettyjen määräaikain laskemisesta).
    """
    year, month = (day.year + 1, 1) if day.month == 12 else (day.year, day.month + 1)
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def last_day_after_notice(given_on: date) -> date:
    """All works to the end of this day, in Finland."""
    return one_calendar_month_later(given_on)


def earliest_notice_running(day: date) -> date:
    """Of the days of notice whose last day is this one or later, the first."""
    found = day - timedelta(days=31)
    while last_day_after_notice(found) < day:
        found += timedelta(days=1)
    return found
