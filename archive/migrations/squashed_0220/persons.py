"""The tables of `archive.models.persons`, as they are after 0220."""

import django.db.models.deletion
from django.db import models
from django.db.migrations import CreateModel

from archive.migrations.squashed_0220.fields import environment, key

MODELS = (
    CreateModel(
        name="Hl7Message",
        fields=[
            key(),
            environment(),
            (
                "connection",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="messages",
                    to="archive.connection",
                ),
            ),
            (
                "organisation",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="messages",
                    to="archive.organisation",
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
            ("ms", models.PositiveIntegerField(blank=True, null=True)),
            (
                "patient",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="messages",
                    to="archive.patient",
                ),
            ),
            (
                "case",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.SET_NULL,
                    related_name="messages",
                    to="archive.case",
                ),
            ),
            ("replayed_at", models.DateTimeField(blank=True, null=True)),
            ("correlation_id", models.UUIDField(blank=True, null=True)),
        ],
        options={
            "indexes": [
                models.Index(fields=["environment", "-received_at", "-id"], name="message_newest"),
                models.Index(
                    fields=["organisation", "environment", "-received_at", "-id"],
                    name="message_customer",
                ),
                models.Index(fields=["control_id", "connection"], name="message_control_id"),
                models.Index(fields=["patient", "-received_at"], name="message_patient"),
                models.Index(
                    condition=models.Q(("raw", b""), _negated=True),
                    fields=["received_at"],
                    name="message_to_be_emptied",
                ),
            ]
        },
    ),
    CreateModel(
        name="PatientMerge",
        fields=[
            key(),
            environment(),
            (
                "retired",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="merges",
                    to="archive.patient",
                ),
            ),
            (
                "into",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="merges_taken",
                    to="archive.patient",
                ),
            ),
            (
                "message",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="merges",
                    to="archive.hl7message",
                ),
            ),
            (
                "organisation",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="merges",
                    to="archive.organisation",
                ),
            ),
            ("made_at", models.DateTimeField()),
            ("made_by", models.CharField(max_length=200)),
            ("reason", models.CharField(blank=True, max_length=200)),
            ("undone_at", models.DateTimeField(blank=True, null=True)),
            ("undone_by", models.CharField(blank=True, max_length=200)),
            ("undo_reason", models.CharField(blank=True, max_length=200)),
        ],
        options={
            "indexes": [
                models.Index(fields=["environment", "-made_at", "-id"], name="merge_newest"),
                models.Index(
                    condition=models.Q(("undone_at", None)), fields=["into"], name="merge_live_into"
                ),
            ],
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(("undone_at", None)),
                    fields=("retired",),
                    name="merge_one_live",
                ),
                models.CheckConstraint(
                    condition=models.Q(("retired", models.F("into")), _negated=True),
                    name="merge_of_two",
                ),
            ],
        },
    ),
    CreateModel(
        name="PatientHistory",
        fields=[
            key(),
            (
                "patient",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="history",
                    to="archive.patient",
                ),
            ),
            ("name", models.CharField(blank=True, max_length=324)),
            ("birth_date", models.CharField(blank=True, max_length=8)),
            ("sex", models.CharField(blank=True, max_length=16)),
            ("death_date", models.DateField(blank=True, null=True)),
            ("until", models.DateTimeField()),
            ("changed_by", models.CharField(max_length=200)),
            (
                "organisation",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="patient_changes",
                    to="archive.organisation",
                ),
            ),
            (
                "message",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="patient_changes",
                    to="archive.hl7message",
                ),
            ),
        ],
        options={
            "verbose_name_plural": "patient histories",
            "indexes": [models.Index(fields=["patient", "-until"], name="patient_history_newest")],
        },
    ),
)
