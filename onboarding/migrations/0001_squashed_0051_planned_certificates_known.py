"""All that 0001 to 0051 do, for a database that has none of them."""

from django.conf import settings
from django.db import migrations

from archive.migrations.squashed_0220.operations import CreateModels
from onboarding.migrations.squashed_0051 import joining, public, rollout, rows, succession, terms

SUBJECTS = (joining, terms, rollout, succession, public)


class Migration(migrations.Migration):
    initial = True
    # Not on the last of the archive: a database may have all of these, and not yet all of those.
    dependencies = (
        ("archive", "0112_seen_certificates"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    )
    replaces = [
        ("onboarding", "0001_initial"),
        ("onboarding", "0002_reference"),
        ("onboarding", "0003_succession"),
        ("onboarding", "0004_former_holdings"),
        ("onboarding", "0030_planned_destinations"),
        ("onboarding", "0040_hl7_senders"),
        ("onboarding", "0050_contents_to_come"),
        ("onboarding", "0051_planned_certificates_known"),
    ]
    operations = (
        CreateModels([model for each in SUBJECTS for model in each.MODELS]),
        migrations.RunPython(rows.load),
    )
