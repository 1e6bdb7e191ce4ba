"""What is a disclosure, and what is only use: release to another controller is one (LG-1).

Use within the own register is none, nor is a producer's work in its organiser's register under an
authorisation, nor what the operator or the citizen sees: these stand in the use log alone.
"""

from enum import StrEnum

from archive.actors import ActorKind

OWN_REGISTER = "own-register"
AUTHORISATION = "authorisation"
EMERGENCY = "emergency"
USE_ONLY = frozenset({OWN_REGISTER, AUTHORISATION})


class What(StrEnum):
    """What was given."""

    METADATA = "metadata"
    DOCUMENT = "document"
    MANIFEST = "manifest"
    IMAGES = "images"


def is_disclosure(ground: str, receiver: ActorKind) -> bool:
    """Only a customer's system receives for another controller."""
    return receiver == ActorKind.CONNECTION and ground not in USE_ONLY
