"""Mails to whoever has an account, or wants one, are owed as all others are; they are of no
organisation.
"""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = (("onboarding", "0061_planned_services"),)
    operations = (
        migrations.AlterField(
            "OutgoingMail",
            "organisation",
            models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="mails",
                to="archive.organisation",
            ),
        ),
    )
