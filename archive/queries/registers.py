"""Who is, and who was, controller of a register (ON-8)."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from archive.models import Organisation, Register, RegisterHolding
from archive.values import civil_day


def former_holdings(registers: Iterable[Register]) -> dict[UUID, list[RegisterHolding]]:
    """By register, the earliest first."""
    found: dict[UUID, list[RegisterHolding]] = {each.id: [] for each in registers}
    rows = RegisterHolding.objects.filter(register__in=list(found))
    for row in rows.select_related("organisation").order_by("until"):
        found[row.register_id].append(row)
    return found


@dataclass(frozen=True, slots=True)
class Controllers:
    """Whose the registers of some controller identifiers are, and were."""

    present: dict[str, Organisation] = field(default_factory=dict)
    former: dict[str, list[tuple[date, Organisation]]] = field(default_factory=dict)

    def then(self, oid: str, at: datetime) -> Organisation | None:
        """Who was controller at a moment: what is told of the past names no successor."""
        day = civil_day(at)
        for until, organisation in self.former.get(oid, ()):
            if day < until:
                return organisation
        return self.present.get(oid)


def controllers_of(oids: Collection[str]) -> Controllers:
    """Two queries, however many they are."""
    known = Controllers()
    rows = Register.objects.filter(controller_oid__in=oids).select_related("organisation")
    for register in rows:
        known.present[register.controller_oid] = register.organisation
    held = RegisterHolding.objects.filter(register__in=[row.id for row in rows])
    for row in held.select_related("organisation", "register").order_by("until"):
        known.former.setdefault(row.register.controller_oid, []).append(
            (row.until, row.organisation)
        )
    return known
