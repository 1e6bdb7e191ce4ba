"""Rules of alarms tell the people of roles, as the first ones do: no address is known before a system
is in use, and a rule that tells nobody is seen only by who looks.
"""

import django.contrib.postgres.fields
from django.db import migrations, models

BY = "IDR"  # who made the first rules
ROLES = ["admin", "support"]


def tell_roles(apps, schema_editor):
    """What people have changed since stays as they said."""
    rules = apps.get_model("archive", "AlarmRule").objects.using(schema_editor.connection.alias)
    rules.filter(made_by_name=BY, until=None, recipients=[]).update(roles=ROLES)


class Migration(migrations.Migration):
    dependencies = (("archive", "0160_tokens_made_with_tokens"),)

    operations = (
        migrations.AddField(
            model_name="alarmrule",
            name="roles",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(
                    choices=[
                        ("admin", "administrator"),
                        ("onboarding", "onboarding officer"),
                        ("archivist", "archivist"),
                        ("support", "support desk"),
                        ("logreview", "log reviewer"),
                        ("customer_admin", "customer's administrator"),
                        ("customer_technical", "customer's technical contact"),
                    ],
                    max_length=20,
                ),
                blank=True,
                db_default=[],
                default=list,
                size=None,
            ),
        ),
        migrations.RunPython(tell_roles, migrations.RunPython.noop, elidable=False),
    )
