"""The operator, the content policy and the study codes that a new database begins with."""

import csv
from datetime import date
from pathlib import Path

from django.db import migrations

from archive.values import BusinessId, uuid7

FOLDER = Path(__file__).resolve().parent.parent / "reference"
OPERATOR = BusinessId("0246246-0")


def rows(name):
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def day(text):
    return date.fromisoformat(text) if text else None


def load(apps, schema_editor):
    organisation = apps.get_model("archive", "Organisation").objects.create(
        id=uuid7(),
        business_id=OPERATOR,
        oid=OPERATOR.oid_arc,
        name_fi="Kansaneläkelaitos",
        name_sv="Folkpensionsanstalten",
        name_en="Social Insurance Institution of Finland",
        sector="1",
        is_operator=True,
        state="in_production",
    )
    apps.get_model("archive", "Register").objects.create(
        id=uuid7(),
        organisation=organisation,
        controller_oid=OPERATOR.controller_oid,
        type="2",
        is_default=True,
    )
    StudyCodeEntry = apps.get_model("archive", "StudyCodeEntry")
    StudyCodeEntry.objects.bulk_create(
        StudyCodeEntry(
            id=uuid7(),
            code=row["code"],
            system_oid=row["system_oid"],
            name_fi=row["name_fi"],
            valid_from=day(row["valid_from"]),
            valid_until=day(row["valid_until"]),
        )
        for row in rows("study_codes.csv")
    )
    ContentPolicy = apps.get_model("archive", "ContentPolicy")
    ContentPolicy.objects.bulk_create(
        ContentPolicy(
            id=uuid7(),
            **{
                name: row[name]
                for name in ("content_type", "name_fi", "name_sv", "name_en", "source")
            },
            sop_classes=row["sop_classes"].split(),
            modalities=row["modalities"].split(),
            code_demanded=row["code_demanded"] == "yes",
            allowed_from=day(row["allowed_from"]),
            duty_from=day(row["duty_from"]),
        )
        for row in rows("content_policy.csv")
    )


class Migration(migrations.Migration):
    dependencies = (("archive", "0002_ledger"),)
    operations = (migrations.RunPython(load, migrations.RunPython.noop, elidable=False),)
