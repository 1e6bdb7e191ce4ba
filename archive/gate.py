"""The only way to decide access: require(...) for one object, visible(...) for a queryset.

Both follow `rules.access.decide`; a property test holds them equal. Facts are read anew for each
question, so what a patient says holds from that second on, on every process.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Protocol, TypeVar, cast
from uuid import UUID

from django.db.models import Model, Q, QuerySet

from archive.actors import Actor, ActorKind
from archive.errors import NotFound
from archive.models import (
    STAFF_ROLES,
    Authorisation,
    Document,
    DocumentStatus,
    Instance,
    Membership,
    Organisation,
    Patient,
    Register,
    RegisterType,
    Sector,
    Study,
    StudyState,
)
from archive.queries import authorisations, corrected, standing
from archive.queries.standing import Reached
from archive.rules import access
from archive.rules.access import CORRECTORS, SEERS, Action, Decision, Facts, decide
from archive.rules.facts import IMAGES, Corrected, Policies, Subject
from archive.values import civil_day, now


class _Registered(Protocol):
    id: UUID
    organisation_id: UUID
    type: str
    specifier: str
    controller_oid: str


class InRegister(Protocol):
    """A study or a document: it stands in one register of one environment, and is somebody's."""

    id: UUID
    environment: str
    service_event: str

    @property
    def register(self) -> _Registered: ...

    @property
    def patient(self) -> Patient: ...


Item = InRegister | Instance  # an object is where its study is
M = TypeVar("M", bound=Model)
SYSTEMS = (Action.QUERY, Action.RETURN)


def ask(actor: Actor, action: Action, item: Item, *, at: datetime | None = None) -> Decision:
    """The decision itself, for a screen that explains it, also of a past moment."""
    return decisions(actor, action, [item], at=at)[0]


def decisions(
    actor: Actor, action: Action, items: Sequence[Item], *, at: datetime | None = None
) -> list[Decision]:
    """One for each, in their order; the facts are read once. Of a past moment studies and documents
    may be asked about.
    """
    moment = at or now()
    places = [_place(item) for item in items]
    held = {place.register.id: place.register.organisation_id for place in places}
    if at is None:
        states = [corrected.is_now(item) for item in items]
    else:
        held = standing.controllers_at(held, at)
        then = corrected.as_of(items, at)
        states = [then.get(item.id, Corrected.NOT) for item in items]
    begun = _begun(actor, action, places)
    private = _private(places, held)
    subjects = [
        replace(
            _subject(place, held[place.register.id]),
            corrected=state,
            controller_is_private=held[place.register.id] in private,
            **begun.get(place.id, {}),
        )
        for place, state in zip(places, states, strict=True)
    ]
    facts = _facts(actor, {subject.person_id for subject in subjects}, moment)
    return [
        decide(actor, action, subject, facts.get(subject.person_id, access.NO_FACTS))
        for subject in subjects
    ]


def is_own(actor: Actor, item: InRegister) -> bool:
    """Whether it stands in the register that the asker works for: then nothing is disclosed."""
    return access.is_own_register(actor, _subject(item, item.register.organisation_id))


def require(actor: Actor, action: Action, item: InRegister) -> Decision:
    """Raises NotFound, worded as for what is not there: a refusal confirms no existence."""
    decision = ask(actor, action, item)
    if not decision.allowed:
        raise NotFound()
    return decision


def require_person(actor: Actor) -> Decision:
    """For what a person has said, which is kept beside the registers. Raises NotFound."""
    decision = access.of_person(actor)
    if not decision.allowed:
        raise NotFound()
    return decision


def _place(item: Item) -> InRegister:
    """What stands in the register."""
    return cast(InRegister, item.study) if isinstance(item, Instance) else item


def _subject(item: InRegister, controller_id: UUID) -> Subject:
    """What `decide` looks at of a study or a document, beside what became of it by correction."""
    register = item.register
    return Subject(
        environment=item.environment,
        controller_id=controller_id,
        register_id=register.id,
        register_type=register.type,
        register_specifier=register.specifier,
        controller_oid=register.controller_oid,
        person_id=standing.person_id(item.patient),
        service_event=item.service_event,
        content=item.kind if isinstance(item, Document) else IMAGES,
        destroyed=_is_destroyed(item),
    )


def _begun(actor: Actor, action: Action, places: Sequence[InRegister]) -> dict[UUID, Any]:
    """Of what may go back to a customer's system: who has begun it for its controller."""
    if actor.kind != ActorKind.CONNECTION or action != Action.RETURN:
        return {}
    by = {each.id: each.authorisation_id for each in places if isinstance(each, Study)}
    known = standing.beginnings(row for row in by.values() if row is not None)
    return {
        study_id: dict(zip(("begun_by", "begun_under"), known[row], strict=True))
        for study_id, row in by.items()
        if row is not None
    }


def _private(places: Sequence[InRegister], held: Mapping[UUID, UUID]) -> set[UUID]:
    """Which controllers of occupational registers are private: of no other is it asked."""
    kind = RegisterType.OCCUPATIONAL
    owners = {held[each.register.id] for each in places if each.register.type == kind}
    if not owners:
        return set()
    rows = Organisation.objects.filter(id__in=owners, sector=Sector.PRIVATE)
    return set(rows.values_list("id", flat=True))


def _is_destroyed(item: InRegister) -> bool:
    """Of a manifest: whether its images are."""
    study = item.study if isinstance(item, Document) else item
    return isinstance(study, Study) and study.state == StudyState.DESTROYED


def _facts(actor: Actor, persons: set[UUID], at: datetime) -> dict[UUID, Facts]:
    """Only a customer's system is judged by more than what it asks for."""
    if actor.kind != ActorKind.CONNECTION:
        return {}
    people = standing.people(persons, at)
    grants = standing.grants(actor.organisation_id, actor.environment, persons, at)
    policies = standing.policies(civil_day(at))
    return {person: Facts(people[person], grants, policies) for person in persons}


# --- authorisations -------------------------------------------------------------------------------


def concerning(rows: QuerySet[Authorisation], actor: Actor) -> QuerySet[Authorisation]:
    """Those that the actor is a party of: what its organisation has ordered, or was granted. All
    for the staff, of whom none is.
    """
    match actor.kind:
        case ActorKind.SYSTEM:
            return rows
        case ActorKind.STAFF:
            return rows if actor.roles & STAFF_ROLES else rows.none()
        case ActorKind.CONNECTION:
            own = _party_of([actor.organisation_id])
            return rows.filter(own, environment=actor.environment)
        case ActorKind.CUSTOMER:
            if actor.id is None:
                return rows.none()
            held = Membership.objects.filter(user_id=actor.id).exclude(role__in=STAFF_ROLES)
            return rows.filter(_party_of(list(held.values_list("organisation_id", flat=True))))
        case ActorKind.CITIZEN:
            return rows.none()


def _party_of(organisations: Sequence[UUID | None]) -> Q:
    return Q(organiser_id__in=organisations) | Q(producer_id__in=organisations)


def knows_patient(actor: Actor, row: Authorisation) -> bool:
    """Whether the actor is shown whose an authorisation is: it is the parties' own patient; the
    staff need their right and a reason.
    """
    if row.patient is None:
        return False
    if actor.kind == ActorKind.STAFF:
        asked = _subject(cast(InRegister, row), row.register.organisation_id)
        return decide(actor, Action.SEE_PATIENT, asked).allowed
    own = authorisations.organisations_of(actor)
    return row.organiser_id in own or row.producer_id in own


def searched(rows: QuerySet[Authorisation], actor: Actor) -> QuerySet[Authorisation]:
    """Those among which a patient may be looked for: whose patients the actor is shown, which a
    technician of a party is not.
    """
    found = concerning(rows, actor)
    if actor.kind != ActorKind.CUSTOMER:
        return found
    return found.filter(_party_of(list(authorisations.organisations_of(actor))))


def reached_by(actor: Actor) -> Reached:
    """The registers of others that authorisations open to a customer's system: for `reach`,
    `sees_its_own_alone` and `visible` of one question, which else read them each.
    """
    if actor.organisation_id is None:
        return ()
    return standing.reached_registers(actor.organisation_id, actor.environment, now())


def reach(actor: Actor, reached: Reached) -> list[UUID]:
    """The registers out of which anything may be returned to a customer's system, few or many rows
    of each: where an index can begin. What may be is `visible`'s to say.
    """
    if actor.organisation_id is None:
        return []
    own = Register.objects.filter(organisation_id=actor.organisation_id)
    return [*own.values_list("id", flat=True), *{each.register_id for each in reached}]


def sees_its_own_alone(actor: Actor, reached: Reached) -> bool:
    """Whether a customer's system that nobody is named behind is returned what stands in its
    organisation's registers and nothing else: then `visible` says the same of any two of them.
    """
    if actor.kind != ActorKind.CONNECTION or actor.requester or actor.organisation_id is None:
        return False
    return not reached


# --- in SQL ---------------------------------------------------------------------------------------


def visible(
    rows: QuerySet[M],
    actor: Actor,
    action: Action = Action.QUERY,
    *,
    reached: Reached | None = None,
) -> QuerySet[M]:
    """The rows of studies or documents that `decide` allows, narrowed in SQL."""
    match actor.kind:
        case ActorKind.SYSTEM:
            return rows
        case ActorKind.CONNECTION:
            return _of_system(rows, actor, action, reached) if action in SYSTEMS else rows.none()
        case ActorKind.STAFF:
            roles = actor.roles & STAFF_ROLES
            seer = bool(roles & SEERS) and (action != Action.SEE_PATIENT or bool(actor.reason))
            if action == Action.CORRECT:
                seer = bool(roles & CORRECTORS)
            return rows if seer or (action == Action.SEE_STUDY and roles) else rows.none()
        case ActorKind.CITIZEN:
            return _of_citizen(rows, actor, action)
        case ActorKind.CUSTOMER:
            return rows.none()


def _of_system(
    rows: QuerySet[M], actor: Actor, action: Action, reached: Reached | None
) -> QuerySet[M]:
    at = now()
    asker = actor.requester
    found = rows.filter(environment=actor.environment).exclude(_out_of_use(rows))
    found = _with_person(found)
    if asker is not None and asker.patient_id is not None:
        found = found.filter(person=asker.patient_id)
    if reached is None:
        reached = reached_by(actor)
    producer, environment = actor.organisation_id, actor.environment
    open_to = _own(actor) | standing.authorised(producer, environment, at, reached=reached)
    if action == Action.RETURN and rows.model is Study and producer is not None:
        open_to = open_to | standing.begun(producer, environment, at, reached)
    if action == Action.QUERY:
        policies = standing.policies(civil_day(at))
        disclosed = _disclosed(actor, policies, at)
        open_to = open_to | disclosed if disclosed is not None else open_to
    return found.filter(open_to)


def _out_of_use(rows: QuerySet[M]) -> Q:
    """Of studies and documents. Single objects: `Instance.objects.available`."""
    if rows.model is Study:
        return Q(state__in=(StudyState.CORRECTED, StudyState.DESTROYED))
    return Q(study__state=StudyState.DESTROYED)


def _own(actor: Actor) -> Q:
    own = Q(register__organisation_id=actor.organisation_id)
    asker = actor.requester
    if asker is not None and asker.register_type:
        kind, specifier = access.own_register_named(asker)
        own &= Q(register__type=kind, register__specifier=specifier)
    return own


def _disclosed(actor: Actor, policies: Policies, at: datetime) -> Q | None:
    """From other controllers' registers; None when the assertion itself bars that."""
    if access.bar_of(actor.requester, policies):
        return None
    if access.is_emergency(actor.requester):
        return ~Q(standing.banned(at, firm_only=True))
    informed, permitted = Q(standing.informed(at)), standing.permitted(at)
    permission = informed & permitted
    for area in policies.areas:
        if actor.organisation_id in area.members:
            within = Q(register__organisation_id__in=area.members)
            permission |= within & informed if area.informing_needed else within
    return permission & ~Q(standing.banned(at))


def _of_citizen(rows: QuerySet[M], actor: Actor, action: Action) -> QuerySet[M]:
    if actor.citizen is None or actor.citizen.person_id is None:
        return rows.none()
    if action != Action.QUERY or rows.model is not Document:
        return rows.none()
    found = rows.filter(
        environment=actor.environment,
        kind__in=access.CITIZENS_KINDS,
        status=DocumentStatus.APPROVED,
    )
    return _with_person(found).filter(person=actor.citizen.person_id)


def _with_person(rows: QuerySet[M]) -> QuerySet[M]:
    return cast(QuerySet[M], rows.annotate(person=standing.PERSON))
