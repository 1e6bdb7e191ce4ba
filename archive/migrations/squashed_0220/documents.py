"""The tables of `archive.models.documents`, as they are after 0220."""

import django.db.models.deletion
from django.db import models
from django.db.migrations import CreateModel

from archive.migrations.squashed_0220.fields import environment, key

MODELS = (
    CreateModel(
        name="Submission",
        fields=[
            key(),
            environment(),
            ("entry_uuid", models.CharField(max_length=64)),
            ("unique_id", models.CharField(max_length=64)),
            ("source_id", models.CharField(max_length=64)),
            ("message_id", models.CharField(blank=True, max_length=128)),
            ("content_digest", models.BinaryField(max_length=32)),
            (
                "patient",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="submissions",
                    to="archive.patient",
                ),
            ),
            ("submission_time", models.DateTimeField(blank=True, null=True)),
            ("metadata", models.JSONField(default=dict)),
            ("received_at", models.DateTimeField()),
        ],
        options={
            "constraints": [
                models.UniqueConstraint(fields=("environment", "unique_id"), name="submission_uid"),
                models.UniqueConstraint(
                    fields=("environment", "entry_uuid"), name="submission_entry_uuid"
                ),
            ]
        },
    ),
    CreateModel(
        name="Document",
        fields=[
            key(),
            environment(),
            (
                "submission",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="documents",
                    to="archive.submission",
                ),
            ),
            ("entry_uuid", models.CharField(max_length=64)),
            ("unique_id", models.CharField(max_length=128)),
            (
                "kind",
                models.CharField(
                    choices=[
                        ("request", "request for examination"),
                        ("study-entry", "examination note"),
                        ("report", "report"),
                        ("manifest", "image manifest"),
                        ("other", "other document"),
                    ],
                    max_length=16,
                ),
            ),
            (
                "status",
                models.CharField(
                    choices=[("approved", "in force"), ("deprecated", "replaced")],
                    default="approved",
                    max_length=12,
                ),
            ),
            (
                "patient",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="documents",
                    to="archive.patient",
                ),
            ),
            (
                "register",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="documents",
                    to="archive.register",
                ),
            ),
            (
                "study",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="manifests",
                    to="archive.study",
                ),
            ),
            ("accession_number", models.CharField(blank=True, max_length=64)),
            ("study_instance_uid", models.CharField(blank=True, max_length=64)),
            ("service_event", models.CharField(blank=True, max_length=64)),
            ("repository_unique_id", models.CharField(max_length=64)),
            ("mime_type", models.CharField(max_length=64)),
            ("hash", models.CharField(max_length=128)),
            ("size", models.BigIntegerField(default=0)),
            ("creation_time", models.DateTimeField(blank=True, null=True)),
            ("service_start_time", models.DateTimeField(blank=True, null=True)),
            ("service_stop_time", models.DateTimeField(blank=True, null=True)),
            ("metadata", models.JSONField(default=dict)),
            ("version", models.PositiveIntegerField(default=1)),
            ("vault_key", models.CharField(blank=True, max_length=128)),
            ("registered_at", models.DateTimeField()),
        ],
        options={
            "indexes": [
                models.Index(
                    fields=["environment", "register", "accession_number", "patient"],
                    name="document_tie",
                ),
                models.Index(fields=["environment", "patient", "status"], name="document_patient"),
                models.Index(fields=["accession_number"], name="document_accession"),
            ],
            "constraints": [
                models.UniqueConstraint(
                    fields=("environment", "entry_uuid"), name="document_entry_uuid"
                ),
                models.UniqueConstraint(
                    fields=("environment", "unique_id"), name="document_unique_id"
                ),
                models.UniqueConstraint(
                    condition=models.Q(("kind", "manifest"), ("status", "approved")),
                    fields=("study",),
                    name="document_one_manifest",
                ),
            ],
        },
    ),
    CreateModel(
        name="ProvidedDocument",
        fields=[
            key(),
            environment(),
            ("unique_id", models.CharField(max_length=128)),
            ("content", models.BinaryField()),
            (
                "connection",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="provided",
                    to="archive.connection",
                ),
            ),
            ("provided_at", models.DateTimeField()),
        ],
        options={
            "constraints": [
                models.UniqueConstraint(
                    fields=("environment", "unique_id"), name="provided_document_unique_id"
                )
            ]
        },
    ),
    CreateModel(
        name="DocumentVersion",
        fields=[
            key(),
            environment(),
            (
                "document",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="versions",
                    to="archive.document",
                ),
            ),
            ("entry_uuid", models.CharField(max_length=64)),
            ("version", models.PositiveIntegerField()),
            ("metadata", models.JSONField(default=dict)),
            ("replaced_at", models.DateTimeField()),
        ],
        options={
            "constraints": [
                models.UniqueConstraint(
                    fields=("environment", "entry_uuid"), name="document_version_entry_uuid"
                )
            ]
        },
    ),
    CreateModel(
        name="Folder",
        fields=[
            key(),
            environment(),
            (
                "submission",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="folders",
                    to="archive.submission",
                ),
            ),
            ("entry_uuid", models.CharField(max_length=64)),
            ("unique_id", models.CharField(max_length=64)),
            (
                "status",
                models.CharField(
                    choices=[("approved", "in force"), ("deprecated", "replaced")],
                    default="approved",
                    max_length=12,
                ),
            ),
            (
                "patient",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="folders",
                    to="archive.patient",
                ),
            ),
            ("updated_at", models.DateTimeField()),
            ("metadata", models.JSONField(default=dict)),
        ],
        options={
            "constraints": [
                models.UniqueConstraint(
                    fields=("environment", "entry_uuid"), name="folder_entry_uuid"
                ),
                models.UniqueConstraint(
                    fields=("environment", "unique_id"), name="folder_unique_id"
                ),
            ]
        },
    ),
    CreateModel(
        name="DocumentLink",
        fields=[
            key(),
            environment(),
            ("entry_uuid", models.CharField(max_length=64)),
            ("kind", models.CharField(max_length=64)),
            ("source_uuid", models.CharField(max_length=64)),
            ("target_uuid", models.CharField(max_length=64)),
            ("slots", models.JSONField(blank=True, default=list)),
        ],
        options={
            "indexes": [
                models.Index(fields=["environment", "target_uuid"], name="document_link_target"),
                models.Index(fields=["environment", "source_uuid"], name="document_link_source"),
            ],
            "constraints": [
                models.UniqueConstraint(
                    fields=("environment", "kind", "source_uuid", "target_uuid"),
                    name="document_link",
                ),
                models.UniqueConstraint(
                    fields=("environment", "entry_uuid"), name="document_link_entry_uuid"
                ),
            ],
        },
    ),
    CreateModel(
        name="AvailabilityNotice",
        fields=[
            key(),
            environment(),
            (
                "study",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="notices",
                    to="archive.study",
                ),
            ),
            (
                "manifest",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="notices",
                    to="archive.document",
                ),
            ),
            (
                "connection",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="notices",
                    to="archive.connection",
                ),
            ),
            ("withdraws", models.BooleanField(default=False)),
            (
                "state",
                models.CharField(
                    choices=[
                        ("pending", "to be sent"),
                        ("delivered", "delivered"),
                        ("superseded", "superseded by a later one"),
                        ("failed", "given up"),
                    ],
                    default="pending",
                    max_length=12,
                ),
            ),
            ("tries", models.PositiveIntegerField(default=0)),
            ("last_error", models.CharField(blank=True, max_length=200)),
            ("made_at", models.DateTimeField()),
            ("delivered_at", models.DateTimeField(blank=True, null=True)),
        ],
        options={
            "constraints": [
                models.UniqueConstraint(
                    fields=("manifest", "connection", "withdraws"), name="notice_of_manifest"
                )
            ]
        },
    ),
)
