"""The key of both columns holds for all rows, and what it stands for goes: the two keys of an
object, and the index of a series' study alone. Nobody who reads or writes waits for the looking
through; broken off, all of it can be done again.
"""

from django.db import migrations, models
from django.db.models.deletion import PROTECT

OF_STUDY = "archive_instance_study_id_35f8aca4_fk_archive_study_id"
OF_SERIES = "archive_instance_series_id_d920b877_fk_archive_series_id"
INDEX = "archive_series_study_id_af9cd9e8"

# One statement at a time: an index is not taken away concurrently among others.
DROP_KEYS = f"""
ALTER TABLE archive_instance
    DROP CONSTRAINT IF EXISTS {OF_STUDY}, DROP CONSTRAINT IF EXISTS {OF_SERIES}"""
DROP_INDEX = f"DROP INDEX CONCURRENTLY IF EXISTS {INDEX}"
ONE = [
    "ALTER TABLE archive_instance VALIDATE CONSTRAINT instance_in_series",
    DROP_KEYS,
    DROP_INDEX,
]
TWO = [
    DROP_INDEX,
    f"CREATE INDEX CONCURRENTLY {INDEX} ON archive_series (study_id)",
    f"""{DROP_KEYS},
    ADD CONSTRAINT {OF_STUDY} FOREIGN KEY (study_id) REFERENCES archive_study (id)
        DEFERRABLE INITIALLY DEFERRED NOT VALID,
    ADD CONSTRAINT {OF_SERIES} FOREIGN KEY (series_id) REFERENCES archive_series (id)
        DEFERRABLE INITIALLY DEFERRED NOT VALID""",
    f"ALTER TABLE archive_instance VALIDATE CONSTRAINT {OF_STUDY}",
    f"ALTER TABLE archive_instance VALIDATE CONSTRAINT {OF_SERIES}",
]


def _key(to: str, name: str, **options: bool) -> "models.ForeignKey[object, object]":
    return models.ForeignKey(on_delete=PROTECT, related_name=name, to=to, **options)


class Migration(migrations.Migration):
    atomic = False
    dependencies = (("archive", "0241_objects_of_a_series"),)
    operations = (
        migrations.RunSQL(
            ONE,
            TWO,
            state_operations=(
                migrations.AlterField(
                    "instance",
                    "study",
                    _key("archive.study", "instances", db_constraint=False, db_index=False),
                ),
                migrations.AlterField(
                    "instance", "series", _key("archive.series", "instances", db_constraint=False)
                ),
                migrations.AlterField(
                    "series", "study", _key("archive.study", "series", db_index=False)
                ),
            ),
        ),
    )
