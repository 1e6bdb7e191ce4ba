"""Rollout tests: who may see which runs, and what the last passed one covered (ON-4)."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet

from archive.actors import Actor, ActorKind
from archive.errors import NotFound
from archive.models import (
    Connection,
    ConnectionKind,
    ContentPolicy,
    Environment,
    Membership,
    Organisation,
)
from archive.models.dated import valid_on
from archive.queries.keyset import Key, moment
from archive.values import today
from onboarding.models import (
    ActivityRole,
    CertifiedSystem,
    Joining,
    RolloutRun,
    RolloutStep,
    RunState,
    StepState,
)
from onboarding.rules import rollout
from onboarding.rules.observations import Means
from onboarding.rules.rollout import Covered, Due, StepKind
from onboarding.rules.sightings import SIGHTINGS
from onboarding.rules.verdicts import ACTIVE, is_asked, is_of_use

NEWEST = (Key("started_at", moment, True), Key("id", UUID, True))
NOT_COVERED = (StepState.INACTIVE, StepState.NOT_ASKED)


def visible_organisations(actor: Actor) -> QuerySet[Organisation]:
    """All customers for the staff, one's own for a customer's person, nobody's for others."""
    rows = Organisation.objects.filter(is_operator=False)
    if actor.kind == ActorKind.STAFF:
        return rows
    if actor.kind != ActorKind.CUSTOMER or actor.id is None:
        return rows.none()
    own = Membership.objects.filter(user_id=actor.id).values("organisation_id")
    return rows.filter(id__in=own)


def running(organisations: Iterable[Organisation]) -> list[RolloutRun]:
    """The open runs of them, at most one each."""
    rows = RolloutRun.objects.filter(state=RunState.RUNNING, organisation__in=list(organisations))
    return list(rows.select_related("organisation").order_by("organisation_id"))


def runs(actor: Actor, organisation_id: UUID | None = None) -> QuerySet[RolloutRun]:
    """Of all the customers that the actor may see, or of one of them."""
    rows = RolloutRun.objects.filter(organisation__in=visible_organisations(actor))
    if organisation_id is not None:
        rows = rows.filter(organisation_id=organisation_id)
    return rows.select_related("organisation")


def run(actor: Actor, run_id: UUID) -> RolloutRun:
    """Raises NotFound, for a foreign one too."""
    rows = RolloutRun.objects.filter(organisation__in=visible_organisations(actor))
    found = rows.select_related("organisation").filter(id=run_id).first()
    if found is None:
        raise NotFound()
    return found


def steps(of: RolloutRun) -> list[RolloutStep]:
    return list(RolloutStep.objects.filter(run=of).order_by("place"))


def content_names(codes: Iterable[str]) -> dict[str, ContentPolicy]:
    """The newest row of each content type; its names in three languages."""
    rows = ContentPolicy.objects.filter(content_type__in=list(codes)).order_by("allowed_from")
    return {row.content_type: row for row in rows}


def own_test_connections(organisation: Organisation) -> list[Connection]:
    """Those with which the customer may come today."""
    rows = Connection.objects.filter(
        valid_on(today()), organisation=organisation, environment=Environment.TEST
    )
    return list(rows.order_by("kind", "aet", "xds_user"))


def wants_notices(connections: Iterable[Connection]) -> bool:
    return any(each.kind == ConnectionKind.DICOM and each.ian_on for each in connections)


def means_of(connections: Iterable[Connection]) -> frozenset[Means]:
    return frozenset(
        Means(each.kind, each.xds_role, each.may_store, each.may_fetch) for each in connections
    )


def stores(road: Joining | None, means: frozenset[Means]) -> bool:
    """Whether storing is to be shown: a test system may, or the customer has said that it
    produces images or archives contents.
    """
    if any(each.kind == ConnectionKind.DICOM and each.may_store for each in means):
        return True
    return road is not None and bool(road.content_types or ActivityRole.PRODUCES in road.roles)


# --- what has been shown --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Standing:
    """What a customer's last passed run covered, and why a new one is due."""

    last_passed: RolloutRun | None
    covered: Covered | None
    due: tuple[Due, ...]


def standing(organisation: Organisation) -> Standing:
    passed = RolloutRun.objects.filter(organisation=organisation, state=RunState.PASSED)
    last = passed.order_by("-number").first()
    covered = _covered(last) if last else None
    return Standing(last, covered, rollout.due(covered, _present(organisation)))


def _covered(last: RolloutRun) -> Covered:
    passed = [each for each in steps(last) if each.state not in NOT_COVERED]
    return Covered(
        frozenset((each["product"], each["version"]) for each in last.systems),
        frozenset(each.content_type for each in passed if each.content_type),
        frozenset(each.kind for each in passed),
    )


def _present(organisation: Organisation) -> Covered:
    road = Joining.objects.filter(organisation=organisation).first()
    asked = road.content_types if road else []
    connections = own_test_connections(organisation)
    kinds = set(ACTIVE)
    if not wants_notices(connections):
        kinds.discard(StepKind.NOTICE)
    means = means_of(connections)
    shown = stores(road, means)
    kinds = {kind for kind in kinds if is_of_use(kind, means, stores=shown)}
    kinds -= {kind for kind, each in SIGHTINGS.items() if not is_asked(each, means)}
    return Covered(
        frozenset((each["product"], each["version"]) for each in systems(organisation)),
        frozenset(archived_today(asked)),
        frozenset(kinds),
    )


def systems(organisation: Organisation) -> list[dict[str, str]]:
    """Product and version of each, as a run keeps them."""
    rows = CertifiedSystem.objects.filter(organisation=organisation, taken_off_at=None)
    rows = rows.order_by("product", "version")
    return [{"product": row.product, "version": row.version} for row in rows]


def archived_today(content_types: Iterable[str]) -> dict[str, list[ContentPolicy]]:
    """Of these the ones that may be archived today, with their rows."""
    day = today()
    found: dict[str, list[ContentPolicy]] = {}
    rows = ContentPolicy.objects.filter(content_type__in=list(content_types), allowed_from__lte=day)
    for row in rows:
        if row.sop_classes and (row.allowed_until is None or day <= row.allowed_until):
            found.setdefault(row.content_type, []).append(row)
    return found
