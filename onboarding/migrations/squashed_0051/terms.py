"""The tables of `onboarding.models.terms`, as they are after 0051."""

import django.db.models.deletion
from django.db import models
from django.db.migrations import CreateModel

from archive.migrations.squashed_0220.fields import key

MODELS = (
    CreateModel(
        name="TermsDocument",
        fields=[
            key(),
            (
                "kind",
                models.CharField(
                    choices=[
                        ("delivery_terms", "general delivery terms"),
                        ("service_description", "service description"),
                    ],
                    max_length=24,
                ),
            ),
            ("version", models.CharField(max_length=40)),
            ("valid_from", models.DateField()),
            ("text_fi", models.TextField()),
            ("text_sv", models.TextField()),
            ("text_en", models.TextField()),
        ],
        options={
            "ordering": ("kind", "-valid_from"),
            "constraints": [
                models.UniqueConstraint(fields=("kind", "version"), name="terms_identity")
            ],
        },
    ),
    CreateModel(
        name="Acceptance",
        fields=[
            key(),
            (
                "document",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="acceptances",
                    to="onboarding.termsdocument",
                ),
            ),
            (
                "organisation",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="acceptances",
                    to="archive.organisation",
                ),
            ),
            ("accepted_by", models.CharField(max_length=200)),
            ("authority", models.CharField(max_length=200)),
            ("accepted_at", models.DateTimeField()),
        ],
        options={
            "constraints": [
                models.UniqueConstraint(fields=("document", "organisation"), name="acceptance_once")
            ]
        },
    ),
    CreateModel(
        name="SpecificationVersion",
        fields=[
            key(),
            ("name", models.CharField(max_length=20, unique=True)),
            ("certification_from", models.DateField(blank=True, null=True)),
            ("certification_until", models.DateField(blank=True, null=True)),
            ("production_from", models.DateField(blank=True, null=True)),
            ("production_until", models.DateField(blank=True, null=True)),
            ("source", models.CharField(blank=True, max_length=200)),
        ],
        options={"ordering": ("name",)},
    ),
    CreateModel(
        name="CertifiedSystem",
        fields=[
            key(),
            (
                "organisation",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="certified_systems",
                    to="archive.organisation",
                ),
            ),
            ("product", models.CharField(max_length=200)),
            ("version", models.CharField(max_length=60)),
            ("certificate_number", models.CharField(max_length=100)),
            ("regulation", models.CharField(max_length=200)),
            (
                "specification",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="systems",
                    to="onboarding.specificationversion",
                ),
            ),
            ("valid_from", models.DateField()),
            ("valid_until", models.DateField(blank=True, null=True)),
        ],
    ),
)
