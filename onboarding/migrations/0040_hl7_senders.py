"""A planned connection may be a sender of HL7 messages."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("archive", "0040_persons_and_messages"),
        ("onboarding", "0004_former_holdings"),
    ]

    operations = [
        migrations.AlterField(
            model_name="plannedconnection",
            name="kind",
            field=models.CharField(
                choices=[("dicom", "DICOM"), ("xds", "XDS"), ("hl7", "HL7")], max_length=10
            ),
        ),
        migrations.AddConstraint(
            model_name="plannedconnection",
            constraint=models.UniqueConstraint(
                condition=models.Q(("kind", "hl7")),
                fields=("environment", "hl7_application", "hl7_facility"),
                name="planned_one_sender",
            ),
        ),
    ]
