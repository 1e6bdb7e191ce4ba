"""The first rules of review, the numbers of its cases, and where the reading of the ledger begins.

What was recorded before is not judged: rules of today would suspect years of work at once.
"""

from datetime import date, datetime, time

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from archive.values import HELSINKI, uuid7

FROM = datetime(2024, 1, 1, tzinfo=HELSINKI)
SOURCE = "The operator’s own, to be confirmed by its data protection officer"
HOUR, DAY = 60, 24 * 60  # minutes
RULES = (
    *(
        {"scope": "professionals", "kind": kind}
        for kind in ("emergency", "family_name", "own_record", "watched", "no_care_relation")
    ),
    {"scope": "professionals", "kind": "emergency_without_care", "window_minutes": 14 * DAY},
    {"scope": "professionals", "kind": "many_patients", "threshold": 40, "window_minutes": HOUR},
    {
        # Hospitals work at night: whoever does not may turn it on.
        **{"scope": "professionals", "kind": "outside_hours", "is_on": False},
        **{"threshold": 10, "window_minutes": HOUR, "opens": time(6), "closes": time(22)},
    },
    *({"scope": "staff", "kind": kind} for kind in ("family_name", "own_record", "watched")),
    {"scope": "staff", "kind": "many_patients", "threshold": 20, "window_minutes": HOUR},
    {
        **{"scope": "staff", "kind": "outside_hours", "threshold": 5, "window_minutes": HOUR},
        **{"opens": time(7), "closes": time(18), "weekdays_only": True},
    },
    {"scope": "staff", "kind": "log_reading", "threshold": 300, "window_minutes": HOUR},
    {"scope": "staff", "kind": "without_case", "threshold": 3, "window_minutes": DAY},
)
ANSWER_DAYS = 14

CREATE = """
CREATE SEQUENCE archive_review_number START 101;
INSERT INTO archive_auditcursor (name, position, tries, not_before, last_error)
    SELECT 'review', coalesce(max(position), 0), 0, now(), '' FROM archive_ledgerseal;
"""
DROP = """
DELETE FROM archive_auditcursor WHERE name = 'review';
DROP SEQUENCE archive_review_number;
"""


def load(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    using = schema_editor.connection.alias
    rules = apps.get_model("archive", "ReviewRule").objects.using(using)
    rules.bulk_create(
        rules.model(id=uuid7(), valid_from=FROM, source=SOURCE, **columns) for columns in RULES
    )
    apps.get_model("archive", "LogRule").objects.using(using).create(
        id=uuid7(),
        key="answer-days",
        value=ANSWER_DAYS,
        valid_from=date(2024, 1, 1),
        source=SOURCE,
    )


class Migration(migrations.Migration):
    dependencies = [("archive", "0050_review")]
    operations = [
        migrations.RunSQL(CREATE, DROP),
        migrations.RunPython(load, migrations.RunPython.noop, elidable=False),
    ]
