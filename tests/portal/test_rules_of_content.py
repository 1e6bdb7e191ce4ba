"""The pages of content policy and study codes: previewed, then done, by administrators only."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import translation

from archive.models import CodeImport, ContentPolicy, LedgerEvent, StudyCodeEntry
from archive.services import content_policies as content_services
from archive.services.content_policies import Version
from archive.values import today
from portal.formats import day_text
from portal.forms.content_policies import VersionForm
from tests import persons
from tests.cast import CT
from tests.portal.test_pages import signed_in

pytestmark = pytest.mark.django_db

PHOTO = {
    "name_fi": "valokuva",
    "name_sv": "fotografi",
    "name_en": "photograph",
    "sop_classes": "VL Photographic Image Storage",
    "modalities": "xc",
    "allowed_from": "",
    "source": "Decree 12/2026",
    "reason": "Asetus 12/2026",
}


def test_a_version_is_shown_in_words_before_it_is_made_and_told_after() -> None:
    client = signed_in("admin")
    address = reverse("policy-version", args=["visible_light"])
    filled = {**PHOTO, "allowed_from": today().isoformat()}
    shown = client.post(address, filled).content.decode()
    assert "VL Photographic Image" in shown and "is taken away" in shown
    assert ContentPolicy.objects.get(content_type="visible_light").sop_classes == []
    done = client.post(address, {**filled, "sure": "yes"}, follow=True).content.decode()
    assert "Asetus 12/2026" in done
    assert ContentPolicy.objects.get(content_type="visible_light").modalities == ["XC"]
    refused = client.post(address, {**filled, "sop_classes": "no such class"})
    assert refused.status_code == 422 and "no such class" in refused.content.decode()


def test_the_end_tells_of_the_version_that_was_to_begin_the_day_after() -> None:
    client, tomorrow = signed_in("admin"), today() + timedelta(days=1)
    content_services.begin(
        persons.staff("admin"),
        Version("ct", "tt", "dt", "CT", (CT,), (), True, tomorrow, "Decree 12/2026"),
        reason="Asetus 12/2026",
    )
    given = {"last_day": today().isoformat(), "reason": "Asetus 13/2026"}
    shown = client.post(reverse("policy-end", args=["ct"]), given).content.decode()
    assert f"begin on {day_text(tomorrow)} is taken away" in shown
    early = client.post(reverse("policy-end", args=["visible_light"]), given)
    assert early.status_code == 422 and "nothing is archived on it" in early.content.decode()


@pytest.mark.parametrize("language", ["fi", "sv", "en"])
def test_sources_stand_in_the_form_in_the_readers_language_and_are_kept_as_they_were(
    language: str,
) -> None:
    for row in ContentPolicy.objects.exclude(contradiction=""):
        with translation.override(language):
            shown = VersionForm(None, row).initial
            assert (shown["source"] == row.source) is (language == "en")
            asked = {**shown, "reason": "Decree 12/2026", "allowed_from": today().isoformat()}
            asked = {name: value for name, value in asked.items() if value is not None}
            form = VersionForm(asked, row)
            assert form.is_valid(), form.errors
            version = form.version()
            assert (version.source, version.contradiction) == (row.source, row.contradiction)
            other = VersionForm({**asked, "source": "Asetus 12/2026", "contradiction": ""}, row)
            assert other.is_valid()
            assert (other.version().source, other.version().contradiction) == ("Asetus 12/2026", "")


def test_rules_of_retention_tell_their_sources_in_the_readers_language() -> None:
    client = signed_in("archivist")
    for name in ("retention-rules", "retention"):
        page = client.get(reverse(name), headers={"Accept-Language": "fi"}).content.decode()
        assert "päätöstä ei ole luettu" in page and "decision not read" not in page


def test_the_list_says_where_the_sources_differ_and_only_administrators_change_it() -> None:
    page = signed_in("support").get(reverse("policies")).content.decode()
    assert "at odds with the other contents" in page and "Add a content type" not in page
    assert signed_in("archivist").get(reverse("policy-add")).status_code == 403
    assert signed_in("esim").get(reverse("policies")).status_code == 404


def test_a_list_of_codes_is_shown_then_applied() -> None:
    client = signed_in("admin")
    text = (
        "code;system_oid;name_fi;valid_from;valid_until\n"
        "ZX9ZX;1.2.246.537.6.4;Uusi tutkimus;1.1.2026;\n"
        "AA1AD;1.2.246.537.6.4;Pään TT;1.1.2000;31.12.2026\n"
    )
    file = SimpleUploadedFile("koodit.csv", text.encode())
    shown = client.post(reverse("codes-import"), {"file": file}, follow=True)
    page = shown.content.decode()
    assert "ZX9ZX" in page and "1 new, 1 closed" in page
    assert not StudyCodeEntry.objects.filter(code="ZX9ZX").exists()
    held = CodeImport.objects.get()
    given = {"shown": shown.context["form"]["shown"].value(), "reason": "THL 1/2026"}
    address = reverse("codes-preview", args=[held.id])
    done = client.post(address, given, follow=True).content.decode()
    assert "Applied: 1 new, 1 closed." in done
    assert "applied already" in client.post(address, given, follow=True).content.decode()
    assert StudyCodeEntry.objects.filter(code="ZX9ZX").exists()
    assert "ZX9ZX,1.2.246.537.6.4,Uusi tutkimus,2026-01-01" in exported(client.get)
    recorded = LedgerEvent.objects.filter(kind="list.exported").latest("at")
    assert recorded.facts["listing"] == "codes" and recorded.actor_name


def exported(get: object) -> str:
    answer = get(reverse("codes-csv"))  # type: ignore[operator]
    return b"".join(answer.streaming_content).decode()


def test_a_faulty_list_names_its_lines_and_offers_nothing_to_apply() -> None:
    client = signed_in("admin")
    text = "code,system_oid,name_fi,valid_from\nx,1.2.246.537.6.4,Nimi,2026-01-01\n"
    file = SimpleUploadedFile("koodit.csv", text.encode())
    page = client.post(reverse("codes-import"), {"file": file}, follow=True).content.decode()
    assert "two letters and three letters or digits" in page and "Apply the list?" not in page
    assert f'href="{reverse("codes-import")}"' in page  # to try again
    for content, said in (
        (b"\xff\xfe", "The file is not in UTF-8."),
        (b"code;name_fi\n", "The list lacks the columns system_oid, valid_from. It has: code, "),
    ):
        file = SimpleUploadedFile("kuva.csv", content)
        answer = client.post(reverse("codes-import"), {"file": file})
        assert answer.status_code == 422 and said in answer.content.decode()
