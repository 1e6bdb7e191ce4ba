"""How steps are seen that leave an event in the ledger (ON-4). Pure.

A step with a row here is active, in every run from then on; one without a row, and without a
verdict of its own in `verdicts`, names the interface it waits for.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from archive.errors import ArchiveError
from archive.errors import corrections as correction_errors
from archive.models import ConnectionKind, XdsRole
from archive.rules.disclosure import What
from onboarding.rules.rollout import StepKind

FactsOf = Mapping[str, Any]  # an event's


@dataclass(frozen=True, slots=True)
class Sighting:
    """`events` are words of `ledger.Kind`, recorded for the customer in the test environment; one
    that `passes` passes the step, another fails it.
    """

    events: tuple[str, ...]
    passes: Callable[[FactsOf], bool]
    shown: tuple[str, ...]  # facts of the event that the page shows; none names a patient
    edge: str  # where refusals stand on the desk
    places: tuple[str, ...]
    kind: ConnectionKind  # the customer is asked for the step when it has such a test connection
    xds_role: XdsRole | None = None
    needs: str = ""  # what of `Means` such a connection must be allowed
    messages: tuple[str, ...] = ()  # of which a refusal's fact "event" is one; any when empty
    reasons: tuple[str, ...] = ()  # of a refusal; any when empty


def _always(facts: FactsOf) -> bool:
    return True


def _found(facts: FactsOf) -> bool:
    return int(facts["found"]) > 0


def _is_a_document(facts: FactsOf) -> bool:
    return facts["what"] in (What.MANIFEST, What.DOCUMENT)


def _names(facts: FactsOf) -> bool:
    return "name" in facts["what"]


def _arrived(facts: FactsOf) -> bool:
    return facts["outcome"] == "done" and int(facts["instances"]) > 0


def _by_the_customer(facts: FactsOf) -> bool:
    return facts["origin"] != "portal"  # an archivist's work proves nothing of its systems


SIGHTINGS: Mapping[StepKind, Sighting] = {
    StepKind.FIND: Sighting(
        events=("images.queried",),
        passes=_found,
        shown=("level", "found"),
        edge="dicom",
        places=("query",),
        kind=ConnectionKind.DICOM,
        needs="may_fetch",
    ),
    StepKind.RETRIEVE: Sighting(
        events=("study.retrieved",),
        passes=_arrived,
        shown=("by", "destination", "instances", "failed"),
        edge="dicom",
        places=("retrieve",),
        kind=ConnectionKind.DICOM,
        needs="may_fetch",
    ),
    StepKind.CORRECTION: Sighting(
        events=("objects.rejected", "study.corrected"),
        passes=_by_the_customer,
        shown=("origin",),
        edge="dicom",
        places=("store",),
        kind=ConnectionKind.DICOM,
        needs="may_store",
        reasons=tuple(
            error.reason()
            for error in vars(correction_errors).values()
            if isinstance(error, type)
            and issubclass(error, ArchiveError)
            and error.__module__ == correction_errors.__name__
        ),
    ),
    StepKind.NAME_UPDATE: Sighting(
        events=("patient.updated",),
        passes=_names,
        shown=(),
        edge="hl7",
        places=("message", "door"),
        kind=ConnectionKind.HL7,
        messages=("ADT^A08", "ADT^A31", ""),
    ),
    StepKind.MERGE: Sighting(
        events=("patient.merged",),
        passes=_always,
        shown=(),
        edge="hl7",
        places=("message", "door"),
        kind=ConnectionKind.HL7,
        messages=("ADT^A40", "ADT^A47", ""),
    ),
    StepKind.XDS_QUERY: Sighting(
        events=("documents.queried",),
        passes=_found,
        shown=("query", "found"),
        edge="xds",
        places=("query",),
        kind=ConnectionKind.XDS,
        xds_role=XdsRole.CONSUMER,
    ),
    StepKind.XDS_RETRIEVE: Sighting(
        events=("disclosure.given", "data.used"),
        passes=_is_a_document,
        shown=("what", "interface"),
        edge="xds",
        places=("retrieve",),
        kind=ConnectionKind.XDS,
        xds_role=XdsRole.CONSUMER,
    ),
}
