"""What operators are given agrees with the program: settings, metrics, the unit."""

import re
import shutil
import subprocess
from dataclasses import fields
from pathlib import Path

import pytest

from archive import jobs
from archive.config import Config
from archive.models import JobKind
from archive.services import heartbeats
from archive.values import uuid7
from launch.plan import ROOT
from portal.views.metrics import Figures
from tests import builders

DEPLOY = ROOT / "deploy"
NAMES = {each.metadata["variable"].key or each.name.upper() for each in fields(Config)}
LAUNCHER = {"PROGRAMS"}  # read by launch.plan alone
OURS = {"DATA_DIR", "DEMO", "PROCESS", "MACHINE"}  # the latter two: by ./run for its own children
METRIC = re.compile(r"\bidr_[a-z_]+")
ROLES = {"idr_app", "idr_owner"}


def test_each_setting_is_explained() -> None:
    pages = (ROOT / "docs").glob("*.md")
    told = "\n".join(page.read_text() for page in pages if page.name != "decisions.md")
    assert {name for name in NAMES - OURS if not re.search(rf"\b{name}\b", told)} == set()


def test_the_example_names_nothing_that_is_not_read() -> None:
    example = (DEPLOY / "environment.example").read_text()
    assert set(re.findall(r"^(?:# )?([A-Z][A-Z0-9_]+)=", example, re.MULTILINE)) <= NAMES | LAUNCHER


@pytest.mark.parametrize("name", ["alerts.yml", "grafana-dashboard.json"])
def test_what_is_watched_is_exported(name: str) -> None:
    exported = set(METRIC.findall((ROOT / "portal/views/metrics.py").read_text()))
    assert set(METRIC.findall((DEPLOY / name).read_text())) - ROLES <= exported


def test_no_alert_takes_a_gauge_for_a_counter() -> None:
    """`increase` takes each fall of a gauge for a new beginning, and raises for nothing."""
    counting = re.findall(r"(?:increase|rate|irate)\((\w+)", (DEPLOY / "alerts.yml").read_text())
    gauges = set(METRIC.findall((ROOT / "portal/views/metrics.py").read_text()))
    assert gauges and not gauges & set(counting)


@pytest.mark.skipif(shutil.which("promtool") is None, reason="Debian's prometheus is not here")
def test_each_alert_is_raised_in_its_case_and_not_beside_it() -> None:
    rules, cases = DEPLOY / "alerts.yml", ROOT / "tests/deploy/alerts.test.yml"
    for command in (["check", "rules", rules], ["test", "rules", cases]):
        done = subprocess.run(["promtool", *command], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_each_alert_has_its_case() -> None:
    names = re.findall(r"- alert: (\w+)", (DEPLOY / "alerts.yml").read_text())
    cases = (ROOT / "tests/deploy/alerts.test.yml").read_text()
    raised = re.findall(r"alertname: (\w+)\n +exp_alerts:", cases)
    assert set(raised) == set(names)


@pytest.mark.django_db
def test_what_is_watched_stands_in_the_metrics_with_its_labels(own_vault: Path) -> None:
    """A selector whose label is never told raises nothing, and nobody hears of it."""
    builders.case(severity="critical")
    builders.study(state="receiving")
    jobs.defer(JobKind.NOTICE, uuid7(), environment="production")
    heartbeats.beat(kind="worker", instance="one")
    families = {family.name: family for family in Figures().collect()}
    told = {name: [*each.samples] for name, each in families.items()}
    for name in ("alerts.yml", "grafana-dashboard.json"):
        text = (DEPLOY / name).read_text().replace('\\"', '"')
        for metric, chosen in re.findall(r"\b(idr_[a-z_]+)(?:\{([^}]*)\})?", text):
            if metric in ROLES:
                continue
            wanted = dict(re.findall(r'(\w+)="(\w+)"', chosen))
            assert [each for each in told[metric] if wanted.items() <= each.labels.items()], metric


def test_the_unit_leaves_a_place_for_temporary_files() -> None:
    unit = (DEPLOY / "imaging-data-repository.service").read_text().splitlines()
    assert "ProtectSystem=strict" in unit and "PrivateTmp=yes" in unit


def test_the_unit_waits_for_a_database_of_ones_own() -> None:
    """`./run` ends at once while it is away, and systemd gives up after five quick ends."""
    unit = (DEPLOY / "imaging-data-repository.service").read_text()
    before, _, after = unit.partition("[Service]")
    assert "\nStartLimitIntervalSec=0\n" in before and "\nRestart=always\n" in after
