"""given(...): the one way to write what was given out, and to whom (LG-1, LG-3).

An edge calls it inside its transaction before it gives anything: what cannot be written is not
given. One entry is written for each study, or group of documents without one, and controller.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.db import transaction

from archive import ledger
from archive.actors import NOBODY, Actor, Purpose, Requester
from archive.ledger import About, Kind
from archive.models import Organisation, Register, Study
from archive.rules.disclosure import EMERGENCY, What, is_disclosure

_UNNAMED = Requester(user_id="", purpose="")


@dataclass(frozen=True, slots=True)
class Given:
    """What one decision let out, and the ground and rules it was let out by."""

    ground: str
    fired: tuple[str, ...]
    register: Register
    patient_id: UUID
    what: What
    study_id: UUID | None = None
    document_ids: tuple[str, ...] = ()
    objects: int = 0  # images
    service_event: str = ""
    authorisation_id: UUID | None = None


def given(
    actor: Actor,
    items: Sequence[Given],
    *,
    environment: str,
    interface: str,
    message_id: str = "",
    correlation_id: UUID | None = None,
) -> list[UUID]:
    """Write what is about to be given: the ids of the entries, all of them or none.

    `interface` is how it goes out: XDS, XCA, WADO, DICOMweb, DICOM, FHIR, portal.
    """
    grouped = _grouped(items)
    studies = _study_uids(grouped)
    common = {**_receiver(actor), "interface": interface, "message_id": message_id}
    written = []
    with transaction.atomic():
        for item in grouped:
            disclosed = is_disclosure(item.ground, actor.kind)
            about = About(
                environment=environment,
                organisation_id=actor.organisation_id,
                subject_id=item.authorisation_id,
                study_id=item.study_id,
                patient_id=item.patient_id,
                correlation_id=correlation_id,
            )
            facts = {**common, **_facts(item, actor, studies)}
            kind = Kind.DISCLOSURE_GIVEN if disclosed else Kind.DATA_USED
            written.append(ledger.record(kind, about, facts, actor=actor))
    return written


def _grouped(items: Sequence[Given]) -> list[Given]:
    """One item for all documents of the same study, register, person and decision."""
    groups: dict[tuple[object, ...], list[Given]] = {}
    for item in items:
        key = (
            *(item.study_id, item.patient_id, item.register.id, item.what, item.service_event),
            *(item.ground, item.fired, item.authorisation_id),
        )
        groups.setdefault(key, []).append(item)
    return [_merged(group) for group in groups.values()]


def _merged(group: Sequence[Given]) -> Given:
    documents = dict.fromkeys(each for item in group for each in item.document_ids)
    objects = sum(item.objects for item in group)
    return replace(group[0], document_ids=tuple(documents), objects=objects)


def _study_uids(items: Sequence[Given]) -> dict[UUID, str]:
    wanted = {item.study_id for item in items if item.study_id is not None}
    if not wanted:
        return {}
    return dict(Study.objects.filter(id__in=wanted).values_list("id", "study_instance_uid"))


def _receiver(actor: Actor) -> dict[str, Any]:
    """Who receives, as values: they say what was true then."""
    known = Organisation.objects.in_bulk([actor.organisation_id] if actor.organisation_id else [])
    organisation = next(iter(known.values()), None)
    return {
        "receiver_oid": organisation.oid if organisation else "",
        "receiver_name": organisation.name_fi if organisation else "",
        **_professional(actor.requester or _UNNAMED),
    }


def asked_by(actor: Actor) -> dict[str, str]:
    """What a query's own entry says of the professional behind it, as the assertion named them.
    Nothing where the organisation vouches for its own.
    """
    return _professional(actor.requester) if actor.requester else {}


def person_asked(actor: Actor, found: Collection[UUID]) -> UUID | None:
    """Whom a query is about: the one of whom something was found, else the one the assertion is
    for. Nothing found by a system alone is about nobody.
    """
    if found:
        return next(iter(found)) if len(found) == 1 else None
    asserted = actor.requester.patient_id if actor.requester else None
    return None if asserted == NOBODY else asserted


def _professional(who: Requester) -> dict[str, str]:
    return {
        "unit": who.unit_oid,
        "user": who.user_id,
        "user_name": who.user_name,
        "user_role": who.role,
        "purpose": who.purpose,
        "on_behalf_of": who.on_behalf_of,
        "care_relation": who.care_relation,
    }


def _facts(item: Given, actor: Actor, studies: Mapping[UUID, str]) -> dict[str, Any]:
    who = actor.requester
    return {
        "controller": item.register.controller_oid,
        "register_type": item.register.type,
        "register_specifier": item.register.specifier,
        "ground": item.ground,
        "rules": list(item.fired),
        "emergency": item.ground == EMERGENCY or bool(who and who.purpose == Purpose.EMERGENCY),
        "what": item.what.value,
        "study_uid": studies.get(item.study_id, "") if item.study_id else "",
        "documents": list(item.document_ids),
        **({"objects": item.objects} if item.objects else {}),
        "service_event": item.service_event,
        "authorisation": str(item.authorisation_id) if item.authorisation_id else "",
    }
