"""Certificates of open connections are judged again and again (ON-3)."""

from datetime import timedelta
from pathlib import Path

import pytest

from archive.actors import SYSTEM
from archive.models import AlarmRule, Case, Connection, Environment, SeenCertificate
from archive.services import error_desk, routes
from archive.services.error_desk import Who
from archive.values import civil_day, now, today
from onboarding.errors import CertificateUntrusted
from onboarding.models import JoiningState, PlannedConnection
from onboarding.services import connections, rights
from onboarding.services.certificate_watch import WATCH, watch
from tests.configuring import Configure
from tests.onboarding import cast
from tests.onboarding.cast import planned
from tests.onboarding.test_issuers import ROOT, STRANGER, Made, make

pytestmark = pytest.mark.django_db
LONG = 200  # days, beyond every rule


@pytest.fixture
def bundle(configure: Configure, tmp_path: Path) -> Path:
    """Of those that the listener trusts."""
    file = tmp_path / "trusted.pem"
    file.write_text(ROOT.pem)
    configure(DICOM_TLS_CA=str(file))
    return file


def given(*certificates: Made) -> Connection:
    """Connections of a customer that tests, each certificate given after the one before it."""
    road = cast.brought_to(JoiningState.ACCEPTED)
    row = PlannedConnection.objects.get(organisation=road.organisation, environment="test")
    for each in certificates:
        renew(row, each)
    row.refresh_from_db()
    assert row.connection is not None
    return row.connection


def renew(row: PlannedConnection, certificate: Made) -> None:
    told = {"host": "localhost", "tls": True, "certificate": certificate.pem}
    plan = planned(Environment.TEST, row.aet, **told)
    actor = cast.user("applicant")
    connections.change(rights.person(actor, row.organisation), row, plan)


def cases() -> list[tuple[str, str, int, int]]:
    found = Case.objects.filter(place="certificate").order_by("number")
    return [(each.reason, each.state, each.event_count, each.open_count) for each in found]


def test_an_issuer_that_is_trusted_no_more_is_a_case_of_the_customer_until_another_is_given(
    bundle: Path,
) -> None:
    connection = given(make("pacs", ROOT, days=LONG))
    watch()
    assert cases() == []
    bundle.write_text(STRANGER.pem)
    watch()
    watch()
    assert cases() == [("certificate-untrusted", "open", 1, 1)]
    case = Case.objects.get(place="certificate")
    assert (case.organisation_id, case.connection_id) == (connection.organisation_id, connection.id)
    facts = case.events.get().facts
    assert facts == {"certificate": connection.certificate_sha256, "issuer": "CN=root"}
    renew(PlannedConnection.objects.get(connection=connection), make("pacs", STRANGER, days=LONG))
    assert cases() == [("certificate-untrusted", "resolved", 1, 0)]


def test_the_customer_learns_of_an_end_when_the_operators_rule_says_so(bundle: Path) -> None:
    rule = AlarmRule.objects.get(measure="certificate", until=None)
    AlarmRule.objects.filter(id=rule.id).update(threshold=8)
    certificate = make("pacs", ROOT, days=9)
    connection = given(certificate)
    watch()
    assert cases() == []
    AlarmRule.objects.filter(id=rule.id).update(threshold=10)
    watch()
    watch()
    assert cases() == [("certificate-ending", "open", 1, 1)]
    event = Case.objects.get(place="certificate").events.get()
    until = civil_day(certificate.certificate.not_valid_after_utc).isoformat()
    assert event.facts == {"certificate": connection.certificate_sha256, "until": until}
    error_desk.ignore(event.id, "a new one is ordered")
    watch()
    assert cases() == [("certificate-ending", "resolved", 1, 0)]
    renew(PlannedConnection.objects.get(connection=connection), make("pacs", ROOT, days=5))
    assert cases() == [("certificate-ending", "open", 2, 1)]
    AlarmRule.objects.filter(id=rule.id).update(until=now())
    watch()
    assert cases() == [("certificate-ending", "resolved", 2, 0)]


def test_one_that_was_only_shown_is_known_by_its_end(bundle: Path) -> None:
    connection = given(make("pacs", ROOT, days=LONG))
    digest = "ab" * 32
    Connection.objects.filter(id=connection.id).update(certificate_sha256=digest)
    watch()
    assert cases() == []
    SeenCertificate.objects.create(
        sha256=digest, subject="CN=pacs", until=now() + timedelta(days=3)
    )
    watch()
    SeenCertificate.objects.filter(sha256=digest).update(until=now() - timedelta(days=3))
    watch()
    assert cases() == [
        ("certificate-ending", "resolved", 1, 0),
        ("certificate-expired", "open", 1, 1),
    ]
    Connection.objects.filter(id=connection.id).update(valid_until=today() - timedelta(days=2))
    watch()
    assert cases()[1] == ("certificate-expired", "resolved", 1, 0)


def test_a_case_that_was_joined_with_another_cause_is_said_once(bundle: Path) -> None:
    row = given(make("pacs", ROOT, days=3))
    watch()
    ending = Case.objects.get(place="certificate")
    other = error_desk.report(
        CertificateUntrusted(facts={"issuer": "CN=another"}),
        environment="test",
        place=WATCH,
        who=Who(row.organisation_id),
    )
    routes.join(SYSTEM, ending, Case.objects.get(id=other))
    watch()
    watch()
    assert Case.objects.get(id=other).event_count == 2
    assert Case.objects.get(id=other).reopened_count == 0
