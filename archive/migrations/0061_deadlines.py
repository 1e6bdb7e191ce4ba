"""The deadlines as their sources give them, and where the sources differ (AR-2)."""

import csv
from datetime import date
from pathlib import Path

from django.db import migrations

FILE = Path(__file__).resolve().parent.parent / "reference" / "content_policy.csv"


def tell_sources(apps, schema_editor):
    """Of the rows a database began with; what people have made of them since keeps its words."""
    rows = apps.get_model("archive", "ContentPolicy").objects.using(schema_editor.connection.alias)
    with FILE.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            began = date.fromisoformat(row["allowed_from"])
            rows.filter(content_type=row["content_type"], allowed_from=began).update(
                source=row["source"], contradiction=row["contradiction"]
            )


class Migration(migrations.Migration):
    dependencies = (("archive", "0060_rules_volumes_takeovers"),)
    operations = (migrations.RunPython(tell_sources, migrations.RunPython.noop, elidable=False),)
