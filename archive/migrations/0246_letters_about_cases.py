"""A kind of work more: mails to a customer that is asked about a case."""

from django.db import migrations, models

KINDS = (
    ("registration", "registration of a study"),
    ("notice", "confirmation of registration (IAN)"),
    ("commitment_report", "storage commitment report"),
    ("authorisation_form", "authorisation to the Patient Data Repository"),
    ("authorisation_letter", "mail about an authorisation"),
    ("correction", "correction of a study"),
    ("batch", "batch of the support desk"),
    ("takeover_query", "query for a take-over"),
    ("takeover_compare", "comparison of a take-over"),
    ("retention_survey", "working out of retention"),
    ("destruction", "destruction of studies"),
    ("review_letter", "mail about a log review"),
    ("webhook", "call of a webhook"),
    ("mail", "mail to a contact or an invited person"),
    ("case_letter", "mail about a case to a customer"),
)


class Migration(migrations.Migration):
    dependencies = (("archive", "0245_services_of_a_system"),)
    operations = (
        migrations.AlterField("job", "kind", models.CharField(choices=KINDS, max_length=24)),
        migrations.AlterField(
            "queuehold",
            "kind",
            models.CharField(choices=KINDS, max_length=24, primary_key=True, serialize=False),
        ),
    )
