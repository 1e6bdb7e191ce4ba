"""An S3 service as a process of its own (moto's), and a vault that writes to it."""

import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError

import boto3
import pytest

from archive.values import uuid7
from tests.configuring import Configure
from tests.edges.dicom.listening import eventually


@dataclass(slots=True)
class Service:
    """A running service; `variables` point the archive at a bucket of the test's own."""

    port: int
    process: subprocess.Popen[bytes]

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def variables(self) -> dict[str, str]:
        return bucket_at(self.address)

    def answers(self) -> bool:
        with suppress(URLError, ConnectionError):
            urllib.request.urlopen(f"{self.address}/moto-api/", timeout=2).close()
            return True
        return False


def bucket_at(address: str) -> dict[str, str]:
    """Made there; the variables that point the archive at it."""
    bucket = f"vault-{uuid7().hex}"
    client = boto3.client(
        "s3",
        endpoint_url=address,
        region_name="eu-north-1",
        aws_access_key_id="key",
        aws_secret_access_key="secret",
    )
    client.create_bucket(
        Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-north-1"}
    )
    return {
        "S3_ENDPOINT": address,
        "S3_BUCKET": bucket,
        "S3_PREFIX": "archive/",
        "S3_ACCESS_KEY": "key",
        "S3_SECRET_KEY": "secret",
        "S3_ADDRESSING": "path",
    }


def started(port: int, log: Path) -> Service:
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    service = Service(port, process)
    eventually(lambda: process.poll() is not None or service.answers(), patience=60)
    assert process.poll() is None, log.read_text()
    return service


@pytest.fixture(scope="session")
def s3(pick_port: Callable[[], int], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    service = started(pick_port(), tmp_path_factory.mktemp("s3") / "log")
    yield service
    service.process.terminate()
    service.process.wait(20)


@pytest.fixture
def mixed(own_vault: Path, configure: Configure, s3: Service) -> dict[str, str]:
    """Both stores; new objects still go to the file system."""
    variables = s3.variables()
    configure(**variables)
    return variables


@pytest.fixture
def in_objects(mixed: dict[str, str], configure: Configure) -> dict[str, str]:
    """Both stores; new objects go to object storage."""
    configure(VAULT_STORE="s3")
    return mixed
