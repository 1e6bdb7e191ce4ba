"""Who is, and who was, controller of a register (ON-8)."""

from collections.abc import Iterable
from uuid import UUID

from archive.models import Register, RegisterHolding


def former_holdings(registers: Iterable[Register]) -> dict[UUID, list[RegisterHolding]]:
    """By register, the earliest first."""
    found: dict[UUID, list[RegisterHolding]] = {each.id: [] for each in registers}
    rows = RegisterHolding.objects.filter(register__in=list(found))
    for row in rows.select_related("organisation").order_by("until"):
        found[row.register_id].append(row)
    return found
