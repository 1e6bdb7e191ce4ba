"""A certified system that is run no more stays, and can be put back."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = (("onboarding", "0070_mails_to_accounts"),)
    operations = (
        migrations.AddField(
            "CertifiedSystem", "taken_off_at", models.DateTimeField(blank=True, null=True)
        ),
        migrations.AddField(
            "CertifiedSystem", "taken_off_by", models.CharField(blank=True, max_length=200)
        ),
    )
