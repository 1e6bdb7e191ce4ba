"""Registers of a customer: who held them before, to whom they went, what is agreed on (ON-8)."""

from dataclasses import dataclass

from django.db.models import Q

from archive.models import Organisation, Register, RegisterHolding
from archive.queries.registers import former_holdings
from onboarding.models import FourEyes, RequestState, Succession
from onboarding.queries.customers import registers


@dataclass(frozen=True, slots=True)
class History:
    """`held` with each one's former controllers; `given` have passed on; `planned` will, to it or
    from it, `leaving` of them from it.
    """

    held: tuple[tuple[Register, tuple[RegisterHolding, ...]], ...]
    given: tuple[Succession, ...]
    planned: tuple[Succession, ...]
    leaving: tuple[Succession, ...]


def successions(organisation: Organisation) -> list[Succession]:
    """Registers that have passed from or to it, or will."""
    rows = Succession.objects.filter(
        Q(from_organisation=organisation) | Q(to_organisation=organisation)
    )
    related = ("register", "from_organisation", "to_organisation")
    return list(rows.select_related(*related).order_by("day"))


def history(organisation: Organisation) -> History:
    held = registers(organisation)
    former = former_holdings(held)
    rows = successions(organisation)
    away = [each for each in rows if each.from_organisation_id == organisation.id]
    return History(
        held=tuple((each, tuple(former[each.id])) for each in held),
        given=tuple(each for each in away if each.passed_at is not None),
        planned=tuple(each for each in rows if each.passed_at is None),
        leaving=tuple(each for each in away if each.passed_at is None),
    )


def open_request(organisation: Organisation, kind: str) -> FourEyes | None:
    """What one officer has asked for and no second one has decided."""
    rows = FourEyes.objects.filter(
        joining__organisation=organisation, kind=kind, state=RequestState.OPEN
    )
    return rows.select_related("asked_by").first()
