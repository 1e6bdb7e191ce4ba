"""How it is learned by when systems send: dated rows, each in force until the next one begins."""

from dataclasses import asdict, dataclass
from datetime import date

from django.db import IntegrityError, transaction

from archive import ledger
from archive.actors import Actor
from archive.errors.wishes import ValueUnfit
from archive.models import SilenceLearning
from archive.rules.silence import Learning
from archive.values import today

MOST_WEEKS = 52  # the hours of channels are kept for 400 days


@dataclass(frozen=True, slots=True)
class Standing:
    """A row with the first day of the one that takes its place."""

    row: SilenceLearning
    next_from: date | None


def every() -> list[Standing]:
    """The latest first."""
    rows = list(SilenceLearning.objects.order_by("-valid_from"))
    following = [None, *(row.valid_from for row in rows)]
    return [Standing(row, after) for row, after in zip(rows, following, strict=False)]


def add(
    actor: Actor, learning: Learning, *, first_day: date, source: str, reason: str
) -> SilenceLearning:
    """From a day to come on: what is expected today was learned this morning. Raises ValueUnfit."""
    check(learning)
    if first_day <= today():
        raise _unfit("first_day", "what was learned stays learned")
    try:
        with transaction.atomic():
            row = SilenceLearning.objects.create(
                **asdict(learning), valid_from=first_day, source=source
            )
            _record(actor, row, reason)
    except IntegrityError:
        raise _unfit("first_day", "another row begins on that day") from None
    return row


def check(learning: Learning) -> None:
    """Raises ValueUnfit."""
    if not 1 <= learning.weeks <= MOST_WEEKS:
        raise _unfit("weeks", "one at least, and no more than are kept")
    if not 1 <= learning.least_days <= learning.weeks:
        raise _unfit("least_days", "one at least, and no more than the weeks have")
    if not 0 <= learning.most_silent < learning.least_days:
        raise _unfit("most_silent", "some of the days must have something")


def _unfit(field: str, problem: str) -> ValueUnfit:
    return ValueUnfit(problem, facts={"field": field})


def _record(actor: Actor, row: SilenceLearning, reason: str) -> None:
    facts = {
        "what": "learning of silence",
        "rule": f"{row.weeks} weeks, {row.least_days} days seen, {row.most_silent} silent",
        "from": row.valid_from.isoformat(),
        "reason": reason,
    }
    ledger.record(ledger.Kind.ALARM_RULED, ledger.About(subject_id=row.id), facts, actor=actor)
