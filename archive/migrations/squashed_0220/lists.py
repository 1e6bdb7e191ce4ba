"""The tables of `archive.models.lists`, as they are after 0220."""

import django.db.models.deletion
import django.db.models.functions.text
from django.conf import settings
from django.db import models
from django.db.migrations import CreateModel

from archive.migrations.squashed_0220.fields import key

MODELS = (
    CreateModel(
        name="SavedView",
        fields=[
            key(),
            (
                "owner",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="saved_views",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            (
                "organisation",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="+",
                    to="archive.organisation",
                ),
            ),
            ("listing", models.CharField(max_length=40)),
            ("name", models.CharField(blank=True, max_length=60)),
            ("query", models.CharField(blank=True, max_length=1000)),
            ("columns", models.JSONField(blank=True, default=list)),
            ("is_shared", models.BooleanField(default=False)),
            (
                "opens_with",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.SET_NULL,
                    related_name="+",
                    to="archive.savedview",
                ),
            ),
            ("made_at", models.DateTimeField()),
        ],
        options={
            "indexes": [
                models.Index(
                    condition=models.Q(("is_shared", True)),
                    fields=["listing"],
                    name="saved_view_shared",
                )
            ],
            "constraints": [
                models.UniqueConstraint(
                    models.F("owner"),
                    models.F("listing"),
                    django.db.models.functions.text.Lower("name"),
                    name="saved_view_identity",
                ),
                models.CheckConstraint(
                    condition=models.Q(("is_shared", True), ("name", ""), _negated=True),
                    name="saved_view_shared_by_name",
                ),
            ],
        },
    ),
)
