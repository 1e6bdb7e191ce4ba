"""Merging, undoing and updating persons: links only, seen by the whole archive (HL-1)."""

from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from archive import errors
from archive.errors import persons as person_errors
from archive.models import (
    LedgerEvent,
    Patient,
    PatientHistory,
    PatientMerge,
    Study,
)
from archive.objects.persons import Demographics, Merge, Person
from archive.queries import studies
from archive.services import filing, identity
from archive.services.identity import Occasion
from archive.values import PatientIdentifier
from tests import cast, persons
from tests.cast import MALLILA, MATTI, VENLA
from tests.persons import merge, official, patient, sender, staff, temporary, undo

pytestmark = pytest.mark.django_db

ROWS = ("id", "identifier", "issuer", "survivor_id", "name", "birth_date", "sex")


def rows() -> list[dict[str, Any]]:
    return list(cast.newcomers().order_by("id").values(*ROWS))


def persons_studies(identifier: PatientIdentifier) -> set[str]:
    """What is found by any id of the person."""
    found = studies.patient_by_code("production", identifier)
    assert found is not None
    narrowed = studies.narrowed(studies.Filters(patient_id=found.id))
    return set(narrowed.values_list("accession_number", flat=True))


def test_a_temporary_id_is_merged_and_both_ids_find_all() -> None:
    first, second = persons.study(temporary()), persons.study(official())
    both = {first.accession_number, second.accession_number}
    assert persons_studies(official()) == {second.accession_number}
    assert merge(temporary(), official()) == 1
    assert persons_studies(official()) == persons_studies(temporary()) == both
    assert Study.objects.get(id=first.id).patient_id == first.patient_id  # nothing is rewritten
    undo(temporary())
    assert persons_studies(temporary()) == {first.accession_number}
    assert persons_studies(official()) == {second.accession_number}


def test_the_same_merge_again_changes_nothing() -> None:
    persons.study(temporary())
    assert merge(temporary(), official()) == 1
    before = rows()
    assert merge(temporary(), official()) == 0
    assert rows() == before
    assert PatientMerge.objects.count() == 1


def test_an_unknown_retired_id_is_kept_and_what_comes_later_is_the_survivors() -> None:
    held = persons.study(official())
    assert merge(temporary(), official()) == 1
    later = persons.study(temporary())
    assert persons_studies(official()) == {held.accession_number, later.accession_number}
    same = cast.dataset(  # also into a study that is archived under the survivor
        PatientID=temporary().value,
        IssuerOfPatientID=temporary().issuer,
        StudyInstanceUID=held.study_instance_uid,
        SeriesInstanceUID=f"{held.study_instance_uid}.9",
    )
    assert cast.store(same).id == held.id


def test_an_unknown_survivor_begins_with_what_the_message_says() -> None:
    persons.study(temporary(), PatientName="Tuntematon^N", PatientBirthDate="19810101")
    merge(temporary(), official(), name="Meikäläinen^Maija")
    survivor = patient(official())
    assert (survivor.name, survivor.birth_date) == ("Meikäläinen^Maija", "19810101")


@pytest.mark.parametrize("told", [None, "20260302"])
def test_an_unknown_survivor_has_died_when_the_retired_id_had_or_the_message_says_so(
    told: str | None,
) -> None:
    persons.study(temporary())
    dead = Person(temporary(), Demographics(death_date="20260301"))
    identity.update(sender(), dead, Occasion("production"))
    merge(temporary(), official(), death_date=told)
    survivor = patient(official())
    assert survivor.death_date == date(2026, 3, 2 if told else 1)
    assert survivor.death_source == "message"


def test_a_merge_leaves_the_demographics_of_a_known_survivor() -> None:
    persons.study(official(), PatientName="Meikäläinen^Maija")
    merge(temporary(), official(), name="Joku^Muu")
    assert patient(official()).name == "Meikäläinen^Maija"


@pytest.mark.parametrize(
    ("retired", "survivor", "error"),
    [
        (official(), temporary(), person_errors.OfficialIdRetired),
        (temporary(business_id=MALLILA), official(), person_errors.MergeUnauthorised),
        (official(VENLA), official(), person_errors.MergeUnauthorised),  # nobody's material
        (temporary(), official("131052-308T"), errors.EnvironmentMismatch),
        (temporary(), temporary(), person_errors.MergeSelf),
    ],
)
def test_a_refused_merge_leaves_nothing(
    retired: PatientIdentifier, survivor: PatientIdentifier, error: type[errors.ArchiveError]
) -> None:
    with pytest.raises(error):
        merge(retired, survivor, environment="test")
    assert not cast.newcomers().filter(environment="test").exists()


def test_a_code_with_anothers_material_is_not_a_senders_to_retire() -> None:
    persons.study(official(VENLA))
    persons.study(official(VENLA), MALLILA)
    with pytest.raises(person_errors.MergeUnauthorised):
        merge(official(VENLA), official())
    assert merge(official(VENLA), official(), staff()) == 1


def test_material_of_an_id_merged_into_the_retired_one_counts() -> None:
    """Whoever retires the upper id moves the lower one too."""
    persons.study(official(VENLA))
    persons.study(temporary(business_id=MALLILA), MALLILA)
    merge(temporary(business_id=MALLILA), official(VENLA), sender(MALLILA))
    with pytest.raises(person_errors.MergeUnauthorised):
        merge(official(VENLA), official())


def test_inverse_circular_and_divided_merges_are_refused() -> None:
    a, b, c = temporary("A1-1"), temporary("A1-2"), temporary("A1-3")
    merge(a, b)
    with pytest.raises(person_errors.MergeInverse):
        merge(b, a)
    merge(b, c)
    with pytest.raises(person_errors.MergeCircular):
        merge(c, a)
    with pytest.raises(person_errors.MergedElsewhere):
        merge(a, official())


def test_a_message_with_one_bad_pair_changes_nothing() -> None:
    good = Merge(temporary(), Person(official()), "MRG^1^1")
    bad = Merge(temporary(business_id=MALLILA), Person(official()), "MRG^2^1")
    with pytest.raises(person_errors.MergeUnauthorised) as raised:
        identity.merge(sender(), [good, bad], Occasion("production"))
    assert raised.value.facts["place"] == "MRG^2^1"
    assert not PatientMerge.objects.exists()


def test_environments_are_merged_apart() -> None:
    merge(temporary(), official(), environment="test")
    persons.study(temporary())
    assert patient(temporary()).survivor is None
    assert patient(temporary(), "test").survivor == patient(official(), "test")


def test_only_the_archivist_undoes() -> None:
    merge(temporary(), official())
    row = PatientMerge.objects.get()
    for actor in (sender(), staff("support"), staff("onboarding")):
        with pytest.raises(errors.NotFound):
            identity.undo(actor, row.id, reason="no")
    undo(temporary())
    with pytest.raises(person_errors.MergeUndone):
        identity.undo(staff(), row.id, reason="again")


def test_an_undone_merge_can_be_made_again() -> None:
    merge(temporary(), official())
    undo(temporary())
    assert merge(temporary(), official()) == 1
    assert PatientMerge.objects.count() == 2


def test_merging_and_undoing_stand_in_the_ledger_without_codes() -> None:
    merge(temporary(), official())
    undo(temporary())
    retired, survivor = patient(temporary()), patient(official())
    made, undone = LedgerEvent.objects.filter(patient_id=survivor.id).order_by("at")
    assert (made.kind, undone.kind) == ("patient.merged", "patient.unmerged")
    assert made.subject_id == undone.subject_id == retired.id
    assert (made.actor_kind, undone.actor_kind) == ("connection", "staff")
    assert undone.facts["reason"] == "a mistake"
    assert MATTI not in str([made.facts, undone.facts])


# --- a changed id ---------------------------------------------------------------------------------


def change(old: PatientIdentifier, new: PatientIdentifier) -> int:
    return identity.change_id(sender(), Merge(old, Person(new)), Occasion("production"))


def test_an_id_is_changed_to_one_that_nobody_has() -> None:
    study = persons.study(temporary())
    assert change(temporary(), official()) == 1
    assert persons_studies(official()) == {study.accession_number}
    assert change(temporary(), official()) == 0


def test_an_unknown_id_cannot_be_changed() -> None:
    with pytest.raises(person_errors.PatientUnknown):
        change(temporary(), official())


def test_an_id_in_use_is_not_given_to_another() -> None:
    persons.study(temporary())
    persons.study(official())
    with pytest.raises(person_errors.IdInUse):
        change(temporary(), official())


# --- demographics ---------------------------------------------------------------------------------


def update(
    identifier: PatientIdentifier, business_id: str = cast.ESIMERKKILA, **told: Any
) -> Patient | None:
    person = Person(identifier, Demographics(**told))
    return identity.update(sender(business_id), person, Occasion("production"))


def test_a_new_name_is_current_and_the_old_one_is_kept() -> None:
    persons.study(official(), PatientName="Meikäläinen^Maija")
    assert update(official(), name="Virtanen^Maija") is not None
    held = patient(official())
    assert (held.name, held.birth_date) == ("Virtanen^Maija", "19810101")
    old = PatientHistory.objects.get(patient=held)
    assert (old.name, old.birth_date) == ("Meikäläinen^Maija", "19810101")
    event = LedgerEvent.objects.get(kind="patient.updated")
    assert event.facts == {"what": ["name"]}
    assert event.patient_id == held.id


def test_what_is_the_same_or_not_told_changes_nothing() -> None:
    persons.study(official(), PatientName="Meikäläinen^Maija")
    assert update(official(), name="Meikäläinen^Maija", sex=None) is None
    assert not PatientHistory.objects.exists()


def test_a_value_can_be_taken_away() -> None:
    persons.study(official(), PatientSex="F")
    update(official(), sex="")
    assert patient(official()).sex == ""


def test_an_update_by_a_retired_id_is_the_persons() -> None:
    persons.study(temporary(), PatientName="Tuntematon^N")
    persons.study(official(), PatientName="Meikäläinen^Maija")
    merge(temporary(), official())
    update(temporary(), name="Virtanen^Maija")
    assert patient(official()).name == "Virtanen^Maija"
    assert patient(temporary()).name == "Tuntematon^N"  # as before, should the merge be undone


@pytest.mark.parametrize("business_id", [MALLILA, cast.RONTGEN])
def test_who_has_no_material_reads_that_nobody_is_there(business_id: str) -> None:
    persons.study(official())
    with pytest.raises(person_errors.PatientUnknown) as foreign:
        update(official(), business_id, name="Virtanen^Maija")
    with pytest.raises(person_errors.PatientUnknown) as absent:
        update(official(VENLA), business_id, name="Virtanen^Venla")
    assert str(foreign.value) == str(absent.value)
    assert patient(official()).name != "Virtanen^Maija"


def test_an_old_message_does_not_overwrite_a_newer_name() -> None:
    study = persons.study(official())
    update(official(), name="Virtanen^Maija")
    late = Occasion("production", not_after=study.received_at)
    with pytest.raises(person_errors.UpdateOutdated):
        identity.update(sender(), Person(official(), Demographics(name="Vanha^Maija")), late)


# --- the algebra ----------------------------------------------------------------------------------

IDS = [temporary(f"T-{number}") for number in range(6)]
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("merge"), st.integers(0, 5), st.integers(0, 5)),
        st.tuples(st.just("undo"), st.integers(0, 30), st.just(0)),
    ),
    max_size=25,
)


class Algebra(TestCase):
    """Any sequence of merges and undoings, against plain links."""

    @settings(
        max_examples=30, deadline=None, suppress_health_check=[HealthCheck.differing_executors]
    )
    @given(STEPS)
    def test_rows_agree_with_the_links_at_every_step(
        self, steps: list[tuple[str, int, int]]
    ) -> None:
        for each in IDS:
            filing.file_patient("production", each)
        for act, one, other in steps:
            before = survivors()
            if act == "merge":
                try:
                    changed = merge(IDS[one], IDS[other])
                except errors.Conflict:
                    changed = 0
                if not changed:
                    assert survivors() == before
                else:
                    after = survivors()
                    undo(IDS[one])
                    assert survivors() == before
                    merge(IDS[one], IDS[other])
                    assert survivors() == after
            else:
                live = list(PatientMerge.objects.filter(undone_at=None).order_by("id"))
                if live:
                    identity.undo(staff(), live[one % len(live)].id, reason="a try")
            agree_with_links()


def survivors() -> dict[Any, Any]:
    return dict(Patient.objects.values_list("id", "survivor_id"))


def agree_with_links() -> None:
    """`survivor` is where the links lead; no survivor is retired itself."""
    links = dict(PatientMerge.objects.filter(undone_at=None).values_list("retired_id", "into_id"))
    held = survivors()
    for retired, survivor in held.items():
        top = retired
        for _ in range(len(held) + 1):
            top = links.get(top, top)
        assert top not in links
        assert survivor == (top if top != retired else None)
    related = {each.id: set(filing.related_patients(each)) for each in Patient.objects.all()}
    for each_id, found in related.items():
        assert each_id in found
        assert all(related[other] == found for other in found)
