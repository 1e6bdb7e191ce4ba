"""Who is, and who was, controller of a register (ON-8)."""

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from archive.models import Organisation, Register, RegisterHolding


def controller_on(register: Register, day: date) -> Organisation:
    """The controller on that day; the first known one for days before anybody is."""
    rows = RegisterHolding.objects.filter(register=register, until__gt=day)
    former = rows.select_related("organisation").order_by("until").first()
    return former.organisation if former else register.organisation


def former_holdings(registers: Iterable[Register]) -> dict[UUID, list[RegisterHolding]]:
    """By register, the earliest first."""
    found: dict[UUID, list[RegisterHolding]] = {each.id: [] for each in registers}
    rows = RegisterHolding.objects.filter(register__in=list(found))
    for row in rows.select_related("organisation").order_by("until"):
        found[row.register_id].append(row)
    return found
