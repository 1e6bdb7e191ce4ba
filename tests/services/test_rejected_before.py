"""A study of which all that came was rejected by a note before it came (AR-6, AR-7)."""

import os
from typing import Any

import psycopg
import pytest

from archive import gate
from archive.models import Instance, Job, Rejection, Study
from archive.rules.access import Action
from archive.services import registration, rejections
from tests import cast, notes
from tests.cast import dataset
from tests.notes import SAFETY, note
from tests.services.test_registration import state
from tests.services.test_rejections import ARCHIVIST

pytestmark = pytest.mark.usefixtures("db")


def test_a_study_that_a_note_rejected_before_it_came_is_never_found() -> None:
    """At once, before any job of the study has run."""
    bad, worse, good = dataset(), dataset(), dataset()
    notes.send(note(SAFETY, bad, worse))
    for made in (bad, worse):
        study = cast.store(made)
        assert (study.state, study.instance_count) == ("corrected", 0)
        assert _visible() == []
        assert Job.objects.filter(subject_id=study.id, state="waiting").count() == 1
    study = cast.store(good)
    assert (study.state, study.instance_count) == ("receiving", 1)
    assert _visible() == [study.id]
    notes.send(note(SAFETY, good))
    assert _visible() == []


def test_a_revoked_note_lets_its_study_be_found() -> None:
    bad = dataset()
    notes.send(note(SAFETY, bad))
    study = cast.store(bad)
    rejections.revoke(ARCHIVIST, Rejection.objects.get(), reason="by mistake")
    assert _visible() == [study.id] and state(study) == "receiving"


def test_who_stores_at_the_same_moment_is_not_waited_for() -> None:
    here, bad = dataset(), dataset()
    notes.send(note(SAFETY, bad))
    study = cast.store(here)
    Instance.objects.update(rejection=SAFETY)
    with psycopg.connect(os.environ["DATABASE_URL"]) as other:
        held = "SELECT pg_advisory_xact_lock_shared(hashtextextended(%s, 0))"
        other.execute(held, [str(study.id)])
        assert cast.store(bad).state == "receiving"
    registration.advance(study.id)
    assert state(study) == "corrected"


def _visible() -> list[Any]:
    shown = gate.visible(Study.objects.all(), cast.peer().actor, Action.QUERY)
    return list(shown.values_list("id", flat=True))
