"""Rejecting and revoking on the pages, by those who may (AR-7)."""

from typing import Any

import pytest
from django.test import Client

from archive.models import (
    Instance,
    RejectedObject,
    Rejection,
    Study,
)
from tests import cast, notes
from tests.cast import dataset
from tests.portal.test_corrections import MEND, corrector, said
from tests.portal.test_pages import signed_in
from tests.portal.test_study import address

pytestmark = pytest.mark.django_db


def rejecting(client: Client, study: Study, **fields: Any) -> Any:
    return client.post(
        address(study, "reject/"), {"title": notes.SAFETY, "reason": "wrong patient", **fields}
    )


def test_rejecting_says_how_many_before_it_does() -> None:
    first, second = dataset(), dataset()
    study = cast.store(first, second)
    one = Instance.objects.get(sop_instance_uid=first.SOPInstanceUID)
    client = corrector(study)
    assert "Choose the study, a series or objects" in said(rejecting(client, study))
    asked = said(rejecting(client, study, object=str(one.id)))
    assert "Reject 1 object?" in asked and "whole study" not in asked
    assert "1 object of the study stays shown" in asked
    assert not Rejection.objects.exists()
    rejecting(client, study, object=str(one.id), confirm="1")
    one.refresh_from_db()
    assert one.rejection == notes.SAFETY
    content = said(client.get(address(study)))
    assert "1 object rejected by" in content and "rejected for patient safety reasons" in content


def test_with_nothing_chosen_and_no_reason_both_are_told() -> None:
    study = cast.store(dataset())
    client = corrector(study)
    answer = client.post(address(study, "reject/"), {"title": notes.SAFETY, "reason": ""})
    page = said(answer)
    assert answer.status_code == 422
    assert "Choose the study, a series or objects" in page
    assert 'href="#id_reason">' in page and "Series 1, CT" in " ".join(page.split())
    page = said(client.post(address(study, "reject/"), {"reason": "", "all": "1"}))
    assert "Choose the study, a series or objects" not in page and 'href="#id_reason">' in page


def test_a_series_and_a_whole_study() -> None:
    study = cast.store(dataset(), dataset(SeriesInstanceUID="1.2.246.10.90000003.1.2"))
    client = corrector(study)
    series = Instance.objects.values_list("series_id", flat=True)[0]
    assert "Reject 1 object?" in said(rejecting(client, study, series=str(series)))
    whole = said(rejecting(client, study, all="1"))
    assert "Reject 2 objects?" in whole and "That is the whole study" in whole
    rejecting(client, study, all="1", confirm="1")
    assert not Instance.objects.available().exists()


def test_what_is_rejected_for_quality_goes_with_the_whole_only_for_a_stricter_reason() -> None:
    study = cast.store(dataset(), dataset(), dataset())
    client = corrector(study)
    one = str(Instance.objects.values_list("id", flat=True)[0])
    blurred = {"title": notes.QUALITY, "confirm": "1"}
    rejecting(client, study, object=one, **blurred)
    assert "is rejected already" in said(rejecting(client, study, object=one, **blurred))
    asked = said(rejecting(client, study, all="1", title=notes.QUALITY))
    assert "Reject 2 objects?" in asked and "That is the whole study" in asked
    assert "Reject 3 objects?" in said(rejecting(client, study, all="1"))
    rejecting(client, study, all="1", **blurred)
    assert RejectedObject.objects.filter(ended_at=None).count() == 3


def test_anothers_objects_are_not_rejected_with_it() -> None:
    study = cast.store(dataset())
    other = cast.store(dataset(StudyInstanceUID="1.2.9", SeriesInstanceUID="1.2.9.1"))
    strange = Instance.objects.get(study=other)
    client = corrector(study)
    answer = rejecting(client, study, object=str(strange.id), confirm="1")
    assert "Choose the study, a series or objects" in said(answer)
    assert client.post(address(study, "reject/"), {**MEND, "object": "x"}).status_code in (200, 400)
    assert not Rejection.objects.exists()


def test_a_rejection_is_revoked_in_part_and_whole() -> None:
    study = cast.store(dataset(), dataset(), dataset())
    client = corrector(study)
    rejecting(client, study, all="1", confirm="1")
    made = Rejection.objects.get()
    page = f"/rejections/{made.id}/"
    one = RejectedObject.objects.order_by("id")[0]
    content = said(client.get(page))
    assert "wrong patient" in content and content.count('name="object"') == 3
    assert "Choose objects" in said(client.post(f"{page}revoke/", {"reason": "a slip"}))
    answer = client.post(f"{page}revoke/", {"reason": "a slip", "object": str(one.id)}, follow=True)
    assert "1 object is shown again" in said(answer)
    answer = client.post(f"{page}revoke/", {"reason": "a slip", "all": "1"}, follow=True)
    assert "2 objects are shown again" in said(answer)
    assert Instance.objects.available().count() == 3
    assert "revoke/" not in said(client.get(page))


def test_the_list_of_rejections_has_those_whose_objects_have_not_come() -> None:
    notes.send(notes.note(notes.SAFETY, dataset()))
    content = said(signed_in("support").get("/corrections/?what=rejections"))
    assert "Rejected for patient safety reasons" in content and "has not come yet" in content
    page = f"/rejections/{Rejection.objects.get().id}/"
    assert "has not come yet" in said(signed_in("archivist").get(page))
