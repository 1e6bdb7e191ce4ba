"""What operators are given agrees with the program: settings, metrics, the unit."""

import re
from dataclasses import fields

import pytest

from archive.config import Config
from launch.plan import ROOT

DEPLOY = ROOT / "deploy"
NAMES = {each.metadata["variable"].key or each.name.upper() for each in fields(Config)}
LAUNCHER = {"PROGRAMS"}  # read by launch.plan alone
OURS = {"DATA_DIR", "DEMO", "PROCESS"}  # PROCESS: set by ./run for its own children
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


def test_the_unit_leaves_a_place_for_temporary_files() -> None:
    unit = (DEPLOY / "imaging-data-repository.service").read_text().splitlines()
    assert "ProtectSystem=strict" in unit and "PrivateTmp=yes" in unit


def test_the_unit_waits_for_a_database_of_ones_own() -> None:
    """`./run` ends at once while it is away, and systemd gives up after five quick ends."""
    unit = (DEPLOY / "imaging-data-repository.service").read_text()
    before, _, after = unit.partition("[Service]")
    assert "\nStartLimitIntervalSec=0\n" in before and "\nRestart=always\n" in after
