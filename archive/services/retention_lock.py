"""Who decides over retention, and that what is decided holds at once: a hold, a rule or a day of
death is not recorded while a study is judged for destruction.
"""

from uuid import UUID

from archive import locks
from archive.actors import Actor, ActorKind
from archive.errors import NotFound
from archive.models import Role

ARCHIVISTS = frozenset({Role.ADMIN, Role.ARCHIVIST})


def judging(environment: str) -> None:
    """Until the transaction ends nothing is decided that this judgement does not see."""
    locks.share(f"retention {environment}")


def deciding(environment: str) -> None:
    """Wait for the judgements that are being made."""
    locks.hold(f"retention {environment}")


def require_archivist(actor: Actor) -> UUID:
    """Who it is. Raises NotFound."""
    if actor.kind != ActorKind.STAFF or actor.id is None or not actor.roles & ARCHIVISTS:
        raise NotFound()
    return actor.id
