"""Planned connections: whether studies are returned to them, and whether they use TLS alone."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = (
        ("archive", "0031_connections"),
        ("onboarding", "0040_hl7_senders"),
    )
    operations = (
        migrations.AddField(
            model_name="plannedconnection",
            name="retrieve_destination",
            field=models.BooleanField(default=True),
        ),
        migrations.AddField(
            model_name="plannedconnection",
            name="tls",
            field=models.BooleanField(default=False),
        ),
    )
