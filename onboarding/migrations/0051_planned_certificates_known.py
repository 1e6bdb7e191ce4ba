"""Certificates that were loaded on connections' pages are watched to their end like those shown."""

from django.db import migrations


def make_known(apps, schema_editor):
    alias = schema_editor.connection.alias
    known = apps.get_model("archive", "SeenCertificate").objects.using(alias)
    rows = apps.get_model("onboarding", "PlannedConnection").objects.using(alias)
    known.bulk_create(
        [
            known.model(
                sha256=row.certificate_sha256,
                subject=row.certificate_subject,
                until=row.certificate_until,
            )
            for row in rows.exclude(certificate_sha256="").exclude(certificate_until=None)
        ],
        ignore_conflicts=True,
    )


class Migration(migrations.Migration):
    dependencies = (
        ("archive", "0112_seen_certificates"),
        ("onboarding", "0050_contents_to_come"),
    )
    operations = (migrations.RunPython(make_known, migrations.RunPython.noop, elidable=False),)
