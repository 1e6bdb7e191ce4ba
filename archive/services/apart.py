"""Rounds over rows, each by itself: one that fails keeps no other from its turn, and stands on the
desk until it goes through or is not due any more (SD-1, NF-5).
"""

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeVar
from uuid import UUID, uuid5

from django.db import InterfaceError, OperationalError

from archive.errors import ArchiveError, Broken
from archive.models import CaseEvent, CaseState, Environment, EventOutcome
from archive.services import error_desk
from archive.services.error_desk import Place, What

log = logging.getLogger(__name__)


class _Row(Protocol):
    @property
    def id(self) -> UUID: ...


Row = TypeVar("Row", bound=_Row)


@dataclass(frozen=True, slots=True)
class _Whole:
    """What a round does that is of no row."""

    id: UUID


def _no_facts(row: object) -> Mapping[str, str]:
    return {}


def _in_production(row: object) -> str:
    return Environment.PRODUCTION


def each(
    step: str,
    rows: Iterable[Row],
    work: Callable[[Row], int],
    *,
    where: Callable[[Row], str] = _in_production,
    facts: Callable[[Row], Mapping[str, str]] = _no_facts,
) -> int:
    """What the work of all comes to. Raises what a database that is gone raises: there is no desk
    to tell, and the next round begins anew.
    """
    done, failed, place = 0, set[UUID](), Place("job", step)
    for row in list(rows):
        try:
            done += work(row)
        except (OperationalError, InterfaceError):
            raise
        except Exception as raised:
            failed.add(row.id)
            _tell(raised, row.id, facts(row), place, where(row))
    _settle_all_but(failed, place)
    return done


def alone(step: str, work: Callable[[], object]) -> None:
    """A part of a round that keeps the parts after it from nothing. Raises as `each` does."""

    def once(whole: _Whole) -> int:
        work()
        return 1

    each(step, [_Whole(uuid5(UUID(int=0), step))], once)


def _tell(
    raised: Exception, row_id: UUID, facts: Mapping[str, str], place: Place, environment: str
) -> None:
    log.error("%s: %s not done", place.step, row_id, exc_info=raised)
    foreseen = raised if isinstance(raised, ArchiveError) else None
    error = foreseen or Broken(facts={"raised": type(raised).__name__})
    what = What(subject_id=row_id)
    error_desk.watched(error, environment=environment, place=place, what=what, facts=facts)


def _settle_all_but(failed: set[UUID], place: Place) -> None:
    said = CaseEvent.objects.filter(
        case__edge=place.edge, case__place=place.step, case__state=CaseState.OPEN
    )
    said = said.filter(outcome=EventOutcome.OPEN).exclude(subject_id__in=failed)
    for subject_id in set(filter(None, said.values_list("subject_id", flat=True))):
        error_desk.settle(subject_id, place.step)
