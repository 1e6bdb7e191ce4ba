"""The facts of a decision as rows say them, as of a moment: what was in force and known then."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.db.models.lookups import Exact

from archive.models import (
    AccessPolicy,
    AccessPolicyKind,
    Authorisation,
    AuthorisationLevel,
    DisclosurePermission,
    Informing,
    InformingEnd,
    Patient,
    Prohibition,
    ProhibitionEnd,
    ProhibitionScope,
    RegisterHolding,
    RegisterType,
    Sector,
)
from archive.models.dated import valid_on
from archive.rules.facts import Area, Ban, Grant, PersonFacts, Policies
from archive.statements import Worded
from archive.values import civil_day

# Who a row is about, as `person`: whoever was merged away counts as the survivor. (Row sets that
# carry it are QuerySet[Any]: the annotation is not in the model's type.)
PERSON = Coalesce("patient__survivor_id", "patient_id")


class Reach(NamedTuple):
    """What live authorisations of one level give in a register."""

    register_id: UUID
    level: str
    may_read: bool
    may_write: bool


Reached = Sequence[Reach]


def of_person(person_id: UUID) -> Q:
    """Rows about a person, under whichever of the person's ids."""
    return Q(patient_id=person_id) | Q(patient__survivor_id=person_id)


def of_persons(person_ids: Collection[UUID]) -> Q:
    """The same of several."""
    return Q(patient_id__in=person_ids) | Q(patient__survivor_id__in=person_ids)


def person_id(patient: Patient) -> UUID:
    """A merged-away id counts as its survivor."""
    return patient.survivor_id or patient.id


def ids_of(person_id: UUID) -> QuerySet[Patient]:
    """All ids of a person: the survivor, and what was merged into it."""
    return Patient.objects.filter(Q(id=person_id) | Q(survivor_id=person_id))


def _known(at: datetime) -> Q:
    return Q(effective_at__lte=at, recorded_at__lte=at)


def informings(at: datetime) -> QuerySet[Any]:
    """All that were known, save those recorded by mistake."""
    mistaken = InformingEnd.objects.filter(_known(at), informing=OuterRef("pk"))
    return Informing.objects.annotate(person=PERSON).filter(~Exists(mistaken), _known(at))


def permissions(at: datetime) -> QuerySet[Any]:
    """All that were known, the one that holds first."""
    rows = DisclosurePermission.objects.annotate(person=PERSON).filter(_known(at))
    return rows.order_by("-effective_at", "-recorded_at", "-id")


def prohibitions(at: datetime) -> QuerySet[Any]:
    """In force at that moment."""
    ended = ProhibitionEnd.objects.filter(_known(at), prohibition=OuterRef("pk"))
    return Prohibition.objects.annotate(person=PERSON).filter(
        ~Exists(ended),
        _known(at),
        Q(effective_until=None) | Q(effective_until__gt=at),
    )


def authorisations(producer_id: UUID, environment: str, at: datetime) -> QuerySet[Any]:
    """Live ones of a producer. Rights exist only while there is one."""
    day = civil_day(at)
    return Authorisation.objects.annotate(person=PERSON).filter(
        Q(closed_at=None) | Q(closed_at__gt=at),
        valid_on(day),
        producer_id=producer_id,
        environment=environment,
        granted_at__lte=at,
    )


def reached_registers(producer_id: UUID, environment: str, at: datetime) -> Reached:
    """Of its live authorisations, with whichever rights."""
    rows = _reaching().rows(
        producer_id=producer_id, environment=environment, at=at, day=civil_day(at)
    )
    return [Reach(*row) for row in rows]


@cache
def _reaching() -> Worded:
    """Asked for every question of every system: worded once."""

    def word(producer_id: UUID, environment: str, at: datetime, day: date) -> QuerySet[Any]:
        live = authorisations(producer_id, environment, at)
        return live.values_list(*Reach._fields).distinct()

    at = datetime(1900, 1, 1, 12, tzinfo=UTC)
    places = {"producer_id": UUID(int=0), "environment": "any", "at": at, "day": civil_day(at)}
    return Worded(word, places)


def writing(
    producer_id: UUID, environment: str, persons: Iterable[UUID], at: datetime
) -> QuerySet[Any]:
    """Live ones of a producer that let it write of these persons, of any at population level."""
    live = authorisations(producer_id, environment, at).filter(may_write=True)
    return live.filter(Q(patient=None) | Q(person__in=set(persons)))


def writing_by_its_document(
    producer_id: UUID, environment: str, persons: Iterable[UUID], at: datetime
) -> QuerySet[Any]:
    """The same by what the document says of that moment, whenever the archive came to know it."""
    day = civil_day(at)
    return Authorisation.objects.annotate(person=PERSON).filter(
        Q(closed_at=None) | Q(closed_at__gt=at),
        Q(patient=None) | Q(person__in=set(persons)),
        valid_on(day),
        producer_id=producer_id,
        environment=environment,
        made_at__lte=at,
        may_write=True,
    )


def controllers_at(registers: Mapping[UUID, UUID], at: datetime) -> dict[UUID, UUID]:
    """Who was controller of each register at a moment, given who is: the first of its former
    holders whose time was not over yet, else who is.
    """
    former = RegisterHolding.objects.filter(register__in=registers, until__gt=civil_day(at))
    then = dict(registers)
    for register_id, organisation_id in former.order_by("-until").values_list(
        "register_id", "organisation_id"
    ):
        then[register_id] = organisation_id
    return then


# --- as values ------------------------------------------------------------------------------------


def people(persons: Iterable[UUID], at: datetime) -> dict[UUID, PersonFacts]:
    """The state of each of these persons; five queries at most, however many they are."""
    wanted = set(persons)
    informed = set(informings(at).filter(person__in=wanted).values_list("person", flat=True))
    latest: dict[UUID, bool] = {}
    for person, given in permissions(at).filter(person__in=wanted).values_list("person", "given"):
        latest.setdefault(person, given)
    bans: dict[UUID, list[Ban]] = {}
    found = list(prohibitions(at).filter(person__in=wanted).order_by("effective_at", "id"))
    passed = _passed_from({row.provider_id for row in found if row.provider_id})
    for row in found:
        bans.setdefault(row.person, []).append(_ban(row, passed.get(row.provider_id, frozenset())))
    return {
        person: PersonFacts(
            informed=person in informed,
            permitted=latest.get(person, False),
            bans=tuple(bans.get(person, ())),
        )
        for person in wanted
    }


def _passed_from(providers: Collection[UUID]) -> dict[UUID, frozenset[str]]:
    """The controllers whose registers each of these held before they passed on."""
    if not providers:
        return {}
    rows = RegisterHolding.objects.filter(organisation__in=providers)
    found: dict[UUID, set[str]] = {}
    for provider, oid in rows.values_list("organisation_id", "register__controller_oid"):
        found.setdefault(provider, set()).add(oid)
    return {provider: frozenset(oids) for provider, oids in found.items()}


def _ban(row: Prohibition, held_before: frozenset[str]) -> Ban:
    return Ban(
        scope=row.scope,
        provider_id=row.provider_id,
        controller_oid=row.controller_oid,
        register_type=row.register_type,
        service_event=row.service_event,
        emergency_exception=row.emergency_exception,
        held_before=held_before,
    )


def grants(
    producer_id: UUID | None, environment: str, persons: Iterable[UUID], at: datetime
) -> tuple[Grant, ...]:
    """A producer's live authorisations that reach any of these persons, the oldest first."""
    if producer_id is None:
        return ()
    rows = authorisations(producer_id, environment, at)
    rows = rows.filter(Q(patient=None) | Q(person__in=set(persons)))
    return tuple(_grant(row) for row in rows.order_by("granted_at", "id"))


def _grant(row: Any) -> Grant:
    return Grant(row.id, row.register_id, row.person, row.may_read, row.may_write, row.series)


def policies(day: date) -> Policies:
    """The rules of access in force on a day."""
    rows = AccessPolicy.objects.filter(valid_on(day)).annotate(
        member_ids=ArrayAgg("members__id", filter=~Q(members=None), default=Value([]))
    )
    areas, roles = [], None
    for row in rows:
        if row.kind == AccessPolicyKind.AREA:
            areas.append(Area(frozenset(row.member_ids), row.informing_needed))
        elif row.kind == AccessPolicyKind.ROLE:
            roles = (roles or frozenset()) | frozenset(row.roles)
    return Policies(tuple(areas), roles)


def was_consent(day: date) -> bool:
    """Whether what a patient gave on that day is a consent, which counts as a permission."""
    return AccessPolicy.objects.filter(valid_on(day), kind=AccessPolicyKind.CONSENT).exists()


# --- as conditions on rows that carry `person` ----------------------------------------------------


def authorised(
    producer_id: UUID | None,
    environment: str,
    at: datetime,
    *,
    right: str = "may_read",
    reached: Reached | None = None,
) -> Q:
    """A live authorisation with that right reaches the row. Registers come first, since few have
    any; `reached`: they were read already.
    """
    if producer_id is None:
        return Q(pk__in=[])
    if reached is None:
        reached = reached_registers(producer_id, environment, at)
    whole: set[UUID] = set()
    personal: set[UUID] = set()
    for each in reached:
        if getattr(each, right):
            of_all = each.level == AuthorisationLevel.POPULATION
            (whole if of_all else personal).add(each.register_id)
    condition = Q(register_id__in=whole)
    if personal - whole:
        live = authorisations(producer_id, environment, at).filter(**{right: True})
        of_person = live.filter(register_id=OuterRef("register_id"), person=OuterRef("person"))
        condition |= Q(Exists(of_person), register_id__in=personal - whole)
    return condition


def begun(producer_id: UUID, environment: str, at: datetime, reached: Reached) -> Q:
    """Of studies: the producer stored the first of it, under an authorisation that is live."""
    writing = {each.register_id for each in reached if each.may_write}
    if not writing:
        return Q(pk__in=[])
    live = authorisations(producer_id, environment, at).filter(
        Q(patient=None) | Q(person=OuterRef("person")),
        may_write=True,
        register_id=OuterRef("register_id"),
        series=OuterRef("authorisation__series"),
    )
    return Q(Exists(live), register_id__in=writing, authorisation__producer_id=producer_id)


def beginnings(authorisations: Iterable[UUID]) -> dict[UUID, tuple[UUID | None, UUID]]:
    """Who produces under each of these, and the series that it is of."""
    rows = Authorisation.objects.filter(id__in=set(authorisations))
    return {
        row: (by, series) for row, by, series in rows.values_list("id", "producer_id", "series")
    }


def informed(at: datetime) -> Exists:
    return Exists(informings(at).filter(person=OuterRef("person")))


def permitted(at: datetime) -> Q:
    latest = permissions(at).filter(person=OuterRef("person")).values("given")[:1]
    return Q(Subquery(latest))


def banned(at: datetime, *, firm_only: bool = False) -> Exists:
    """A prohibition in force covers the row: `rules.facts.Ban.covers` in SQL."""
    rows = prohibitions(at).filter(person=OuterRef("person"))
    if firm_only:
        rows = rows.filter(emergency_exception=False)
    oid = "register__controller_oid"
    passed = RegisterHolding.objects.filter(
        register__controller_oid=OuterRef(OuterRef(oid)), organisation=OuterRef("provider")
    )
    of_provider = (
        Q(provider=OuterRef("register__organisation_id"))
        | Q(~Q(controller_oid=""), controller_oid=OuterRef(oid))
        | Q(Exists(passed))
    )
    of_type = Q(register_type=OuterRef("register__type"))
    of_event = Q(~Q(service_event=""), service_event=OuterRef("service_event"))
    occupational = Q(Exact(OuterRef("register__type"), Value(RegisterType.OCCUPATIONAL.value)))
    sector = OuterRef("register__organisation__sector")
    of_private = Q(Exact(sector, Value(Sector.PRIVATE.value)))
    scope = ProhibitionScope
    return Exists(
        rows.filter(
            Q(scope=scope.EVERYTHING)
            | Q(of_event, scope=scope.SERVICE_EVENT)
            | Q(of_provider, scope=scope.PROVIDER)
            | Q(of_provider, of_type, scope=scope.REGISTER)
            | Q(
                occupational,
                Q(of_private, provider=None) | Q(~Q(provider=None), of_provider),
                scope=scope.PRIVATE_OCCUPATIONAL,
            )
            | ~Q(scope__in=scope.values)
        )
    )
