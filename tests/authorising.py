"""Esimerkkilä organises, Röntgen Esimerkki produces: persons and systems of both, and orders."""

from datetime import date, timedelta
from typing import Any

from pydicom.dataset import Dataset

from archive.actors import Actor, ActorKind, connection_actor
from archive.models import Authorisation, Connection, Register, User, XdsRole
from archive.objects.authorisation_form import Form
from archive.rules.authorisations import Order
from archive.services import authorisation_forms, authorisations
from archive.values import HETU_ROOT, PatientIdentifier, now, today, uid_from_uuid
from tests import cast
from tests.cast import ESIMERKKILA, RONTGEN

LOGINS = {ESIMERKKILA: "esim", RONTGEN: "rontgen", cast.MALLILA: "malli"}
SYLVI = "120305A910T"


def day(days: int = 0) -> date:
    return today() + timedelta(days=days)


def person(business_id: str = ESIMERKKILA) -> Actor:
    """The customer's administrator at the portal."""
    user = User.objects.get(username=LOGINS[business_id])
    own = cast.organisation(business_id)
    roles = frozenset({"customer_admin"})
    return Actor(ActorKind.CUSTOMER, user.get_username(), user.id, own.id, roles)


def system(business_id: str = ESIMERKKILA, environment: str = "production") -> Actor:
    """The customer's own system at the API."""
    link = Connection.objects.get(
        organisation__business_id=business_id, environment=environment, kind="xds"
    )
    return _of(link)


def repository(environment: str = "production") -> Actor:
    return _of(Connection.objects.get(environment=environment, xds_role=XdsRole.PDR))


def _of(link: Connection) -> Actor:
    return connection_actor(
        connection_id=link.id,
        name=link.xds_user,
        organisation_id=link.organisation_id,
        environment=link.environment,
    )


def register(business_id: str = ESIMERKKILA) -> Register:
    return Register.objects.get(organisation__business_id=business_id, is_default=True)


def order(**values: Any) -> Order:
    return Order(
        **{
            "valid_from": day(),
            "valid_until": day(30),
            "service_code": "AA1AD",
            "service_text": "Pään TT",
            "order_text": "Päänsärky, verenvuoto?",
            "due_on": day(14),
            **values,
        }
    )


def patient(code: str = cast.MATTI) -> PatientIdentifier:
    return PatientIdentifier.parse(code, HETU_ROOT)


def made(
    code: str | None = cast.MATTI,
    *,
    producer: str | None = RONTGEN,
    environment: str = "production",
    **values: Any,
) -> Authorisation:
    """By Esimerkkilä's administrator; of the population when no code is given."""
    return authorisations.make(
        person(),
        register(),
        order(**values),
        environment=environment,
        producer=cast.organisation(producer) if producer else None,
        patient=patient(code) if code else None,
    )


def form(**values: Any) -> Form:
    """As the Patient Data Repository has it: granted to Röntgen Esimerkki for Matti."""
    held = register()
    return Form(
        **{
            "document_oid": uid_from_uuid(),
            "version": 1,
            "level": "patient",
            "state": "granted",
            "organiser": cast.organisation(ESIMERKKILA).oid,
            "controller_oid": held.controller_oid,
            "register_type": held.type,
            "register_specifier": "",
            "producer": cast.organisation(RONTGEN).oid,
            "patient_id": cast.MATTI,
            "patient_issuer": HETU_ROOT,
            "valid_from": day(-3),
            "valid_until": day(30),
            "may_read": True,
            "may_write": True,
            "service_code": "AA1AD",
            "service_text": "Pään TT",
            "order_text": "",
            "urgency": "routine",
            "due_on": None,
            "voucher_number": "",
            "voucher_value": None,
            "voucher_expires_on": None,
            "service_event": "",
            "made_by": "Tilaaja Taina",
            "made_at": now() - timedelta(days=3),
            **values,
        }
    )


def received(**values: Any) -> Authorisation:
    return authorisation_forms.receive(repository(), form(**values))


def naming(business_id: str = ESIMERKKILA, **overrides: Any) -> Dataset:
    """An image whose accession number was issued by that organisation."""
    issuer = Dataset()
    issuer.UniversalEntityID = register(business_id).controller_oid
    issuer.UniversalEntityIDType = "ISO"
    return cast.dataset(IssuerOfAccessionNumberSequence=[issuer], **overrides)
