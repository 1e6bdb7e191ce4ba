"""Which services a customer's DICOM system may use: all, for those that are there."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = (("archive", "0244_customers_answers"),)
    operations = tuple(
        migrations.AddField("connection", name, models.BooleanField(default=True))
        for name in ("may_store", "may_fetch")
    )
