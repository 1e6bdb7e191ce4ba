"""Mails leave by the mail server that the settings name, and are files where they name none."""

import os
import subprocess
import sys
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import override_settings

from archive.config import ConfigError, read
from archive.services import mailing
from launch.plan import ROOT
from tests import post_office as post_offices

GIVEN = {"SECRET_KEY": "x", "DATABASE_URL": "postgresql://x@/x", "CELERY_BROKER_URL": "memory://"}


@pytest.fixture
def post_office() -> Iterator[tuple[int, list[str]]]:
    with post_offices.opened() as office:
        yield office.port, office.said


def send(data: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", "sendtestemail", "reader@example.invalid", "--skip-checks"],
        cwd=ROOT,
        env={"PATH": os.defpath, "DATA_DIR": str(data), **GIVEN, **settings},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_mail_leaves_by_the_server_of_the_settings(
    tmp_path: Path, post_office: tuple[int, list[str]]
) -> None:
    port, said = post_office
    server = {"MAIL_SERVER": "127.0.0.1", "MAIL_PORT": str(port), "MAIL_SECURITY": "none"}
    done = send(tmp_path, **server, MAIL_FROM="archive@example.invalid")
    assert done.returncode == 0, done.stderr
    assert "mail FROM:<archive@example.invalid>" in " ".join(said)
    assert "rcpt TO:<reader@example.invalid>" in said
    assert f"127.0.0.1:{port} took it." in done.stdout
    assert not (tmp_path / "mail").exists()


def test_a_password_may_have_any_letters(
    tmp_path: Path, post_office: tuple[int, list[str]]
) -> None:
    port, said = post_office
    server = {"MAIL_SERVER": "127.0.0.1", "MAIL_PORT": str(port), "MAIL_SECURITY": "none"}
    known = {"MAIL_USER": "arkisto", "MAIL_PASSWORD": "pääsy"}
    done = send(tmp_path, **server, **known, MAIL_FROM="archive@example.invalid")
    assert done.returncode == 0, done.stderr
    (signed,) = [line for line in said if line.startswith("AUTH PLAIN")]
    assert b64decode(signed.split()[-1]).decode() == "\0arkisto\0pääsy"
    assert "rcpt TO:<reader@example.invalid>" in said


def test_nothing_goes_in_the_clear_unless_it_is_said(
    tmp_path: Path, post_office: tuple[int, list[str]]
) -> None:
    port, said = post_office
    server = {"MAIL_SERVER": "127.0.0.1", "MAIL_PORT": str(port)}
    done = send(tmp_path, **server, MAIL_FROM="archive@example.invalid")
    assert done.returncode == 1 and "STARTTLS" in done.stderr
    assert "Traceback" not in done.stderr
    assert not any("FROM" in line for line in said)


def test_without_a_server_a_mail_is_a_file(tmp_path: Path) -> None:
    done = send(tmp_path)
    assert done.returncode == 0, done.stderr
    assert "No MAIL_SERVER is set" in done.stdout and str(tmp_path / "mail") in done.stdout
    (written,) = (tmp_path / "mail").glob("*.log")
    assert "To: reader@example.invalid" in written.read_text()


def test_mails_that_follow_each_other_are_files_of_their_own(tmp_path: Path) -> None:
    backend = "portal.mail_files.EmailBackend"
    with override_settings(EMAIL_BACKEND=backend, EMAIL_FILE_PATH=str(tmp_path)):
        for number in range(20):
            mailing.send([f"reader-{number}@example.invalid"], "In production", "As of today.")
    told = [each.read_text() for each in tmp_path.glob("*.log")]
    readers = sorted(line for text in told for line in text.splitlines() if line.startswith("To:"))
    assert len(told) == 20
    assert readers == sorted(f"To: reader-{number}@example.invalid" for number in range(20))


@pytest.mark.parametrize(("word", "port"), [("starttls", 587), ("TLS", 465), ("none", 25)])
def test_the_port_follows_the_kind_of_protection(word: str, port: int) -> None:
    assert read({**GIVEN, "MAIL_SECURITY": word}).mail_port == port


def test_another_kind_of_protection_is_refused_by_name() -> None:
    with pytest.raises(ConfigError, match="MAIL_SECURITY"):
        read({**GIVEN, "MAIL_SECURITY": "ssl3"})


def test_a_server_without_a_sender_is_refused_by_name() -> None:
    with pytest.raises(ConfigError, match="MAIL_FROM"):
        read({**GIVEN, "MAIL_SERVER": "mail.example.invalid"})
    assert read(GIVEN).mail_from.endswith("@example.invalid")
