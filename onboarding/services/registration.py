"""How a customer registers: made or joined, filled in, left off and gone on with (ON-1)."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.db import transaction

from archive import ledger
from archive.actors import Actor
from archive.models import (
    ContentPolicy,
    CustomerState,
    Membership,
    Organisation,
    Register,
    Role,
    Sector,
    User,
)
from archive.values import BusinessId, now
from onboarding.errors import FieldInvalid, StepOutOfOrder
from onboarding.models import (
    AccessRequest,
    ActivityRole,
    Contact,
    ContactKind,
    Joining,
    JoiningState,
    KantaService,
    PublicCustomer,
    RequestState,
)
from onboarding.rules import default_register_type, fields, road
from onboarding.rules.changes import Columns, columns_of, differences
from onboarding.rules.road import Party
from onboarding.services import letters, mails, rights, steps
from onboarding.services.customers import Names

STATE_OF = {
    CustomerState.JOINING: JoiningState.DRAFT,
    CustomerState.IN_PRODUCTION: JoiningState.IN_PRODUCTION,
    CustomerState.ENDED: JoiningState.ENDED,
}


def register(user: User, business_id: BusinessId, names: Names, sector: Sector) -> Joining:
    """Make the organisation with the user as its administrator; one that is here is joined, not
    doubled: then the user waits (`people.waits_for_approval`) until its administrator or the staff
    let it in. Again by the same user: the registration goes on where it was left.

    Raises FieldInvalid (a name, or the operator's own business id).
    """
    checked = Names(
        fields.text(names.fi, "name_fi"),
        fields.text(names.sv, "name_sv", needed=False),
        fields.text(names.en, "name_en", needed=False),
    )
    with transaction.atomic():
        organisation, made = Organisation.objects.get_or_create(
            business_id=business_id,
            defaults={
                "oid": business_id.organisation_oid,
                "name_fi": checked.fi,
                "name_sv": checked.sv,
                "name_en": checked.en,
                "sector": sector,
                "state": CustomerState.JOINING,
            },
        )
        if organisation.is_operator:
            raise FieldInvalid(facts={"field": "business_id"})
        joining = joining_for(organisation)
        if made:
            _begin(user, organisation)
        elif not Membership.objects.filter(user=user, organisation=organisation).exists():
            _ask(user, organisation)
        return joining


def joining_for(organisation: Organisation) -> Joining:
    """The organisation's road; one taken into use without one stands where its state says."""
    made, _ = Joining.objects.get_or_create(
        organisation=organisation,
        defaults={
            "state": STATE_OF[CustomerState(organisation.state)],
            "state_since": now(),
        },
    )
    return made


def _begin(user: User, organisation: Organisation) -> None:
    Register.objects.create(
        organisation=organisation,
        controller_oid=BusinessId(organisation.business_id).controller_oid,
        type=default_register_type(organisation.sector),
        is_default=True,
    )
    Membership.objects.create(user=user, organisation=organisation, role=Role.CUSTOMER_ADMIN)
    steps.changed(rights.person(user, organisation), organisation, "registered")


def _ask(user: User, organisation: Organisation) -> None:
    """Once while it is open; the organisation's own people are told."""
    _, made = AccessRequest.objects.get_or_create(
        organisation=organisation,
        user=user,
        state=RequestState.OPEN,
        defaults={"asked_at": now()},
    )
    if made:
        person = rights.person(user, organisation)
        ledger.record(
            ledger.Kind.ACCESS_CHANGED,
            steps.about(organisation),
            {"what": f"{person.name} asks to be let in"},
            actor=person,
        )
        values = {"person": person.name, "email": user.email}
        letter = mails.Letter(*letters.ACCESS_ASKED, values, "joining-people")
        mails.to_contacts(organisation, letter)


# --- filled in ------------------------------------------------------------------------------------

NAMES = ("name_fi", "name_sv", "name_en")
IDENTITY = (*NAMES, "sector")
ACTIVITY = ("roles", "content_types", "services_used")


def save(actor: Actor, joining: Joining, *, step: str, values: Mapping[str, Any]) -> Joining:
    """Keep what one page of the registration tells; `step` is where it goes on.

    `values`: name_fi, name_sv, name_en, sector, while it is a draft or returned; roles,
    content_types, services_used (lists), also later but not under review.
    Raises FieldInvalid naming the field, StepOutOfOrder.
    """
    with transaction.atomic():
        held = steps.locked(joining)
        party = rights.require(actor, held.organisation, Party.CUSTOMER, Party.OFFICER)
        if not may_change(held, party, identity=bool(set(IDENTITY) & set(values))):
            raise StepOutOfOrder(facts={"state": held.state})
        was = _told(held)
        _identity(held.organisation, values)
        _activity(held, values)
        held.step = step[:24]
        held.save()
        what = f"registration: {', '.join(values) or step}"
        steps.changed(actor, held.organisation, what, "", **differences(was, _told(held)))
        return held


def _told(held: Joining) -> Columns:
    return {**columns_of(held.organisation, IDENTITY), **columns_of(held, ACTIVITY)}


def _identity(organisation: Organisation, values: Mapping[str, Any]) -> None:
    for name in NAMES:
        if name in values:
            needed = name == "name_fi"
            setattr(organisation, name, fields.text(values[name], name, needed=needed))
    if "sector" in values and values["sector"] != organisation.sector:
        # Once it has been in production its register has material of that type.
        if organisation.state != CustomerState.JOINING or organisation.joined_on is not None:
            raise FieldInvalid(facts={"field": "sector"})
        organisation.sector = fields.choice(values["sector"], "sector", Sector.values)
        Register.objects.filter(organisation=organisation, is_default=True).update(
            type=default_register_type(organisation.sector)
        )
    organisation.save(update_fields=IDENTITY)
    if {*NAMES} & set(values):
        named = {name: getattr(organisation, name) for name in NAMES}
        PublicCustomer.objects.filter(organisation=organisation).update(**named)


def may_change(held: Joining, party: Party, *, identity: bool = False) -> bool:
    """What `save` takes of this party now; `identity`: names and sector."""
    if held.state in road.FILLED_IN:
        return True
    under_review = held.state in (JoiningState.SUBMITTED, JoiningState.IN_REVIEW)
    mine = party == Party.OFFICER or not (under_review or identity)
    return mine and held.state not in road.OVER


def _activity(held: Joining, values: Mapping[str, Any]) -> None:
    if "roles" in values:
        held.roles = fields.choices(values["roles"], "roles", ActivityRole.values)
    if "content_types" in values:
        known = ContentPolicy.objects.order_by("content_type").values_list(
            "content_type", flat=True
        )
        held.content_types = fields.choices(values["content_types"], "content_types", known)
    if "services_used" in values:
        codes = KantaService.objects.order_by("code").values_list("code", flat=True)
        held.services_used = fields.choices(values["services_used"], "services_used", codes)


def set_contacts(actor: Actor, joining: Joining, contacts: Mapping[str, Mapping[str, str]]) -> None:
    """By ContactKind: name, email, phone, language; a wholly empty one is taken away, one not
    named stays. Raises FieldInvalid, facts["field"] as `administrative-email`.
    """
    with transaction.atomic():
        held = steps.locked(joining)
        rights.require(actor, held.organisation, Party.CUSTOMER, Party.TECHNICAL, Party.OFFICER)
        if held.state in road.OVER:
            raise StepOutOfOrder(facts={"state": held.state})
        for kind, told in contacts.items():
            _set_contact(held.organisation, ContactKind(kind), told)
        steps.changed(actor, held.organisation, f"contacts: {', '.join(contacts)}")


def _set_contact(organisation: Organisation, kind: ContactKind, told: Mapping[str, str]) -> None:
    if not any(str(told.get(name, "")).strip() for name in ("name", "email", "phone")):
        Contact.objects.filter(organisation=organisation, kind=kind).delete()
        return
    languages = [code for code, _name in settings.LANGUAGES]
    language = told.get("language") or settings.LANGUAGE_CODE
    Contact.objects.update_or_create(
        organisation=organisation,
        kind=kind,
        defaults={
            "name": fields.text(told.get("name"), f"{kind}-name"),
            "email": fields.email(told.get("email"), f"{kind}-email"),
            "phone": fields.phone(told.get("phone"), f"{kind}-phone"),
            "language": fields.choice(language, f"{kind}-language", languages),
        },
    )
