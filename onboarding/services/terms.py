"""Terms and service description: versions, and who has accepted which (ON-2 c, d)."""

from dataclasses import dataclass
from datetime import date

from django.db import IntegrityError, transaction

from archive import ledger
from archive.actors import Actor
from archive.models import Organisation
from archive.values import now, today
from onboarding.errors import DayPassed, Fault, FieldInvalid, StepOutOfOrder, TermsOutdated
from onboarding.models import Acceptance, Joining, TermsDocument, TermsKind
from onboarding.queries.facts import in_force
from onboarding.queries.terms import not_accepted
from onboarding.rules import fields, road
from onboarding.rules.road import Party
from onboarding.services import letters, mails, rights, steps

__all__ = ["Texts", "accept", "in_force", "not_accepted", "publish"]


@dataclass(frozen=True, slots=True)
class Texts:
    fi: str
    sv: str
    en: str


def publish(
    actor: Actor, kind: TermsKind, *, version: str, valid_from: date, texts: Texts
) -> TermsDocument:
    """A new version; every customer's contacts are asked to have it accepted. Raises FieldInvalid
    (version exists, text missing), DayPassed.
    """
    rights.require_officer(actor)
    if valid_from < today():
        raise DayPassed(facts={"field": "valid_from"})
    document = TermsDocument(
        kind=fields.choice(kind, "kind", TermsKind.values),
        version=fields.text(version, "version", limit=40),
        valid_from=valid_from,
        text_fi=_text(texts.fi, "text_fi"),
        text_sv=_text(texts.sv, "text_sv"),
        text_en=_text(texts.en, "text_en"),
    )
    with transaction.atomic():
        try:
            with transaction.atomic():
                document.save()
        except IntegrityError:
            raise FieldInvalid(facts={"field": "version", "why": Fault.TAKEN}) from None
        facts = {"kind": document.kind, "version": document.version}
        about = ledger.About(subject_id=document.id)
        ledger.record(ledger.Kind.TERMS_PUBLISHED, about, facts, actor=actor)
        values = {
            "version": document.version,
            "document": TermsKind(document.kind).label,
            "valid_from": valid_from,
        }
        letter = mails.Letter(*letters.TERMS_PUBLISHED, values, "joining-file")
        for organisation in not_accepted(document):
            mails.to_contacts(organisation, letter)
    return document


def _text(text: str, field: str) -> str:
    """As long as it needs to be. Raises FieldInvalid."""
    if not text.strip() or "\0" in text:
        raise FieldInvalid(facts={"field": field})
    return text.strip()


def accept(
    actor: Actor, document: TermsDocument, organisation: Organisation, *, authority: str
) -> Acceptance:
    """By the customer's administrator, who says with what authority; the same again changes
    nothing. Raises TermsOutdated when a newer version is in force.
    """
    rights.require(actor, organisation, Party.CUSTOMER)
    said = fields.text(authority, "authority")
    with transaction.atomic():
        joining = Joining.objects.select_for_update().filter(organisation=organisation).first()
        if joining is None or joining.state in road.OVER:
            raise StepOutOfOrder(facts={"state": joining.state if joining else ""})
        newest = in_force(document.kind)
        if newest and newest.id != document.id and newest.valid_from >= document.valid_from:
            raise TermsOutdated(facts={"version": newest.version})
        acceptance, made = Acceptance.objects.get_or_create(
            document=document,
            organisation=organisation,
            defaults={"accepted_by": actor.name, "authority": said, "accepted_at": now()},
        )
        if made:
            facts = {"kind": document.kind, "version": document.version, "authority": said}
            about = steps.about(organisation)
            ledger.record(ledger.Kind.TERMS_ACCEPTED, about, facts, actor=actor)
        return acceptance
