"""Each address of the logs x each role: reviewers and administrators, nobody else."""

from uuid import UUID, uuid4

import pytest
from django.test import Client
from django.urls import reverse

from archive.models import LedgerEvent
from portal.log_rows import key_of
from tests import builders, logs
from tests.portal.test_pages import signed_in

pytestmark = pytest.mark.django_db

READERS = ("admin", "logreview")
OTHERS = ("onboarding", "archivist", "support")
LISTS = ("log-disclosures", "log-use", "log-report")


def addresses() -> list[str]:
    given = LedgerEvent.objects.get(id=logs.give(builders.study()))
    other = LedgerEvent.objects.exclude(id=given.id).first()
    assert other is not None
    return [
        *(reverse(name) for name in LISTS),
        reverse("log-disclosure", args=[key_of(given)]),
        reverse("log-use-entry", args=[key_of(other)]),
        reverse("log-patient"),
    ]


@pytest.mark.parametrize("login", READERS)
def test_reviewers_and_administrators_read_the_logs(login: str) -> None:
    client = signed_in(login)
    for address in addresses():
        assert client.get(address).status_code == 200, address


@pytest.mark.parametrize("login", OTHERS)
def test_other_staff_may_not(login: str) -> None:
    client = signed_in(login)
    for address in addresses():
        assert client.get(address).status_code == 403, address
    assert client.post(reverse("log-report"), {}).status_code == 403


def test_a_customer_finds_no_logs_and_nobody_gets_in_unknown() -> None:
    for address in addresses():
        assert signed_in("esim").get(address).status_code == 404, address
        assert Client().get(address).status_code == 302, address


@pytest.mark.parametrize("login", [*OTHERS, "esim"])
def test_who_may_not_is_not_written_down_as_having_looked(login: str) -> None:
    signed_in(login).get(reverse("log-disclosures"))
    assert not LedgerEvent.objects.filter(kind__startswith="log.").exists()


@pytest.mark.parametrize("key", ["x", "2026-11-26T10:00:00+00:00~x", f"x~{UUID(int=7)}"])
def test_an_entry_that_is_none_is_not_found(key: str) -> None:
    client = signed_in("logreview")
    for name in ("log-disclosure", "log-use-entry"):
        assert client.get(reverse(name, args=[key])).status_code == 404


def test_an_entry_stands_in_its_own_log_only() -> None:
    given = LedgerEvent.objects.get(id=logs.give(builders.study()))
    used = LedgerEvent.objects.get(id=logs.give(builders.study(), ground="own-register"))
    client = signed_in("logreview")
    assert client.get(reverse("log-use-entry", args=[key_of(given)])).status_code == 404
    assert client.get(reverse("log-disclosure", args=[key_of(used)])).status_code == 404


def test_a_report_is_of_the_session_that_asked_for_it() -> None:
    client = signed_in("logreview")
    for name in ("log-report-shown", "log-report-pdf"):
        assert client.get(reverse(name, args=[uuid4()])).status_code == 404
