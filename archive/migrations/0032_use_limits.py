"""How much a customer's systems may load the archive, with the limits of everyone to begin with."""

from datetime import date

import django.db.models.deletion
from django.db import migrations, models

import archive.values


def begin(apps, schema_editor):
    rows = apps.get_model("archive", "UseLimit").objects.using(schema_editor.connection.alias)
    rows.create(associations=50, objects_per_minute=300_000, valid_from=date(2018, 1, 1))


class Migration(migrations.Migration):
    dependencies = (("archive", "0031_connections"),)
    operations = (
        migrations.CreateModel(
            name="UseLimit",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=archive.values.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("associations", models.PositiveIntegerField()),
                ("objects_per_minute", models.PositiveIntegerField()),
                ("valid_from", models.DateField()),
                ("valid_until", models.DateField(blank=True, null=True)),
                (
                    "organisation",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="use_limits",
                        to="archive.organisation",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organisation", "valid_from"),
                        name="use_limit_identity",
                        nulls_distinct=False,
                    )
                ],
            },
        ),
        migrations.RunPython(begin, migrations.RunPython.noop, elidable=False),
    )
