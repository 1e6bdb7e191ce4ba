"""DATA/run.json: what a person, a check or `manage.py` needs to find and use the running system."""

import json
from pathlib import Path
from typing import Any, TypedDict

from archive.config import Config
from launch.keys import write_private
from launch.plan import Plan


class Demo(TypedDict):
    logins: dict[str, dict[str, str]]
    customers: list[dict[str, Any]]
    pdr: dict[str, str] | None
    test_pdr: dict[str, str] | None
    patients: list[dict[str, str]]
    xua: dict[str, dict[str, str]]


def read_demo(plan: Plan) -> Demo:
    """What `manage.py load_demo` left in the secrets; nothing outside demo mode."""
    source = plan.data / "secrets/demo.json"
    kept = json.loads(source.read_text()) if plan.demo and source.is_file() else {}
    return Demo(
        logins=kept.get("logins", {}),
        customers=kept.get("customers", []),
        pdr=kept.get("pdr"),
        test_pdr=kept.get("test_pdr"),
        patients=kept.get("patients", []),
        xua=kept.get("xua", {}),
    )


def content(plan: Plan, config: Config, demo: Demo, environment: dict[str, str]) -> dict[str, Any]:
    return {
        "web": plan.web_address,
        "dicom": {
            "host": config.dicom_host,
            "port": config.dicom_port,
            "aet": config.ae_production,
            "test_aet": config.ae_test,
        },
        "hl7": None,  # its port is reserved until the listener exists
        **demo,
        "oids": {
            "home": config.home_community,
            "document_repository": config.document_repository,
            "manifest_repository": config.manifest_repository,
            "imaging_source": config.imaging_source,
        },
        "env": environment,
    }


def path(data: Path) -> Path:
    return data / "run.json"


def write(data: Path, values: dict[str, Any]) -> None:
    write_private(path(data), values)


def remove(data: Path) -> None:
    path(data).unlink(missing_ok=True)
