"""How often the API may be called: by a token, and by all tokens of an organisation (NF-7).
The numbers are rows (`services.limits`); the counts are rows too, so all processes share them.
"""

from datetime import timedelta
from uuid import UUID

from django.db import connection

from archive.models import ApiCallCount
from archive.services import limits
from archive.values import now

MINUTE = timedelta(minutes=1)
KEPT = timedelta(hours=1)


def seconds_to_wait(token_id: UUID, organisation_id: UUID | None) -> float | None:
    """Count a call; None when it may be answered, else how long until the next one may be."""
    at = now()
    minute = at.replace(second=0, microsecond=0)
    allowed = limits.of(organisation_id)
    most = {token_id: allowed.token_calls_per_minute}
    if organisation_id is not None:
        most[organisation_id] = allowed.calls_per_minute
    places = ", ".join(["(%s, %s, 1)"] * len(most))
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO archive_apicallcount (holder_id, minute, calls) VALUES {places}"
            " ON CONFLICT (holder_id, minute) DO UPDATE SET calls = archive_apicallcount.calls + 1"
            " RETURNING holder_id, calls",
            [value for holder in most for value in (holder, minute)],
        )
        counted = dict(cursor.fetchall())
    if all(counted[holder] <= most[holder] for holder in most):
        return None
    return (minute + MINUTE - at).total_seconds()


def forget() -> None:
    ApiCallCount.objects.filter(minute__lt=now() - KEPT).delete()
