"""What PostgreSQL says of itself."""

from django.db import connection


def unbroken_since() -> str:
    """Since when it has not broken down: then, and only then, it begins its statistics anew by
    itself. Another that takes its place says another time.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT stats_reset FROM pg_stat_bgwriter")
        (at,) = cursor.fetchone()
    return at.isoformat() if at is not None else ""
