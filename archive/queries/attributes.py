"""The attributes that can be asked for and matched, by level: PS3.4 tables C.6-1 to C.6-5.

What is not here is returned by nobody and matched by nothing, as the standard has it for optional
keys. Paths are those of the level's own row.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from archive.rules.matching import Level

STUDY_UID, SERIES_UID, INSTANCE_UID = 0x0020000D, 0x0020000E, 0x00080018
PATIENT_ID, PATIENT_ISSUER = 0x00100020, 0x00100021
STUDY_DATE, STUDY_TIME = 0x00080020, 0x00080030
TIMEZONE = 0x00080201
MODALITIES, SOP_CLASSES = 0x00080061, 0x00080062
STUDIES_OF_PATIENT, SERIES_OF_PATIENT, INSTANCES_OF_PATIENT = 0x00201200, 0x00201202, 0x00201204
SERIES_OF_STUDY, INSTANCES_OF_STUDY = 0x00201206, 0x00201208
INSTANCES_OF_SERIES = 0x00201209
ENTITY_ID, ENTITY_ID_TYPE = 0x00400032, 0x00400033


@dataclass(frozen=True, slots=True)
class Column:
    """Kept in a column, and matched there."""

    vr: str
    level: Level
    path: str


@dataclass(frozen=True, slots=True)
class Derived:
    """Worked out of what lies below the row."""

    vr: str
    level: Level


@dataclass(frozen=True, slots=True)
class Nested:
    """A sequence of one item: columns by tag, and values that are always the same."""

    level: Level
    columns: Mapping[int, Column]
    constants: Mapping[int, tuple[str, str]]  # VR and value

    vr = "SQ"


@dataclass(frozen=True, slots=True)
class Listed:
    """A sequence of any number of items, kept in one column: their attributes with their VR."""

    level: Level
    path: str
    columns: Mapping[int, str]

    vr = "SQ"


UNIQUE: Mapping[Level, int] = {
    Level.PATIENT: PATIENT_ID,
    Level.STUDY: STUDY_UID,
    Level.SERIES: SERIES_UID,
    Level.IMAGE: INSTANCE_UID,
}

COLUMNS: Mapping[int, Column] = {
    0x00100010: Column("PN", Level.PATIENT, "name"),
    PATIENT_ID: Column("LO", Level.PATIENT, "identifier"),
    PATIENT_ISSUER: Column("LO", Level.PATIENT, "issuer"),
    0x00100030: Column("DA", Level.PATIENT, "birth_date"),
    0x00100040: Column("CS", Level.PATIENT, "sex"),
    STUDY_DATE: Column("DA", Level.STUDY, "study_date"),
    STUDY_TIME: Column("TM", Level.STUDY, "study_time"),
    0x00080050: Column("SH", Level.STUDY, "accession_number"),
    0x00080090: Column("PN", Level.STUDY, "referring_physician"),
    TIMEZONE: Column("SH", Level.STUDY, "timezone_offset"),
    0x00081030: Column("LO", Level.STUDY, "description"),
    STUDY_UID: Column("UI", Level.STUDY, "study_instance_uid"),
    0x00200010: Column("SH", Level.STUDY, "study_id"),
    0x00080060: Column("CS", Level.SERIES, "modality"),
    0x0008103E: Column("LO", Level.SERIES, "description"),
    0x00180015: Column("CS", Level.SERIES, "body_part"),
    SERIES_UID: Column("UI", Level.SERIES, "series_instance_uid"),
    0x00200011: Column("IS", Level.SERIES, "series_number"),
    0x00400244: Column("DA", Level.SERIES, "step_date"),
    0x00400245: Column("TM", Level.SERIES, "step_time"),
    0x00080016: Column("UI", Level.IMAGE, "sop_class_uid"),
    INSTANCE_UID: Column("UI", Level.IMAGE, "sop_instance_uid"),
    0x00083002: Column("UI", Level.IMAGE, "transfer_syntax_uid"),  # Available Transfer Syntax UID
    0x00200013: Column("IS", Level.IMAGE, "instance_number"),
}

DERIVED: Mapping[int, Derived] = {
    MODALITIES: Derived("CS", Level.STUDY),
    SOP_CLASSES: Derived("UI", Level.STUDY),
    STUDIES_OF_PATIENT: Derived("IS", Level.PATIENT),
    SERIES_OF_PATIENT: Derived("IS", Level.PATIENT),
    INSTANCES_OF_PATIENT: Derived("IS", Level.PATIENT),
    SERIES_OF_STUDY: Derived("IS", Level.STUDY),
    INSTANCES_OF_STUDY: Derived("IS", Level.STUDY),
    INSTANCES_OF_SERIES: Derived("IS", Level.SERIES),
}

# A request has it to say in which zone its times are, PS3.4 C.4.1.1.3.1, not to ask for studies
# that say the same of themselves; the others are numbers of what lies below.
UNMATCHED = (frozenset(DERIVED) - {MODALITIES, SOP_CLASSES}) | {TIMEZONE}

_ISO = {ENTITY_ID_TYPE: ("CS", "ISO")}
NESTED: Mapping[int, Nested] = {
    # Issuer of Accession Number Sequence, Issuer of Patient ID Qualifiers Sequence
    0x00080051: Nested(
        Level.STUDY,
        {ENTITY_ID: Column("UT", Level.STUDY, "register__controller_oid")},
        _ISO,
    ),
    0x00100024: Nested(Level.PATIENT, {ENTITY_ID: Column("UT", Level.PATIENT, "issuer")}, _ISO),
}


# Request Attributes Sequence: Scheduled Procedure Step ID, Requested Procedure ID
LISTED: Mapping[int, Listed] = {
    0x00400275: Listed(Level.SERIES, "requests", {0x00400009: "SH", 0x00401001: "SH"}),
}


def known(tag: int, level: Level) -> bool:
    """Whether a query at this level can match and return the attribute."""
    attribute = COLUMNS.get(tag) or DERIVED.get(tag) or NESTED.get(tag) or LISTED.get(tag)
    return attribute is not None and attribute.level <= level


def matched(path: Sequence[int], level: Level) -> bool:
    """Whether a query at this level looks at a value of the attribute, by its path; of what is
    derived only modalities and classes.
    """
    tag, *inner = path
    if not known(tag, level):
        return False
    if nested := NESTED.get(tag):
        return len(inner) == 1 and inner[0] in {*nested.columns, *nested.constants}
    if listed := LISTED.get(tag):
        return len(inner) == 1 and inner[0] in listed.columns
    return not inner and tag not in UNMATCHED
