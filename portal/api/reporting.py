"""What fails in the API is an event of a case as well (SD-1)."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from rest_framework.exceptions import APIException, ValidationError

from archive.actors import Actor, ActorKind
from archive.edges import desk
from archive.edges.edge import correlation
from archive.errors import ArchiveError, Broken, Malformed
from archive.errors.wishes import ValueUnfit
from archive.services.error_desk import Place, What, Who
from portal.forms.codes import looks_like_code

log = logging.getLogger(__name__)


@contextmanager
def reported(actor: Actor, step: str) -> Iterator[None]:
    """Puts what is raised on the desk, and lets it go on to be answered."""
    try:
        yield
    except (ArchiveError, APIException) as raised:
        report(as_desk_error(raised), step, actor)
        raise


def as_desk_error(raised: Exception) -> ArchiveError:
    """The framework's own refusals by our names; what nobody foresaw is ours."""
    if isinstance(raised, ArchiveError):
        return raised
    if isinstance(raised, ValidationError):
        return ValueUnfit(facts={"field": _names(raised.detail)})
    if isinstance(raised, APIException):
        return Malformed()
    return Broken(facts={"raised": type(raised).__name__})


def _names(detail: object) -> str:
    """The fields at fault; a name that the sender made up may be anything."""
    found = detail if isinstance(detail, dict) else {}
    return ", ".join(sorted(name for name in found if not looks_like_code(name)))


def report(error: ArchiveError, step: str, actor: Actor | None) -> None:
    log.warning("api %s refused: %s, exchange %s", step, error.reason(), correlation.get())
    who = Who(name=actor.name) if actor and actor.kind != ActorKind.CONNECTION else None
    desk.tell(error, Place("api", step), actor, What(correlation_id=correlation.get()), who=who)
