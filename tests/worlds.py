"""Generated worlds of access: who keeps what of whom, what was said and agreed, and who asks."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from archive.actors import Actor, ActorKind, Citizen, Requester
from archive.models import (
    AccessPolicy,
    Authorisation,
    DisclosurePermission,
    Document,
    Informing,
    Instance,
    Organisation,
    Patient,
    Prohibition,
    ProhibitionEnd,
    Register,
    Study,
)
from archive.values import uid_from_uuid, uuid7
from tests import builders, cast
from tests.cast import ESIMERKKILA, MALLILA, MATTI, RONTGEN, VENLA

NOON = datetime.fromisoformat("2026-11-26T10:00:00+00:00")
EVENTS = ("", "1.2.246.10.90000003.14.2026.1", "1.2.246.10.90000003.14.2026.2")
OWNERS = (ESIMERKKILA, MALLILA, RONTGEN)
REGISTER_KINDS = (("2", ""), ("4", "1.2.246.10.90000046"))
KINDS = ("request", "study-entry", "report", "manifest", "other")
moments = st.sampled_from([NOON - timedelta(days=days) for days in (400, 30, 2)])
later = st.sampled_from([NOON + timedelta(days=1)])
patients = st.sampled_from((0, 1, 2))  # Matti, Venla, and an id merged into Matti's
owners = st.sampled_from(OWNERS)


def statement(at: Any = moments) -> dict[str, Any]:
    return {"patient": patients, "effective_at": st.one_of(at, later), "recorded_at": moments}


informings = st.fixed_dictionaries(statement())
permissions = st.fixed_dictionaries({**statement(), "given": st.booleans()})
bans = st.fixed_dictionaries(
    {
        **statement(),
        "scope": st.sampled_from(
            ("service_event", "provider", "register", "private_occupational", "everything")
        ),
        "provider": owners,
        "named": st.booleans(),  # of private occupational: with a provider
        "by_oid": st.booleans(),  # the controller's identifier only fits
        "register_type": st.sampled_from(("2", "4")),
        "service_event": st.sampled_from(EVENTS[1:]),
        "emergency_exception": st.booleans(),
        "ended": st.sampled_from(("", "past", "later")),
        "effective_until": st.sampled_from(
            (None, NOON - timedelta(hours=1), NOON + timedelta(hours=1))
        ),
    }
)
authorisations = st.fixed_dictionaries(
    {
        "organiser": owners,
        "producer": st.one_of(st.none(), owners),
        "register": st.sampled_from((0, 1)),
        "patient": st.one_of(st.none(), patients),
        "environment": st.sampled_from(("production", "production", "test")),
        "may_read": st.booleans(),
        "may_write": st.booleans(),
        "before": st.one_of(st.none(), owners),  # producer of an earlier version of it
        "granted": st.sampled_from(("no", "past", "later")),
        "closed": st.sampled_from(("", "past", "later")),
        "until": st.sampled_from((None, -1, 0, 30)),
        "starts": st.sampled_from((-300, 0, 1)),
    }
)
areas = st.fixed_dictionaries(
    {
        "members": st.sets(owners, max_size=3),
        "informing_needed": st.booleans(),
        "starts": st.sampled_from((-100, 0, 1)),
        "until": st.sampled_from((None, -1, 0)),
    }
)
role_rows = st.fixed_dictionaries({"roles": st.sets(st.sampled_from(("physician", "nurse")))})
numbers = st.integers(0, 17)
requesters = st.fixed_dictionaries(
    {
        "purpose": st.sampled_from(("treatment", "emergency", "research")),
        "role": st.sampled_from(("physician", "clerk")),
        "care_relation": st.sampled_from(("", "1.2.3")),
        "patient": st.one_of(st.none(), patients),
        "register": st.one_of(st.none(), st.sampled_from((0, 1))),
    }
)


@dataclass(frozen=True)
class Recipe:
    """A world as data, small enough that a failing one can be read."""

    informings: list[dict[str, Any]] = field(default_factory=list)
    permissions: list[dict[str, Any]] = field(default_factory=list)
    bans: list[dict[str, Any]] = field(default_factory=list)
    authorisations: list[dict[str, Any]] = field(default_factory=list)
    areas: list[dict[str, Any]] = field(default_factory=list)
    roles: list[dict[str, Any]] = field(default_factory=list)
    corrected: set[int] = field(default_factory=set)  # studies, by their number
    rejected: dict[int, str] = field(default_factory=dict)  # objects, and by which title
    replaced: set[int] = field(default_factory=set)  # documents
    # Studies that a producer has begun: under which authorisation, and which version of it.
    begun: dict[int, tuple[int, int]] = field(default_factory=dict)
    asker: str = ESIMERKKILA
    requester: dict[str, Any] | None = None


recipes = st.builds(
    Recipe,
    st.lists(informings, max_size=2),
    st.lists(permissions, max_size=3),
    st.lists(bans, max_size=3),
    st.lists(authorisations, max_size=3),
    st.lists(areas, max_size=2),
    st.lists(role_rows, max_size=1),
    st.sets(numbers, max_size=6),
    st.dictionaries(numbers, st.sampled_from(("113001", "113037", "113038", "113039"))),
    st.sets(numbers, max_size=18),
    st.dictionaries(numbers, st.tuples(st.integers(0, 2), st.integers(0, 1)), max_size=12),
    owners,
    st.one_of(st.none(), requesters),
)


class World:
    """The rows of a recipe, over a fixed set of studies and documents."""

    def __init__(self) -> None:
        self.people = [
            builders.patient(MATTI),
            builders.patient(VENLA),
            Patient.objects.create(
                environment="production",
                identifier="OLD-1",
                issuer="1.2.246.10.90000003.22.2026",
                survivor=builders.patient(MATTI),
            ),
        ]
        self.registers = {owner: self._registers(owner) for owner in OWNERS}
        self.studies: list[Study] = []
        self.documents: list[Document] = []
        for owner in OWNERS:
            for register in self.registers[owner]:
                for number, patient in enumerate(self.people):
                    self._fill(owner, register, patient, EVENTS[number])
        self.studies[0].state = "destroyed"
        self.studies[0].save()
        self._fill(ESIMERKKILA, self.registers[ESIMERKKILA][0], self.people[0], "", "test")

    def _registers(self, owner: str) -> list[Register]:
        default = Register.objects.get(organisation__business_id=owner, is_default=True)
        second, _ = Register.objects.get_or_create(
            organisation=default.organisation,
            controller_oid=default.controller_oid,
            type=REGISTER_KINDS[1][0],
            specifier=REGISTER_KINDS[1][1],
        )
        return [default, second]

    def _fill(
        self,
        owner: str,
        register: Register,
        patient: Patient,
        event: str,
        environment: str = "production",
    ) -> None:
        study = builders.study(
            owner, environment=environment, register=register, patient=patient, service_event=event
        )
        self.studies.append(study)
        builders.series(study, objects=1)
        for kind in KINDS:
            self.documents.append(
                Document.objects.create(
                    environment=environment,
                    entry_uuid=uuid7().urn,
                    unique_id=uid_from_uuid(),
                    kind=kind,
                    patient=patient,
                    register=register,
                    study=study if kind == "manifest" else None,
                    service_event=event,
                    repository_unique_id="1.2.3",
                    mime_type="text/xml",
                    hash="00" * 20,
                    registered_at=NOON,
                )
            )

    def build(self, recipe: Recipe) -> Actor:
        """Write the recipe's rows; who asks."""
        for row in recipe.informings:
            Informing.objects.create(**self._said(row))
        for row in recipe.permissions:
            DisclosurePermission.objects.create(**self._said(row), given=row["given"])
        for row in recipe.bans:
            self._ban(row)
        self._begin(recipe.begun, [self._authorise(row) for row in recipe.authorisations])
        for row in recipe.areas:
            self._policy("area", row).members.set(
                cast.organisation(member) for member in row["members"]
            )
        self._correct(recipe)
        for row in recipe.roles:
            self._policy("role", {"starts": 0, "until": None}, roles=sorted(row["roles"]))
        return self._asker(recipe)

    def _correct(self, recipe: Recipe) -> None:
        studies = [self.studies[number].id for number in recipe.corrected]
        # What is destroyed stays so.
        whole = Study.objects.filter(id__in=studies).exclude(state="destroyed")
        whole.update(state="corrected")
        for number, title in recipe.rejected.items():
            Instance.objects.filter(study=self.studies[number]).update(rejection=title)
        # One of each study's, of all kinds.
        documents = [self.documents[number * 5 + number % 5].id for number in recipe.replaced]
        Document.objects.filter(id__in=documents).update(status="deprecated")

    def _said(self, row: dict[str, Any]) -> dict[str, Any]:
        return {
            "patient": self.people[row["patient"]],
            "effective_at": row["effective_at"],
            "recorded_at": row["recorded_at"],
            "source": "citizen",
            "recorded_by": "world",
        }

    def _ban(self, row: dict[str, Any]) -> None:
        scope = row["scope"]
        names_provider = scope in ("provider", "register") or (
            scope == "private_occupational" and row["named"]
        )
        provider = cast.organisation(row["provider"]) if names_provider else None
        oid = self.registers[row["provider"]][0].controller_oid
        if provider is not None and row["by_oid"]:
            provider = cast.organisation("0246246-0")  # not the controller any more
        made = Prohibition.objects.create(
            **self._said(row),
            scope=scope,
            provider=provider,
            controller_oid=oid if names_provider else "",
            register_type=row["register_type"] if scope == "register" else "",
            service_event=row["service_event"] if scope == "service_event" else "",
            emergency_exception=row["emergency_exception"],
            effective_until=row["effective_until"],
        )
        if row["ended"]:
            at = NOON - timedelta(hours=2) if row["ended"] == "past" else NOON + timedelta(days=2)
            said = {**self._said(row), "effective_at": at, "recorded_at": NOON - timedelta(hours=2)}
            ProhibitionEnd.objects.create(**said, prohibition=made)

    def _begin(
        self, begun: dict[int, tuple[int, int]], made: list[tuple[Authorisation, Authorisation]]
    ) -> None:
        for number, (which, version) in begun.items():
            if which < len(made):
                study = Study.objects.filter(id=self.studies[number].id)
                study.update(authorisation=made[which][version])

    def _authorise(self, row: dict[str, Any]) -> tuple[Authorisation, Authorisation]:
        """The newest version, and one before it if there is any."""
        moment = {"past": NOON - timedelta(days=1), "later": NOON + timedelta(days=1)}
        producer = cast.organisation(row["producer"]) if row["producer"] else None
        granted = moment.get(row["granted"]) if producer else None
        closed = moment.get(row["closed"])
        until = row["until"]
        made = Authorisation.objects.create(
            environment=row["environment"],
            series=uuid7(),
            version=2,
            document_oid=uid_from_uuid(),
            level="population" if row["patient"] is None else "patient",
            state="revoked" if closed else "granted" if granted else "without_producer",
            organiser=cast.organisation(row["organiser"]),
            register=self.registers[row["organiser"]][row["register"]],
            producer=producer,
            patient=None if row["patient"] is None else self.people[row["patient"]],
            valid_from=(NOON + timedelta(days=row["starts"])).date(),
            valid_until=None if until is None else (NOON + timedelta(days=until)).date(),
            may_read=row["may_read"],
            may_write=row["may_write"],
            made_by="world",
            made_at=NOON - timedelta(days=3),
            granted_at=granted,
            closed_at=closed,
        )
        if row["before"] is None:
            return made, made
        return made, self._version_before(made, cast.organisation(row["before"]))

    def _version_before(self, made: Authorisation, producer: Organisation) -> Authorisation:
        values = {each.attname: getattr(made, each.attname) for each in made._meta.concrete_fields}
        ended = NOON - timedelta(days=2)
        return Authorisation.objects.create(
            **{
                **values,
                "id": uuid7(),
                "version": 1,
                "producer_id": producer.id,
                "state": "declined",
                "granted_at": made.made_at,
                "closed_at": ended,
            }
        )

    def _policy(self, kind: str, row: dict[str, Any], **columns: Any) -> AccessPolicy:
        until = row["until"]
        return AccessPolicy.objects.create(
            kind=kind,
            valid_from=(NOON + timedelta(days=row["starts"])).date(),
            valid_until=None if until is None else (NOON + timedelta(days=until)).date(),
            informing_needed=row.get("informing_needed", True),
            source="world",
            **columns,
        )

    def _asker(self, recipe: Recipe) -> Actor:
        organisation = cast.organisation(recipe.asker)
        given = recipe.requester
        requester = None
        if given is not None:
            kind, specifier = REGISTER_KINDS[given["register"] or 0]
            patient = None if given["patient"] is None else self.people[given["patient"]]
            requester = Requester(
                "professional-1",
                role=given["role"],
                purpose=given["purpose"],
                care_relation=given["care_relation"],
                patient_id=patient and (patient.survivor_id or patient.id),
                register_type="" if given["register"] is None else kind,
                register_specifier="" if given["register"] is None else specifier,
            )
        return Actor(
            ActorKind.CONNECTION,
            "system",
            uuid7(),
            organisation.id,
            environment="production",
            requester=requester,
        )

    def citizens(self) -> list[Actor]:
        return [
            Actor(
                ActorKind.CITIZEN,
                "citizen",
                environment="production",
                citizen=Citizen(person.id, ground),
            )
            for person in self.people[:2]
            for ground in ("", "guardian")
        ]
