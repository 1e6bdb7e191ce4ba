"""The rows that a new database begins with, as 0003 to 0170 leave them."""

import csv
from collections.abc import Iterator
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from archive.values import BusinessId, now

POLICY = (
    "content_type name_fi name_sv name_en sop_classes modalities code_demanded allowed_from duty_from "
    "source contradiction"
)
RETENTION = (
    "name_fi name_sv name_en content_types register_types birth_days basis years permanent priority "
    "valid_from valid_until source verified"
)
FOLDER = Path(__file__).resolve().parent.parent.parent / "reference"
OPERATOR = BusinessId("0246246-0")
KEY_OBJECTS = "1.2.840.10008.5.1.4.1.1.88.59"
SINCE = date(2018, 1, 1)


class Tables:
    """Rows are written by the connection that makes the tables: no other sees them yet."""

    def __init__(self, apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
        self.apps = apps
        self.alias = schema_editor.connection.alias

    def add(self, name: str, *rows: dict[str, Any], app: str = "archive") -> None:
        table = self.apps.get_model(app, name).objects.using(self.alias)
        table.bulk_create(table.model(**row) for row in rows)


def read(path: Path, columns: str) -> Iterator[dict[str, str]]:
    """These columns of a file, whatever later versions add to it."""
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            yield {name: row[name] for name in columns.split()}


def day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def _of(migration: str, name: str) -> Any:
    return getattr(import_module(f"archive.migrations.{migration}"), name)


def load(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    tables = Tables(apps, schema_editor)
    _operator(tables)
    _lists(tables)
    _access_and_use(tables)
    _logs_and_review(tables)
    _desk_and_alarms(tables)


def _operator(tables: Tables) -> None:
    operator = tables.apps.get_model("archive", "Organisation")(
        business_id=OPERATOR,
        oid=OPERATOR.oid_arc,
        name_fi="Kansaneläkelaitos",
        name_sv="Folkpensionsanstalten",
        name_en="Social Insurance Institution of Finland",
        sector="1",
        is_operator=True,
        state="in_production",
    )
    operator.save(using=tables.alias)
    tables.add(
        "Register",
        {
            "organisation": operator,
            "controller_oid": OPERATOR.controller_oid,
            "type": "2",
            "is_default": True,
        },
    )


def _lists(tables: Tables) -> None:
    tables.add(
        "StudyCodeEntry",
        *(
            row | {name: day(row[name]) for name in ("valid_from", "valid_until")}
            for row in read(
                FOLDER / "study_codes.csv", "code system_oid name_fi valid_from valid_until"
            )
        ),
    )
    tables.add(
        "ContentPolicy",
        *(
            row
            | {name: row[name].split() for name in ("sop_classes", "modalities")}
            | {name: day(row[name]) for name in ("allowed_from", "duty_from")}
            | {"code_demanded": row["code_demanded"] == "yes"}
            for row in read(FOLDER / "content_policy.csv", POLICY)
        ),
        {
            **{"content_type": "key_note", "allowed_from": SINCE},
            **{"name_fi": "avainhavainto", "name_sv": "nyckelnotering", "name_en": "key note"},
            **{"sop_classes": [KEY_OBJECTS], "modalities": ["KO"], "code_demanded": True},
            "source": "Kanta service description: marks in images travel with the study",
        },
    )
    tables.add(
        "RetentionRule",
        *(
            row
            | {name: row[name].split() for name in ("content_types", "register_types")}
            | {name: day(row[name]) for name in ("valid_from", "valid_until")}
            | {name: row[name] == "yes" for name in ("permanent", "verified")}
            | {"birth_days": [int(each) for each in row["birth_days"].split()]}
            | {"years": int(row["years"]) if row["years"] else None}
            | {"priority": int(row["priority"])}
            for row in read(FOLDER / "retention_rules.csv", RETENTION)
        ),
    )


def _access_and_use(tables: Tables) -> None:
    tables.add(
        "AccessPolicy",
        _of("0004_wishes_and_authorisations", "UUSIMAA"),
        _of("0025_wish_documents_and_clients", "CONSENTS"),
    )
    tables.add("UseLimit", {"associations": 50, "objects_per_minute": 300_000, "valid_from": SINCE})
    tables.add(
        "CorrectionPolicy",
        {
            **{"organisation": None, "valid_from": SINCE, "made_at": now()},
            **{"metadata": False, "note_first": True, "retention": False},
            "source": "Service description in Finnish: correction of content; that of metadata "
            "stands in the Swedish one only, so it is agreed on customer by customer",
        },
    )


def _logs_and_review(tables: Tables) -> None:
    names = ("key", "value", "valid_from", "source")
    source = _of("0051_review_rules", "SOURCE")
    answers = ("answer-days", _of("0051_review_rules", "ANSWER_DAYS"), date(2024, 1, 1), source)
    tables.add(
        "LogRule",
        *(
            dict(zip(names, each, strict=True))
            for each in (*_of("0012_log_rules", "RULES"), answers)
        ),
    )
    dated = {"valid_from": _of("0051_review_rules", "FROM"), "source": source}
    tables.add("ReviewRule", *(dated | rule for rule in _of("0051_review_rules", "RULES")))


def _desk_and_alarms(tables: Tables) -> None:
    rows = "0071_desk_rows"
    dated = {"valid_from": _of(rows, "SINCE"), "source": _of(rows, "SOURCE")}
    severities, hours = _of(rows, "SEVERITIES"), _of(rows, "HOURS")
    tables.add(
        "SeverityRule",
        *(dated | {"reason": each, "severity": severities[each]} for each in severities),
    )
    tables.add(
        "SeverityTime", *(dated | {"severity": each, "hours": hours[each]} for each in hours)
    )
    tables.add(
        "SilenceLearning",
        {
            **{"weeks": 8, "least_days": 4, "most_silent": 1, "valid_from": date(2024, 1, 1)},
            "source": "First choice: one silent day in two months is a holiday",
        },
    )
    made = {
        "made_by_name": _of("0111_health_rows", "BY"),
        "since": _of("0111_health_rows", "SINCE"),
    }
    made["roles"] = _of("0170_alarm_rules_tell_roles", "ROLES")
    tables.add("AlarmRule", *(made | rule for rule in _of("0111_health_rows", "FIRST")))
