"""Deployment data: what helps while it is typed, and what an open connection does (ON-3)."""

import ssl
from typing import Any

import pytest

from archive.errors import ArchiveError, NotFound
from archive.models import Connection, ConnectionKind, Environment, LedgerEvent
from archive.queries import certificates
from archive.values import BusinessId, today
from onboarding.errors import (
    ActorUnfit,
    CertificateEarly,
    CertificateExpired,
    CertificateOtherName,
    CertificateUnreadable,
    FieldInvalid,
    HostUnknown,
    SenderTaken,
    StepOutOfOrder,
    TitleTaken,
)
from onboarding.models import JoiningState, PlannedConnection
from onboarding.rules.certificates import as_pem, read
from onboarding.services import connections, joining, openings
from onboarding.services.connections import Plan
from tests.onboarding import cast
from tests.onboarding.cast import planned

pytestmark = pytest.mark.usefixtures("db")

TEST, PRODUCTION = Environment.TEST, Environment.PRODUCTION


@pytest.mark.parametrize(
    ("wrong", "error", "field"),
    [
        ({"aet": ""}, FieldInvalid, "aet"),
        ({"aet": "SEVENTEEN_LETTERS"}, FieldInvalid, "aet"),
        ({"aet": "BACK\\SLASH"}, FieldInvalid, "aet"),
        ({"aet": "ÄÄNE"}, FieldInvalid, "aet"),
        ({"aet": "ESIM_TEST"}, TitleTaken, "aet"),
        ({"aet": "KANTATEST"}, TitleTaken, "aet"),
        ({"host": ""}, FieldInvalid, "host"),
        ({"host": "no such.host"}, FieldInvalid, "host"),
        ({"host": "pacs.no-such-domain.invalid"}, HostUnknown, "host"),
        ({"port": None}, FieldInvalid, "port"),
        ({"port": 0}, FieldInvalid, "port"),
        ({"port": 65_536}, FieldInvalid, "port"),
        ({"environment": "moon"}, FieldInvalid, "environment"),
        ({"certificate": "-----BEGIN CERTIFICATE-----\nx"}, CertificateUnreadable, "certificate"),
        ({"certificate": "ä"}, CertificateUnreadable, "certificate"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_is_kept(
    wrong: dict[str, Any], error: type[ArchiveError], field: str
) -> None:
    road = cast.applicant()
    told = planned(TEST, "UUSI_TEST")
    values = {name: getattr(told, name) for name in told.__slots__} | wrong
    with pytest.raises(error) as refused:
        connections.plan(cast.admin(road), road.organisation, connections.Plan(**values))
    assert refused.value.facts["field"] == field
    assert not PlannedConnection.objects.filter(organisation=road.organisation).exists()


def test_a_certificate_shows_what_it_is() -> None:
    road = cast.applicant()
    pem = cast.certificate("localhost", common="pacs.uusi.fi")
    row = connections.plan(
        cast.admin(road),
        road.organisation,
        planned(TEST, "UUSI_TEST", host="localhost", certificate=pem),
    )
    assert row.certificate_subject == row.certificate_issuer == "CN=pacs.uusi.fi"
    assert len(row.certificate_sha256) == 64
    assert row.certificate_until is not None and row.certificate_until.date() > today()
    again = as_pem(ssl.PEM_cert_to_DER_cert(pem))
    assert read(again).sha256 == row.certificate_sha256
    for wrong in (b"\x30\x03abc", b"no certificate", b"-----BEGIN \xff"):
        with pytest.raises(CertificateUnreadable):
            as_pem(wrong)


def test_a_loaded_certificate_is_watched_before_it_was_ever_shown() -> None:
    road = cast.brought_to(JoiningState.ACCEPTED)
    pem = cast.certificate("localhost", days=12)
    told = planned(TEST, "UUSI_TLS", host="localhost", tls=True, certificate=pem)
    row = connections.plan(cast.admin(road), road.organisation, told)
    assert "system" not in {each.what for each in certificates.certificates()}  # not let in yet
    opened = openings.open_planned(cast.admin(road), row)
    (found,) = [each for each in certificates.certificates() if each.what == "system"]
    assert str(opened.id) in found.key and 11 < found.days_left <= 12


@pytest.mark.parametrize(
    ("made", "error"),
    [
        ({"names": ("localhost",), "days": -1}, CertificateExpired),
        ({"names": ("localhost",), "begins": 3}, CertificateEarly),
        ({"names": ("other.example",)}, CertificateOtherName),
        ({"names": ("*.localhost",)}, CertificateOtherName),
        ({"names": (), "common": "other.example", "san": False}, CertificateOtherName),
        ({"names": ("other.example",), "common": "localhost"}, CertificateOtherName),
    ],
)
def test_a_certificate_that_does_not_serve_is_refused(
    made: dict[str, Any], error: type[ArchiveError]
) -> None:
    road = cast.applicant()
    pem = cast.certificate(*made.pop("names"), **made)
    told = planned(TEST, "UUSI_TEST", host="localhost", certificate=pem)
    with pytest.raises(error) as refused:
        connections.plan(cast.admin(road), road.organisation, told)
    assert refused.value.facts["field"] == "certificate"


def test_the_common_name_serves_only_where_no_other_names_are() -> None:
    road = cast.applicant()
    pem = cast.certificate(common="localhost", san=False)
    told = planned(TEST, "UUSI_TEST", host="localhost", certificate=pem)
    assert connections.plan(cast.admin(road), road.organisation, told).certificate


def test_a_private_key_is_not_taken() -> None:
    road = cast.applicant()
    pem = cast.certificate("localhost") + "-----BEGIN PRIVATE KEY-----\nsecret\n"
    told = planned(TEST, "UUSI_TEST", host="localhost", certificate=pem)
    with pytest.raises(CertificateUnreadable) as refused:
        connections.plan(cast.admin(road), road.organisation, told)
    assert "secret" not in str(refused.value)


def test_a_title_that_another_has_planned_is_taken_in_that_environment_only() -> None:
    cast.filled(cast.applicant())
    other = cast.applicant(BusinessId("9000012-6"), "other")
    me = cast.admin(other, "other")
    with pytest.raises(TitleTaken):
        connections.plan(me, other.organisation, planned(TEST, "UUSI_TEST"))
    connections.plan(me, other.organisation, planned(PRODUCTION, "UUSI_TEST"))


def test_a_strangers_plan_is_nobodys() -> None:
    road = cast.applicant()
    with pytest.raises(ActorUnfit):
        connections.plan(cast.actors(road)["stranger"], road.organisation, planned(TEST, "X"))


def test_nothing_opens_before_its_environment_does() -> None:
    road = cast.filled(cast.applicant())
    for row in PlannedConnection.objects.filter(organisation=road.organisation):
        with pytest.raises(StepOutOfOrder):
            connections.open_planned(cast.officer(), row)


def test_a_change_in_the_test_environment_holds_at_once_and_keeps_the_connection() -> None:
    road = cast.brought_to(JoiningState.ACCEPTED)
    row = PlannedConnection.objects.get(organisation=road.organisation, environment=TEST)
    connections.change(cast.admin(road), row, planned(TEST, "UUSI_TEST", port=11191))
    live = Connection.objects.get(organisation=road.organisation)
    assert (live.port, live.valid_until) == (11191, None)


def test_who_comes_back_plans_its_test_system_anew_before_the_environment_is_open() -> None:
    road = cast.brought_to(JoiningState.ENDED)
    road = joining.apply_again(cast.admin(road), road)
    row = PlannedConnection.objects.get(organisation=road.organisation, environment=TEST)
    connections.change(cast.admin(road), row, planned(TEST, "UUSI_TEST", port=11191))
    assert not Connection.objects.filter(organisation=road.organisation, valid_until=None).exists()
    cast.onward(road, JoiningState.ACCEPTED)
    live = Connection.objects.get(organisation=road.organisation, valid_until=None)
    assert (live.aet, live.port) == ("UUSI_TEST", 11191)


def test_a_change_of_title_ends_the_old_and_opens_the_new() -> None:
    road = cast.brought_to(JoiningState.ACCEPTED)
    row = PlannedConnection.objects.get(organisation=road.organisation, environment=TEST)
    connections.change(cast.admin(road), row, planned(TEST, "UUSI_TEST2"))
    live = Connection.objects.filter(organisation=road.organisation, valid_until=None)
    assert [each.aet for each in live] == ["UUSI_TEST2"]


def test_a_change_in_production_waits_for_an_officer() -> None:
    road = cast.brought_to(JoiningState.IN_PRODUCTION)
    row = PlannedConnection.objects.get(organisation=road.organisation, environment=PRODUCTION)
    connections.change(cast.admin(road), row, planned(PRODUCTION, "UUSI_PACS", port=11191))
    live = Connection.objects.get(organisation=road.organisation, environment=PRODUCTION)
    assert live.port == 11190
    row.refresh_from_db()
    assert row.opened_at is None
    with pytest.raises(ActorUnfit):
        connections.open_planned(cast.admin(road), row)
    connections.open_planned(cast.officer(), row)
    live.refresh_from_db()
    assert live.port == 11191


def test_what_is_removed_is_refused_from_then_on() -> None:
    road = cast.brought_to(JoiningState.ACCEPTED)
    row = PlannedConnection.objects.get(organisation=road.organisation, environment=TEST)
    connections.remove(cast.admin(road), row)
    assert not Connection.objects.filter(organisation=road.organisation, valid_until=None).exists()


def test_only_an_xds_connection_has_a_password() -> None:
    road = cast.brought_to(JoiningState.ACCEPTED)
    live = Connection.objects.get(organisation=road.organisation)
    with pytest.raises(NotFound):
        connections.renew_password(cast.admin(road), live)


def test_the_test_button_calls_the_customers_system_by_our_title() -> None:
    road = cast.filled(cast.applicant())
    row = PlannedConnection.objects.get(organisation=road.organisation, environment=TEST)
    called = connections.target(row)
    assert (called.host, called.port, called.called_aet, called.calling_aet) == (
        "127.0.0.1",
        11190,
        "UUSI_TEST",
        "KANTATEST",
    )


# --- senders of HL7 messages ----------------------------------------------------------------------


def sender(environment: Environment = TEST, **other: Any) -> connections.Plan:
    values = {
        "environment": environment,
        "kind": ConnectionKind.HL7,
        "host": "127.0.0.1",
        "hl7_application": "UUSI_RIS",
        "hl7_facility": "UUSI",
        **other,
    }
    return connections.Plan(**values)


@pytest.mark.parametrize(
    ("wrong", "error", "field"),
    [
        ({"hl7_application": ""}, FieldInvalid, "hl7_application"),
        ({"hl7_application": "A^B"}, FieldInvalid, "hl7_application"),
        ({"hl7_facility": ""}, FieldInvalid, "hl7_facility"),
        ({"hl7_facility": "A|B"}, FieldInvalid, "hl7_facility"),
        ({"host": ""}, FieldInvalid, "host"),
        (
            {"hl7_application": "ESIM_TEST_RIS", "hl7_facility": "ESIM"},
            SenderTaken,
            "hl7_application",
        ),
    ],
)
def test_a_wrong_sender_is_said_at_its_field(
    wrong: dict[str, Any], error: type[ArchiveError], field: str
) -> None:
    road = cast.applicant()
    with pytest.raises(error) as refused:
        connections.plan(cast.admin(road), road.organisation, sender(**wrong))
    assert refused.value.facts["field"] == field


def test_a_planned_sender_is_let_in_when_its_environment_opens() -> None:
    road = cast.brought_to(JoiningState.ACCEPTED)
    pem = cast.certificate("ris.uusi.example")  # of the client, not of an address
    row = connections.plan(cast.admin(road), road.organisation, sender(certificate=pem))
    assert str(row) == "UUSI_RIS|UUSI"
    connections.open_planned(cast.admin(road), row)
    live = Connection.objects.get(organisation=road.organisation, kind="hl7")
    assert (str(live), live.host, live.valid_until) == ("UUSI_RIS|UUSI", "127.0.0.1", None)
    assert live.certificate_sha256 == row.certificate_sha256 != ""
    row.refresh_from_db()
    connections.change(cast.admin(road), row, sender(host="localhost"))
    live.refresh_from_db()
    assert (live.host, live.certificate_sha256) == ("localhost", "")
    connections.change(cast.admin(road), row, sender(hl7_facility="OTHER"))
    open_now = Connection.objects.filter(
        organisation=road.organisation, kind="hl7", valid_until=None
    )
    assert [str(each) for each in open_now] == ["UUSI_RIS|OTHER"]


def test_a_new_xds_connection_needs_assertions_in_production_only() -> None:
    road = cast.brought_to(JoiningState.IN_PRODUCTION)
    for environment, required in ((TEST, False), (PRODUCTION, True)):
        plan = Plan(environment=environment, kind=ConnectionKind.XDS, name="RIS")
        row = connections.plan(cast.admin(road), road.organisation, plan)
        assert connections.open_planned(cast.officer(), row).xua_required == required


def test_the_need_for_assertions_is_an_officers_with_a_reason() -> None:
    road = cast.brought_to(JoiningState.IN_PRODUCTION)
    plan = Plan(environment=PRODUCTION, kind=ConnectionKind.XDS, name="RIS")
    row = connections.plan(cast.admin(road), road.organisation, plan)
    live = connections.open_planned(cast.officer(), row)
    with pytest.raises(ActorUnfit):
        connections.require_assertion(cast.admin(road), live, required=False, reason="ei")
    for _ in range(2):
        connections.require_assertion(cast.officer(), live, required=False, reason="toimittaja")
    live.refresh_from_db()
    assert not live.xua_required
    told = LedgerEvent.objects.get(kind="customer.changed", facts__reason="toimittaja")
    assert told.environment == PRODUCTION
    dicom = Connection.objects.filter(organisation=road.organisation, kind="dicom")[0]
    with pytest.raises(NotFound):
        connections.require_assertion(cast.officer(), dicom, required=True, reason="x")
