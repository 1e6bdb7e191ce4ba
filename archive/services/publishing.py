"""A study's manifest: made from what is stored, kept in the vault, registered in the XDS registry
(XD-2).
"""

import hashlib
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from archive import ledger, vault
from archive.config import settings
from archive.errors import BytesDamaged, InstanceUnknown
from archive.models import (
    Document,
    DocumentKind,
    DocumentStatus,
    Instance,
    Study,
    StudyCodeEntry,
    Submission,
)
from archive.objects import manifest as kos
from archive.objects.manifest import ManifestContent
from archive.objects.part10 import FileMeta
from archive.objects.registry import (
    ACCESSION_TYPE,
    ENCOUNTER_TYPE,
    KIND_SCHEME,
    MANIFEST_FORMAT,
    STUDY_UID_TYPE,
    Author,
    Code,
    DocumentEntry,
    PatientId,
    ReferenceId,
    format_time,
)
from archive.queries import persons, standing
from archive.services import filing, manifests, source_manifests
from archive.values import PatientIdentifier, now, uid_from_uuid, uuid7

DCM = "1.2.840.10008.2.16.4"  # coding scheme of DICOM's own codes, PS3.16 8
SECRET = Code("5", "1.2.246.777.5.99902.2006", "Terveydenhuollon salassapidettävä")

SeriesRows = tuple[tuple[str, str, tuple[tuple[str, str], ...]], ...]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A manifest whose bytes are safe in the vault and that is not registered yet."""

    entry: DocumentEntry
    vault_key: str
    replaces: tuple[str, ...]
    instances: int
    series: int


def is_up_to_date(study: Study) -> bool:
    """Whether the manifest in force names exactly what is stored now, and is the only one."""
    current = _in_force(study)
    if current is None or _brought(study):
        return False
    return _named_by(current) == set(_uids(_series(study)))


def prepare(study: Study) -> Prepared | None:
    """Make the manifest of what is stored now; None when the one in force names exactly that, and
    when all of it was rejected a moment ago: then the study is not being registered any more.
    """
    series, current, brought = _series(study), _in_force(study), _brought(study)
    if not series:
        return None
    if current is not None and not brought and _named_by(current) == set(_uids(series)):
        return None
    content = content_of(study, series)
    kept = vault.keep(study.environment, kos.build(content), meta_of(study, content))
    entry = _entry(study, content, vault.read_file(study.environment, kept.digest))
    return Prepared(
        entry=entry,
        vault_key=kept.digest.hex(),
        replaces=(*_replaced(study, current), *brought),
        instances=len(_uids(series)),
        series=len(series),
    )


def publish(study: Study, prepared: Prepared) -> Document:
    """Register it in the caller's transaction; the one before is deprecated."""
    return manifests.register_manifest(
        prepared.entry,
        study_id=study.id,
        environment=study.environment,
        replaces=prepared.replaces,
        vault_key=prepared.vault_key,
    )


def abandon(study: Study, prepared: Prepared | None) -> None:
    """Objects came while it was made: another is made of them as well, and its bytes go."""
    if prepared is not None:
        digest = bytes.fromhex(prepared.vault_key)
        vault.doubt(study.environment, digest, prepared.entry.unique_id)


def withdraw(study: Study, *, why: str) -> Document | None:
    """Deprecate the manifest in force without another, in the caller's transaction: what it names
    is rejected, or it names another patient or order than the study now has.
    """
    current = _in_force(study)
    if current is not None:
        deprecate(current, study_id=study.id, why=why)
    return current


def part_from_others(study: Study) -> None:
    """Since a merge was undone its manifests may name somebody else, in their content too: each is
    that person's, and in force no more.
    """
    for row in _manifests(study).select_related("register", "patient__survivor"):
        named = DocumentEntry.from_json(row.metadata).patient
        own = (row.patient, row.patient.survivor or row.patient)
        if any((each.identifier, each.issuer) == (named.value, named.issuer) for each in own):
            continue
        identifier = PatientIdentifier(named.value, named.issuer)
        holder = filing.find_patient(study.environment, identifier)
        if holder is None or standing.person_id(holder) == standing.person_id(row.patient):
            continue
        with transaction.atomic():
            Document.objects.filter(id=row.id).update(patient=holder)
            Submission.objects.filter(documents=row).update(patient=holder)
            if row.status == DocumentStatus.APPROVED:
                deprecate(row, study_id=study.id, why="corrected")


def withdraw_brought(study: Study) -> None:
    """Deprecate the manifests of sources whose objects are all here and all rejected, in the
    caller's transaction.
    """
    for each in source_manifests.of_study(study):
        if each.is_rejected:
            deprecate(each.document, study_id=study.id, why="rejected")


def deprecate(manifest: Document, *, study_id: UUID | None, why: str) -> None:
    """One that has no other in its place, and the log's word on when."""
    Document.objects.filter(id=manifest.id).update(status=DocumentStatus.DEPRECATED)
    about = ledger.About(
        environment=manifest.environment,
        organisation_id=manifest.register.organisation_id,
        subject_id=manifest.id,
        study_id=study_id,
    )
    ledger.record(ledger.Kind.MANIFEST_WITHDRAWN, about, {"why": why})


def names_rejected(study: Study) -> bool:
    """Whether the manifest in force names what is given out no more."""
    current = _in_force(study)
    return current is not None and not _named_by(current) <= set(_uids(_series(study)))


def has_objects(study: Study) -> bool:
    return Instance.objects.available().filter(study=study).exists()


def counts(study: Study) -> dict[str, object]:
    rows = Instance.objects.available().filter(study=study)
    return {
        "instances": rows.count(),
        "series": rows.order_by().values("series_id").distinct().count(),
    }


def _service_event(study: Study) -> tuple[ReferenceId, ...]:
    """By which a prohibition of one service event finds the manifest."""
    named = study.service_event
    return (ReferenceId(named, "", ENCOUNTER_TYPE),) if named else ()


def _manifests(study: Study) -> QuerySet[Document]:
    return Document.objects.filter(study=study, kind=DocumentKind.MANIFEST)


def _in_force(study: Study) -> Document | None:
    return _manifests(study).filter(status=DocumentStatus.APPROVED).first()


def _brought(study: Study) -> list[str]:
    """Manifests of sources all of whose objects are ours now: so is their manifest."""
    found = source_manifests.of_study(study)
    return [each.document.entry_uuid for each in found if not each.missing]


def _replaced(study: Study, current: Document | None) -> tuple[str, ...]:
    """The manifest before, also one that was withdrawn; what replaces a document must be of the
    same patient (XDSPatientIdDoesNotMatch).
    """
    same = _manifests(study).filter(patient_id__in=filing.related_patients(study.patient))
    last = current or same.order_by("-registered_at").first()
    return (last.entry_uuid,) if last else ()


def _named_by(manifest: Document) -> set[str]:
    """SOP Instance UIDs of the objects that a registered manifest names; of a damaged one none, so
    that another is made.
    """
    try:
        data = vault.read(manifest.environment, bytes.fromhex(manifest.vault_key))
    except (BytesDamaged, InstanceUnknown):
        return set()
    return {reference.instance_uid for reference in kos.read(data)}


def _uids(series: SeriesRows) -> list[str]:
    return [uid for _, _, instances in series for _, uid in instances]


def _series(study: Study) -> SeriesRows:
    return series_of(Instance.objects.available().filter(study=study))


def series_of(instances: QuerySet[Instance]) -> SeriesRows:
    rows = instances.order_by("series_id", "id").values_list(
        "series__series_instance_uid", "series__modality", "sop_class_uid", "sop_instance_uid"
    )
    found: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for uid, modality, sop_class, instance_uid in rows:
        found.setdefault((uid, modality), []).append((sop_class, instance_uid))
    return tuple((uid, modality, tuple(items)) for (uid, modality), items in found.items())


def content_of(study: Study, series: SeriesRows) -> ManifestContent:
    """What a key object selection of ours says of a study and some of its objects."""
    patient = persons.current(study.patient)
    return ManifestContent(
        patient_id=patient.identifier,
        patient_issuer=patient.issuer,
        patient_name=patient.name,
        birth_date=patient.birth_date,
        sex=patient.sex,
        study_uid=study.study_instance_uid,
        study_date=study.study_date,
        study_time=study.study_time,
        accession=study.accession_number,
        accession_issuer=study.accession_issuer,
        study_description=study.description,
        study_id=study.study_id,
        series=series,
        retrieve_aet=settings().ae_title(study.environment),
        retrieve_location_uid=settings().imaging_source,
        instance_uid=uid_from_uuid(),
        series_uid=uid_from_uuid(),
        made_at=now(),
    )


def meta_of(study: Study, content: ManifestContent) -> FileMeta:
    title = settings().ae_title(study.environment)
    return FileMeta(
        sop_class_uid=kos.sop_class_uid,
        sop_instance_uid=content.instance_uid,
        transfer_syntax_uid=kos.transfer_syntax_uid,
        source_aet=title,
        receiving_aet=title,
        environment=study.environment,
        controller_oid=study.register.controller_oid,
        received_at=content.made_at,
        digest_algorithm=vault.ALGORITHM,
    )


def _entry(study: Study, content: ManifestContent, file: bytes) -> DocumentEntry:
    """IHE RAD TF-3 4.68.4.1.2.3: the entry of an imaging manifest."""
    model = _study_entry(study)
    issuer = study.accession_issuer
    return DocumentEntry(
        uuid=uuid7().urn,
        unique_id=content.instance_uid,
        patient=PatientId(content.patient_id, content.patient_issuer),
        mime_type="application/dicom",
        class_code=Code("manifest", KIND_SCHEME, "Kuva-aineiston luettelo"),
        type_code=_type_code(study),
        format_code=Code(*MANIFEST_FORMAT, "Key Object Selection Document"),
        facility_type=model.facility_type if model else Code("hospital", KIND_SCHEME, "Sairaala"),
        practice_setting=(
            model.practice_setting if model else Code("radiology", KIND_SCHEME, "Radiologia")
        ),
        confidentiality=model.confidentiality if model else (SECRET,),
        event_codes=tuple(Code(modality, DCM, modality) for modality in _modalities(content)),
        authors=(Author(institutions=(_institution(study),)),),
        references=(
            ReferenceId(study.accession_number, issuer, ACCESSION_TYPE),
            ReferenceId(study.study_instance_uid, "", STUDY_UID_TYPE),
            *_service_event(study),
        ),
        hash=hashlib.sha1(file, usedforsecurity=False).hexdigest(),  # ITI TF-3 4.2.3.2.10: SHA-1
        size=len(file),
        repository=settings().manifest_repository,
        language="fi-FI",
        creation_time=format_time(content.made_at),
        service_start=format_time(study.started_at) if study.started_at else "",
        title=study.description,
        source_patient=str(PatientId(content.patient_id, content.patient_issuer)),
    )


def _modalities(content: ManifestContent) -> list[str]:
    return sorted({modality for _, modality, _ in content.series if modality})


def _institution(study: Study) -> str:
    """XON with the organisation's name and, in component 10, the controller's OID."""
    name = study.register.organisation.name_fi.replace("^", " ")
    return f"{name}^^^^^^^^^{study.register.controller_oid}"


def _type_code(study: Study) -> Code:
    """The study code; where none is demanded and none came, that it is a manifest."""
    known = StudyCodeEntry.objects.filter(code=study.study_code).order_by("-valid_from").first()
    if known is None:
        return Code("manifest", KIND_SCHEME, "Kuva-aineiston luettelo")
    return Code(known.code, known.system_oid, known.name_fi)


def _study_entry(study: Study) -> DocumentEntry | None:
    """The examination note, whose facility, practice and confidentiality the manifest shares."""
    row = Document.objects.filter(
        environment=study.environment,
        register__controller_oid=study.register.controller_oid,
        accession_number=study.accession_number,
        patient_id__in=filing.related_patients(study.patient),
        kind=DocumentKind.STUDY_ENTRY,
        status=DocumentStatus.APPROVED,
    ).first()
    return DocumentEntry.from_json(row.metadata) if row else None
