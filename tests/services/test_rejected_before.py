"""Objects that a note rejected before they came, and studies of which that is all (AR-6, AR-7)."""

import os
from typing import Any

import psycopg
import pytest
from pydicom.dataset import Dataset

from archive import gate
from archive.errors import corrections as refusals
from archive.models import (
    Instance,
    Job,
    LedgerEvent,
    Register,
    RegisterHolding,
    RejectedObject,
    Rejection,
    Series,
    Study,
)
from archive.rules.access import Action
from archive.services import authorisations, rebuilding, registration, rejections
from archive.values import today
from tests import authorising, cast, notes
from tests.cast import MALLILA, RONTGEN, dataset
from tests.notes import QUALITY, SAFETY, note
from tests.rebuilding import nothing, rows, wipe
from tests.services.test_registration import state, stored
from tests.services.test_rejections import ARCHIVIST, named_by_manifest, registered, rejection_of

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


def test_a_note_before_its_objects_waits_and_falls_on_them_when_they_come() -> None:
    bad, good = dataset(), dataset()
    notes.send(note(SAFETY, bad))
    assert LedgerEvent.objects.get(kind="rejection.awaits").facts["objects"] == 1
    study = registered(bad, good)
    assert rejection_of(bad) == SAFETY
    assert named_by_manifest(study) == {str(good.SOPInstanceUID)}
    assert Rejection.objects.get().study_id == study.id
    told = LedgerEvent.objects.get(kind="study.stored", study_id=study.id)
    assert told.facts["rejected"] == 1
    with pytest.raises(refusals.RejectedBefore):
        cast.store(bad)


def test_a_note_that_waits_goes_on_with_its_register() -> None:
    made = dataset()
    notes.send(note(SAFETY, made))
    register, successor = Register.objects.get(organisation=cast.organisation()), MALLILA
    passed_on()
    issuer = Dataset()
    issuer.UniversalEntityID, issuer.UniversalEntityIDType = register.controller_oid, "ISO"
    made.IssuerOfAccessionNumberSequence = [issuer]
    study = cast.store(made, business_id=successor)
    assert study.register_id == register.id
    assert rejection_of(made) == SAFETY


def passed_on() -> None:
    """Esimerkkilä's register to Mallila."""
    register = authorising.register()
    RegisterHolding.objects.create(
        register=register, organisation=register.organisation, until=today()
    )
    Register.objects.filter(id=register.id).update(organisation=cast.organisation(MALLILA))


def forgotten() -> None:
    """The database is one from before any object came, and knows the notes."""
    RejectedObject.objects.update(instance=None)
    Rejection.objects.update(study=None)
    for model in (Instance, Series, Study):
        model.objects.all().delete()


@pytest.mark.usefixtures("own_vault")
def test_what_a_known_note_awaits_is_hidden_at_once_when_it_is_indexed_again() -> None:
    """Also when whoever rejected it may do so no more."""
    allowed = authorising.made()
    bad, worse = (
        authorising.naming(),
        dataset(StudyInstanceUID="1.2.5", SeriesInstanceUID="1.2.5.1"),
    )
    notes.send(note(SAFETY, bad), RONTGEN)
    notes.send(note(SAFETY, worse))
    cast.store(bad, business_id=RONTGEN)
    cast.store(worse)
    authorisations.revoke(authorising.person(), allowed, reason="x")
    forgotten()
    rebuilding.rebuild(nothing)
    assert [rejection_of(each) for each in (bad, worse)] == [SAFETY, SAFETY]
    assert _visible() == []
    assert not RejectedObject.objects.exclude(ended_at=None, instance__isnull=False).exists()


@pytest.mark.usefixtures("own_vault")
def test_what_a_former_controller_rejected_of_others_stays_rejected_in_a_rebuilt_index() -> None:
    authorising.made()
    here, later = authorising.naming(), authorising.naming()
    cast.store(here, business_id=RONTGEN)
    notes.send(note(SAFETY, here, later))
    cast.store(later, business_id=RONTGEN)
    passed_on()
    wipe(persons=False)
    rebuilding.rebuild(nothing)
    assert [rejection_of(each) for each in (here, later)] == [SAFETY, SAFETY]


@pytest.mark.usefixtures("own_vault")
def test_a_note_that_did_nothing_to_an_object_does_nothing_to_it_in_a_rebuilt_index() -> None:
    """Its producer may reject no more; given back, the note would show what another hides."""
    allowed, made = authorising.made(), authorising.naming()
    cast.store(made, business_id=RONTGEN)
    authorisations.revoke(authorising.person(), allowed, reason="x")
    notes.send(note(QUALITY, made))
    notes.send(note(SAFETY, made), RONTGEN)
    assert rejection_of(made) == QUALITY
    rejections.revoke(ARCHIVIST, Rejection.objects.get(title=SAFETY), reason="nothing to it")
    before = rows()["rejected"]
    wipe(persons=False)
    rebuilding.rebuild(nothing)
    assert rejection_of(made) == QUALITY
    assert rows()["rejected"] == before


def test_what_a_note_rejected_before_it_came_is_not_counted() -> None:
    bad, good = dataset(), dataset()
    notes.send(note(SAFETY, bad))
    study = stored(bad, good)
    assert study.instance_count == 1


def test_a_note_for_objects_of_which_only_some_have_come() -> None:
    here, later = dataset(), dataset()
    study = registered(here)
    notes.send(note(SAFETY, here, later))
    cast.store(later)
    registration.advance(study.id)
    assert (rejection_of(here), rejection_of(later)) == (SAFETY, SAFETY)


def test_a_note_and_its_object_that_came_in_one_moment_meet_at_registration() -> None:
    made = dataset()
    study = stored(made)
    sent = note(SAFETY, made)
    notes.send(sent)
    # As it is when neither transaction saw the other.
    RejectedObject.objects.update(instance=None)
    Instance.objects.update(rejection="")
    registration.advance(study.id)
    assert rejection_of(made) == SAFETY
