"""Correcting and undoing on the pages, by those who may (AR-7)."""

import re
from typing import Any

import pytest
from django.test import Client

from archive.models import (
    Correction,
    CorrectionPolicy,
    Instance,
    LedgerEvent,
    Patient,
    RejectedObject,
    Study,
)
from archive.services import rejection_notes
from archive.services.policies import correction_terms
from archive.values import HETU_ROOT
from tests import builders, cast, notes, persons
from tests.cast import MATTI, VENLA, dataset
from tests.portal.test_pages import signed_in
from tests.portal.test_study import REASON, address, opened
from tests.services.test_rejections import ARCHIVIST

pytestmark = pytest.mark.django_db

NEW = "/corrections/new/"
AS_IT_IS = {
    "PatientID": MATTI,
    "IssuerOfPatientID": "1.2.246.21",
    "PatientName": "Meikäläinen^Matti",
    "PatientBirthDate": "1981-01-01",
    "PatientSex": "F",
    "AccessionNumber": "A1",
    "StudyDescription": "AA1AD Pään TT",
    "StudyID": "",
    "StudyDate": "2026-11-20",
    "StudyTime": "101500",
}
MEND = {"confirm": "1", "reason": "mix-up at the desk"}


def corrector(study: Study, login: str = "archivist") -> Client:
    return opened(study, login)


def post(client: Client, of: Study, **fields: Any) -> Any:
    return client.post(f"{NEW}?study={of.id}", {**AS_IT_IS, **fields})


def marks(answer: Any) -> dict[str, str]:
    return dict(answer.context["seen"])


def said(answer: Any) -> str:
    return answer.content.decode()


# --- correcting -----------------------------------------------------------------------------------


def test_the_form_asks_for_a_reason_first_and_each_look_is_logged() -> None:
    study = cast.store(dataset())
    assert signed_in("archivist").get(f"{NEW}?study={study.id}").headers["Location"] == address(
        study
    )
    client = corrector(study)
    assert MATTI in said(client.get(f"{NEW}?study={study.id}"))
    told = LedgerEvent.objects.filter(kind="study.viewed", study_id=study.id).latest("at")
    assert told.facts["shown"] == "code and name"


def test_only_archivists_and_administrators_correct() -> None:
    study = cast.store(dataset())
    ids = list(Instance.objects.values_list("id", flat=True))
    rejection = rejection_notes.reject(ARCHIVIST, study, ids, notes.SAFETY, reason="x")
    support = opened(study, "support")
    for page in (f"{NEW}?study={study.id}", address(study, "reject/"), "/corrections/who/"):
        assert support.get(page).status_code == 403
        assert corrector(study, "admin").get(page).status_code == 200
    revoke = f"/rejections/{rejection.id}/revoke/"
    assert support.post(revoke, {"all": "1", "reason": "why not"}).status_code == 403
    assert support.get(f"/rejections/{rejection.id}/").status_code == 200
    assert "Revoke the whole" not in said(support.get(f"/rejections/{rejection.id}/"))
    assert signed_in("logreview").get("/corrections/").status_code == 403
    assert signed_in("esim").get("/corrections/").status_code == 404
    assert RejectedObject.objects.get().ended_at is None


def test_the_preview_shows_field_by_field_and_changes_nothing() -> None:
    study = cast.store(dataset())
    content = said(post(corrector(study), study, PatientID=VENLA, PatientName="Mallikas^Venla"))
    for words in (f"<del>{MATTI}</del>", f"<ins>{VENLA}</ins>", "<ins>Mallikas^Venla</ins>"):
        assert words in content
    assert content.count("<del>") == 2
    waits = "has no manifest until the request and the examination note of that patient"
    assert waits in content
    assert waits not in said(post(corrector(study), study, PatientName="Mallikas^Venla"))
    assert not Correction.objects.exists()


def test_the_preview_says_that_a_persons_name_is_that_of_all_their_studies() -> None:
    study = cast.store(dataset())
    of_person = "Queries will say this of the person in every study"
    assert of_person in said(post(corrector(study), study, PatientName="Mallikas^Venla"))
    assert of_person not in said(post(corrector(study), study, AccessionNumber="X1"))
    moved = {"PatientID": VENLA, "PatientName": "Mallikas^Venla"}
    assert of_person not in said(post(corrector(study), study, **moved))


def test_the_preview_says_whose_name_the_objects_will_bear_and_that_is_a_logged_search() -> None:
    study = cast.store(dataset())
    known = builders.patient(VENLA)
    Patient.objects.filter(id=known.id).update(name="Mallikas^Venla", birth_date="19940501")
    client = corrector(study)
    answer = post(client, study, PatientID=VENLA)
    for words in ("<del>Meikäläinen^Matti</del>", "<ins>Mallikas^Venla</ins>"):
        assert words in said(answer)
    told = LedgerEvent.objects.get(kind="patient.searched")
    assert (told.patient_id, told.facts["reason"]) == (known.id, REASON)
    other = said(post(client, study, PatientID=VENLA, PatientName="Meikäläinen^Venla"))
    assert "knows the patient of this code otherwise: patient’s name Mallikas^Venla" in other
    answer = post(client, study, PatientID=VENLA, **marks(answer), **MEND)
    made = Correction.objects.get()
    assert answer.headers["Location"] == f"/corrections/{made.id}/"
    assert "Mallikas^Venla" in said(client.get(f"/corrections/{made.id}/"))


def test_a_code_without_the_rest_of_its_person_is_asked_about() -> None:
    study = cast.store(dataset())
    client = corrector(study)
    asked = "By the code the patient was born 1 May 1994, by the date of birth 1 Jan 1981."
    assert asked in said(post(client, study, PatientID=VENLA))
    assert "By the code" not in said(
        post(client, study, PatientID=VENLA, PatientBirthDate="1994-05-01")
    )
    assert "By the code" not in said(post(client, study, AccessionNumber="B2"))


def test_a_personal_code_with_the_issuer_of_temporary_ids_is_asked_about() -> None:
    issuer = persons.ROOTS[cast.ESIMERKKILA]
    study = cast.store(dataset(PatientID=persons.TEMPORARY, IssuerOfPatientID=issuer))
    client = corrector(study)
    asked = "The code has the form of a personal identity code, but its issuer"
    left = {"IssuerOfPatientID": issuer}
    assert asked in said(post(client, study, PatientID=VENLA, **left))
    assert asked not in said(post(client, study, PatientID=VENLA, IssuerOfPatientID=HETU_ROOT))
    assert asked not in said(post(client, study, PatientID="A1-2", **left))
    again = {"PatientID": persons.TEMPORARY, "AccessionNumber": "B2"}
    assert asked not in said(post(client, study, **again, **left))


def test_a_correction_with_its_reason_is_made_and_told() -> None:
    study = cast.store(dataset())
    client = corrector(study)
    seen = marks(post(client, study, AccessionNumber="B2", StudyDate="2026-11-19"))
    answer = post(client, study, AccessionNumber="B2", StudyDate="2026-11-19", **MEND, **seen)
    made = Correction.objects.get()
    assert answer.headers["Location"] == f"/corrections/{made.id}/"
    study.refresh_from_db()
    assert (study.accession_number, study.study_date) == ("B2", "20261119")
    assert made.values == {"AccessionNumber": "B2", "StudyDate": "20261119"}
    content = said(client.get(f"/corrections/{made.id}/"))
    assert "<del>20 Nov 2026</del>" in content and "<ins>19 Nov 2026</ins>" in content
    content = said(client.get(address(study)))
    assert "accession number, study date" in content
    assert "Reason: mix-up at the desk" in content
    assert f"/corrections/{made.id}/" in content


def test_without_a_reason_nothing_is_made() -> None:
    study = cast.store(dataset())
    client = corrector(study)
    seen = marks(post(client, study, AccessionNumber="B2"))
    answer = post(client, study, AccessionNumber="B2", confirm="1", reason="", **seen)
    assert "Check this first" in said(answer)
    coded = post(client, study, AccessionNumber="B2", confirm="1", reason=f"for {MATTI}", **seen)
    assert "Leave the personal identity code out" in said(coded)
    assert not Correction.objects.exists()


def test_nothing_changed_is_said_and_a_wrong_value_cannot_be_confirmed() -> None:
    study = cast.store(dataset())
    client = corrector(study)
    assert "Nothing was changed" in said(post(client, study))
    content = said(post(client, study, StudyDescription="CT HEAD"))
    assert "Study code is not in the nomenclature" in content
    assert 'name="confirm"' not in content
    forced = post(client, study, StudyDescription="CT HEAD", **MEND)
    assert "This cannot be done" in said(forced)
    assert not Correction.objects.exists()


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("StudyTime", "25:99", "This is no time."),
        ("StudyDate", "2199-01-01", "Today at the latest."),
        ("PatientBirthDate", "2199-01-01", "Today at the latest."),
        ("StudyTime", "quarter past", "This is no time."),
        ("AccessionNumber", "A1\\A2", "No backslash"),
        ("PatientName", "Meikäläinen^Matti\\Virtanen^Venla", "No backslash"),
    ],
)
def test_what_the_standard_does_not_allow_is_refused_before_the_preview(
    field: str, value: str, words: str
) -> None:
    study = cast.store(dataset())
    answer = post(corrector(study), study, **{field: value})
    assert words in said(answer) and "seen" not in answer.context
    assert not Correction.objects.exists()


def test_a_time_is_taken_as_people_write_it() -> None:
    study = cast.store(dataset())
    client = corrector(study)
    answer = post(client, study, StudyTime="14.15")
    seen = marks(answer)
    post(client, study, StudyTime="14.15", **MEND, **seen)
    study.refresh_from_db()
    assert study.study_time == "1415"


def test_a_study_that_changed_meanwhile_is_looked_at_again() -> None:
    study = cast.store(dataset())
    client = corrector(study)
    seen = marks(post(client, study, AccessionNumber="B2"))
    Study.objects.filter(id=study.id).update(study_id="7")
    answer = client.post(
        f"{NEW}?study={study.id}",
        {**AS_IT_IS, "StudyID": "7", "AccessionNumber": "B2", **MEND, **seen},
        follow=True,
    )
    assert "changed meanwhile" in said(answer)
    assert not Correction.objects.exists()


def test_what_was_typed_stays_and_what_changed_meanwhile_stands_beside_it() -> None:
    study = cast.store(dataset())
    other = builders.study(accession_number="A9")
    client = corrector(study)
    initial = client.get(f"{NEW}?study={study.id}").context["form"]
    began = {bound.html_initial_name: AS_IT_IS[bound.name] for bound in initial}
    typed = {**began, "AccessionNumber": "B2", "StudyDate": "2026-11-19", "study": str(other.id)}
    preview = post(client, study, **typed)
    fields = {**AS_IT_IS, **typed}
    del fields["study"]
    assert dict(preview.context["kept"]) == fields
    now = {"accession_number": "C3", "study_id": "7", "study_date": "20261118"}
    Study.objects.filter(id=study.id).update(**now)
    Study.objects.filter(id=other.id).update(study_id="8")
    answer = post(client, study, **typed, **MEND, **marks(preview))
    form, content = answer.context["form"], said(answer)
    values = {bound.name: bound.value() for bound in form}
    assert (values["AccessionNumber"], values["StudyDate"]) == ("B2", "2026-11-19")
    assert values["StudyID"] == "7" and values["PatientID"] == MATTI
    assert "Changed meanwhile: the archive now has C3." in content
    assert "Changed meanwhile: the archive now has 18 Nov 2026." in content
    assert "Changed meanwhile: it was –." in content
    assert content.count("was changed meanwhile") == 2  # the one beside it is named
    assert re.search(f'value="{other.id}"[^>]*checked', content)
    assert not Correction.objects.exists()
    again = {bound.html_initial_name: form.data[bound.html_initial_name] for bound in form}
    preview = client.post(f"{NEW}?study={study.id}", {**values, **again})
    assert set(preview.context["previews"][0].changes) == {
        ("accession number", "C3", "B2"),
        ("study date", "18 Nov 2026", "19 Nov 2026"),
    }
    confirmed = {**values, **again, **MEND, **marks(preview)}
    client.post(f"{NEW}?study={study.id}", confirmed)
    made = Correction.objects.get()
    assert (made.after["AccessionNumber"], made.after["StudyID"]) == ("B2", "7")


def test_several_studies_of_the_patient_go_in_one() -> None:
    study = cast.store(dataset())
    other = builders.study(accession_number="A9")
    strange = builders.study(cast.MALLILA)
    client = corrector(study)
    form = said(client.get(f"{NEW}?study={study.id}"))
    assert str(other.id) in form and str(strange.id) not in form
    chosen = {"study": [str(other.id), str(strange.id)]}
    preview = post(client, study, PatientID=VENLA, **chosen)
    assert "Correct 2 studies?" in said(preview) and ", A9</h2>" in said(preview)
    looked_at = LedgerEvent.objects.filter(kind="study.viewed", study_id=other.id)
    assert [each.facts["shown"] for each in looked_at] == ["code and name"]
    post(client, study, PatientID=VENLA, **chosen, **MEND, **marks(preview))
    assert Correction.objects.count() == 2
    moved = Study.objects.filter(patient__identifier=VENLA).values_list("id", flat=True)
    assert set(moved) == {study.id, other.id}


def corrected(study: Study) -> Correction:
    client = corrector(study)
    seen = marks(post(client, study, AccessionNumber="B2"))
    post(client, study, AccessionNumber="B2", **MEND, **seen)
    return Correction.objects.get(study=study)


def test_undo_asks_for_a_reason_and_says_what_was_done() -> None:
    study = cast.store(dataset())
    made = corrected(study)
    client = corrector(study)
    page = f"/corrections/{made.id}/"
    assert "<ins>B2</ins>" in said(client.get(page))
    assert "Check this first" in said(client.post(f"{page}undo/", {"reason": ""}))
    answer = client.post(f"{page}undo/", {"reason": "was right before"}, follow=True)
    assert "The correction of 1 study is undone" in said(answer)
    study.refresh_from_db()
    assert study.accession_number == "A1"
    content = said(client.get(page))
    assert "was right before" in content and f"{page}undo/" not in content


def test_what_was_undone_alone_before_is_no_hindrance_to_undoing_the_rest() -> None:
    study = cast.store(dataset())
    others = [builders.study(accession_number=f"A{number}") for number in (8, 9)]
    client, chosen = corrector(study), {"study": [str(each.id) for each in others]}
    seen = marks(post(client, study, StudyID="7", **chosen))
    post(client, study, StudyID="7", **chosen, **MEND, **seen)
    alone, made = (Correction.objects.get(study=each) for each in (others[0], study))
    client.post(f"/corrections/{alone.id}/undo/", {"reason": "was right before"})
    page = f"/corrections/{made.id}/undo/"
    answer = client.post(page, {"reason": "was right before", "all": "1"}, follow=True)
    assert "The corrections of 2 studies are undone" in said(answer)
    assert "corrected again since" not in said(answer)


def test_a_correction_tells_of_a_patient_and_asks_for_the_reason() -> None:
    study = cast.store(dataset())
    made = corrected(study)
    page = f"/corrections/{made.id}/"
    assert signed_in("archivist").get(page).headers["Location"] == address(study)
    support = opened(study, "support")
    assert "/undo/" not in said(support.get(page))


def test_the_list_names_fields_and_no_values() -> None:
    study = cast.store(dataset())
    corrected(study)
    content = said(signed_in("support").get("/corrections/"))
    assert "accession number" in content and "in force" in content
    assert MATTI not in content and "Meikäläinen" not in content
    assert "Nothing has been rejected" in said(
        signed_in("support").get("/corrections/?what=rejections")
    )


# --- who may correct ------------------------------------------------------------------------------


def test_a_customers_switch_is_a_dated_row() -> None:
    esim = cast.organisation()
    assert not correction_terms(esim.id).metadata
    client = signed_in("archivist")
    row = {
        "organisation": str(esim.id),
        "metadata": "on",
        "note_first": "on",
        "valid_from": "2026-01-01",
        "source": "agreed 1.1.2026",
    }
    assert "This field is required" in said(client.post("/corrections/who/", {**row, "source": ""}))
    shown = said(client.post("/corrections/who/", row))
    assert "another patient or study change what is archived" in shown
    assert "would end retention is refused" in shown and esim.name in shown
    assert not correction_terms(esim.id).metadata
    assert "agreed 1.1.2026" in said(client.post("/corrections/who/", {**row, "back": "1"}))
    client.post("/corrections/who/", {**row, "sure": "yes"})
    assert correction_terms(esim.id).metadata
    assert not correction_terms(cast.organisation(cast.MALLILA).id).metadata
    assert "agreed 1.1.2026" in said(client.get("/corrections/who/"))
    told = LedgerEvent.objects.get(kind="correction.allowed")
    assert told.facts["what"]["metadata"] and told.organisation_id == esim.id
    later = {**row, "valid_from": "2999-01-01"}
    del later["metadata"]
    client.post("/corrections/who/", {**later, "sure": "yes"})
    assert correction_terms(esim.id).metadata
    assert CorrectionPolicy.objects.filter(organisation=esim).count() == 2


@pytest.mark.parametrize(
    ("language", "words"),
    [("fi", "Suomenkielinen palvelukuvaus"), ("sv", "Tjänstebeskrivningen på finska")],
)
def test_a_source_that_came_with_the_system_is_told_in_the_readers_language(
    language: str, words: str
) -> None:
    notes.allow()
    CorrectionPolicy.objects.exclude(organisation=None).update(source="100 % <sovittu> 1.1.2026")
    client = signed_in("archivist")
    content = said(client.get("/corrections/who/", headers={"Accept-Language": language}))
    assert words in content and "Service description in Finnish" not in content
    assert "100 % &lt;sovittu&gt; 1.1.2026" in content
