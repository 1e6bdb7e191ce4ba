"""Persons: merges, demographics as they were, HL7 messages and their senders; what waits for a second
person.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import archive.values


class Migration(migrations.Migration):
    dependencies = [
        ("archive", "0045_trust"),
    ]

    operations = [
        migrations.CreateModel(
            name="Hl7Message",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=archive.values.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "environment",
                    models.CharField(
                        choices=[("production", "production"), ("test", "test")], max_length=10
                    ),
                ),
                ("received_at", models.DateTimeField()),
                ("raw", models.BinaryField()),
                ("digest", models.BinaryField(max_length=32)),
                ("control_id", models.CharField(blank=True, max_length=200)),
                ("event", models.CharField(blank=True, max_length=20)),
                ("version", models.CharField(blank=True, max_length=20)),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("received", "not answered"),
                            ("done", "done"),
                            ("no_effect", "nothing to change"),
                            ("refused", "refused"),
                        ],
                        max_length=10,
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=40)),
                ("detail", models.CharField(blank=True, max_length=400)),
                ("place", models.CharField(blank=True, max_length=40)),
                ("acknowledgement", models.CharField(blank=True, max_length=2)),
                ("answer", models.BinaryField(blank=True, default=bytes)),
                ("replayed_at", models.DateTimeField(blank=True, null=True)),
                ("correlation_id", models.UUIDField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name="PatientHistory",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=archive.values.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("name", models.CharField(blank=True, max_length=324)),
                ("birth_date", models.CharField(blank=True, max_length=8)),
                ("sex", models.CharField(blank=True, max_length=16)),
                ("until", models.DateTimeField()),
                ("changed_by", models.CharField(max_length=200)),
            ],
            options={
                "verbose_name_plural": "patient histories",
            },
        ),
        migrations.CreateModel(
            name="PatientMerge",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=archive.values.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "environment",
                    models.CharField(
                        choices=[("production", "production"), ("test", "test")], max_length=10
                    ),
                ),
                ("made_at", models.DateTimeField()),
                ("made_by", models.CharField(max_length=200)),
                ("reason", models.CharField(blank=True, max_length=200)),
                ("undone_at", models.DateTimeField(blank=True, null=True)),
                ("undone_by", models.CharField(blank=True, max_length=200)),
                ("undo_reason", models.CharField(blank=True, max_length=200)),
            ],
        ),
        migrations.CreateModel(
            name="SecondPerson",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=archive.values.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("kind", models.CharField(max_length=24)),
                (
                    "environment",
                    models.CharField(
                        choices=[("production", "production"), ("test", "test")], max_length=10
                    ),
                ),
                ("subject_id", models.UUIDField()),
                ("reason", models.CharField(max_length=200)),
                ("details", models.JSONField(blank=True, default=dict)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "waits for a second person"),
                            ("done", "done"),
                            ("refused", "refused"),
                        ],
                        default="open",
                        max_length=10,
                    ),
                ),
                ("asked_at", models.DateTimeField()),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.AddField(
            model_name="connection",
            name="certificate_sha256",
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.AddField(
            model_name="connection",
            name="hl7_application",
            field=models.CharField(blank=True, max_length=100),
        ),
        migrations.AddField(
            model_name="connection",
            name="hl7_facility",
            field=models.CharField(blank=True, max_length=100),
        ),
        migrations.AlterField(
            model_name="connection",
            name="kind",
            field=models.CharField(
                choices=[("dicom", "DICOM"), ("xds", "XDS"), ("hl7", "HL7")], max_length=10
            ),
        ),
        migrations.AddConstraint(
            model_name="connection",
            constraint=models.UniqueConstraint(
                condition=models.Q(("kind", "hl7"), ("valid_until", None)),
                fields=("environment", "hl7_application", "hl7_facility"),
                name="connection_one_live_sender",
            ),
        ),
        migrations.AddField(
            model_name="hl7message",
            name="case",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="messages",
                to="archive.case",
            ),
        ),
        migrations.AddField(
            model_name="hl7message",
            name="connection",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="messages",
                to="archive.connection",
            ),
        ),
        migrations.AddField(
            model_name="hl7message",
            name="organisation",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="messages",
                to="archive.organisation",
            ),
        ),
        migrations.AddField(
            model_name="hl7message",
            name="patient",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="messages",
                to="archive.patient",
            ),
        ),
        migrations.AddField(
            model_name="patienthistory",
            name="message",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="patient_changes",
                to="archive.hl7message",
            ),
        ),
        migrations.AddField(
            model_name="patienthistory",
            name="organisation",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="patient_changes",
                to="archive.organisation",
            ),
        ),
        migrations.AddField(
            model_name="patienthistory",
            name="patient",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="history",
                to="archive.patient",
            ),
        ),
        migrations.AddField(
            model_name="patientmerge",
            name="into",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="merges_taken",
                to="archive.patient",
            ),
        ),
        migrations.AddField(
            model_name="patientmerge",
            name="message",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="merges",
                to="archive.hl7message",
            ),
        ),
        migrations.AddField(
            model_name="patientmerge",
            name="organisation",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="merges",
                to="archive.organisation",
            ),
        ),
        migrations.AddField(
            model_name="patientmerge",
            name="retired",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="merges",
                to="archive.patient",
            ),
        ),
        migrations.AddField(
            model_name="secondperson",
            name="asked_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="seconds_asked",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="secondperson",
            name="decided_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="seconds_decided",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddIndex(
            model_name="hl7message",
            index=models.Index(
                fields=["environment", "-received_at", "-id"], name="message_newest"
            ),
        ),
        migrations.AddIndex(
            model_name="hl7message",
            index=models.Index(
                fields=["organisation", "environment", "-received_at", "-id"],
                name="message_customer",
            ),
        ),
        migrations.AddIndex(
            model_name="hl7message",
            index=models.Index(fields=["control_id", "connection"], name="message_control_id"),
        ),
        migrations.AddIndex(
            model_name="hl7message",
            index=models.Index(fields=["patient", "-received_at"], name="message_patient"),
        ),
        migrations.AddIndex(
            model_name="hl7message",
            index=models.Index(
                condition=models.Q(("raw", b""), _negated=True),
                fields=["received_at"],
                name="message_to_be_emptied",
            ),
        ),
        migrations.AddIndex(
            model_name="patienthistory",
            index=models.Index(fields=["patient", "-until"], name="patient_history_newest"),
        ),
        migrations.AddIndex(
            model_name="patientmerge",
            index=models.Index(fields=["environment", "-made_at", "-id"], name="merge_newest"),
        ),
        migrations.AddIndex(
            model_name="patientmerge",
            index=models.Index(
                condition=models.Q(("undone_at", None)), fields=["into"], name="merge_live_into"
            ),
        ),
        migrations.AddConstraint(
            model_name="patientmerge",
            constraint=models.UniqueConstraint(
                condition=models.Q(("undone_at", None)), fields=("retired",), name="merge_one_live"
            ),
        ),
        migrations.AddConstraint(
            model_name="patientmerge",
            constraint=models.CheckConstraint(
                condition=models.Q(("retired", models.F("into")), _negated=True),
                name="merge_of_two",
            ),
        ),
        migrations.AddIndex(
            model_name="secondperson",
            index=models.Index(fields=["environment", "state", "-asked_at"], name="second_newest"),
        ),
        migrations.AddConstraint(
            model_name="secondperson",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "open")),
                fields=("kind", "subject_id"),
                name="second_one_open",
            ),
        ),
    ]
