"""Registers that have passed already: who was controller before, told to the archive."""

from django.db import migrations

from archive.values import uuid7


def backfill(apps, schema_editor):
    alias = schema_editor.connection.alias
    Succession = apps.get_model("onboarding", "Succession")
    RegisterHolding = apps.get_model("archive", "RegisterHolding")
    for row in Succession.objects.using(alias).exclude(passed_at=None):
        RegisterHolding.objects.using(alias).get_or_create(
            register_id=row.register_id,
            until=row.day,
            defaults={"id": uuid7(), "organisation_id": row.from_organisation_id},
        )


class Migration(migrations.Migration):
    dependencies = (("archive", "0005_register_holding"), ("onboarding", "0003_succession"))
    operations = (migrations.RunPython(backfill, migrations.RunPython.noop),)
