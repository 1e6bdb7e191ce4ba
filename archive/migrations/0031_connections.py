"""Connections: whether studies are returned to them, and by which certificate they are known."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = (("archive", "0030_asking"),)
    operations = (
        migrations.AddField(
            model_name="connection",
            name="retrieve_destination",
            field=models.BooleanField(default=True),
        ),
        migrations.AddField(
            model_name="connection",
            name="tls",
            field=models.BooleanField(default=False),
        ),
        migrations.AddConstraint(
            model_name="connection",
            constraint=models.CheckConstraint(
                condition=Q(tls=False) | ~Q(certificate_sha256=""),
                name="connection_tls_has_certificate",
            ),
        ),
    )
