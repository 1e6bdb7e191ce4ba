"""Studies whose retention has ended: Matti died long ago, and no rule keeps all for ever."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

import pytest

from archive import vault
from archive.actors import Actor
from archive.models import (
    DestructionList,
    Instance,
    Patient,
    RetentionRule,
    SecondPerson,
    Study,
)
from archive.services import destruction, registration, retention_survey
from archive.services.destruction_work import carry_out
from archive.values import now, today, uid_from_uuid
from tests import cast, persons
from tests.cast import dataset

DIED = date(2001, 3, 4)


class Killed(BaseException):
    """What no handler catches, as a kill."""


@contextmanager
def killed_in_removal(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whoever removes bytes within is killed at the first."""

    def die(environment: str, digest: bytes) -> None:
        raise Killed

    with monkeypatch.context() as broken, pytest.raises(Killed):
        broken.setattr(vault, "remove", die)
        yield


def ended(accession: str = "A1", objects: int = 2, **overrides: Any) -> Study:
    """Stored, committed and registered; its patient died in 2001."""
    uid = uid_from_uuid()
    made = [
        dataset(
            StudyInstanceUID=uid,
            SeriesInstanceUID=f"{uid}.1",
            AccessionNumber=accession,
            **overrides,
        )
        for _ in range(objects)
    ]
    study = cast.store(*made)
    Instance.objects.filter(study=study).update(
        committed_at=now(), received_at=now() - timedelta(minutes=5)
    )
    cast.documents(accession=accession)
    registration.advance(study.id)
    Patient.objects.filter(id=study.patient_id).update(death_date=DIED)
    study.refresh_from_db()
    return study


def nothing_is_for_ever() -> None:
    """The archives service has ended its word on all of Kanta's content."""
    RetentionRule.objects.filter(permanent=True, birth_days=[]).update(
        valid_until=today() - timedelta(days=1)
    )


def survey(environment: str = "production") -> None:
    made = retention_survey.begin(environment)
    while retention_survey.walk(made.id):
        pass


def propose(actor: Actor | None = None) -> DestructionList:
    return destruction.propose(
        actor or persons.staff(),
        environment="production",
        ended_by=today(),
        organisation_id=None,
        reason="yearly destruction",
    )


def approve(made: DestructionList) -> DestructionList:
    request = SecondPerson.objects.get(subject_id=made.id, state="open")
    return destruction.approve(persons.staff("admin"), request)


def finish(made: DestructionList) -> DestructionList:
    while carry_out(made.id):
        pass
    made.refresh_from_db()
    return made


def approved(*studies: Study) -> DestructionList:
    survey()
    made = propose()
    assert {item.study_id for item in made.items.all()} == {study.id for study in studies}
    return approve(made)


def states(made: DestructionList) -> list[tuple[str, str]]:
    return sorted(made.items.values_list("state", "spared"))
