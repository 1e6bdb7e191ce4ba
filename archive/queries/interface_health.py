"""How each channel fares, and what alarms are judged on: from rollup rows, live jobs and
certificates, never from what is archived.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count, Q, QuerySet, Sum

from archive.models import Channel, ChannelHour, Interface, Job, JobKind, JobState, SilenceRule
from archive.models.dated import not_ended_on
from archive.rules.silence import minutes_late
from archive.values import now, today

HOUR = timedelta(hours=1)
ENDED_AFTER = timedelta(days=90)  # without a sign a channel is not listed
# What is owed to a system at an interface waits as a job of this kind.
OWED = {
    Interface.NOTICE: JobKind.NOTICE,
    Interface.COMMITMENT: JobKind.COMMITMENT_REPORT,
    Interface.WEBHOOK: JobKind.WEBHOOK,
    Interface.STORE: JobKind.REGISTRATION,
}


# The time of what is asked runs until its answer, of what is sent out until it arrived.
ASKING = (Interface.XDS, Interface.HL7, Interface.FHIR)
OUTGOING = (Interface.NOTICE, Interface.COMMITMENT, Interface.WEBHOOK)


@dataclass(frozen=True, slots=True)
class Flow:
    """What a stretch of time came to."""

    good: int = 0
    failed: int = 0
    ms: int = 0
    timed: int = 0

    @property
    def count(self) -> int:
        return self.good + self.failed

    @property
    def failed_share(self) -> float | None:
        """In percent; None of nothing."""
        return 100 * self.failed / self.count if self.count else None

    @property
    def good_share(self) -> float | None:
        return 100 * self.good / self.count if self.count else None

    @property
    def mean_ms(self) -> float | None:
        return self.ms / self.timed if self.timed else None


NONE = Flow()


def flows(since: datetime, channels: Iterable[UUID] | None = None) -> dict[UUID, Flow]:
    """Of each channel that did anything from the hour of `since` on."""
    begin = since.replace(minute=0, second=0, microsecond=0)
    rows = ChannelHour.objects.filter(hour__gte=begin)
    if channels is not None:
        rows = rows.filter(channel__in=list(channels))
    summed = rows.values("channel_id").annotate(
        good=Sum("good"), failed=Sum("failed"), ms=Sum("ms"), timed=Sum("timed")
    )
    return {
        row["channel_id"]: Flow(row["good"], row["failed"], row["ms"], row["timed"])
        for row in summed.order_by()
    }


def channels(environment: str = "") -> QuerySet[Channel]:
    """Those that were heard of lately and whose connection still is."""
    since = now() - ENDED_AFTER
    lately = Q(good_at__gte=since) | Q(failed_at__gte=since)
    live = Q(connection=None) | not_ended_on(today(), "connection")
    rows = Channel.objects.filter(lately, live).select_related("organisation", "connection")
    return rows.filter(environment=environment) if environment else rows


Owed = tuple[UUID, str, UUID | None]  # organisation, kind of job, system that is called


def backlog(organisations: Iterable[UUID], environment: str = "") -> Mapping[Owed, int]:
    """Live jobs of each kind that is owed, by the system they call and, without one, of all."""
    rows = Job.objects.filter(
        state__in=(JobState.WAITING, JobState.RUNNING),
        organisation_id__in=set(organisations),
        kind__in=list(OWED.values()),
    )
    if environment:
        rows = rows.filter(environment=environment)
    counted = rows.values_list("organisation_id", "kind", "peer_id").annotate(count=Count("id"))
    found: Counter[Owed] = Counter()
    for organisation_id, kind, peer_id, count in counted.order_by():
        for peer in {peer_id, None}:
            found[organisation_id, kind, peer] += count
    return found


@dataclass(frozen=True, slots=True)
class Line:
    """A channel with its day, for lists."""

    channel: Channel
    day: Flow
    waiting: int | None  # None: nothing is ever owed there
    late: float  # minutes; 0: not silent
    rule: SilenceRule | None

    @property
    def last_at(self) -> datetime | None:
        seen = [each for each in (self.channel.good_at, self.channel.failed_at) if each]
        return max(seen) if seen else None

    @property
    def late_for(self) -> timedelta:
        return timedelta(minutes=self.late)

    @property
    def mean(self) -> timedelta | None:
        return None if self.day.mean_ms is None else timedelta(milliseconds=self.day.mean_ms)

    @property
    def is_sent(self) -> bool:
        return self.channel.interface in OUTGOING

    @property
    def is_asked(self) -> bool:
        return self.channel.interface in ASKING

    @property
    def is_failing(self) -> bool:
        return self.day.failed > self.day.good

    @property
    def needs_a_look(self) -> bool:
        return bool(self.late) or self.is_failing


def lines(rows: Sequence[Channel], environment: str) -> list[Line]:
    """Those that need a look first, then by customer."""
    ids = [row.id for row in rows]
    days = flows(now() - timedelta(hours=23), ids)
    owed = backlog((row.organisation_id for row in rows), environment)
    live = SilenceRule.objects.filter(channel__in=ids, until=None)
    rules = {rule.channel_id: rule for rule in live}
    made = [
        Line(row, days.get(row.id, NONE), _waiting(row, owed), late(row), rules.get(row.id))
        for row in rows
    ]
    return sorted(
        made,
        key=lambda line: (
            not line.needs_a_look,
            line.channel.organisation.name.casefold(),
            line.channel.interface,
            str(line.channel.connection),
        ),
    )


def late(channel: Channel) -> float:
    """In minutes, of the day for which it was last expected."""
    if channel.expected_on is None:
        return 0.0
    return minutes_late(channel.expected_by, channel.good_at, channel.expected_on, now())


def _waiting(channel: Channel, owed: Mapping[Owed, int]) -> int | None:
    kind = OWED.get(Interface(channel.interface))
    if kind is None:
        return None
    calls = channel.connection_id is not None and channel.interface in OUTGOING
    peer = channel.connection_id if calls else None
    return owed.get((channel.organisation_id, kind, peer), 0)


def by_hour(channel: Channel, since: datetime) -> dict[datetime, ChannelHour]:
    return {row.hour: row for row in channel.hours.filter(hour__gte=since)}
