"""What went through each interface, hour by hour, counted from what is written anyway: the ledger,
the SOAP and HL7 messages, the deliveries of webhooks and the events of cases. An hour may be
counted any number of times; only what is recent is read.
"""

from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Max

from archive import locks
from archive.models import ChannelHour
from archive.values import now

COUNT_LOCK = 7_301_110  # advisory lock of the one who counts
FIRST_BACK = timedelta(days=63)  # what the first count reads: enough to learn from
SLICE = timedelta(days=1)
KEPT = timedelta(days=400)
HOUR = timedelta(hours=1)

# An exchange is an association, a message or a call, of the hour in which it ended. It failed when
# anything in it did. What is of no customer's connection has no channel. Timed are objects, and
# answers where no objects are given.
COUNT = """
WITH said AS (
    SELECT c.environment, c.organisation_id, c.id AS connection_id, e.at,
        CASE
            WHEN e.kind IN ('study.stored', 'commitment.requested', 'object.refused')
                THEN CASE c.kind WHEN 'dicom' THEN 'store' ELSE 'dicomweb' END
            WHEN e.kind = 'association.verified' THEN 'store'
            WHEN e.kind IN ('documents.queried', 'images.queried')
                AND (e.facts ->> 'interface' = 'FHIR'
                    OR e.facts ->> 'query' = 'find_document_references') THEN 'fhir'
            WHEN e.kind IN ('images.queried', 'study.retrieved')
                THEN CASE c.kind WHEN 'dicom' THEN 'retrieve' ELSE 'dicomweb' END
            WHEN e.facts ->> 'interface' = 'FHIR' THEN 'fhir'
            WHEN e.facts ->> 'interface' = 'DICOMweb' THEN 'dicomweb'
            WHEN e.facts ->> 'interface' = 'DICOM' THEN 'retrieve'
            ELSE 'xds'
        END AS interface,
        coalesce(e.correlation_id, e.id) AS exchange,
        e.kind = 'object.refused' AS bad,
        coalesce((e.facts ->> 'ms')::bigint, 0) AS ms,
        CASE WHEN e.facts ? 'ms'
            THEN coalesce((e.facts ->> 'instances')::bigint, 1) ELSE 0 END AS timed
    FROM archive_ledgerevent e
    JOIN archive_connection c ON c.id = e.actor_id
    WHERE e.at >= %(start)s AND e.at < %(end)s AND e.actor_kind = 'connection'
        AND e.kind IN ('study.stored', 'commitment.requested', 'object.refused',
            'association.verified', 'images.queried', 'study.retrieved', 'documents.queried',
            'document.registered', 'disclosure.given', 'data.used')
    UNION ALL
    SELECT n.environment, c.organisation_id, c.id, e.at, 'notice', e.id,
        e.kind = 'notice.undelivered',
        CASE e.kind WHEN 'notice.delivered'
            THEN (extract(epoch FROM e.at - n.made_at) * 1000)::bigint ELSE 0 END,
        CASE e.kind WHEN 'notice.delivered' THEN 1 ELSE 0 END
    FROM archive_ledgerevent e
    JOIN archive_availabilitynotice n ON n.id = e.subject_id
    JOIN archive_connection c ON c.id = n.connection_id
    WHERE e.at >= %(start)s AND e.at < %(end)s
        AND e.kind IN ('notice.delivered', 'notice.undelivered')
    UNION ALL
    SELECT DISTINCT ON (m.id, e.kind, date_trunc('minute', e.at)) m.environment,
        c.organisation_id, c.id, e.at, 'commitment', m.id, e.kind = 'commitment.undelivered',
        CASE e.kind WHEN 'commitment.reported'
            THEN (extract(epoch FROM e.at - m.requested_at) * 1000)::bigint ELSE 0 END,
        CASE e.kind WHEN 'commitment.reported' THEN 1 ELSE 0 END
    FROM archive_ledgerevent e
    JOIN archive_storagecommitment m ON m.id = e.subject_id
    JOIN archive_connection c ON c.id = m.connection_id
    WHERE e.at >= %(start)s AND e.at < %(end)s
        AND e.kind IN ('commitment.reported', 'commitment.undelivered')
    UNION ALL
    SELECT r.environment, r.organisation_id, r.connection_id, r.received_at, 'xds',
        coalesce(r.correlation_id, r.id), NOT r.taken, coalesce(r.ms, 0), (r.ms IS NOT NULL)::int
    FROM archive_registrymessage r
    WHERE r.environment IN ('production', 'test')
        AND r.received_at >= %(start)s AND r.received_at < %(end)s
    UNION ALL
    SELECT m.environment, m.organisation_id, m.connection_id, m.received_at, 'hl7', m.id,
        m.outcome = 'refused', coalesce(m.ms, 0), (m.ms IS NOT NULL)::int
    FROM archive_hl7message m
    WHERE m.environment IN ('production', 'test')
        AND m.received_at >= %(start)s AND m.received_at < %(end)s AND m.outcome <> 'received'
    UNION ALL
    SELECT w.environment, w.organisation_id, NULL, d.delivered_at, 'webhook', d.id, false,
        (extract(epoch FROM d.delivered_at - d.at) * 1000)::bigint, 1
    FROM archive_webhookdelivery d
    JOIN archive_webhook w ON w.id = d.webhook_id
    WHERE d.delivered_at >= %(start)s AND d.delivered_at < %(end)s
    UNION ALL
    SELECT * FROM (
        SELECT k.environment, k.organisation_id,
            CASE WHEN k.place = 'webhook' THEN NULL ELSE k.connection_id END, v.at,
            CASE
                WHEN k.edge = 'dicom' AND k.place IN ('association', 'store', 'commitment')
                    THEN 'store'
                WHEN k.edge = 'dicom' AND k.place IN ('query', 'retrieve') THEN 'retrieve'
                WHEN k.edge = 'hl7' AND k.place = 'door' THEN 'hl7'
                WHEN k.edge = 'job' AND k.place = 'webhook' THEN 'webhook'
                WHEN k.edge IN ('xds', 'dicomweb', 'fhir') THEN k.edge
            END AS interface,
            coalesce(v.correlation_id, v.id), true, 0, 0
        FROM archive_case k
        JOIN archive_caseevent v ON v.case_id = k.id
        WHERE k.environment IN ('production', 'test') AND k.state IN ('open', 'resolved')
            AND k.last_at >= %(start)s AND v.at >= %(start)s AND v.at < %(end)s
            AND k.organisation_id IS NOT NULL) AS failures
    WHERE interface IS NOT NULL),
exchanges AS (
    SELECT environment, organisation_id, connection_id, interface,
        date_trunc('hour', max(at), 'UTC') AS hour, exchange,
        bool_or(bad) AS bad, max(at) AS at, sum(ms) AS ms, sum(timed) AS timed
    FROM said GROUP BY environment, organisation_id, connection_id, interface, exchange),
channels AS (
    INSERT INTO archive_channel
        (id, environment, organisation_id, connection_id, interface, first_at, good_at, failed_at)
    SELECT gen_random_uuid(), environment, organisation_id, connection_id, interface, min(at),
        max(at) FILTER (WHERE NOT bad), max(at) FILTER (WHERE bad)
    FROM exchanges GROUP BY 2, 3, 4, 5
    ON CONFLICT (environment, organisation_id, connection_id, interface) DO UPDATE SET
        good_at = greatest(archive_channel.good_at, excluded.good_at),
        failed_at = greatest(archive_channel.failed_at, excluded.failed_at)
    RETURNING id, environment, organisation_id, connection_id, interface)
INSERT INTO archive_channelhour (channel_id, hour, good, failed, ms, timed)
SELECT c.id, x.hour, count(*) FILTER (WHERE NOT x.bad), count(*) FILTER (WHERE x.bad),
    sum(x.ms), sum(x.timed)
FROM exchanges x
JOIN channels c ON c.environment = x.environment AND c.organisation_id = x.organisation_id
    AND c.connection_id IS NOT DISTINCT FROM x.connection_id AND c.interface = x.interface
GROUP BY 1, 2
ON CONFLICT (channel_id, hour) DO UPDATE SET good = excluded.good, failed = excluded.failed,
    ms = excluded.ms, timed = excluded.timed
"""


def count(start: datetime, end: datetime) -> None:
    """From the beginning of the hour of `start` on."""
    begin = start.replace(minute=0, second=0, microsecond=0)
    with connection.cursor() as cursor:
        cursor.execute(COUNT, {"start": begin, "end": end})


def count_due() -> None:
    """From the hour before the last one that was counted until now: what was under way then may
    have been committed since. Returns at once when another process counts.
    """
    at = now()
    last = ChannelHour.objects.aggregate(hour=Max("hour"))["hour"]
    start = last - HOUR if last is not None else at - FIRST_BACK
    while start < at:
        end = min(start + SLICE, at + HOUR)
        with transaction.atomic():
            if not locks.is_alone(COUNT_LOCK):
                return
            count(start, end)
        start = end


def forget_old() -> None:
    ChannelHour.objects.filter(hour__lt=now() - KEPT).delete()
