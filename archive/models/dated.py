"""Rows that hold from a day to a day, both included; without a last day, until further notice."""

from datetime import date

from django.db.models import Q


def not_ended_on(day: date, of: str = "") -> Q:
    """Those that hold on a day or begin after it. `of`: the relation that leads to them."""
    last = f"{of}__valid_until" if of else "valid_until"
    return Q(**{last: None}) | Q(**{f"{last}__gte": day})


def valid_on(day: date) -> Q:
    return not_ended_on(day) & Q(valid_from__lte=day)


class Dated:
    """A row, of one that was read."""

    valid_from: date
    valid_until: date | None

    def is_valid_on(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_until is None or day <= self.valid_until)
