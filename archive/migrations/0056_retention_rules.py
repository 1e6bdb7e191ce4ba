"""The rules of retention that a new database begins with."""

import csv
from datetime import date
from pathlib import Path

from django.db import migrations

from archive.values import uuid7

FILE = Path(__file__).resolve().parent.parent / "reference" / "retention_rules.csv"


def day(text):
    return date.fromisoformat(text) if text else None


def load(apps, schema_editor):
    RetentionRule = apps.get_model("archive", "RetentionRule")
    with FILE.open(encoding="utf-8", newline="") as file:
        RetentionRule.objects.bulk_create(
            RetentionRule(
                id=uuid7(),
                **{
                    name: row[name] for name in ("name_fi", "name_sv", "name_en", "basis", "source")
                },
                content_types=row["content_types"].split(),
                register_types=row["register_types"].split(),
                birth_days=[int(each) for each in row["birth_days"].split()],
                years=int(row["years"]) if row["years"] else None,
                permanent=row["permanent"] == "yes",
                priority=int(row["priority"]),
                valid_from=day(row["valid_from"]),
                valid_until=day(row["valid_until"]),
                verified=row["verified"] == "yes",
            )
            for row in csv.DictReader(file)
        )


class Migration(migrations.Migration):
    dependencies = [("archive", "0055_retention")]

    operations = [migrations.RunPython(load, migrations.RunPython.noop)]
