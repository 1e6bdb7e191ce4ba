"""An applicant with its people, two officers, and what each step of the road asks for."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from allauth.account.models import EmailAddress
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from archive.actors import SYSTEM, Actor, ActorKind
from archive.models import (
    ConnectionKind,
    Environment,
    Membership,
    Organisation,
    Role,
    Sector,
    User,
)
from archive.values import BusinessId, now, today
from onboarding.models import (
    ContactKind,
    Joining,
    JoiningState,
    Precondition,
    RolloutRun,
    RunState,
    SpecificationVersion,
    TermsKind,
)
from onboarding.services import (
    connections,
    evidence,
    joining,
    production,
    rights,
    systems,
    terms,
)
from onboarding.services.connections import Plan
from onboarding.services.customers import Names
from onboarding.services.systems import System

APPLICANT = BusinessId("9000011-8")
NAMES = Names("Uusi Kuvaus Oy", "Nya Bild Ab", "New Imaging Ltd")


def user(login: str, *, verified: bool = True) -> User:
    made, is_new = User.objects.get_or_create(username=login, email=f"{login}@example.invalid")
    if is_new:
        EmailAddress.objects.create(user=made, email=made.email, verified=verified)
    return made


def officer(login: str = "first.officer", role: Role = Role.ONBOARDING) -> Actor:
    operator = Organisation.objects.get(is_operator=True)
    made = user(login)
    Membership.objects.get_or_create(user=made, organisation=operator, role=role)
    return Actor(ActorKind.STAFF, login, made.id, operator.id, frozenset({role.value}))


def second_officer() -> Actor:
    return officer("second.officer")


def applicant(business_id: BusinessId = APPLICANT, login: str = "applicant") -> Joining:
    return joining.register(user(login), business_id, NAMES, Sector.PRIVATE)


def admin(road: Joining, login: str = "applicant") -> Actor:
    return rights.person(user(login), road.organisation)


def contacts(kinds: tuple[str, ...] = tuple(ContactKind)) -> dict[str, dict[str, str]]:
    languages = {"administrative": "fi", "technical": "sv", "data_protection": "en"}
    return {
        kind: {
            "name": f"Person {kind}",
            "email": f"{kind}@uusi.example.invalid",
            "phone": "+358 20 123",
            "language": languages[kind],
        }
        for kind in kinds
    }


def planned(environment: Environment, aet: str, **other: Any) -> Plan:
    values: dict[str, Any] = {
        "environment": environment,
        "kind": ConnectionKind.DICOM,
        "aet": aet,
        "host": "127.0.0.1",
        "port": 11190,
        **other,
    }
    return Plan(**values)


def filled(road: Joining) -> Joining:
    """All that the customer itself tells."""
    me = admin(road)
    joining.save(me, road, step="check", values={"roles": ["produces"], "content_types": ["ct"]})
    joining.set_contacts(me, road, contacts())
    connections.plan(me, road.organisation, planned(Environment.TEST, "UUSI_TEST"))
    connections.plan(me, road.organisation, planned(Environment.PRODUCTION, "UUSI_PACS"))
    return road


def proved(road: Joining) -> Joining:
    """(a) to (d): systems, evidence judged, terms accepted."""
    me, judge = admin(road), officer()
    newest = SpecificationVersion.objects.get(name="2.4.1")
    systems.add_system(
        me,
        road.organisation,
        System("PACS", "1", "K-1", "THL 5/2021, annex 3e", newest, date(2024, 2, 1)),
    )
    for precondition in evidence.GIVEN_BY_HAND:
        row = evidence.give(me, road, precondition, number="1")
        evidence.judge(judge, row, accepted=True)
    for kind in TermsKind:
        document = terms.in_force(kind)
        assert document is not None
        terms.accept(me, document, road.organisation, authority="chief executive")
    return road


def run(road: Joining, state: RunState = RunState.PASSED) -> RolloutRun:
    number = RolloutRun.objects.filter(organisation=road.organisation).count() + 1
    return RolloutRun.objects.create(
        organisation=road.organisation,
        number=number,
        state=state,
        started_by="applicant",
        started_at=now(),
        report_sha256="ab" * 32,
    )


def brought_to(state: JoiningState) -> Joining:
    """A customer that has come to a state by the services themselves."""
    road = applicant()
    return road if state == JoiningState.DRAFT else onward(proved(filled(road)), state)


def onward(road: Joining, state: JoiningState) -> Joining:
    """From a draft that lacks nothing."""
    if state == JoiningState.DRAFT:
        return road
    me, desk = admin(road), officer()
    road = joining.submit(me, road)
    if state == JoiningState.SUBMITTED:
        return road
    road = joining.take_up(desk, road)
    if state == JoiningState.IN_REVIEW:
        return road
    if state == JoiningState.RETURNED:
        return joining.send_back(desk, road, reason="no number")
    if state == JoiningState.REJECTED:
        return joining.reject(desk, road, reason="not a care provider")
    road = joining.accept_for_testing(desk, road)
    if state == JoiningState.ACCEPTED:
        return road
    if state == JoiningState.TEST_WAIVED:
        asked = joining.ask_waiver(desk, road, reason="only views")
        return joining.grant_waiver(second_officer(), asked)
    joining.record_test(run(road))
    road.refresh_from_db()
    if state == JoiningState.TEST_PASSED:
        return road
    road = production.open_production(desk, road)
    if state == JoiningState.IN_PRODUCTION:
        return road
    road = production.give_notice(me, road, given_on=today())
    if state == JoiningState.NOTICE_GIVEN:
        return road
    assert road.ends_on is not None
    production.end_due(road.ends_on + timedelta(days=1))
    road.refresh_from_db()
    return road


def actors(road: Joining) -> dict[str, Actor]:
    """One of each kind, strangers among them."""
    technical, stranger = user("technical"), user("stranger")
    Membership.objects.get_or_create(
        user=technical, organisation=road.organisation, role=Role.CUSTOMER_TECHNICAL
    )
    other = Organisation.objects.get(business_id="9000001-1")
    Membership.objects.get_or_create(user=stranger, organisation=other, role=Role.CUSTOMER_ADMIN)
    return {
        "customer": admin(road),
        "technical": rights.person(technical, road.organisation),
        "stranger": Actor(
            ActorKind.CUSTOMER,
            "stranger",
            stranger.id,
            road.organisation_id,  # a lie: memberships decide
            frozenset({Role.CUSTOMER_ADMIN.value}),
        ),
        "officer": officer(),
        "support": officer("support.person", Role.SUPPORT),
        "system": SYSTEM,
    }


def evidence_of(road: Joining, precondition: Precondition) -> Any:
    return road.evidence.get(precondition=precondition)


def certificate(
    *names: str, days: int = 365, begins: int = -1, common: str = "pacs", san: bool = True
) -> str:
    """A self-signed certificate in PEM form."""
    return certificate_and_key(*names, days=days, begins=begins, common=common, san=san)[0]


def certificate_and_key(
    *names: str, days: int = 365, begins: int = -1, common: str = "pacs", san: bool = True
) -> tuple[str, str]:
    """The same with its private key, for who speaks TLS."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])
    at = datetime.now(UTC).replace(microsecond=0)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(at + timedelta(days=min(begins, days - 1)))
        .not_valid_after(at + timedelta(days=days))
    )
    if san:
        alternative = x509.SubjectAlternativeName([x509.DNSName(name) for name in names])
        builder = builder.add_extension(alternative, critical=False)
    signed = builder.sign(key, hashes.SHA256())
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return signed.public_bytes(serialization.Encoding.PEM).decode(), private.decode()
