"""Which patient ids may be merged, by whom, and what a merge is (HL-1).

A merge is a link from the retired id to the surviving one; a person is a tree of such links. Links
are made and taken away, never rewritten, so that undoing one restores what was before it.
"""

from collections.abc import Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from archive.errors import EnvironmentMismatch, RealPatientRequired
from archive.errors.persons import (
    MergeCircular,
    MergedElsewhere,
    MergeInverse,
    MergeSelf,
    MergeUnauthorised,
    OfficialIdRetired,
    PatientIdForeign,
)
from archive.models import Environment, Role
from archive.values import HETU_ROOT, ORGANISATION_ROOT, PatientIdentifier, PersonId, dicom_date

Id = TypeVar("Id", bound=Hashable)

NO_YEARS = (1, 1900)  # of systems that know no day of birth
MERGERS = frozenset({Role.ARCHIVIST, Role.ADMIN})  # of the staff


@dataclass(frozen=True, slots=True)
class Standing:
    """An id as it stands towards who asks: whose material there is under it."""

    identifier: PatientIdentifier
    own_material: bool = False
    others_material: bool = False


@dataclass(frozen=True, slots=True)
class Party:
    """Who asks. `arcs` are the organisation arcs under which it issues temporary ids: its own, and
    those of the predecessors whose registers it holds. The archivist answers for everybody.
    """

    arcs: frozenset[str] = frozenset()
    is_archivist: bool = False


def is_official(identifier: PatientIdentifier) -> bool:
    return identifier.issuer == HETU_ROOT


def arc_of(oid: str) -> str:
    """The organisation's arc that an OID lies under: 1.2.246.10.Y, or nothing."""
    depth = ORGANISATION_ROOT.count(".") + 1
    parts = oid.split(".")
    under = oid.startswith(f"{ORGANISATION_ROOT}.") and len(parts) > depth
    return ".".join(parts[: depth + 1]) if under else ""


def require_environment(
    identifier: PatientIdentifier, environment: str, *, takes_test_patients: bool
) -> None:
    """Each environment has its own people. Raises EnvironmentMismatch, RealPatientRequired."""
    if environment == Environment.TEST and not identifier.is_test:
        raise EnvironmentMismatch()
    if environment == Environment.PRODUCTION and identifier.is_test and not takes_test_patients:
        raise RealPatientRequired()


def arcs_of(controller_oids: Iterable[str]) -> frozenset[str]:
    return frozenset(filter(None, map(arc_of, controller_oids)))


def require_own_issuer(identifier: PatientIdentifier, arcs: Collection[str]) -> None:
    """Each organisation answers for its own temporary ids only. Raises PatientIdForeign."""
    if not is_official(identifier) and arc_of(identifier.issuer) not in arcs:
        raise PatientIdForeign()


def contradicts_code(identifier: PatientIdentifier, birth: str) -> bool:
    """Whether a day of birth is another than a personal identity code says. What systems send that
    know no day, or only the year, contradicts nothing.
    """
    told = dicom_date(birth)
    if told is None or not is_official(identifier):
        return False
    born = PersonId(identifier.value).birth_date
    if (told.month, told.day) == (1, 1) and told.year in (*NO_YEARS, born.year):
        return False
    return told != born


def may_update(standing: Standing, party: Party) -> bool:
    """Whose patient it is: by material of the person, or by a temporary id of one's own while
    nobody else has material of it.
    """
    own = _issued_by(standing.identifier, party) and not standing.others_material
    return party.is_archivist or standing.own_material or own


def require_merge(retired: Standing, survivor: PatientIdentifier, party: Party) -> None:
    """What a national archive must forbid a sender, whatever the archive knows of the ids.

    A temporary id is retired by its issuer. A personal identity code is national: it is retired
    only by who has material under it while nobody else has, since more would move another's
    material; what goes further is the archivist's. Raises MergeSelf, OfficialIdRetired,
    MergeUnauthorised.
    """
    if retired.identifier == survivor:
        raise MergeSelf()
    if is_official(retired.identifier) and not is_official(survivor):
        raise OfficialIdRetired()
    if party.is_archivist:
        return
    own_survivor = is_official(survivor) or arc_of(survivor.issuer) in party.arcs
    if is_official(retired.identifier):
        own_retired = retired.own_material and not retired.others_material
    else:
        own_retired = _issued_by(retired.identifier, party)
    if not (own_retired and own_survivor):
        raise MergeUnauthorised()


def _issued_by(identifier: PatientIdentifier, party: Party) -> bool:
    return not is_official(identifier) and arc_of(identifier.issuer) in party.arcs


# --- links ----------------------------------------------------------------------------------------


def path(links: Mapping[Id, Id], start: Id) -> list[Id]:
    """An id and what it was merged into, step by step; the last one survives."""
    found = [start]
    while found[-1] in links:
        found.append(links[found[-1]])
    return found


def root(links: Mapping[Id, Id], start: Id) -> Id:
    return path(links, start)[-1]


def tree(links: Mapping[Id, Id], top: Id) -> set[Id]:
    """An id with all that were merged into it, directly or not."""
    found, fresh = {top}, {top}
    while fresh:
        fresh = {retired for retired, into in links.items() if into in fresh} - found
        found |= fresh
    return found


def changes(links: Mapping[Id, Id], retired: Id, survivor: Id) -> bool:
    """Whether the link is a new one; False when the retired id belongs to that person already.

    Raises MergeSelf, MergeInverse, MergeCircular, MergedElsewhere.
    """
    if retired == survivor:
        raise MergeSelf()
    if retired in path(links, survivor):
        raise MergeInverse() if links[survivor] == retired else MergeCircular()
    if retired not in links:
        return True
    if root(links, retired) != root(links, survivor):
        raise MergedElsewhere()
    return False
