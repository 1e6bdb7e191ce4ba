"""How long logs are kept, and how far back a report goes."""

from datetime import date

from django.db import migrations

from archive.values import uuid7

RULES = (
    (
        "retention-years",
        12,
        date(2024, 1, 1),
        "Twelve years from creation; section not yet verified in Act 703/2023",
    ),
    (
        "report-years",
        2,
        date(2024, 1, 1),
        "Act 703/2023 section 11: older only for a special reason",
    ),
)


def load(apps, schema_editor):
    rows = apps.get_model("archive", "LogRule").objects
    rows.bulk_create(
        rows.model(id=uuid7(), key=key, value=value, valid_from=day, source=source)
        for key, value, day, source in RULES
    )


class Migration(migrations.Migration):
    dependencies = (("archive", "0011_log_indexes"),)
    operations = (migrations.RunPython(load, migrations.RunPython.noop, elidable=False),)
