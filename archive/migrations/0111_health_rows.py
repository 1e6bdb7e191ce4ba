"""How expectations are learned, and the first rules of alarms; the operator changes them by new rows."""

from datetime import UTC, date, datetime

from django.db import migrations

from archive.values import uuid7

SINCE = datetime(2026, 11, 1, tzinfo=UTC)
BY = "IDR"
FIRST = (
    {
        "name_en": "A part of the service does not answer",
        "name_fi": "Palvelun osa ei vastaa",
        "name_sv": "En del av tjänsten svarar inte",
        "measure": "part",
        "threshold": 1,
        "clear_at": 0,
        "minutes": 2,
        "cool_down_minutes": 30,
        "severity": "critical",
    },
    {
        "name_en": "Half of a system’s exchanges fail",
        "name_fi": "Puolet järjestelmän yhteyksistä epäonnistuu",
        "name_sv": "Hälften av ett systems kontakter misslyckas",
        "measure": "failures",
        "threshold": 50,
        "clear_at": 20,
        "minutes": 10,
        "hours": 1,
        "least": 10,
        "cool_down_minutes": 120,
        "severity": "high",
    },
    {
        "name_en": "Storing is slow",
        "name_fi": "Tallennus on hidasta",
        "name_sv": "Arkiveringen är långsam",
        "measure": "latency",
        "interface": "store",
        "threshold": 5000,
        "clear_at": 2000,
        "minutes": 10,
        "hours": 1,
        "least": 20,
        "cool_down_minutes": 120,
        "severity": "normal",
    },
    {
        "name_en": "Work heaps up",
        "name_fi": "Työt ruuhkautuvat",
        "name_sv": "Arbetet hopar sig",
        "measure": "backlog",
        "threshold": 200,
        "clear_at": 50,
        "minutes": 15,
        "cool_down_minutes": 60,
        "severity": "high",
    },
    {
        "name_en": "A system that always sends is silent",
        "name_fi": "Säännöllisesti lähettävä järjestelmä on hiljaa",
        "name_sv": "Ett system som alltid sänder är tyst",
        "measure": "silence",
        "environment": "production",
        "threshold": 60,
        "clear_at": 0,
        "cool_down_minutes": 60,
        "severity": "normal",
    },
    {
        "name_en": "A certificate is about to expire",
        "name_fi": "Varmenne on vanhenemassa",
        "name_sv": "Ett certifikat håller på att gå ut",
        "measure": "certificate",
        "threshold": 30,
        "clear_at": 31,
        "cool_down_minutes": 1440,
        "severity": "high",
    },
)


def load(apps, schema_editor):
    apps.get_model("archive", "SilenceLearning").objects.create(
        id=uuid7(),
        weeks=8,
        least_days=4,
        most_silent=1,
        valid_from=date(2024, 1, 1),
        source="First choice: one silent day in two months is a holiday",
    )
    rules = apps.get_model("archive", "AlarmRule").objects
    rules.bulk_create(
        rules.model(id=uuid7(), made_by_name=BY, since=SINCE, recipients=[], **row) for row in FIRST
    )


class Migration(migrations.Migration):
    dependencies = (("archive", "0110_health"),)
    operations = (migrations.RunPython(load, migrations.RunPython.noop, elidable=False),)
