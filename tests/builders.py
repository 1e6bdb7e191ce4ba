"""Rows for screens, written directly: many, cheap, in any state. The cast is `tests.cast`'s."""

import itertools
from datetime import timedelta
from typing import Any

from archive.models import (
    AvailabilityNotice,
    Case,
    CaseEvent,
    Connection,
    Document,
    Job,
    Organisation,
    Patient,
    Register,
    Series,
    Study,
)
from archive.models import Instance as InstanceRow
from archive.values import HETU_ROOT, now, uid_from_uuid, uuid7
from tests.cast import ESIMERKKILA, MATTI, connection, organisation

NUMBERS = itertools.count(910_001)


def patient(code: str = MATTI, environment: str = "production", **columns: Any) -> Patient:
    return Patient.objects.get_or_create(
        environment=environment,
        identifier=code,
        issuer=HETU_ROOT,
        defaults={"name": "Meikäläinen^Matti", **columns},
    )[0]


def study(
    business_id: str = ESIMERKKILA,
    *,
    environment: str = "production",
    code: str = MATTI,
    **columns: Any,
) -> Study:
    """A registered CT study; anything else by column."""
    if "patient" not in columns:
        columns["patient"] = patient(code, environment)
    return Study.objects.create(
        environment=environment,
        connection=connection(business_id, environment),
        **{
            "register": Register.objects.get(
                organisation__business_id=business_id, is_default=True
            ),
            "study_instance_uid": uid_from_uuid(),
            "accession_number": f"R{next(NUMBERS)}",
            "study_code": "AA1AD",
            "description": "AA1AD Pään TT",
            "study_date": "20261120",
            "modalities": ["CT"],
            "state": "registered",
            "instance_count": 2,
            "received_at": now(),
            **columns,
        },
    )


def series(of: Study, objects: int = 2) -> Series:
    made = Series.objects.create(
        environment=of.environment,
        study=of,
        series_instance_uid=uid_from_uuid(),
        modality="CT",
        series_number="1",
        description="Aivot",
    )
    InstanceRow.objects.bulk_create(
        InstanceRow(
            environment=of.environment,
            study=of,
            series=made,
            sop_instance_uid=uid_from_uuid(),
            sop_class_uid="1.2.840.10008.5.1.4.1.1.2",
            transfer_syntax_uid="1.2.840.10008.1.2.1",
            content_type="ct",
            instance_number=str(place + 1),
            digest=bytes(32),
            digest_algorithm="sha256",
            size=1000,
            association_id=uuid7(),
            received_at=now(),
        )
        for place in range(objects)
    )
    return made


def notice(of: Study, state: str = "failed", **columns: Any) -> AvailabilityNotice:
    """A confirmation owed for the study's manifest."""
    manifest = Document.objects.create(
        environment=of.environment,
        entry_uuid=uuid7().urn,
        unique_id=uid_from_uuid(),
        kind="manifest",
        patient=of.patient,
        register=of.register,
        study=of,
        repository_unique_id="1.2.3",
        mime_type="application/dicom",
        hash="00" * 20,
        registered_at=now(),
    )
    return AvailabilityNotice.objects.create(
        environment=of.environment,
        study=of,
        manifest=manifest,
        connection=of.connection,
        state=state,
        made_at=now(),
        **{"tries": 8, "last_error": "peer cannot be reached", **columns},
    )


def dead_job(of: Study, kind: str = "registration", subject_id: Any = None) -> Job:
    return Job.objects.create(
        kind=kind,
        environment=of.environment,
        subject_id=subject_id or of.id,
        study_id=of.id,
        state="dead",
        tries=8,
        not_before=now(),
        made_at=now(),
        ended_at=now(),
    )


def case(
    business_id: str | None = ESIMERKKILA,
    *,
    environment: str = "production",
    reason: str = "study-code-unknown",
    **columns: Any,
) -> Case:
    """An open case without events."""
    number = next(NUMBERS)
    owner: Organisation | None = organisation(business_id) if business_id else None
    link: Connection | None = connection(business_id, environment) if business_id else None
    return Case.objects.create(
        number=number,
        environment=environment,
        reason=reason,
        organisation=owner,
        connection=link,
        fingerprint=f"mark {number}",
        **{
            "code": "A900",
            "edge": "dicom",
            "place": "store",
            "first_at": now() - timedelta(hours=1),
            "last_at": now(),
            **columns,
        },
    )


def event(of: Case, **columns: Any) -> CaseEvent:
    """One more open event of a case."""
    made = CaseEvent.objects.create(
        case=of,
        **{
            "at": now(),
            "mark": of.fingerprint,
            "detail": "StudyDescription begins with no known study code",
            "facts": {"StudyDescription": "CT HE", "Modality": "CT", "PatientID": "010181-•••C"},
            "accession_number": "R1",
            **columns,
        },
    )
    of.event_count += 1
    of.open_count += 1
    of.save(update_fields=["event_count", "open_count"])
    return made
