"""The rollout test: its steps as data, what a run asks for and what it covered (ON-4). Pure.

A step whose interface is not there yet is inactive and says what it waits for; nothing pretends to
pass. `verdicts` judges the others.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from onboarding.models import RunState, StepState

BAD_CODE = "ZZ9ZZ"  # no code of the nomenclature
BAD_PATIENT = "ZZ9ZZ"  # no id of a trusted issuer; where contents need no study code


# A code of the nomenclature that fits a content type, for the instructions.
EXAMPLES: Mapping[str, str] = {
    "ct": "AA1AD",
    "dental": "EB1HA",
    "intra_oral": "EB1AA",
    "mr": "AA1BG",
    "plain_xray": "GD1AA",
    "ultrasound": "JN3AE",
}
ANY_EXAMPLE = "AA1AD"
# For the test patients of a run; the letters test the character sets.
NAMES = ("Testinen^Eino", "Testinen^Aino", "Äijälä^Väinö Olavi", "Öhman-Koe^Åsa")
_CENTURIES = {"+": "18", **dict.fromkeys("-YXWVU", "19"), **dict.fromkeys("ABCDEF", "20")}


class Interface(StrEnum):
    STORAGE = "dicom-storage"
    REGISTRATION = "registration"
    REGISTRY = "xds-registry"
    QUERY_RETRIEVE = "dicom-query-retrieve"
    CORRECTION = "correction"
    HL7 = "hl7"
    REPOSITORY = "xds-repository"


# Which interfaces there are. A step becomes active when its row here does.
EXISTS: Mapping[Interface, bool] = {
    Interface.STORAGE: True,
    Interface.REGISTRATION: True,
    Interface.REGISTRY: True,
    Interface.QUERY_RETRIEVE: False,
    Interface.CORRECTION: False,
    Interface.HL7: True,
    Interface.REPOSITORY: False,
}


class StepKind(StrEnum):
    ECHO = "echo"
    STORE = "store"
    COMMITMENT = "commitment"
    REFUSAL = "refusal"
    REGISTRATION = "registration"
    NOTICE = "notice"
    FIND = "find"
    RETRIEVE = "retrieve"
    CORRECTION = "correction"
    NAME_UPDATE = "name_update"
    MERGE = "merge"
    XDS_QUERY = "xds_query"
    XDS_RETRIEVE = "xds_retrieve"


# In the order in which a customer walks them.
STEPS: Mapping[StepKind, Interface] = {
    StepKind.ECHO: Interface.STORAGE,
    StepKind.STORE: Interface.STORAGE,
    StepKind.COMMITMENT: Interface.STORAGE,
    StepKind.REFUSAL: Interface.STORAGE,
    StepKind.REGISTRATION: Interface.REGISTRATION,
    StepKind.NOTICE: Interface.REGISTRATION,
    StepKind.FIND: Interface.QUERY_RETRIEVE,
    StepKind.RETRIEVE: Interface.QUERY_RETRIEVE,
    StepKind.CORRECTION: Interface.CORRECTION,
    StepKind.NAME_UPDATE: Interface.HL7,
    StepKind.MERGE: Interface.HL7,
    StepKind.XDS_QUERY: Interface.REGISTRY,
    StepKind.XDS_RETRIEVE: Interface.REPOSITORY,
}


# --- a run as planned -----------------------------------------------------------------------------


def plan(content_types: Iterable[str]) -> list[tuple[StepKind, str]]:
    """The steps of a run: storing once for each content type, or once for any."""
    found: list[tuple[StepKind, str]] = []
    for kind in STEPS:
        if kind == StepKind.STORE:
            found.extend((kind, each) for each in sorted(content_types) or [""])
        else:
            found.append((kind, ""))
    return found


def birth_date(code: str) -> str:
    """Of a personal identity code, as DICOM's DA."""
    return f"{_CENTURIES[code[6]]}{code[4:6]}{code[2:4]}{code[:2]}"


def bad_accession(number: int) -> str:
    """By this accession number the deliberately bad object of a run is known."""
    return f"ROLLOUT-{number}-BAD"


# --- the whole run --------------------------------------------------------------------------------


def outcome(states: Iterable[str]) -> RunState:
    """Every step that could be walked has passed, and at least one could."""
    asked = [each for each in states if each not in (StepState.INACTIVE, StepState.NOT_ASKED)]
    passed = bool(asked) and all(each == StepState.PASSED for each in asked)
    return RunState.PASSED if passed else RunState.FAILED


class Due(StrEnum):
    """Why a new run is due (S1, S3)."""

    NEVER = "never"
    SYSTEMS = "systems"
    CONTENTS = "contents"
    STEPS = "steps"


@dataclass(frozen=True, slots=True)
class Covered:
    """What a passed run showed, or what there is to show."""

    systems: frozenset[tuple[str, str]]  # product and version
    content_types: frozenset[str]
    kinds: frozenset[str]


def due(covered: Covered | None, present: Covered) -> tuple[Due, ...]:
    """What has changed since the last passed run."""
    if covered is None:
        return (Due.NEVER,)
    pairs = (
        (Due.SYSTEMS, present.systems - covered.systems),
        (Due.CONTENTS, present.content_types - covered.content_types),
        (Due.STEPS, present.kinds - covered.kinds),
    )
    return tuple(reason for reason, new in pairs if new)
