"""Key notes are archived with the studies they mark; what customers may correct to begin with."""

from datetime import date

from django.db import migrations

from archive.values import now, uuid7

KEY_OBJECTS = "1.2.840.10008.5.1.4.1.1.88.59"


def load(apps, schema_editor):
    ContentPolicy = apps.get_model("archive", "ContentPolicy")
    ContentPolicy.objects.get_or_create(
        content_type="key_note",
        allowed_from=date(2018, 1, 1),
        defaults={
            "id": uuid7(),
            "name_fi": "avainhavainto",
            "name_sv": "nyckelnotering",
            "name_en": "key note",
            "sop_classes": [KEY_OBJECTS],
            "modalities": ["KO"],
            "code_demanded": True,
            "source": "Kanta service description: marks in images travel with the study",
        },
    )
    CorrectionPolicy = apps.get_model("archive", "CorrectionPolicy")
    CorrectionPolicy.objects.get_or_create(
        organisation=None,
        valid_from=date(2018, 1, 1),
        defaults={
            "id": uuid7(),
            "metadata": False,
            "note_first": True,
            "retention": False,
            "source": "Service description in Finnish: correction of content; that of metadata "
            "stands in the Swedish one only, so it is agreed on customer by customer",
            "made_at": now(),
        },
    )


class Migration(migrations.Migration):
    dependencies = (("archive", "0035_corrections"),)
    operations = (migrations.RunPython(load, migrations.RunPython.noop, elidable=False),)
