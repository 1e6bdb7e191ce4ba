"""What a rule of alarms measures: one reading for each object it looks at."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db.models import Count

from archive.models import AlarmRule, Channel, Job, JobState, Measure, Organisation
from archive.queries import certificates, health, interface_health
from archive.values import now


@dataclass(frozen=True, slots=True)
class Reading:
    """Of one object. None: nothing can be said of it now."""

    key: str
    about: str
    value: float | None
    environment: str = ""
    organisation_id: UUID | None = None
    channel_id: UUID | None = None


def read(rule: AlarmRule) -> list[Reading]:
    return READERS[Measure(rule.measure)](rule)


def _channels(rule: AlarmRule) -> Iterable[Channel]:
    rows = interface_health.channels(rule.environment)
    if rule.interface:
        rows = rows.filter(interface=rule.interface)
    if rule.organisation_id:
        rows = rows.filter(organisation=rule.organisation_id)
    return rows


def _of_channel(channel: Channel, value: float | None) -> Reading:
    system = str(channel.connection or "")
    return Reading(
        str(channel.id),
        " ".join(filter(None, (channel.organisation.name_fi, channel.interface, system)))[:200],
        value,
        channel.environment,
        channel.organisation_id,
        channel.id,
    )


def _failures(rule: AlarmRule) -> list[Reading]:
    return _of_flows(rule, lambda flow: (flow.failed_share, flow.count))


def _latency(rule: AlarmRule) -> list[Reading]:
    return _of_flows(rule, lambda flow: (flow.mean_ms, flow.timed))


def _of_flows(
    rule: AlarmRule, read: Callable[[interface_health.Flow], tuple[float | None, int]]
) -> list[Reading]:
    """The value of each channel, and of how many exchanges it is."""
    flows = interface_health.flows(now() - timedelta(hours=rule.hours))
    return [
        _of_channel(each, _told(rule, *read(flows.get(each.id, interface_health.NONE))))
        for each in _channels(rule)
    ]


def _told(rule: AlarmRule, value: float | None, count: int) -> float | None:
    """Of fewer than the rule asks for only what is good: they raise nothing, but may clear."""
    if value is None or count >= rule.least or value <= rule.clear_at:
        return value
    return None


def _silence(rule: AlarmRule) -> list[Reading]:
    return [_of_channel(each, interface_health.late(each)) for each in _channels(rule)]


def _backlog(rule: AlarmRule) -> list[Reading]:
    """By customer and kind of job. What is not there is done."""
    rows = Job.objects.filter(state=JobState.WAITING, not_before__lte=now())
    if rule.environment:
        rows = rows.filter(environment=rule.environment)
    if rule.organisation_id:
        rows = rows.filter(organisation_id=rule.organisation_id)
    counted = list(
        rows.values("environment", "organisation_id", "kind").annotate(count=Count("id")).order_by()
    )
    names = _names({row["organisation_id"] for row in counted})
    return [
        Reading(
            f"{row['environment']} {row['kind']} {row['organisation_id'] or ''}".strip(),
            f"{names.get(row['organisation_id'], '')} {row['kind']}".strip()[:200],
            row["count"],
            row["environment"],
            row["organisation_id"] if row["organisation_id"] in names else None,
        )
        for row in counted
    ]


def _names(ids: Iterable[UUID | None]) -> Mapping[UUID | None, str]:
    known = [each for each in ids if each is not None]
    return dict(Organisation.objects.filter(id__in=known).values_list("id", "name_fi"))


def _certificates(rule: AlarmRule) -> list[Reading]:
    return [
        Reading(
            each.key,
            each.name[:200],
            round(each.days_left, 1),
            each.environment,
            each.organisation_id,
        )
        for each in certificates.certificates()
        if (not rule.environment or each.environment in ("", rule.environment))
        and rule.organisation_id in (None, each.organisation_id)
    ]


def _parts(rule: AlarmRule) -> list[Reading]:
    return [
        Reading(name, name, 0.0 if answers else 1.0) for name, answers in health.answering().items()
    ]


READERS: Mapping[Measure, Callable[[AlarmRule], list[Reading]]] = {
    Measure.FAILURES: _failures,
    Measure.LATENCY: _latency,
    Measure.BACKLOG: _backlog,
    Measure.SILENCE: _silence,
    Measure.CERTIFICATE: _certificates,
    Measure.PART: _parts,
}
