"""Specification versions, terms, the catalogue of Kanta services and the public list that a new
database begins with; and a road for each customer that is here already.
"""

import csv
from datetime import date
from pathlib import Path

from django.db import migrations

from archive.values import now, uuid7

FOLDER = Path(__file__).resolve().parent.parent / "reference"
LANGUAGES = ("fi", "sv", "en")
TEXTS = ("name_fi", "name_sv", "name_en", "source")  # of a content
STATES = {"joining": "draft", "in_production": "in_production", "ended": "ended"}
TERMS_FROM = date(2024, 1, 1)  # the Act 703/2023 is in force


def rows(name):
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def day(text):
    return date.fromisoformat(text) if text else None


def load(apps, schema_editor):
    SpecificationVersion = apps.get_model("onboarding", "SpecificationVersion")
    windows = ("certification_from", "certification_until", "production_from", "production_until")
    SpecificationVersion.objects.bulk_create(
        SpecificationVersion(
            id=uuid7(),
            name=row["name"],
            source=row["source"],
            **{name: day(row[name]) for name in windows},
        )
        for row in rows("specification_versions.csv")
    )
    TermsDocument = apps.get_model("onboarding", "TermsDocument")
    for kind in ("delivery_terms", "service_description"):
        texts = {
            f"text_{language}": (FOLDER / "terms" / f"{kind}-1-{language}.txt").read_text("utf-8")
            for language in LANGUAGES
        }
        TermsDocument.objects.create(
            id=uuid7(), kind=kind, version="1", valid_from=TERMS_FROM, **texts
        )
    KantaService = apps.get_model("onboarding", "KantaService")
    KantaService.objects.bulk_create(
        KantaService(id=uuid7(), **{**row, "concerns": row["concerns"].split()})
        for row in rows("kanta_services.csv")
    )
    PublicCustomer = apps.get_model("onboarding", "PublicCustomer")
    PublicCustomer.objects.bulk_create(
        PublicCustomer(id=uuid7(), **{**row, "joined_on": day(row["joined_on"])})
        for row in rows("public_customers.csv")
    )
    add_contents_to_come(apps)
    begin_roads(apps)


def add_contents_to_come(apps):
    """What the guide names though nothing of it can be stored: no SOP class, and a start that is a
    guess.
    """
    ContentPolicy = apps.get_model("archive", "ContentPolicy")
    ContentPolicy.objects.bulk_create(
        ContentPolicy(
            id=uuid7(),
            sop_classes=[],
            modalities=[],
            allowed_from=day(row["allowed_from"]),
            duty_from=day(row["duty_from"]),
            **{name: row[name] for name in ("content_type", *TEXTS)},
        )
        for row in rows("contents_to_come.csv")
    )


def begin_roads(apps):
    Joining = apps.get_model("onboarding", "Joining")
    Organisation = apps.get_model("archive", "Organisation")
    Joining.objects.bulk_create(
        Joining(
            id=uuid7(),
            organisation=organisation,
            state=STATES[organisation.state],
            state_since=now(),
        )
        for organisation in Organisation.objects.filter(is_operator=False)
    )


class Migration(migrations.Migration):
    dependencies = (("onboarding", "0001_initial"),)
    operations = (migrations.RunPython(load, migrations.RunPython.noop, elidable=False),)
