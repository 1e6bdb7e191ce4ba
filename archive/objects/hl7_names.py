"""The standard's own names of fields, by version, from hl7apy's tables."""

import hl7apy

DEFAULT = "2.5"


def field_name(version: str, segment: str, position: int) -> str:
    """`PID`, 3 is "Patient identifier list"; empty when the version has no such field."""
    known = version if version in hl7apy.SUPPORTED_LIBRARIES else DEFAULT
    entry = hl7apy.load_library(known).FIELDS.get(f"{segment}_{position}")
    if entry is None:
        return ""
    words = str(entry[3]).replace("_", " ").lower()
    return words[:1].upper() + words[1:]
