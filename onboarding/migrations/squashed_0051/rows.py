"""The rows that a new database begins with, as 0002 and 0050 leave them."""

from datetime import date
from pathlib import Path

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from archive.migrations.squashed_0220.rows import Tables, day, read
from archive.values import now

FOLDER = Path(__file__).resolve().parent.parent.parent / "reference"
LANGUAGES = ("fi", "sv", "en")
STATES = {"joining": "draft", "in_production": "in_production", "ended": "ended"}
TERMS_FROM = date(2024, 1, 1)  # the Act 703/2023 is in force
SERVICE = "code name_fi name_sv name_en holds_fi holds_sv holds_en concerns source"
CUSTOMER = "sector name_fi name_sv name_en joined_on joined_text source"
CONTENT = "content_type name_fi name_sv name_en allowed_from duty_from source contradiction"
WINDOWS = ("certification_from", "certification_until", "production_from", "production_until")


def load(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    tables = Tables(apps, schema_editor)
    tables.add(
        "SpecificationVersion",
        *(
            row | {name: day(row[name]) for name in WINDOWS}
            for row in read(
                FOLDER / "specification_versions.csv", f"name source {' '.join(WINDOWS)}"
            )
        ),
        app="onboarding",
    )
    tables.add(
        "TermsDocument",
        *(_terms(kind) for kind in ("delivery_terms", "service_description")),
        app="onboarding",
    )
    tables.add(
        "KantaService",
        *(
            row | {"concerns": row["concerns"].split()}
            for row in read(FOLDER / "kanta_services.csv", SERVICE)
        ),
        app="onboarding",
    )
    tables.add(
        "PublicCustomer",
        *(
            row | {"joined_on": day(row["joined_on"])}
            for row in read(FOLDER / "public_customers.csv", CUSTOMER)
        ),
        app="onboarding",
    )
    _add_contents_to_come(tables)
    begin_roads(tables)


def _terms(kind: str) -> dict[str, object]:
    texts = {
        f"text_{language}": (FOLDER / "terms" / f"{kind}-1-{language}.txt").read_text("utf-8")
        for language in LANGUAGES
    }
    return {"kind": kind, "version": "1", "valid_from": TERMS_FROM, **texts}


def _add_contents_to_come(tables: Tables) -> None:
    """What the guide names though nothing of it can be stored: no SOP class, and a start that is a
    guess. A content of which a row is there already gets no second one.
    """
    policies = tables.apps.get_model("archive", "ContentPolicy").objects.using(tables.alias)
    known = set(policies.values_list("content_type", flat=True))
    tables.add(
        "ContentPolicy",
        *(
            row
            | {name: day(row[name]) for name in ("allowed_from", "duty_from")}
            | {"sop_classes": [], "modalities": []}
            for row in read(FOLDER / "contents_to_come.csv", CONTENT)
            if row["content_type"] not in known
        ),
    )


def begin_roads(tables: Tables) -> None:
    """An archive that is older than this app has customers already."""
    customers = tables.apps.get_model("archive", "Organisation").objects.using(tables.alias)
    tables.add(
        "Joining",
        *(
            {"organisation": each, "state": STATES[each.state], "state_since": now()}
            for each in customers.filter(is_operator=False, joining=None)
        ),
        app="onboarding",
    )
