"""What an edge refuses over HTTP is told to the support desk; the answer goes out anyhow."""

import logging

from django.db import DatabaseError

from archive.actors import Actor
from archive.errors import ArchiveError
from archive.models import Environment
from archive.services import error_desk
from archive.services.error_desk import Place, What, Who

log = logging.getLogger(__name__)


def tell(
    error: ArchiveError,
    place: Place,
    actor: Actor | None,
    what: What,
    *,
    who: Who | None = None,
    answered: str = "",
) -> None:
    """`who` is the actor's system where nothing else is said."""
    if who is None and actor is not None:
        who = Who(actor.organisation_id, actor.id)
    try:
        error_desk.report(
            error,
            # Credentials that are nobody's belong to no environment; production's desk is watched.
            environment=actor.environment if actor else Environment.PRODUCTION.value,
            place=place,
            who=who,
            what=what,
            answered=answered,
        )
    except DatabaseError:
        log.exception("the desk cannot be reached, exchange %s", what.correlation_id)
