"""How grave causes are and how soon they are to be solved; events that came before know their fingerprint."""

from datetime import date

from django.db import migrations

from archive.values import uuid7

SINCE = date(2024, 1, 1)
SOURCE = "First service level of the support desk; the operator changes it by a new row"
SEVERITIES = {
    "": "normal",
    "bytes-damaged": "critical",
    "storage-full": "critical",
    "database-gone": "critical",
    "broken": "high",
    "other-register": "high",
    "controller-unauthorised": "high",
    "signature-invalid": "high",
    "issuer-untrusted": "high",
    "patient-conflict": "high",
    "patient-differs": "high",
    "merge-unauthorised": "high",
    "repository-unreachable": "high",
    "repository-rejects": "high",
    "busy": "low",
    "too-many-associations": "low",
    "patient-unknown": "low",
    "parameter-missing": "low",
    "query-unknown": "low",
}
HOURS = {"critical": 2, "high": 8, "normal": 48, "low": 168}

OPENED = "UPDATE archive_case SET opened_at = first_at WHERE opened_at IS NULL"
MARK = """
UPDATE archive_caseevent AS event SET mark = owner.fingerprint
FROM archive_case AS owner WHERE owner.id = event.case_id AND event.mark = ''
"""


def load(apps, schema_editor):
    rules = apps.get_model("archive", "SeverityRule").objects
    rules.bulk_create(
        rules.model(id=uuid7(), reason=reason, severity=severity, valid_from=SINCE, source=SOURCE)
        for reason, severity in SEVERITIES.items()
    )
    times = apps.get_model("archive", "SeverityTime").objects
    times.bulk_create(
        times.model(id=uuid7(), severity=severity, hours=hours, valid_from=SINCE, source=SOURCE)
        for severity, hours in HOURS.items()
    )


class Migration(migrations.Migration):
    dependencies = (("archive", "0070_support_desk"),)
    operations = (
        migrations.RunPython(load, migrations.RunPython.noop, elidable=False),
        migrations.RunSQL(MARK, migrations.RunSQL.noop),
        migrations.RunSQL(OPENED, migrations.RunSQL.noop),
    )
