"""By when each channel is expected to send today: laid down by people, else learned once a day."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Min, Q
from django.db.models.functions import TruncDate

from archive import ledger
from archive.actors import Actor
from archive.errors.wishes import ValueUnfit
from archive.models import Channel, ChannelHour, Interface, SilenceLearning, SilenceRule
from archive.rules import silence as rules
from archive.rules.silence import Learning
from archive.values import HELSINKI, civil_day, midnight, now, today

# Who sends to us; what we send says nothing of the customer's own work.
SENDERS = (
    *(Interface.STORE, Interface.RETRIEVE, Interface.XDS, Interface.HL7),
    *(Interface.DICOMWEB, Interface.FHIR),
)
DAYS = range(7)


def learn_due() -> int:
    """What is expected of each channel today; how many were worked out. Once a day and channel;
    what was expected on an earlier day and has not come is expected still.
    """
    day = today()
    due = Channel.objects.filter(interface__in=SENDERS).exclude(expected_on=day)
    rows = [row for row in due.prefetch_related("silence_rules") if not _is_missed(row)]
    if not rows:
        return 0
    learning = _learning(day)
    firsts = _firsts([row.id for row in rows], day, learning)
    for row in rows:
        row.expected_on = day
        row.expected_by = _expected(row, day, firsts.get(row.id, {}), learning)
    Channel.objects.bulk_update(rows, ("expected_on", "expected_by"), batch_size=500)
    return len(rows)


def _is_missed(channel: Channel) -> bool:
    live = _live(channel)
    if channel.expected_on is None or channel.expected_by is None or (live and not live.weekdays):
        return False
    return not rules.has_come(channel.good_at, channel.expected_on)


def _live(channel: Channel) -> SilenceRule | None:
    return next((rule for rule in channel.silence_rules.all() if rule.until is None), None)


def _expected(
    channel: Channel, day: date, firsts: Mapping[date, datetime], learning: Learning | None
) -> datetime | None:
    live = _live(channel)
    if live is not None:
        return rules.laid_down(day, live.weekdays, live.by)
    if learning is None:
        return None
    known_since = civil_day(channel.first_at)
    seen = [each for each in rules.days_before(day, learning) if each >= known_since]
    return rules.learned(day, [firsts.get(each) for each in seen], learning)


def _learning(day: date) -> Learning | None:
    row = SilenceLearning.objects.filter(valid_from__lte=day).order_by("-valid_from").first()
    return Learning(row.weeks, row.least_days, row.most_silent) if row else None


def _firsts(
    ids: Sequence[UUID], day: date, learning: Learning | None
) -> Mapping[UUID, Mapping[date, datetime]]:
    """The first hour in which something went through, by channel and day."""
    if learning is None:
        return {}
    within = Q()
    for each in rules.days_before(day, learning):
        within |= Q(hour__gte=midnight(each), hour__lt=midnight(each + timedelta(days=1)))
    rows = (
        ChannelHour.objects.filter(within, channel__in=ids, good__gt=0)
        .values("channel_id", on=TruncDate("hour", tzinfo=HELSINKI))
        .annotate(first=Min("hour"))
    )
    found: dict[UUID, dict[date, datetime]] = {}
    for row in rows.order_by():
        found.setdefault(row["channel_id"], {})[row["on"]] = row["first"]
    return found


def lay_down(
    actor: Actor, channel: Channel, *, weekdays: Iterable[int], by: time | None, reason: str
) -> SilenceRule:
    """In the place of what is learned, from now on. Raises ValueUnfit."""
    days = sorted(set(weekdays))
    if any(day not in DAYS for day in days):
        raise ValueUnfit("is no day of the week", facts={"field": "weekdays"})
    if days and by is None:
        raise ValueUnfit("is missing", facts={"field": "by"})
    with transaction.atomic():
        _end(channel)
        row = SilenceRule.objects.create(
            channel=channel,
            weekdays=days,
            by=by if days else None,
            reason=reason,
            made_by_name=actor.name,
            since=now(),
        )
        _record(actor, channel, "silence laid down", reason)
    learn_due()
    return row


def learn_again(actor: Actor, channel: Channel, *, reason: str) -> None:
    """What people said ends; what is learned counts."""
    with transaction.atomic():
        _end(channel)
        _record(actor, channel, "silence learned", reason)
    learn_due()


def _end(channel: Channel) -> None:
    Channel.objects.select_for_update().get(id=channel.id)
    SilenceRule.objects.filter(channel=channel, until=None).update(until=now())
    Channel.objects.filter(id=channel.id).update(expected_on=None, expected_by=None)


def _record(actor: Actor, channel: Channel, what: str, reason: str) -> None:
    about = ledger.About(
        environment=channel.environment,
        organisation_id=channel.organisation_id,
        subject_id=channel.id,
    )
    facts = {"what": what, "rule": str(channel), "reason": reason}
    ledger.record(ledger.Kind.ALARM_RULED, about, facts, actor=actor)
