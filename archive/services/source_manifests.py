"""Manifests by which a source told of a study before it was archived here (RAD-68). Ours takes the
place of one only when all that it names is here: until then it alone tells of the rest.
"""

from dataclasses import dataclass

from archive.errors import DatasetUnreadable
from archive.models import (
    Document,
    DocumentKind,
    DocumentStatus,
    Instance,
    ProvidedDocument,
    Study,
)
from archive.objects import manifest as kos
from archive.services import filing


@dataclass(frozen=True, slots=True)
class Brought:
    """One in force, held against what is stored of its study, rejected objects included."""

    document: Document
    named: int
    missing: int
    is_rejected: bool  # all that it names is here, and given out no more


def of_study(study: Study) -> list[Brought]:
    """Those whose content is here and can be read: of others nobody knows what they name."""
    rows = Document.objects.filter(
        environment=study.environment,
        study_instance_uid=study.study_instance_uid,
        study=None,
        vault_key="",
        kind=DocumentKind.MANIFEST,
        status=DocumentStatus.APPROVED,
        register__controller_oid=study.register.controller_oid,
        patient_id__in=filing.related_patients(study.patient),
    )
    found = (_held_against(study, row) for row in rows.order_by("id"))
    return [each for each in found if each is not None]


def _held_against(study: Study, row: Document) -> Brought | None:
    provided = ProvidedDocument.objects.filter(
        environment=row.environment, unique_id=row.unique_id
    ).first()
    if provided is None:
        return None
    try:
        named = {reference.instance_uid for reference in kos.read(bytes(provided.content))}
    except DatasetUnreadable:
        return None
    here = Instance.objects.filter(study=study, sop_instance_uid__in=named)
    rejections = list(here.values_list("rejection", flat=True))
    missing = len(named) - len(rejections)
    return Brought(row, len(named), missing, is_rejected=not missing and all(rejections))
