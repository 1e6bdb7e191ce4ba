"""Which services a planned DICOM system is to use: all, for those that are there."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = (("onboarding", "0060_outgoing_mails"),)
    operations = tuple(
        migrations.AddField("plannedconnection", name, models.BooleanField(default=True))
        for name in ("may_store", "may_fetch")
    )
