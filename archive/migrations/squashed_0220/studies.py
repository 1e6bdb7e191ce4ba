"""The tables of `archive.models.studies`, as they are after 0220."""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.text
from django.db import models
from django.db.migrations import CreateModel

from archive.migrations.squashed_0220.fields import environment, key

MODELS = (
    CreateModel(
        name="Patient",
        fields=[
            key(),
            environment(),
            ("identifier", models.CharField(max_length=64)),
            ("issuer", models.CharField(max_length=64)),
            ("name", models.CharField(blank=True, max_length=324)),
            ("birth_date", models.CharField(blank=True, max_length=8)),
            ("sex", models.CharField(blank=True, max_length=16)),
            ("death_date", models.DateField(blank=True, null=True)),
            (
                "death_source",
                models.CharField(
                    blank=True,
                    choices=[("message", "HL7 message"), ("archivist", "archivist")],
                    max_length=10,
                ),
            ),
            (
                "survivor",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="retired",
                    to="archive.patient",
                ),
            ),
        ],
        options={
            "indexes": [
                models.Index(
                    fields=["environment", "identifier"],
                    name="patient_identifier",
                    opclasses=("varchar_ops", "varchar_pattern_ops"),
                )
            ],
            "constraints": [
                models.UniqueConstraint(
                    fields=("environment", "issuer", "identifier"), name="patient_identity"
                )
            ],
        },
    ),
    CreateModel(
        name="Study",
        fields=[
            key(),
            environment(),
            (
                "register",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="studies",
                    to="archive.register",
                ),
            ),
            (
                "patient",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="studies",
                    to="archive.patient",
                ),
            ),
            (
                "connection",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="studies",
                    to="archive.connection",
                ),
            ),
            (
                "authorisation",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="studies",
                    to="archive.authorisation",
                ),
            ),
            ("study_instance_uid", models.CharField(max_length=64)),
            ("service_event", models.CharField(blank=True, max_length=64)),
            ("accession_number", models.CharField(max_length=64)),
            ("study_code", models.CharField(blank=True, max_length=5)),
            ("description", models.CharField(blank=True, max_length=64)),
            ("study_id", models.CharField(blank=True, max_length=16)),
            ("study_date", models.CharField(blank=True, max_length=10)),
            ("study_time", models.CharField(blank=True, max_length=16)),
            ("timezone_offset", models.CharField(blank=True, max_length=5)),
            ("started_at", models.DateTimeField(blank=True, null=True)),
            (
                "modalities",
                django.contrib.postgres.fields.ArrayField(
                    base_field=models.CharField(max_length=16), blank=True, default=list, size=None
                ),
            ),
            (
                "state",
                models.CharField(
                    choices=[
                        ("receiving", "receiving"),
                        ("waiting_for_documents", "waiting for documents"),
                        ("registering", "registering"),
                        ("registered", "registered"),
                        ("failed", "failed"),
                        ("corrected", "corrected"),
                        ("destroyed", "destroyed"),
                    ],
                    default="receiving",
                    max_length=24,
                ),
            ),
            ("waits_for", models.CharField(blank=True, max_length=64)),
            ("instance_count", models.PositiveIntegerField(default=0)),
            ("byte_count", models.BigIntegerField(default=0)),
            ("received_at", models.DateTimeField()),
            ("quiet_since", models.DateTimeField(blank=True, null=True)),
            ("committed_at", models.DateTimeField(blank=True, null=True)),
            ("registered_at", models.DateTimeField(blank=True, null=True)),
            (
                "overlay",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="laid_over",
                    to="archive.correction",
                ),
            ),
        ],
        options={
            "indexes": [
                models.Index(
                    fields=["environment", "register", "accession_number"], name="study_accession"
                ),
                models.Index(fields=["environment", "-received_at", "-id"], name="study_newest"),
                models.Index(
                    fields=["environment", "register", "-received_at", "-id"],
                    name="study_by_register",
                ),
                models.Index(
                    fields=["environment", "state", "-received_at", "-id"], name="study_by_state"
                ),
                models.Index(
                    fields=["environment", "register", "patient"], name="study_by_patient"
                ),
                models.Index(
                    models.F("environment"),
                    models.F("register"),
                    django.db.models.functions.text.Replace(
                        models.F("study_date"), models.Value("."), models.Value("")
                    ),
                    name="study_by_day",
                ),
                models.Index(fields=["accession_number"], name="study_accession_any"),
                models.Index(fields=["study_instance_uid"], name="study_uid_any"),
                django.contrib.postgres.indexes.GinIndex(
                    fastupdate=False, fields=["modalities"], name="study_by_modality"
                ),
                models.Index(
                    fields=["environment", "study_code", "-received_at", "-id"],
                    name="study_by_code",
                ),
            ],
            "constraints": [
                models.UniqueConstraint(
                    fields=("environment", "study_instance_uid"), name="study_uid"
                )
            ],
        },
    ),
    CreateModel(
        name="Series",
        fields=[
            key(),
            environment(),
            (
                "study",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="series",
                    to="archive.study",
                ),
            ),
            ("series_instance_uid", models.CharField(max_length=64)),
            ("modality", models.CharField(max_length=16)),
            ("series_number", models.CharField(blank=True, max_length=12)),
            ("description", models.CharField(blank=True, max_length=64)),
        ],
        options={
            "verbose_name_plural": "series",
            "constraints": [
                models.UniqueConstraint(
                    fields=("environment", "series_instance_uid"), name="series_uid"
                )
            ],
        },
    ),
    CreateModel(
        name="Instance",
        fields=[
            key(),
            environment(),
            (
                "study",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="instances",
                    to="archive.study",
                ),
            ),
            (
                "series",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="instances",
                    to="archive.series",
                ),
            ),
            ("sop_instance_uid", models.CharField(max_length=64)),
            ("sop_class_uid", models.CharField(max_length=64)),
            ("transfer_syntax_uid", models.CharField(max_length=64)),
            ("content_type", models.CharField(max_length=32)),
            ("instance_number", models.CharField(blank=True, max_length=12)),
            ("digest", models.BinaryField(max_length=32)),
            ("digest_algorithm", models.CharField(max_length=10)),
            ("size", models.BigIntegerField()),
            ("association_id", models.UUIDField()),
            ("received_at", models.DateTimeField()),
            ("committed_at", models.DateTimeField(blank=True, null=True)),
            ("store", models.CharField(db_default="files", default="files", max_length=8)),
            ("version", models.PositiveSmallIntegerField(db_default=1, default=1)),
            (
                "rejection",
                models.CharField(
                    blank=True,
                    choices=[
                        ("113001", "rejected for quality reasons"),
                        ("113037", "rejected for patient safety reasons"),
                        ("113038", "incorrect modality worklist entry"),
                        ("113039", "retention period has ended"),
                    ],
                    db_default="",
                    default="",
                    max_length=6,
                ),
            ),
            ("damaged_at", models.DateTimeField(blank=True, null=True)),
        ],
        options={
            "indexes": [
                models.Index(fields=["study", "committed_at"], name="instance_uncommitted"),
                models.Index(
                    condition=models.Q(("damaged_at", None), _negated=True),
                    fields=["id"],
                    name="instance_damaged",
                ),
                django.contrib.postgres.indexes.BrinIndex(
                    fields=["received_at"], name="instance_received"
                ),
            ],
            "constraints": [
                models.UniqueConstraint(
                    fields=("environment", "sop_instance_uid"), name="instance_uid"
                )
            ],
        },
    ),
    CreateModel(
        name="StorageCommitment",
        fields=[
            key(),
            environment(),
            (
                "connection",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="commitments",
                    to="archive.connection",
                ),
            ),
            ("transaction_uid", models.CharField(max_length=64)),
            ("association_id", models.UUIDField()),
            ("references", models.JSONField()),
            ("outcome", models.JSONField(blank=True, default=list)),
            (
                "state",
                models.CharField(
                    choices=[
                        ("requested", "asked for"),
                        ("reported", "reported"),
                        ("undelivered", "report not delivered"),
                    ],
                    default="requested",
                    max_length=12,
                ),
            ),
            ("requested_at", models.DateTimeField()),
            ("reported_at", models.DateTimeField(blank=True, null=True)),
        ],
        options={
            "constraints": [
                models.UniqueConstraint(
                    fields=("environment", "connection", "transaction_uid"),
                    name="commitment_transaction",
                )
            ]
        },
    ),
)
