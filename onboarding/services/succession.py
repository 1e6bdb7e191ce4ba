"""A's registers pass to B on a day: B is controller of A's material from then on; what was before
stays as it was (ON-8).

The archive asks `Register.organisation` for access, retrieval, logs and statistics, so that is what
passes, and with it the authorisations that are live in the register. Studies, documents and
identifiers keep their register, and connections their customer.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Sum

from archive import ledger
from archive.actors import SYSTEM, Actor
from archive.models import (
    Case,
    CaseState,
    CustomerState,
    Document,
    Environment,
    Organisation,
    Register,
    RegisterHolding,
    Study,
)
from archive.services import apart, authorisations
from archive.values import now, today
from onboarding.errors import DayPassed, PreconditionsMissing
from onboarding.models import FourEyes, Joining, JoiningState, Succession
from onboarding.rules.succession import Obstacle
from onboarding.services import four_eyes, letters, mails, rights, steps

SUCCESSION = "succession"


@dataclass(frozen=True, slots=True)
class Volume:
    """What passes in one environment."""

    environment: str
    studies: int
    instances: int
    bytes: int
    patients: int
    documents: int


@dataclass(frozen=True, slots=True)
class Preview:
    """What would pass, and what stands in the way."""

    registers: tuple[Register, ...]
    volumes: tuple[Volume, ...]
    open_cases: int  # they stay with A
    obstacles: tuple[Obstacle, ...]


def preview(from_org: Organisation, to_org: Organisation, on: date) -> Preview:
    """Changes nothing."""
    registers = tuple(Register.objects.filter(organisation=from_org).order_by("controller_oid"))
    cases = Case.objects.filter(organisation=from_org, state=CaseState.OPEN)
    return Preview(
        registers=registers,
        volumes=tuple(_volume(registers, environment) for environment in Environment.values),
        open_cases=cases.count(),
        obstacles=tuple(_obstacles(from_org, to_org, on, registers)),
    )


def _volume(registers: tuple[Register, ...], environment: str) -> Volume:
    studies = Study.objects.filter(register__in=registers, environment=environment)
    found = studies.aggregate(
        studies=Count("id"),
        instances=Sum("instance_count", default=0),
        bytes=Sum("byte_count", default=0),
        patients=Count("patient_id", distinct=True),
    )
    documents = Document.objects.filter(register__in=registers, environment=environment)
    return Volume(environment=environment, documents=documents.count(), **found)


def _obstacles(
    from_org: Organisation, to_org: Organisation, on: date, registers: tuple[Register, ...]
) -> list[Obstacle]:
    planned = Succession.objects.filter(register__in=registers, passed_at=None)
    found = {
        Obstacle.SAME: from_org.id == to_org.id,
        Obstacle.SUCCESSOR: not _goes_on(to_org, on),
        Obstacle.IN_USE: from_org.is_operator or not _is_over(from_org, on),
        Obstacle.REGISTERS: not registers,
        Obstacle.PLANNED: planned.exists(),
    }
    return [obstacle for obstacle, holds in found.items() if holds]


def _goes_on(organisation: Organisation, on: date) -> bool:
    """It is a customer in production, and will be on that day."""
    if organisation.is_operator or organisation.state != CustomerState.IN_PRODUCTION:
        return False
    leaving = Joining.objects.filter(
        organisation=organisation, state=JoiningState.NOTICE_GIVEN, ends_on__lt=on
    )
    return not leaving.exists()


def _is_over(organisation: Organisation, on: date) -> bool:
    """Its last day is before that day: a controller without a register could not store."""
    joining = Joining.objects.filter(organisation=organisation).first()
    if joining is None:
        return organisation.state == CustomerState.ENDED
    if joining.state == JoiningState.NOTICE_GIVEN:
        return joining.ends_on is not None and joining.ends_on < on
    return joining.state == JoiningState.ENDED


# --- two officers ---------------------------------------------------------------------------------


def ask(
    actor: Actor, from_org: Organisation, to_org: Organisation, *, on: date, reason: str
) -> FourEyes:
    """Raises DayPassed (facts["field"] = "on"), PreconditionsMissing with the obstacles in
    facts["missing"], AlreadyAsked.
    """
    rights.require_officer(actor)
    if on < today():
        raise DayPassed(facts={"field": "on"})
    with transaction.atomic():
        held = steps.locked(Joining.objects.get(organisation=from_org))
        _require_free(from_org, to_org, on)
        details = {"to": str(to_org.id), "on": on.isoformat()}
        return four_eyes.ask(actor, held, SUCCESSION, reason=reason, details=details)


def asked_day(request: FourEyes) -> date:
    """The successor's first day, as asked for."""
    return date.fromisoformat(request.details["on"])


def carry_out(actor: Actor, request: FourEyes) -> list[Succession]:
    """By another officer than the one who asked; passes at once when the day has come, else
    `pass_due` does. Raises SameOfficer, PreconditionsMissing, StepOutOfOrder.
    """
    with transaction.atomic():
        held = steps.locked(request.joining)
        asked = four_eyes.grant(actor, request, SUCCESSION)
        to_org = Organisation.objects.get(id=asked.details["to"])
        on = asked_day(asked)
        _require_free(held.organisation, to_org, on)
        planned = [
            Succession.objects.create(
                register=register,
                from_organisation=held.organisation,
                to_organisation=to_org,
                day=max(on, today()),
                request=asked,
            )
            for register in Register.objects.filter(organisation=held.organisation)
        ]
        values = {"successor": to_org, "on": planned[0].day}
        for organisation in (held.organisation, to_org):
            letter = mails.Letter(*letters.REGISTER_PASSES, values, "organisation")
            mails.to_contacts(organisation, letter)
        for row in planned:
            _pass(row, today(), actor)
        return planned


def refuse(actor: Actor, request: FourEyes) -> FourEyes:
    """By any officer; the asker takes it back so."""
    return four_eyes.refuse(actor, request, SUCCESSION)


def call_off(actor: Actor, from_org: Organisation) -> int:
    """What was agreed on and has not passed yet, as when a notice was withdrawn; how many."""
    rights.require_officer(actor)
    with transaction.atomic():
        rows = Succession.objects.select_for_update(of=("self",)).filter(
            from_organisation=from_org, passed_at=None
        )
        planned = list(rows.select_related("to_organisation"))
        for row in planned:
            row.delete()
        for successor in {row.to_organisation for row in planned}:
            facts = {"what": "succession called off"}
            values = {"former": from_org, "successor": successor}
            for organisation in (from_org, successor):
                about = steps.about(organisation)
                ledger.record(ledger.Kind.CUSTOMER_CHANGED, about, facts, actor=actor)
                letter = mails.Letter(*letters.REGISTER_STAYS, values, "organisation")
                mails.to_contacts(organisation, letter)
        return len(planned)


def _require_free(from_org: Organisation, to_org: Organisation, on: date) -> None:
    registers = tuple(Register.objects.filter(organisation=from_org))
    obstacles = _obstacles(from_org, to_org, on, registers)
    if obstacles:
        raise PreconditionsMissing(facts={"missing": ",".join(obstacles)})


# --- the day --------------------------------------------------------------------------------------


def pass_due(day: date) -> int:
    """Pass what is due and whose former controller has ended; how many registers."""
    due = Succession.objects.filter(passed_at=None, day__lte=day)
    passed = apart.each("succession", due, lambda row: _pass_open(row, day))
    apart.each("authorisations-left", authorisations.left_behind(), _catch_up)
    return passed


def _pass_open(row: Succession, day: date) -> bool:
    with transaction.atomic():
        open_still = Succession.objects.select_for_update().filter(id=row.id, passed_at=None)
        return any([_pass(held, day, SYSTEM) for held in open_still])


def _catch_up(register: Register) -> int:
    """Authorisations that a register left behind when it passed, as it did before they went along:
    they would stand under an organiser that is controller no more, and nobody could end them.
    """
    with transaction.atomic():
        authorisations.pass_on(register)
    return 1


def _pass(row: Succession, day: date, actor: Actor) -> bool:
    """A notice that was withdrawn meanwhile holds it up: the register stays where it is used. So
    does a successor that has left.
    """
    former, successor = _fresh(row.from_organisation_id), _fresh(row.to_organisation_id)
    if row.day > day or former.state != CustomerState.ENDED:
        return False
    if successor.state != CustomerState.IN_PRODUCTION:
        return False
    if former.ended_on is not None:  # later than agreed on, when the notice was given again
        row.day = max(row.day, former.ended_on + timedelta(days=1))
    Register.objects.filter(id=row.register_id, organisation=former).update(organisation=successor)
    RegisterHolding.objects.create(register=row.register, organisation=former, until=row.day)
    row.passed_at = now()
    row.save(update_fields=["passed_at", "day"])
    authorisations.pass_on(Register.objects.get(id=row.register_id))
    facts = {
        "controller": row.register.controller_oid,
        "from": str(former.id),
        "to": str(successor.id),
        "day": row.day.isoformat(),
    }
    for organisation in (former, successor):
        about = steps.about(organisation)
        ledger.record(ledger.Kind.REGISTER_PASSED, about, facts, actor=actor)
    return True


def _fresh(organisation_id: UUID) -> Organisation:
    return Organisation.objects.get(id=organisation_id)
