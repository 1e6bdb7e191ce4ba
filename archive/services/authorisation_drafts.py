"""Orders that are being filled in: kept after each step, and gone when the order is made."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from archive.actors import Actor
from archive.errors import NotFound
from archive.models import Authorisation, AuthorisationDraft, Organisation, Patient, Register
from archive.queries.authorisations import organisations_of
from archive.rules.authorisations import Order
from archive.services import authorisations, filing
from archive.services.authorisation_parties import organiser_faults, require_controller
from archive.services.authorisation_rows import raise_faults
from archive.values import PatientIdentifier, now

KEPT = timedelta(days=60)  # after the last change


def of_actor(actor: Actor, environment: str) -> QuerySet[AuthorisationDraft]:
    """Those of the organisers the actor acts for, the latest first."""
    drafts = AuthorisationDraft.objects.filter(
        environment=environment, register__organisation__in=organisations_of(actor)
    )
    related = ("register__organisation", "patient")
    return drafts.select_related(*related).order_by("-changed_at")


def one(actor: Actor, draft_id: UUID) -> AuthorisationDraft:
    """Raises NotFound, also for another's."""
    found = AuthorisationDraft.objects.filter(
        id=draft_id, register__organisation__in=organisations_of(actor)
    )
    draft = found.select_related("register__organisation", "patient").first()
    if draft is None:
        raise NotFound()
    return draft


def begin(
    actor: Actor, register: Register, environment: str, patient: PatientIdentifier | None
) -> AuthorisationDraft:
    """Raises ControllerDiffers, SubcontractingRefused, AuthorisationInvalid, EnvironmentMismatch,
    RealPatientRequired.
    """
    require_controller(actor, register, environment)
    raise_faults(organiser_faults(register.organisation_id, environment))
    with transaction.atomic():
        return AuthorisationDraft.objects.create(
            environment=environment,
            register=register,
            patient=_filed(patient, environment),
            made_by=actor.name[:200],
            changed_at=now(),
        )


def readdress(
    draft: AuthorisationDraft, register: Register, patient: PatientIdentifier | None
) -> None:
    """Another register or patient, before anything is made of it. Raises AuthorisationInvalid."""
    raise_faults(organiser_faults(register.organisation_id, draft.environment))
    with transaction.atomic():
        draft.register, draft.changed_at = register, now()
        draft.patient = _filed(patient, draft.environment)
        draft.save(update_fields=["register", "patient", "changed_at"])


def _filed(patient: PatientIdentifier | None, environment: str) -> Patient | None:
    if patient is None:
        return None
    filing.require_environment(patient, environment)
    return filing.file_patient(environment, patient)


def keep(draft: AuthorisationDraft, values: Mapping[str, Any]) -> None:
    """What a step was told, as its form takes it again."""
    draft.values, draft.changed_at = {**draft.values, **values}, now()
    draft.save(update_fields=["values", "changed_at"])


def complete(
    actor: Actor, draft: AuthorisationDraft, order: Order, producer: Organisation | None
) -> Authorisation:
    """Make the authorisation, and forget the draft. Raises what `authorisations.make` does."""
    patient = draft.patient
    with transaction.atomic():
        made = authorisations.make(
            actor,
            draft.register,
            order,
            environment=draft.environment,
            producer=producer,
            patient=PatientIdentifier(patient.identifier, patient.issuer) if patient else None,
        )
        draft.delete()
        return made


def discard(draft: AuthorisationDraft) -> None:
    draft.delete()


def forget_old() -> int:
    count, _by_model = AuthorisationDraft.objects.filter(changed_at__lt=now() - KEPT).delete()
    return count
