"""Volumes day by day, counted from the archived objects; a day may be counted any number of times
(AR-11).
"""

from datetime import date, timedelta

from django.db import connection, transaction
from django.db.models import Max, Min

from archive import locks
from archive.models import Instance, VolumeDay
from archive.values import civil_day, midnight, today

COUNT_LOCK = 7_301_060  # advisory lock of the one who counts
ONE_DAY = timedelta(days=1)

# A study is new on the day of its first object of the type. It counts for who was controller that
# day, whoever has its register when the day is counted again; what it counted for before goes.
_COUNT = """
WITH holder AS MATERIALIZED (
    SELECT r.id AS register_id, coalesce((
        SELECT h.organisation_id FROM archive_registerholding h
        WHERE h.register_id = r.id AND h.until > %(day)s ORDER BY h.until LIMIT 1),
        r.organisation_id) AS organisation_id
    FROM archive_register r),
came AS (
    SELECT i.environment, r.organisation_id, i.content_type, i.study_id,
        count(*) AS instances, sum(i.size) AS bytes
    FROM archive_instance i
    JOIN archive_study s ON s.id = i.study_id
    JOIN holder r ON r.register_id = s.register_id
    WHERE i.received_at >= %(start)s AND i.received_at < %(end)s
    GROUP BY 1, 2, 3, 4),
gone AS (
    DELETE FROM archive_volumeday d WHERE d.day = %(day)s AND NOT EXISTS (
        SELECT 1 FROM came WHERE came.environment = d.environment
        AND came.organisation_id = d.organisation_id AND came.content_type = d.content_type))
INSERT INTO archive_volumeday
    (environment, organisation_id, content_type, day, studies, instances, bytes)
SELECT environment, organisation_id, content_type, %(day)s,
    count(*) FILTER (WHERE NOT EXISTS (
        SELECT 1 FROM archive_instance e WHERE e.study_id = came.study_id
        AND e.content_type = came.content_type AND e.received_at < %(start)s)),
    sum(instances), sum(bytes)
FROM came GROUP BY 1, 2, 3
ON CONFLICT (environment, organisation_id, content_type, day) DO UPDATE SET
    studies = excluded.studies, instances = excluded.instances, bytes = excluded.bytes
"""


def count(day: date) -> None:
    """What came in on a day in Finland, in both environments."""
    times = {"day": day, "start": midnight(day), "end": midnight(day + ONE_DAY)}
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, times)


def count_due() -> None:
    """Every day that may have changed: from the eve of the last one counted through today. Returns
    at once when another process counts.
    """
    first = _first_due()
    while first is not None and first <= today():
        with transaction.atomic():
            if not locks.is_alone(COUNT_LOCK):
                return
            count(first)
        first += ONE_DAY


def _first_due() -> date | None:
    """An object whose transaction was open at midnight still counts on its day: hence the eve."""
    last: date | None = VolumeDay.objects.aggregate(day=Max("day"))["day"]
    if last is not None:
        return last - ONE_DAY
    began = Instance.objects.aggregate(at=Min("received_at"))["at"]
    return civil_day(began) if began else None
