"""What pg_dump tells of a database, so that two that should be alike can be compared.

Free are: the order of statements, of columns and other parts within a table, and of rows;
ids that were generated; and times since yesterday, which are when a row was made.
"""

import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from datetime import timedelta

from django.utils import timezone

from launch.postgres import Cluster

UUID = re.compile(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")
TABLE = re.compile(r"(CREATE TABLE \S+ \(\n)(.*?)(\n\).*)", re.DOTALL)
ROWS = re.compile(
    r"^COPY public\.(\S+) \((.*?)\) FROM stdin;\n(.*?)^\\\.$", re.DOTALL | re.MULTILINE
)
# Noted by Django itself, in the order in which it came to them.
NUMBERED = ("django_content_type", "auth_permission")
NOTES = "django_migrations"


def _pg_dump(cluster: Cluster, database: str, *options: str) -> str:
    command = [str(cluster.programs / "pg_dump"), *options, "--restrict-key=same"]
    done = subprocess.run(
        [*command, cluster.url("owner", database)],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
        env={"PATH": os.defpath},
    )
    return done.stdout


def schema(cluster: Cluster, database: str) -> set[str]:
    """Each statement, with everything that it names."""
    said = _pg_dump(cluster, database, "--schema-only")
    lines = [line for line in said.splitlines() if line and not line.startswith("--")]
    statements = re.split(r";\n(?=[A-Z])", "\n".join(lines))
    return {_unordered(each) for each in statements}


def _unordered(statement: str) -> str:
    found = TABLE.fullmatch(statement)
    if found is None:
        return statement
    columns = sorted(line.strip().removesuffix(",") for line in found[2].split("\n"))
    return found[1] + "\n".join(columns) + found[3]


def rows(cluster: Cluster, database: str) -> Mapping[str, list[str]]:
    """Of each table, and the state of each sequence."""
    said = _pg_dump(cluster, database, "--data-only")
    days = "|".join(str((timezone.now() - timedelta(days=ago)).date()) for ago in (0, 1))
    lately = re.compile(rf"\b({days}) \d\d:\d\d:\d\d(\.\d+)?\+00")
    told: dict[str, list[str]] = {
        "sequences": sorted(
            line
            for line in said.splitlines()
            if line.startswith("SELECT pg_catalog.setval") and NOTES not in line
        )
    }
    contents = {found[1]: list(_named(found[2], found[3])) for found in ROWS.finditer(said)}
    models = {row["id"]: row["model"] for row in contents["django_content_type"]}
    for table, held in contents.items():
        if table == NOTES:
            continue
        for row in held:
            if table in NUMBERED:
                del row["id"]
            if "content_type_id" in row:
                row["content_type_id"] = models[row["content_type_id"]]
        told[table] = sorted(
            lately.sub("<made>", UUID.sub("<id>", repr(sorted(row.items())))) for row in held
        )
    return told


def _named(columns: str, lines: str) -> Iterator[dict[str, str]]:
    for line in lines.splitlines():
        yield dict(zip(columns.split(", "), line.split("\t"), strict=True))
