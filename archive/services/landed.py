"""Small objects that landed in the vault are given files of their own when nobody waits for it."""

from dataclasses import dataclass
from uuid import UUID, uuid5

from archive import vault
from archive.models import Environment
from archive.services import apart

QUIET_SECONDS = 2.0  # since something came: whoever sends is not to wait for this
LANDED = UUID("019ac3a1-5e00-7000-8000-000000000003")  # names the landing of an environment


@dataclass(frozen=True, slots=True)
class _Landing:
    environment: str

    @property
    def id(self) -> UUID:
        return uuid5(LANDED, self.environment)


def give_files(quiet_seconds: float = QUIET_SECONDS) -> int:
    """How many were given one. What cannot be now stays where it landed, and stands on the desk."""

    def give(landing: _Landing) -> int:
        return vault.give_files(landing.environment, quiet_seconds)

    found = [_Landing(each) for each in Environment.values]
    return apart.each("landed", found, give, where=lambda each: each.environment)
