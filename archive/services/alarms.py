"""Alarms: judged by their rules, raised, acknowledged by a person, cleared (NF-6)."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Max

from archive import ledger, locks
from archive.actors import Actor
from archive.models import Alarm, AlarmRule
from archive.queries import measures
from archive.queries.measures import Reading
from archive.rules.alarms import Limits, Standing, Step, is_quiet, step
from archive.services import apart, health_counts, silence
from archive.values import now

log = logging.getLogger(__name__)

JUDGE_LOCK = 7_301_111  # advisory lock of the one who judges
KEPT = timedelta(days=400)


def watch() -> None:
    """Count what is new, learn what is expected today, judge every rule in force. One that cannot
    be read or judged keeps no other from it.
    """
    apart.alone("counting", health_counts.count_due)
    apart.alone("silence", silence.learn_due)
    for rule in AlarmRule.objects.filter(until=None):
        try:
            judge(rule, measures.read(rule))
        except Exception:
            log.exception("rule of alarms not judged: %s", rule.id)


def judge(rule: AlarmRule, readings: list[Reading]) -> None:
    """One step of each object. Returns at once when another process judges, or when somebody has
    ended the rule since it was read.
    """
    with transaction.atomic():
        if not locks.is_alone(JUDGE_LOCK):
            return
        live = AlarmRule.objects.select_for_update().filter(id=rule.id, until=None).first()
        if live is None:
            return
        held = {row.key: row for row in Alarm.objects.filter(rule=rule, cleared_at=None)}
        judging = _Judging(rule, now(), _limits(rule))
        for reading in readings:
            judging.take(reading, held.pop(reading.key, None))
        for row in held.values():
            judging.gone(row)


def _limits(rule: AlarmRule) -> Limits:
    lasting = timedelta(minutes=rule.minutes)
    return Limits(rule.threshold, rule.clear_at, lasting, falling=rule.is_falling)


@dataclass(frozen=True, slots=True)
class _Judging:
    rule: AlarmRule
    at: datetime
    limits: Limits

    def take(self, reading: Reading, row: Alarm | None) -> None:
        standing = Standing(row.since, row.raised_at is not None) if row else None
        what = step(self.limits, standing, reading.value, self.at)
        if row is None:
            if what in (Step.WATCH, Step.RAISE) and reading.value is not None:
                self._open(reading, reading.value, raised=what == Step.RAISE)
            return
        if what == Step.FORGET:
            row.delete()
            return
        if reading.value is not None:
            row.value = reading.value
            row.worst = self.limits.worse(row.worst, reading.value)
        if what == Step.RAISE:
            row.raised_at, row.is_quiet = self.at, self._is_quiet(row.key)
        elif what == Step.CLEAR:
            row.cleared_at = self.at
        row.save(update_fields=("value", "worst", "raised_at", "is_quiet", "cleared_at"))

    def gone(self, row: Alarm) -> None:
        """The object is not there any more: done, closed, or retired."""
        if row.raised_at is None:
            row.delete()
            return
        row.cleared_at = self.at
        row.save(update_fields=("cleared_at",))

    def _open(self, reading: Reading, value: float, *, raised: bool) -> None:
        Alarm.objects.create(
            rule=self.rule,
            key=reading.key[:120],
            about=reading.about,
            environment=reading.environment,
            organisation_id=reading.organisation_id,
            channel_id=reading.channel_id,
            value=value,
            worst=value,
            since=self.at,
            raised_at=self.at if raised else None,
            is_quiet=raised and self._is_quiet(reading.key),
        )

    def _is_quiet(self, key: str) -> bool:
        before = Alarm.objects.filter(rule=self.rule, key=key, cleared_at__isnull=False)
        last: datetime | None = before.aggregate(at=Max("cleared_at"))["at"]
        return is_quiet(last, timedelta(minutes=self.rule.cool_down_minutes), self.at)


def acknowledge(actor: Actor, alarm: Alarm, *, note: str) -> bool:
    """Somebody looks after it; whether nobody did before."""
    with transaction.atomic():
        rows = Alarm.objects.filter(id=alarm.id, acknowledged_at=None, raised_at__isnull=False)
        if not rows.update(acknowledged_at=now(), acknowledged_by=actor.id, note=note[:200]):
            return False
        about = ledger.About(
            environment=alarm.environment,
            organisation_id=alarm.organisation_id,
            subject_id=alarm.id,
        )
        facts: Mapping[str, object] = {
            "rule": alarm.rule.name_fi,
            "about": alarm.about,
            "reason": note,
        }
        ledger.record(ledger.Kind.ALARM_ACKNOWLEDGED, about, facts, actor=actor)
    return True


def forget_old() -> None:
    Alarm.objects.filter(cleared_at__lt=now() - KEPT).delete()
    health_counts.forget_old()
