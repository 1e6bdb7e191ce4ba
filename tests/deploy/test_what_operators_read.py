"""What operators are given agrees with the program: settings, metrics, the unit, the copy."""

import re
import shutil
import subprocess
from dataclasses import fields
from pathlib import Path

import pytest

from archive.config import Config
from launch.plan import ROOT

DEPLOY = ROOT / "deploy"
NAMES = {each.metadata["variable"].key or each.name.upper() for each in fields(Config)}
OURS = {"DATA_DIR", "DEMO", "PROCESS"}  # PROCESS: set by ./run for its own children
METRIC = re.compile(r"\bidr_[a-z_]+")
ROLES = {"idr_app", "idr_owner"}


def test_each_setting_is_explained() -> None:
    pages = (ROOT / "docs").glob("*.md")
    told = "\n".join(page.read_text() for page in pages if page.name != "decisions.md")
    assert {name for name in NAMES - OURS if not re.search(rf"\b{name}\b", told)} == set()


def test_the_example_names_nothing_that_is_not_read() -> None:
    example = (DEPLOY / "environment.example").read_text()
    assert set(re.findall(r"^(?:# )?([A-Z][A-Z0-9_]+)=", example, re.MULTILINE)) <= NAMES


@pytest.mark.parametrize("name", ["alerts.yml", "grafana-dashboard.json"])
def test_what_is_watched_is_exported(name: str) -> None:
    exported = set(METRIC.findall((ROOT / "portal/views/metrics.py").read_text()))
    assert set(METRIC.findall((DEPLOY / name).read_text())) - ROLES <= exported


def test_the_unit_leaves_a_place_for_temporary_files() -> None:
    unit = (DEPLOY / "imaging-data-repository.service").read_text().splitlines()
    assert "ProtectSystem=strict" in unit and "PrivateTmp=yes" in unit


@pytest.mark.parametrize("missing", ["no run.json", "a copy within the data"])
def test_a_copy_is_refused_where_it_would_be_none(tmp_path: Path, missing: str) -> None:
    data = tmp_path / "data"
    data.mkdir()
    if missing != "no run.json":
        if shutil.which("rsync") is None:
            pytest.skip("rsync is not installed")
        (data / "run.json").write_text("{}")
    done = subprocess.run(
        [DEPLOY / "back-up", data / "copy"],
        env={"DATA_DIR": str(data), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1 and done.stderr
