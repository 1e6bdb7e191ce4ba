"""Kanta's registers: a controller may have several, told apart by type and specifier."""

import re

from archive.values import HETU_ROOT, ORGANISATION_ROOT, BusinessId, PersonId

# Slots of a document entry; the names are our own until the national ones are known.
REGISTER_TYPE_SLOT = "urn:kanta:kvarkki:registry-type"
REGISTER_SPECIFIER_SLOT = "urn:kanta:kvarkki:registry-specifier"
FOREIGN_SPECIFIER_ROOT = "1.2.246.537.30"  # of who has neither Finnish code

_BUSINESS_ID = re.compile(r"^[0-9]{6,7}-[0-9]\Z")


def normal_specifier(text: str) -> str:
    """Whose register it is within the controller's: the employer's business id, a person's code, or
    a CX of another root. Raises ValueError.
    """
    value, _, authority = text.strip().partition("^^^")
    root = authority.split("&")[1] if authority.count("&") == 2 else ""
    if not root:
        root = ORGANISATION_ROOT if _BUSINESS_ID.match(value) else HETU_ROOT
    if root == ORGANISATION_ROOT:
        return BusinessId(value)
    if root == HETU_ROOT:
        return PersonId(value)
    if root == FOREIGN_SPECIFIER_ROOT and value.isascii() and 0 < len(value) <= 32:
        return f"{value}^^^&{root}&ISO"
    raise ValueError("specifier of the register is of no known root")
