"""Retention in the portal: forecast, rules, holds, destruction by two persons (AR-9, NF-3)."""

from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from archive.errors import DatabaseGone
from archive.models import (
    Case,
    DestructionItem,
    DestructionList,
    Job,
    LedgerEvent,
    Patient,
    RetentionHold,
    RetentionRule,
    RetentionSurvey,
)
from archive.services import retention_survey
from archive.services.destruction_work import carry_out
from archive.values import now, today
from tests import builders, cast, retention
from tests.cast import MATTI, VENLA, dataset
from tests.portal.test_pages import signed_in

pytestmark = pytest.mark.django_db


def get(client: Client, address: str) -> str:
    return client.get(address, follow=True).content.decode()


def post(client: Client, address: str, data: dict[str, Any] | None = None) -> str:
    return client.post(address, data or {}, follow=True).content.decode()


def test_the_front_says_what_ends_when_and_what_keeps_everything() -> None:
    retention.ended()
    retention.survey()
    content = get(signed_in("support"), reverse("retention"))
    assert "Kanta’s content permanently for now" in content
    assert "<svg" in content and "ended already" in content
    assert "No study is known whose retention has ended" in content
    assert "Propose" not in content  # the desk looks only
    retention.nothing_is_for_ever()
    retention.survey()
    content = get(signed_in("archivist"), reverse("retention"))
    assert "The retention of 1 study has ended" in content
    assert reverse("destruction-propose") in content


def test_a_survey_that_was_given_up_says_so_and_goes_on_where_it_stood() -> None:
    RetentionSurvey.objects.all().delete()
    survey = retention_survey.begin("production")
    RetentionSurvey.objects.update(after=builders.study().id, studies=7)
    client = signed_in("archivist")
    assert "a survey is under way" in get(client, reverse("retention"))
    (job,) = Job.objects.filter(kind="retention_survey")
    retention_survey.give_up(survey.id, job.id, DatabaseGone())
    Job.objects.filter(id=job.id).update(state="dead", ended_at=now())
    content = get(client, reverse("retention"))
    assert "a survey stands" in content and "under way" not in content
    assert reverse("case", args=[Case.objects.get().id]) in content
    assert "goes on where it stood" in post(client, reverse("retention-survey"), {"on": "1"})
    survey.refresh_from_db()
    assert survey.studies == 7 and "a survey is under way" in get(client, reverse("retention"))
    post(client, reverse("retention-survey"))
    survey.refresh_from_db()
    assert (survey.studies, survey.after) == (0, None)
    while retention_survey.walk(survey.id):
        assert Case.objects.get().state == "open"
    assert Case.objects.get().state == "resolved"


def test_a_rule_is_added_and_closed_after_its_preview() -> None:
    client = signed_in("archivist")
    given = {
        "name_fi": "hammas",
        "name_sv": "tand",
        "name_en": "dental",
        "basis": "study",
        "years": "10",
        "content_types": ["intra_oral"],
        "priority": "30",
        "valid_from": today().isoformat(),
        "source": "Act 1 § 2",
        "reason": "decision 7",
    }
    kept = RetentionRule.objects.count()
    assert "Intra-oral</option>" in get(client, reverse("retention-rule-change"))
    content = post(client, reverse("retention-rule-change"), given)
    assert "10 years from the study" in content and RetentionRule.objects.count() == kept
    assert "intra-oral" in content
    content = post(client, reverse("retention-rule-change"), {**given, "sure": "yes", "back": "1"})
    assert 'value="Act 1 § 2"' in content and RetentionRule.objects.count() == kept
    content = post(client, reverse("retention-rule-change"), {**given, "sure": "yes"})
    row = RetentionRule.objects.get(name_en="dental")
    assert "dental" in content and "not yet read in its source" in content
    ended = {"last_day": today().isoformat(), "reason": "a mistake"}
    assert "keeps nothing" in post(client, reverse("retention-rule-close", args=[row.id]), ended)
    post(client, reverse("retention-rule-close", args=[row.id]), {**ended, "sure": "yes"})
    row.refresh_from_db()
    assert row.valid_until == today()
    wrong = post(client, reverse("retention-rule-change"), {**given, "basis": ""})
    assert "A period has an event and years" in wrong


def test_holds_are_placed_and_released_and_the_study_says_so() -> None:
    study = cast.store(dataset(), dataset())
    cast.store(dataset(StudyInstanceUID="1.2.246.10.90000003.7", SeriesInstanceUID="1.2.3.7",
                       AccessionNumber="A7"))  # fmt: skip
    client = signed_in("archivist")
    asked = {"code": MATTI, "reason": "court case 4"}
    content = post(client, reverse("retention-hold-change"), asked)
    assert "The patient has 2 studies today, with 3 objects." in content
    assert not RetentionHold.objects.exists()
    back = post(client, reverse("retention-hold-change"), {**asked, "back": "1"})
    assert 'value="court case 4"' in back
    post(client, reverse("retention-hold-change"), {**asked, "sure": "yes"})
    hold = RetentionHold.objects.get()
    assert hold.patient_id == study.patient_id
    assert LedgerEvent.objects.filter(kind="patient.searched").count() == 1
    unknown = {"code": VENLA, "reason": "court case 4"}
    assert "The archive has nothing under this code" in post(
        client, reverse("retention-hold-change"), unknown
    )
    place = reverse("retention-hold-study", args=[study.id])
    assert f'href="{reverse("study", args=[study.id])}">Go back' in get(client, place)
    until = (today() - timedelta(days=1)).isoformat()
    for sure in ({}, {"sure": "yes"}):  # the preview does not promise what is then refused
        refused = post(client, place, {"reason": "complaint 5", "until": until, **sure})
        assert "Today at the earliest." in refused and "What will happen" not in refused
    content = post(client, place, {"reason": "complaint 5"})
    assert "The study has 2 objects today." in content
    post(client, place, {"reason": "complaint 5", "sure": "yes"})
    content = post(client, reverse("study-reason", args=[study.id]), {"reason": "case 1"})
    for words in ("court case 4", "complaint 5", "For ever:"):
        assert words in content
    content = get(client, reverse("retention-holds"))
    assert "2 retention holds" in content and MATTI not in content
    content = get(client, reverse("retention-hold-release", args=[hold.id]))
    assert "010181-•••" in content and "all studies" in content and MATTI not in content
    assert "may then be proposed for destruction" in content
    of_study = RetentionHold.objects.exclude(study=None).get()
    content = get(client, reverse("retention-hold-release", args=[of_study.id]))
    assert "AA1AD Pään TT, 20 Nov 2026, A1" in content and "complaint 5" in content
    released = {"reason": "judged"}
    assert "is released" in post(
        client, reverse("retention-hold-release", args=[hold.id]), released
    )
    assert RetentionHold.objects.filter(released_at=None).count() == 1


def test_a_hold_from_a_second_tab_is_told_who_was_before() -> None:
    study = cast.store(dataset())
    of_study = (reverse("retention-hold-study", args=[study.id]), {"reason": "complaint 5"})
    of_patient = (reverse("retention-hold-change"), {"code": MATTI, "reason": "court case 4"})
    for place, asked in (of_study, of_patient):
        post(signed_in("admin"), place, {**asked, "sure": "yes"})
        placed_by = RetentionHold.objects.latest("placed_at").placed_by
        for sure in ({}, {"sure": "yes"}):
            told = post(signed_in("archivist"), place, {**asked, **sure})
            assert f"{placed_by} placed a hold for the same reason" in unescape(told)
            assert "What will happen" not in told
    assert RetentionHold.objects.count() == 2


def test_a_hold_on_a_patient_ends_today_at_the_earliest() -> None:
    asked = {"code": MATTI, "reason": "court case 4", "until": "2020-01-01"}
    refused = post(signed_in("archivist"), reverse("retention-hold-change"), asked)
    assert "Today at the earliest." in refused and "What will happen" not in refused
    assert not LedgerEvent.objects.filter(kind="patient.searched").exists()


@pytest.mark.parametrize(
    ("place", "more"),
    [("retention-death", {"day": "1970-01-01"})],
)
def test_a_deed_that_is_refused_is_a_search_in_the_log(place: str, more: dict[str, str]) -> None:
    """Its words tell whether anything is kept of somebody."""
    study = cast.store(dataset())
    client = signed_in("archivist")
    asked = {"reason": "court case 4", "sure": "yes", **more}
    assert "does not fit" in post(client, reverse(place), {**asked, "code": MATTI})
    assert "nothing under this code" in post(client, reverse(place), {**asked, "code": VENLA})
    searches = LedgerEvent.objects.filter(kind="patient.searched").order_by("at")
    assert [each.patient_id for each in searches] == [study.patient_id, None]


@pytest.mark.usefixtures("own_vault")
def test_a_destruction_goes_by_two_persons_and_ends_in_a_certificate() -> None:
    retention.nothing_is_for_ever()
    study = retention.ended()
    retention.survey()
    one, other = signed_in("archivist"), signed_in("admin")
    given = {"ended_by": today().isoformat(), "reason": "yearly destruction"}
    assert "What the list would hold" in post(one, reverse("destruction-propose"), given)
    back = post(one, reverse("destruction-propose"), {**given, "sure": "yes", "back": "1"})
    assert 'value="yearly destruction"' in back
    assert not DestructionList.objects.exists()
    content = post(one, reverse("destruction-propose"), {**given, "sure": "yes"})
    made = DestructionList.objects.get()
    assert "another archivist approves it" in content
    content = get(other, reverse("destruction", args=[made.id]))
    assert "<dd>20 Nov 2026</dd>" in content  # the one study's day, in the facts
    assert '<td data-label="Study date">20 Nov 2026</td>' in content
    approve = reverse("destruction-act", args=[made.id])
    assert "cannot grant it" in post(one, approve)
    assert "being carried out" in post(other, approve)
    stop = reverse("destruction-move", args=[made.id, "stop"])
    assert "is required" in post(one, stop)
    assert "Carry the list on" in post(one, stop, {"reason": "a doubt"})
    stopped = get(other, reverse("destruction", args=[made.id]))
    assert "What was decided" in stopped and "a doubt" in stopped  # by whom it is to be carried on
    post(one, reverse("destruction-move", args=[made.id, "resume"]), {"reason": "none"})
    while carry_out(made.id):
        pass
    made.refresh_from_db()
    content = get(one, reverse("destruction", args=[made.id]))
    assert "1 of 1 study decided: 1 destroyed" in content and "unchanged" in content
    answer = one.get(reverse("destruction-certificate", args=[made.id]))
    assert answer.headers["Content-Type"] == "application/pdf"
    pdf = answer.content
    assert pdf.startswith(b"%PDF") and made.sha256.encode() in pdf
    item = DestructionItem.objects.select_related("rule").get()
    for told in (item.controller_oid, item.rule.name_en, "retention ended", "2 objects"):
        assert told.encode() in pdf  # in whose register, and by what it was destroyed
    assert MATTI.encode() not in pdf
    content = post(one, reverse("study-reason", args=[study.id]), {"reason": "case 1"})
    assert "Withdrawn for good by destruction list" in content
    assert "it was destroyed" in content and "Place a hold" not in content
    assert "Reject objects" not in content
    for page in (
        f"{reverse('correction-new')}?study={study.id}",
        reverse("study-reject", args=[study.id]),
    ):
        assert one.get(page).status_code == 409
    DestructionList.objects.update(certificate="{}")
    assert "changed since it was signed" in get(one, reverse("destruction", args=[made.id]))


def test_a_day_of_death_says_what_follows_before_it_is_recorded() -> None:
    retention.nothing_is_for_ever()
    retention.ended()
    Patient.objects.update(death_date=None)
    client, place = signed_in("archivist"), reverse("retention-death")
    asked = {"code": MATTI, "day": "2001-03-04", "reason": "population register"}
    content = post(client, place, asked)
    assert "The patient has 1 study today, with 2 objects." in content
    assert "retention of 1 study is then over" in content
    assert "1 study is of a later day than this death" in content
    assert not Patient.objects.exclude(death_date=None).exists()
    assert LedgerEvent.objects.filter(kind="patient.searched").count() == 1
    lived = post(client, place, {**asked, "day": today().isoformat()})
    assert "retention of 0 studies is then over" in lived and "later day" not in lived
    assert "nothing under this code" in post(client, place, {**asked, "code": VENLA})
    assert "does not fit" in post(client, place, {**asked, "day": "1970-01-01"})
    assert 'value="population register"' in post(client, place, {**asked, "back": "1"})
    assert "is recorded" in post(client, place, {**asked, "sure": "yes"})
    assert Patient.objects.get(identifier=MATTI).death_date == retention.DIED
    assert "not known to have died" in post(client, place, {**asked, "day": ""})


def test_nothing_to_propose_says_why() -> None:
    retention.nothing_is_for_ever()
    study = retention.ended()
    retention.survey()
    client = signed_in("archivist")
    place = reverse("retention-hold-study", args=[study.id])
    post(client, place, {"reason": "court case", "sure": "yes"})
    assert "No study is known whose retention has ended" in get(client, reverse("retention"))
    given = {"ended_by": today().isoformat(), "reason": "yearly destruction"}
    content = post(client, reverse("destruction-propose"), given)
    assert "No study fits" in content and "a retention hold is in force: 1" in content
