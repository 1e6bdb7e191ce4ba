"""Contents to come as their sources give them, with those that earlier sources name; and where the
sources differ (AR-2).
"""

import csv
from datetime import date
from pathlib import Path

from django.db import migrations

from archive.values import uuid7

FILE = Path(__file__).resolve().parent.parent / "reference" / "contents_to_come.csv"
NAMES = ("name_fi", "name_sv", "name_en")


def day(text):
    return date.fromisoformat(text) if text else None


def tell_sources(apps, schema_editor):
    """A content of which a row is there already gets no second one."""
    rows = apps.get_model("archive", "ContentPolicy").objects.using(schema_editor.connection.alias)
    with FILE.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            told = {name: row[name] for name in ("source", "contradiction")}
            known = rows.filter(content_type=row["content_type"])
            known.filter(allowed_from=day(row["allowed_from"])).update(**told)
            if not known.exists():
                rows.create(
                    id=uuid7(),
                    content_type=row["content_type"],
                    sop_classes=[],
                    modalities=[],
                    allowed_from=day(row["allowed_from"]),
                    duty_from=day(row["duty_from"]),
                    **{name: row[name] for name in NAMES},
                    **told,
                )


class Migration(migrations.Migration):
    dependencies = (("onboarding", "0030_planned_destinations"), ("archive", "0061_deadlines"))
    operations = (migrations.RunPython(tell_sources, migrations.RunPython.noop, elidable=False),)
