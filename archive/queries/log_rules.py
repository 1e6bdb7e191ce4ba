"""The dated numbers of the law on logs."""

from datetime import date

from archive.models import LogRule, LogRuleKey


def number(key: LogRuleKey, day: date) -> int:
    """What is in force on a day. Raises LookupError when nothing is."""
    rows = LogRule.objects.filter(key=key, valid_from__lte=day).order_by("-valid_from")
    found = rows.values_list("value", flat=True).first()
    if found is None:
        raise LookupError(f"no rule {key.value} is in force on {day}")
    return found


def years_before(day: date, years: int) -> date:
    """The same day so many years earlier; of a leap day the last of February."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)
