"""Settings that nobody can have meant end the start with their name (NF-4)."""

import subprocess
import sys
from pathlib import Path

import pytest

from archive.config import Config, ConfigError, read
from launch.plan import ROOT

GIVEN = {
    "SECRET_KEY": "secret",
    "DATABASE_URL": "postgresql://idr_app@database.example.invalid/idr",
    "CELERY_BROKER_URL": "redis://broker.example.invalid:6379/0",
}
NONSENSE = {
    "DATABASE_URL": [
        *("nonsense", "mysql://somewhere/idr", "postgresql://somewhere"),
        *("postgresql://a:b@somewhere:port/idr", "postgresql://a:b@[::1/idr"),
    ],
    "CELERY_BROKER_URL": ["nonsense", "amqp://somewhere", "redis://h:port/0", "sentinel://h"],
    "DICOM_PORT": ["-1", "65536", "eleven"],
    "DICOM_PROCESSES": ["0", "-2", "2.5"],
    "DICOM_TIMEOUT": ["0", "-60", "nan", "inf"],
    "DICOM_FIND_SECONDS": ["0"],
    "HL7_MESSAGES_KEPT_DAYS": ["0", "-1"],
    "SOAP_MESSAGES_KEPT_DAYS": ["0", "-730"],
    "SOAP_QUERIES_KEPT_DAYS": ["-1"],
    "FREE_BYTES_FLOOR": ["-1", "256 MB"],
    "QUIET_SECONDS": ["-1", "nan"],
    "NOTICE_TRIES": ["0"],
    "SESSION_LONGEST_HOURS": ["0", "-12"],
    "XUA_SKEW_SECONDS": ["-60", "inf"],
    "OPERATOR_OID": ["nonsense", "1.2.", "1.02.3", f"1.{'2' * 63}"],
    "AE_PRODUCTION": ["   ", "LONGER THAN SIXTEEN", "KAN\\TA", "ÄE"],
    "PDR_URL": ["pdr.example.invalid/imaging"],
    "S3_ENDPOINT": ["storage.example.invalid"],
    "S3_ADDRESSING": ["paths"],
    "OIDC_SERVER": ["sso.example.invalid"],
    "OTEL_EXPORTER_OTLP_ENDPOINT": ["collector:4318"],
}


@pytest.mark.parametrize(
    ("key", "text"), [(key, each) for key in NONSENSE for each in NONSENSE[key]]
)
def test_nonsense_is_refused_by_the_name_of_its_key(key: str, text: str) -> None:
    with pytest.raises(ConfigError, match=f"^{key} cannot be read as ") as refused:
        read({**GIVEN, key: text})
    assert text not in str(refused.value), "it may hold a password"


def test_what_is_meant_to_be_none_may_be_nought() -> None:
    given = {**GIVEN, "DICOM_TLS_PORT": "0", "FREE_BYTES_FLOOR": "0", "QUIET_SECONDS": "0"}
    found = read(given)
    assert (found.dicom_tls_port, found.free_bytes_floor, found.quiet_seconds) == (0, 0, 0.0)


def test_object_storage_without_a_bucket_does_not_become_files() -> None:
    with pytest.raises(ConfigError, match="S3_BUCKET is not set"):
        read({**GIVEN, "VAULT_STORE": "s3"})
    found = read({**GIVEN, "VAULT_STORE": "s3", "S3_BUCKET": "archive"})
    assert (found.vault_store, found.s3_bucket) == ("s3", "archive")
    assert isinstance(read(GIVEN), Config)


def test_a_command_without_a_running_system_says_what_it_lacks(tmp_path: Path) -> None:
    command = [sys.executable, "manage.py", "verify_ledger"]
    given = {"DATA_DIR": str(tmp_path), "PATH": ""}
    done = subprocess.run(command, cwd=ROOT, env=given, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("SECRET_KEY is not set: start the system with ./run"), done.stderr
    assert len(done.stderr.splitlines()) == 1
