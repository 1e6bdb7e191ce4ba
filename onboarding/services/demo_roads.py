"""The demo world's customers have a road behind them, and two applicants are on theirs.

Told once for each organisation: what people change afterwards stays as they left it.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from allauth.account.models import EmailAddress

from archive.actors import Actor, ActorKind
from archive.models import (
    Connection,
    ConnectionKind,
    ContentPolicy,
    Environment,
    Membership,
    Organisation,
    Role,
    Sector,
    User,
)
from archive.values import BusinessId
from onboarding.models import (
    Acceptance,
    ActivityRole,
    CertifiedSystem,
    Contact,
    ContactKind,
    Evidence,
    EvidenceState,
    Joining,
    JoiningState,
    PlannedConnection,
    Precondition,
    SpecificationVersion,
    TermsKind,
    Transition,
)
from onboarding.queries.facts import in_force
from onboarding.services import connections, evidence, joining, registration, rights
from onboarding.services.connections import Plan
from onboarding.services.customers import Names

OFFICER_NAME = "onboarding"
REGULATION = "THL 5/2021, annex 3e"
CONTACTS = (
    (ContactKind.ADMINISTRATIVE, "Hannele Hallinto", "fi"),
    (ContactKind.TECHNICAL, "Teknik Teknikersson", "sv"),
    (ContactKind.DATA_PROTECTION, "Tiina Tietosuoja", "fi"),
)
USED = ["imaging", "mykanta", "patient_data", "prescriptions"]
WAY = (  # days before the joining date
    (60, JoiningState.DRAFT, JoiningState.SUBMITTED),
    (55, JoiningState.SUBMITTED, JoiningState.IN_REVIEW),
    (50, JoiningState.IN_REVIEW, JoiningState.ACCEPTED),
    (10, JoiningState.ACCEPTED, JoiningState.TEST_PASSED),
    (0, JoiningState.TEST_PASSED, JoiningState.IN_PRODUCTION),
)


@dataclass(frozen=True, slots=True)
class DemoSystem:
    product: str
    version: str
    certificate: str
    specification: str
    valid_from: date
    valid_until: date | None


SYSTEMS = {
    "esim": DemoSystem(
        "Esim PACS", "7.2", "KANTA-9001", "2.4.1", date(2024, 3, 1), date(2029, 2, 28)
    ),
    # Its specification version takes no new certificates, and the certificate itself runs out.
    "malli": DemoSystem(
        "Malli VNA", "3.0", "KANTA-9002", "2.4", date(2023, 9, 15), date(2027, 3, 31)
    ),
    "rontgen": DemoSystem(
        "Röntgen Arkisto", "12", "KANTA-9003", "2.4.1", date(2024, 6, 1), date(2029, 5, 31)
    ),
}


def tell(login: str, organisation: Organisation) -> None:
    """The road of a demo customer that is in production."""
    road = registration.joining_for(organisation)
    if Transition.objects.filter(joining=road).exists():
        return
    joined = organisation.joined_on or date(2023, 1, 1)
    road.roles = [ActivityRole.PRODUCES, ActivityRole.REPORTS, ActivityRole.USES]
    road.content_types = list(
        ContentPolicy.objects.filter(allowed_from__lte=joined)
        .exclude(sop_classes=[])
        .order_by("content_type")
        .values_list("content_type", flat=True)
    )
    road.services_used = USED
    road.state, road.state_since = JoiningState.IN_PRODUCTION, _noon(joined)
    road.save()
    for days, left, to in WAY:
        Transition.objects.create(
            joining=road,
            from_state=left,
            to_state=to,
            at=_noon(joined - timedelta(days=days)),
            actor_name=login if to == JoiningState.SUBMITTED else OFFICER_NAME,
        )
    _contacts(organisation, login)
    _system(organisation, SYSTEMS[login])
    _evidence(road, SYSTEMS[login], joined)
    _acceptances(organisation, joined)
    _plans(organisation, joined)


def _noon(day: date) -> datetime:
    return datetime.combine(day, time(10, 0), UTC)


def _contacts(organisation: Organisation, login: str) -> None:
    for kind, name, language in CONTACTS:
        Contact.objects.get_or_create(
            organisation=organisation,
            kind=kind,
            defaults={
                "name": name,
                "email": f"{kind.replace('_', '.')}@{login}.example.invalid",
                "phone": "020 123 4567",
                "language": language,
            },
        )


def _system(organisation: Organisation, system: DemoSystem) -> None:
    CertifiedSystem.objects.create(
        organisation=organisation,
        product=system.product,
        version=system.version,
        certificate_number=system.certificate,
        regulation=REGULATION,
        specification=SpecificationVersion.objects.get(name=system.specification),
        valid_from=system.valid_from,
        valid_until=system.valid_until,
    )


def _evidence(road: Joining, system: DemoSystem, joined: date) -> None:
    shown = (
        (Precondition.CERTIFIED, system.certificate, system.valid_from),
        (Precondition.PATIENT_DATA, "", joined - timedelta(days=365)),
        (Precondition.ROLLOUT_TEST, "1", joined - timedelta(days=10)),
    )
    at = _noon(joined - timedelta(days=10))
    for precondition, number, dated in shown:
        Evidence.objects.get_or_create(
            joining=road,
            precondition=precondition,
            defaults={
                "state": EvidenceState.ACCEPTED,
                "number": number,
                "dated": dated,
                "given_by": CONTACTS[0][1],
                "given_at": at,
                "judged_by": OFFICER_NAME,
                "judged_at": at,
            },
        )


def _acceptances(organisation: Organisation, joined: date) -> None:
    for kind in TermsKind:
        document = in_force(kind)
        if document is not None:
            Acceptance.objects.get_or_create(
                document=document,
                organisation=organisation,
                defaults={
                    "accepted_by": CONTACTS[0][1],
                    "authority": "hallintojohtaja, hallintosääntö 12 §",
                    "accepted_at": _noon(max(joined, document.valid_from)),
                },
            )


def _plans(organisation: Organisation, joined: date) -> None:
    """What is open already, as it was once planned."""
    rows = Connection.objects.filter(organisation=organisation, valid_until=None, planned=None)
    for row in rows:
        PlannedConnection.objects.create(
            organisation=organisation,
            environment=row.environment,
            kind=row.kind,
            name=row.name or str(row),
            aet=row.aet,
            host=row.host,
            port=row.port,
            ian_on=row.ian_on,
            hl7_application=row.hl7_application,
            hl7_facility=row.hl7_facility,
            opened_at=_noon(joined),
            connection=row,
        )


# --- applicants -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Applicant:
    login: str
    business_id: BusinessId
    names: Names
    sector: Sector
    aet: str
    returned: str = ""  # the reason


APPLICANTS = (
    Applicant(
        "kuvaus",
        BusinessId("9000004-6"),
        Names("Kuvitteellinen Kuvaus Oy", "Fiktiv Bilddiagnostik Ab", "Fictitious Imaging Ltd"),
        Sector.PRIVATE,
        "KUVAUS",
    ),
    Applicant(
        "hammas",
        BusinessId("9000005-4"),
        Names("Hammas Malliksi Oy", "Tand till Exempel Ab", "Model Dental Ltd"),
        Sector.PRIVATE,
        "HAMMAS",
        "Sertifikaatin numero puuttuu, ja tietosuojayhteyshenkilön puhelinnumero on vanha.",
    ),
)


def apply(applicant: Applicant, user: User) -> Organisation:
    """As the person itself would, through the same services."""
    road = registration.register(user, applicant.business_id, applicant.names, applicant.sector)
    organisation = road.organisation
    Organisation.objects.filter(id=organisation.id).update(is_demo=True)
    if Transition.objects.filter(joining=road).exists():
        return organisation
    EmailAddress.objects.get_or_create(
        user=user, email=f"{applicant.login}@example.invalid", defaults={"verified": True}
    )
    person = rights.person(user, organisation)
    told = {
        "roles": [ActivityRole.PRODUCES],
        "content_types": ["dental", "plain_xray"],
        "services_used": ["patient_data"],
    }
    registration.save(person, road, step="check", values=told)
    _contacts(organisation, applicant.login)
    for environment in Environment:
        suffix = "PACS" if environment == Environment.PRODUCTION else "TEST"
        planned = Plan(
            environment=environment,
            kind=ConnectionKind.DICOM,
            name="PACS",
            aet=f"{applicant.aet}_{suffix}",
            host="127.0.0.1",
            port=11123,
        )
        connections.plan(person, organisation, planned)
    evidence.give(person, road, Precondition.PATIENT_DATA, dated=date(2024, 5, 2))
    joining.submit(person, road)
    if applicant.returned:
        joining.take_up(_officer(), road)
        joining.send_back(_officer(), road, reason=applicant.returned)
    return organisation


def _officer() -> Actor:
    row = Membership.objects.filter(
        role=Role.ONBOARDING, organisation__is_operator=True, user__is_demo=True
    ).first()
    user_id = row.user_id if row else None
    return Actor(ActorKind.STAFF, OFFICER_NAME, user_id, None, frozenset({Role.ONBOARDING.value}))
