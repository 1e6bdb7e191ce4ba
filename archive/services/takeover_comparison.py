"""The lines of a take-over against what is here, some thousands at a time (AR-12)."""

import hashlib
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Count

from archive import ledger
from archive.models import (
    Connection,
    LineOutcome,
    Register,
    Takeover,
    TakeoverLine,
    TakeoverState,
)
from archive.services import error_desk
from archive.services.takeovers import COMPARE, about
from archive.values import now

AT_ONCE = 10_000

# A study of the customer's registers, or one that its systems have stored in another's. A line
# without a UID stands for every study with its accession number, together with the lines like it:
# none of them says which of the objects are its own.
_COMPARE = """
WITH together AS (
    SELECT accession_number, sum(instances) AS instances FROM archive_takeoverline
    WHERE takeover_id = %(takeover)s AND study_instance_uid = '' GROUP BY accession_number)
UPDATE archive_takeoverline line SET held = coalesce(found.held, 0), outcome = CASE
    WHEN EXISTS (
        SELECT 1 FROM archive_takeoverline e WHERE e.takeover_id = line.takeover_id
        AND e.study_instance_uid = line.study_instance_uid AND line.study_instance_uid <> ''
        AND e.number < line.number) THEN 'repeated'
    WHEN found.studies = 0 THEN 'missing'
    WHEN found.destroyed THEN 'destroyed'
    WHEN found.held = 0 THEN 'missing'
    WHEN found.damaged THEN 'damaged'
    WHEN found.rejected THEN 'rejected'
    WHEN found.held < coalesce({listed}, 0) THEN 'fewer'
    WHEN found.uncommitted THEN 'uncommitted'
    WHEN NOT found.registered THEN 'unregistered'
    ELSE 'here' END
FROM archive_takeoverline asked {beside} CROSS JOIN LATERAL (
    SELECT count(*) AS studies, sum(objects.held) AS held,
        bool_or(objects.uncommitted) AS uncommitted,
        bool_and(s.state IN ('registered', 'corrected', 'destroyed')) AS registered,
        bool_and(s.state = 'destroyed') AS destroyed,
        bool_or(objects.damaged) AS damaged,
        bool_or(objects.held > 0 AND objects.regular = 0) AS rejected
    FROM archive_study s CROSS JOIN LATERAL (
        SELECT count(*) AS held, count(*) FILTER (WHERE i.rejection = '') AS regular,
            bool_or(i.damaged_at IS NOT NULL) AS damaged,
            bool_or(i.committed_at IS NULL) FILTER (WHERE i.rejection = '') AS uncommitted
        FROM archive_instance i WHERE i.study_id = s.id) objects
    WHERE s.environment = %(environment)s AND {match}
        AND (s.register_id = ANY(%(registers)s) OR s.connection_id = ANY(%(connections)s))
) found
WHERE line.id = asked.id AND asked.takeover_id = %(takeover)s AND {which}
    AND asked.number > %(after)s AND asked.number <= %(through)s
"""
_BY_UID = _COMPARE.format(
    match="s.study_instance_uid = asked.study_instance_uid",
    which="asked.study_instance_uid <> ''",
    listed="line.instances",
    beside="",
)
_BY_ACCESSION = _COMPARE.format(
    match="s.accession_number = asked.accession_number",
    which="asked.study_instance_uid = ''",
    listed="together.instances",
    beside="JOIN together ON together.accession_number = asked.accession_number",
)


def advance(takeover_id: UUID) -> datetime | None:
    """Compare the next lines; when to go on, or None when that was all. May be run any number of
    times.
    """
    with transaction.atomic():
        takeover = Takeover.objects.select_for_update().get(id=takeover_id)
        if takeover.state not in (TakeoverState.COMPARING, TakeoverState.FAILED):
            return None
        through = min(takeover.compared + AT_ONCE, takeover.listed)
        _compare(takeover, through)
        takeover.compared, takeover.state = through, TakeoverState.COMPARING
        if through == takeover.listed:
            _end(takeover)
        takeover.save()
    if takeover.state == TakeoverState.COMPARING:
        return now()
    error_desk.settle(takeover_id, COMPARE.step)
    return None


def _compare(takeover: Takeover, through: int) -> None:
    own = {"organisation_id": takeover.organisation_id}
    values = {
        "takeover": takeover.id,
        "environment": takeover.environment,
        "registers": list(Register.objects.filter(**own).values_list("id", flat=True)),
        "connections": list(Connection.objects.filter(**own).values_list("id", flat=True)),
        "after": takeover.compared,
        "through": through,
    }
    with connection.cursor() as cursor:
        cursor.execute(_BY_UID, values)
        cursor.execute(_BY_ACCESSION, values)


def _end(takeover: Takeover) -> None:
    rows = takeover.lines.order_by().values("outcome").annotate(count=Count("id"))
    counts = {row["outcome"]: row["count"] for row in rows}
    takeover.outcome = {each: counts[each] for each in LineOutcome.values if each in counts}
    takeover.state, takeover.compared_at, takeover.error = TakeoverState.COMPARED, now(), ""
    counted = takeover.lines.exclude(outcome=LineOutcome.REPEATED)
    takeover.uncounted = counted.filter(instances=None).count()
    takeover.sha256 = _digest(takeover)
    facts = {
        "listed": takeover.listed,
        "faulty": takeover.faulty,
        "outcome": takeover.outcome,
        "sha256": takeover.sha256,
    }
    ledger.record(ledger.Kind.TAKEOVER_COMPARED, about(takeover), facts)


def _digest(takeover: Takeover) -> str:
    """Over every line with what was found, so that a report can be held against it."""
    whole = hashlib.sha256()
    rows = TakeoverLine.objects.filter(takeover=takeover).order_by("number")
    columns = ("number", "study_instance_uid", "accession_number", "held", "outcome")
    for row in rows.values_list(*columns).iterator(chunk_size=5_000):
        whole.update(("|".join(map(str, row)) + "\n").encode())
    return whole.hexdigest()
