"""Saved searches of the logs become saved views of any list."""

import django.db.models.deletion
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("archive", "0112_seen_certificates"),
    ]

    operations = [
        migrations.RemoveConstraint(model_name="savedsearch", name="saved_search_identity"),
        migrations.RenameModel(old_name="SavedSearch", new_name="SavedView"),
        migrations.AlterModelOptions(name="savedview", options={}),
        migrations.RenameField(model_name="savedview", old_name="log", new_name="listing"),
        migrations.AlterField(
            model_name="savedview", name="listing", field=models.CharField(max_length=40)
        ),
        migrations.AlterField(
            model_name="savedview",
            name="name",
            field=models.CharField(blank=True, max_length=60),
        ),
        migrations.AlterField(
            model_name="savedview",
            name="query",
            field=models.CharField(blank=True, max_length=1000),
        ),
        migrations.AlterField(
            model_name="savedview",
            name="owner",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="saved_views",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="savedview",
            name="organisation",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="archive.organisation",
            ),
        ),
        migrations.AddField(
            model_name="savedview",
            name="columns",
            field=models.JSONField(blank=True, default=list),
        ),
        migrations.AddField(
            model_name="savedview",
            name="opens_with",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="archive.savedview",
            ),
        ),
        migrations.AddConstraint(
            model_name="savedview",
            constraint=models.UniqueConstraint(
                models.F("owner"),
                models.F("listing"),
                django.db.models.functions.text.Lower("name"),
                name="saved_view_identity",
            ),
        ),
        migrations.AddConstraint(
            model_name="savedview",
            constraint=models.CheckConstraint(
                condition=models.Q(("is_shared", True), ("name", ""), _negated=True),
                name="saved_view_shared_by_name",
            ),
        ),
        migrations.AddIndex(
            model_name="savedview",
            index=models.Index(
                condition=models.Q(("is_shared", True)),
                fields=["listing"],
                name="saved_view_shared",
            ),
        ),
    ]
