"""What stays of a destroyed study: its row, UIDs and digests, and the record of it in the vault.

From the record the rows are made again where the index is new, and the destruction is put into
force again where the database is one from before it (AR-9, AR-10).
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from django.db import transaction
from django.db.models import QuerySet

from archive import ledger, locks, vault
from archive.errors import BytesDamaged, ControllerUnauthorised
from archive.models import (
    Connection,
    ConnectionKind,
    DestructionItem,
    Document,
    DocumentKind,
    DocumentStatus,
    Finding,
    Instance,
    InstanceVersion,
    ItemState,
    Patient,
    Register,
    RejectedObject,
    Rejection,
    Series,
    Study,
    StudyRetention,
    StudyState,
)
from archive.services import destruction_records, error_desk, notices, rounds
from archive.values import now

KIND = "destroyed"
DATES = ("committed_at", "registered_at")
Record = Mapping[str, Any]


def withdraw(study: Study) -> None:
    """From the caller's commit on nobody is given the study: state, registry entry and notice say
    so.
    """
    Study.objects.filter(id=study.id).update(state=StudyState.DESTROYED, waits_for="")
    StudyRetention.objects.filter(study_id=study.id).delete()
    for manifest in _manifests(study).filter(status=DocumentStatus.APPROVED):
        Document.objects.filter(id=manifest.id).update(status=DocumentStatus.DEPRECATED)
        notices.withdraw(study, manifest)


def objects(study: Study) -> Iterator[tuple[str, bytes, int]]:
    found = Instance.objects.filter(study=study).order_by("sop_instance_uid")
    for uid, digest, size in found.values_list("sop_instance_uid", "digest", "size").iterator():
        yield uid, bytes(digest), size


def stored(study: Study) -> Iterator[bytes]:
    """Digests of all that stands in the vault of a study: its objects with their earlier versions,
    its manifests, and the notes that reject nothing else.
    """
    for _, digest, _ in objects(study):
        yield digest
    versions = InstanceVersion.objects.filter(instance__study=study)
    for earlier in versions.values_list("digest", flat=True):
        yield bytes(earlier)
    elsewhere = RejectedObject.objects.exclude(study_instance_uid=study.study_instance_uid)
    notes = Rejection.objects.filter(rejected__instance__study=study).distinct()
    alone = notes.exclude(id__in=elsewhere.values("rejection_id"))
    for note in alone.values_list("digest", flat=True):
        yield bytes(note)
    for key in _manifests(study).exclude(vault_key="").values_list("vault_key", flat=True):
        yield bytes.fromhex(key)


def require_in_reach(study: Study) -> None:
    """What stands where no setting leads would stay, and be told as destroyed. Raises
    StorageGone.
    """
    versions = InstanceVersion.objects.filter(instance__study=study)
    rows = Instance.objects.filter(study=study).values_list("store", flat=True)
    named = rows.union(versions.values_list("store", flat=True))
    vault.require_stores([study.environment], list(named))


def is_left(environment: str, digest: bytes, uid: str) -> bool:
    """Whether bytes that say they are this object, note or manifest are a destroyed study's: put
    back with a copy, or written while it was destroyed.
    """
    owners = Study.objects.filter(
        instances__environment=environment, instances__sop_instance_uid=uid
    )
    found = list(owners) or _owners_of_others(environment, digest, uid)
    return any(study.state == StudyState.DESTROYED and digest in stored(study) for study in found)


def _owners_of_others(environment: str, digest: bytes, uid: str) -> list[Study]:
    manifests = Document.objects.filter(
        environment=environment, unique_id=uid, vault_key=digest.hex()
    )
    rejected = RejectedObject.objects.filter(
        rejection__environment=environment, rejection__note_uid=uid
    )
    owners = {
        *manifests.values_list("study", flat=True),
        *rejected.values_list("instance__study", flat=True),
    } - {None}
    return list(Study.objects.filter(id__in=owners)) if owners else []


def remove(environment: str, digests: set[bytes]) -> None:
    """Their bytes go, from quarantine too; twice does no harm."""
    for digest in digests:
        vault.remove(environment, digest)
    vault.remove_set_aside(environment, digests)


def _manifests(study: Study) -> QuerySet[Document]:
    return Document.objects.filter(study=study, kind=DocumentKind.MANIFEST)


# --- the record -----------------------------------------------------------------------------------


def keep(item: DestructionItem) -> set[bytes]:
    """To be called when the study is condemned for good, before the first of its bytes goes: these,
    by their digests. The record says nothing of the patient.
    """
    study = item.study
    going = set(stored(study))
    facts = {
        "study": study.study_instance_uid,
        "controller": item.controller_oid,
        "connection": str(study.connection_id),
        "received_at": study.received_at.isoformat(),
        "study_date": study.study_date,
        **{name: _written(getattr(study, name)) for name in DATES},
        "list": item.list.number,
        "rule": item.rule.name_fi,
        "source": item.rule.source,
        "ended_on": item.ends_on.isoformat(),
        "sha256": item.sha256,
        "objects": item.instances,
        "bytes": item.bytes,
        "series": [_told(series) for series in study.series.order_by("id")],
        "stored": sorted(digest.hex() for digest in going),
    }
    at = item.decided_at or now()
    vault.keep_record(study.environment, KIND, facts, at=at, key=_key(study))
    return going


def _written(at: datetime | None) -> str:
    return at.isoformat() if at is not None else ""


def keep_missing(item: DestructionItem) -> None:
    """Of a study destroyed before there were records, or whose record is damaged."""
    if not vault.has_record(_key(item.study)):
        keep(item)


def _key(study: Study) -> str:
    return vault.study_record_key(study.environment, KIND, study.study_instance_uid)


def _told(series: Series) -> dict[str, Any]:
    columns = ("sop_class_uid", "sop_instance_uid", "digest_algorithm", "size")
    found = Instance.objects.filter(series=series).order_by("id")
    return {
        "uid": series.series_instance_uid,
        "modality": series.modality,
        "objects": [
            [*told, bytes(digest).hex()] for *told, digest in found.values_list(*columns, "digest")
        ],
    }


def is_destroyed(study: Study) -> bool:
    """Whether the vault knows that it was."""
    return _record_of(study) is not None


def put_in_force(study: Study) -> bool:
    """Whether the vault knows that the study was destroyed; it is so again from now on."""
    record = _record_of(study)
    if record is None:
        return False
    _put_in_force(study, record)
    return True


def _record_of(study: Study) -> Record | None:
    """None when it cannot be read either: the rounds tell of that."""
    try:
        record = vault.find_record(_key(study))
    except BytesDamaged:
        return None
    return record if record and record["study"] == study.study_instance_uid else None


def replay(environment: str, record: Record) -> bool:
    """Whether it changed anything. Raises ControllerUnauthorised when its register is not here."""
    uid = record["study"]
    with transaction.atomic():
        known = Study.objects.filter(environment=environment, study_instance_uid=uid).first()
        return _put_in_force(known or _made_again(environment, record), record)


def _put_in_force(study: Study, record: Record) -> bool:
    """The bytes go before the commit: killed in between, the study is found live and without bytes,
    and this is done again.
    """
    with transaction.atomic():
        locks.hold(study.id)
        held = Study.objects.select_related("register").get(id=study.id)
        if held.state == StudyState.DESTROYED:
            return False
        withdraw(held)
        _fill(held, record)
        Instance.objects.filter(study=held).update(damaged_at=None)
        _end_what_is_open(held, record)
        destruction_records.file(held, record)
        about = ledger.About.of_study(held, patient_id=held.patient_id)
        facts = {
            name: record[name] for name in ("list", "objects", "bytes", "sha256", "ended_on", "at")
        }
        ledger.record(ledger.Kind.DESTRUCTION_RESTORED, about, facts)
        named = {bytes.fromhex(digest) for digest in record["stored"]}
        remove(held.environment, {*named, *stored(held)})
        return True


def _end_what_is_open(study: Study, record: Record) -> None:
    """A list that the database holds as not carried out, findings, and cases that ask for bytes."""
    DestructionItem.objects.filter(
        study=study, state__in=(ItemState.LISTED, ItemState.CONDEMNED)
    ).update(
        state=ItemState.DESTROYED,
        decided_at=datetime.fromisoformat(record["at"]),
        instances=record["objects"],
        bytes=record["bytes"],
        sha256=record["sha256"],
    )
    Finding.objects.filter(study=study, settled_at=None).update(settled_at=now())
    error_desk.settle(study.id, rounds.VERIFY.step)


# --- rows made again ------------------------------------------------------------------------------


def _made_again(environment: str, record: Record) -> Study:
    """The study's row: of nobody, since the record says nothing of the patient."""
    register = Register.objects.filter(controller_oid=record["controller"], is_default=True).first()
    sender = _sender(environment, register, record) if register else None
    if register is None or sender is None:
        raise ControllerUnauthorised()
    nobody, _ = Patient.objects.get_or_create(environment=environment, issuer="", identifier="")
    columns: dict[str, Any] = {
        "register": register,
        "patient": nobody,
        "connection": sender,
        "modalities": sorted({each["modality"] for each in record["series"] if each["modality"]}),
        "instance_count": record["objects"],
        "byte_count": record["bytes"],
        "received_at": datetime.fromisoformat(record["received_at"]),
        "study_date": record.get("study_date", ""),  # records of before had no other days
    }
    dates = {name: datetime.fromisoformat(record[name]) for name in DATES if record.get(name)}
    # A sender who does not know that it was destroyed may bring it in this moment.
    study, _ = Study.objects.get_or_create(
        environment=environment, study_instance_uid=record["study"], defaults=columns | dates
    )
    return study


def _sender(environment: str, register: Register, record: Record) -> Connection | None:
    """Who sent it; when it is nobody's any more, a system of the controller's."""
    kinds = (ConnectionKind.DICOM, ConnectionKind.XDS)
    here = Connection.objects.filter(environment=environment, kind__in=kinds)
    known = here.filter(id=record["connection"]).first()
    return known or here.filter(organisation_id=register.organisation_id).first()


def _fill(study: Study, record: Record) -> None:
    """Series and objects that the index does not have; a series that another study has by now stays
    that one's.
    """
    for each in record["series"]:
        series, _ = Series.objects.get_or_create(
            environment=study.environment,
            series_instance_uid=each["uid"],
            defaults={"study": study, "modality": each["modality"]},
        )
        if series.study_id != study.id:
            continue
        made = (_instance(study, series, told) for told in each["objects"])
        Instance.objects.bulk_create(made, batch_size=2_000, ignore_conflicts=True)


def _instance(study: Study, series: Series, told: list[Any]) -> Instance:
    sop_class_uid, uid, algorithm, size, digest = told
    return Instance(
        environment=study.environment,
        study=study,
        series=series,
        sop_instance_uid=uid,
        sop_class_uid=sop_class_uid,
        digest=bytes.fromhex(digest),
        digest_algorithm=algorithm,
        size=size,
        association_id=uuid5(NAMESPACE_OID, study.study_instance_uid),
        received_at=study.received_at,
    )
