"""Registering: page by page, saved and resumed, joined and not doubled, sent once (ON-1)."""

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.utils.http import urlencode

from archive.models import Membership, Organisation, Register, Role
from onboarding.models import AccessRequest, Contact, Joining
from tests import post_office
from tests.portal.public.applicants import (
    CONTACT,
    NEW,
    PAGES,
    begin,
    browser,
    fill_in,
    mails,
    sign_in,
    user,
    verified,
)

pytestmark = pytest.mark.django_db

EMAIL, OTHER = "aino@example.invalid", "otto@example.invalid"
LANGUAGES = ("fi", "sv", "en")
OID = "1.2.246.10.2048198.10.0"


def text(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, (path, answer.status_code)
    return answer.content.decode()


def joining(business_id: str = NEW) -> Joining:
    return Joining.objects.select_related("organisation").get(organisation__business_id=business_id)


@pytest.fixture
def aino() -> Client:
    return verified(EMAIL)


# --- the whole way --------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_from_the_first_page_to_a_sent_registration(language: str) -> None:
    client = verified(EMAIL, browser(language))
    assert f'<html lang="{language}"' in text(client, "/join/business-id/")
    base = begin(client, name_sv="Nytt Ab", name_en="New Ltd")
    for key, _told in PAGES:
        assert f'<html lang="{language}"' in text(client, f"{base}{key}/")
    assert fill_in(client, base) == f"{base}check/"
    page = text(client, f"{base}check/")
    assert all(each in page for each in (NEW, OID, "Nytt Ab", "Aino Avain", "Dina Dataskydd"))
    assert client.post(f"{base}check/").headers["Location"] == "/join/status/"
    row = joining()
    assert row.state == "submitted"
    assert (row.roles, row.content_types, row.services_used) == (
        ["produces", "uses"],
        ["ct", "mr"],
        ["patient_data"],
    )
    assert {each.kind: each.name for each in row.organisation.contacts.all()} == {
        "administrative": "Aino Avain",
        "technical": "Taru Tekniikka",
        "data_protection": "Dina Dataskydd",
    }
    assert row.organisation.oid == OID
    assert Register.objects.get(organisation=row.organisation).type == "3"
    assert Membership.objects.get(user=user(EMAIL)).role == Role.CUSTOMER_ADMIN
    assert f'<html lang="{language}"' in text(client, "/join/status/")


def test_the_organisation_oid_is_derived_and_shown(aino: Client) -> None:
    aino.post("/join/business-id/", {"business_id": NEW})
    page = text(aino, "/join/sector/")
    assert OID in page and "1.2.246.10.2048198.19.0" in page


def test_one_thing_is_asked_a_page(aino: Client) -> None:
    assert text(aino, "/join/business-id/").count('class="field') == 1
    base = begin(aino)
    for key in ("sector", "roles", "contents", "services"):
        assert text(aino, f"{base}{key}/").count("<fieldset") == 1


def test_it_goes_on_in_another_browser_where_it_was_left(aino: Client) -> None:
    base = begin(aino)
    fill_in(aino, base, dict(PAGES[:2]))
    second = sign_in(EMAIL)
    assert second.get("/join/").headers["Location"] == "/join/status/"
    page = text(second, "/join/status/")
    assert f'href="{base}services/"' in page and "5 of 10 pages" in page
    assert 'value="mr" id="content_types-6" checked' in text(second, f"{base}contents/")


def test_going_back_loses_nothing_and_returns_to_where_one_was(aino: Client) -> None:
    base = begin(aino)
    fill_in(aino, base)
    answer = aino.post(f"{base}names/", {"name_fi": "Uusi nimi Oy", "name_sv": "", "name_en": ""})
    assert answer.headers["Location"] == f"{base}check/"
    assert "Uusi nimi Oy" in text(aino, f"{base}check/")
    assert joining().content_types == ["ct", "mr"]


def test_a_contact_can_be_the_same_as_the_first(aino: Client) -> None:
    base = begin(aino)
    fill_in(aino, base, dict(PAGES[:4]))
    assert 'href="?same"' in text(aino, f"{base}contact-technical/")
    assert 'value="Aino Avain"' in text(aino, f"{base}contact-technical/?same")
    assert 'value="Aino Avain"' not in text(aino, f"{base}contact-technical/")


def test_the_sector_can_be_put_right_and_its_register_with_it(aino: Client) -> None:
    base = begin(aino)
    aino.post(f"{base}sector/", {"sector": "public"})
    assert Register.objects.get(organisation=joining().organisation).type == "2"


def test_answers_of_the_guide_are_there_already(aino: Client) -> None:
    answers = {"sector": "public", "system": "yes", "services": "produces", "content": ["mr"]}
    aino.get(f"/join/?{urlencode(answers, doseq=True)}")
    aino.post("/join/business-id/", {"business_id": NEW})
    assert 'value="public" id="sector-1" checked' in text(aino, "/join/sector/")
    base = begin(aino)
    assert 'value="produces" id="roles-1" checked' in text(aino, f"{base}roles/")
    assert 'value="mr" id="content_types-6" checked' in text(aino, f"{base}contents/")
    assert joining().roles == []  # suggested, not kept


def test_answers_of_the_guide_survive_the_signing_up() -> None:
    client = browser()
    client.get("/join/?sector=private&system=yes&services=none&content=ct")
    verified(EMAIL, client)
    client.post("/join/business-id/", {"business_id": NEW})
    assert 'value="private" id="sector-2" checked' in text(client, "/join/sector/")


# --- bad inputs -----------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "typed", ["", "0204819-7", "1234", "abcdefg-h", "0204819-8-1", "9999999-9", "٠٢٠٤٨١٩-٨"]
)
def test_a_wrong_business_id_is_said_at_the_field_and_in_the_summary(
    typed: str, language: str
) -> None:
    client = verified(EMAIL, browser(language))
    answer = client.post("/join/business-id/", {"business_id": typed})
    page = answer.content.decode()
    assert answer.status_code == 200
    assert 'href="#id_business_id"' in page and 'id="id_business_id_error"' in page
    assert f'<html lang="{language}"' in page
    assert client.get("/join/sector/").headers["Location"] == "/join/business-id/"


@pytest.mark.parametrize("typed", ["0204819-8", "02048198", " 0204819–8 ", "204819-8", "2048198"])
def test_a_business_id_is_taken_as_people_write_it(aino: Client, typed: str) -> None:
    assert aino.post("/join/business-id/", {"business_id": typed}).status_code == 302
    assert NEW in text(aino, "/join/sector/")


def test_the_business_id_of_the_service_itself_is_refused(aino: Client) -> None:
    operator = Organisation.objects.get(is_operator=True)
    answer = aino.post("/join/business-id/", {"business_id": operator.business_id})
    assert "of the service itself" in answer.content.decode()


BAD: tuple[tuple[str, dict[str, Any], str], ...] = (
    ("names", {"name_fi": "", "name_sv": "", "name_en": ""}, "id_name_fi"),
    ("names", {"name_fi": "x" * 201}, "id_name_fi"),
    ("names", {"name_fi": "Matti 010181-900C"}, "id_name_fi"),
    ("sector", {}, "sector-1"),
    ("sector", {"sector": "church"}, "sector-1"),
    ("roles", {}, "roles-1"),
    ("roles", {"roles": ["produces", "burns"]}, "roles-1"),
    ("contents", {}, "content_types-1"),
    ("contents", {"content_types": ["ct", "none"]}, "content_types-1"),
    ("contents", {"content_types": ["visible_light"]}, "content_types-1"),
    ("services", {"services_used": ["gossip"]}, "services_used-1"),
    ("contact-technical", {**CONTACT, "email": "nowhere"}, "id_email"),
    ("contact-technical", {**CONTACT, "name": ""}, "id_name"),
    ("contact-technical", {**CONTACT, "phone": "call me"}, "id_phone"),
    ("contact-technical", {**CONTACT, "language": "tlh"}, "id_language"),
    ("contact-technical", {**CONTACT, "name": "Aino\x00"}, "id_name"),
)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("key", "told", "field"), BAD)
def test_bad_input_is_said_at_its_field_and_nothing_is_kept(
    key: str, told: dict[str, Any], field: str, language: str
) -> None:
    client = verified(EMAIL, browser(language))
    base = begin(client)
    before = Joining.objects.values().get(id=joining().id)
    answer = client.post(f"{base}{key}/", told)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert f'href="#{field}"' in page and 'class="wrong' in page
    assert f'id="{field}"' in page
    assert Joining.objects.values().get(id=joining().id) == before
    assert not Contact.objects.filter(organisation=joining().organisation).exists()
    assert joining().organisation.name_fi == "Uusi Oy"


def test_what_was_typed_stays_after_an_error(aino: Client) -> None:
    base = begin(aino)
    answer = aino.post(f"{base}contact-technical/", {**CONTACT, "email": "nowhere"})
    page = answer.content.decode()
    assert 'value="Aino Avain"' in page and 'value="nowhere"' in page


def test_a_registration_that_is_not_full_is_not_sent(aino: Client) -> None:
    base = begin(aino)
    fill_in(aino, base, dict(PAGES[:4]))
    answer = aino.post(f"{base}check/")
    page = answer.content.decode()
    assert answer.status_code == 200
    assert f'href="{base}contact-technical/"' in page
    assert joining().state == "draft"


def test_without_a_verified_address_nothing_is_sent() -> None:
    made = get_user_model().objects.create_user("sly", email=OTHER)
    client = browser()
    client.force_login(made, backend="django.contrib.auth.backends.ModelBackend")
    base = begin(client)
    fill_in(client, base)
    answer = client.post(f"{base}check/")
    assert "not confirmed" in answer.content.decode()
    assert joining().state == "draft"


# --- two at once ----------------------------------------------------------------------------------


def seen_in(page: str) -> str:
    start = page.index('name="seen" value="') + len('name="seen" value="')
    return page[start : start + 16]


def test_of_two_windows_the_last_saved_wins_and_says_so(aino: Client) -> None:
    base = begin(aino)
    second = sign_in(EMAIL)
    first_seen, second_seen = (seen_in(text(client, f"{base}roles/")) for client in (aino, second))
    aino.post(f"{base}roles/", {"roles": ["reports"], "seen": first_seen})
    answer = second.post(f"{base}roles/", {"roles": ["uses"], "seen": second_seen}, follow=True)
    page = answer.content.decode()
    assert "had been changed meanwhile" in page and "Reports on images" in page
    assert joining().roles == ["uses"]


def test_one_window_after_the_other_says_nothing(aino: Client) -> None:
    base = begin(aino)
    for _ in range(2):
        seen = seen_in(text(aino, f"{base}roles/"))
        answer = aino.post(f"{base}roles/", {"roles": ["uses"], "seen": seen}, follow=True)
        assert "had been changed meanwhile" not in answer.content.decode()


def test_what_changed_while_one_looked_is_looked_at_again(aino: Client) -> None:
    base = begin(aino)
    fill_in(aino, base)
    seen = seen_in(text(aino, f"{base}check/"))
    sign_in(EMAIL).post(f"{base}roles/", {"roles": ["reports"]})
    answer = aino.post(f"{base}check/", {"seen": seen})
    assert "Check it again" in answer.content.decode() and joining().state == "draft"
    seen = seen_in(answer.content.decode())
    assert aino.post(f"{base}check/", {"seen": seen}).status_code == 302
    assert joining().state == "submitted"


def test_it_is_sent_once_and_then_closed(aino: Client) -> None:
    base = begin(aino)
    fill_in(aino, base)
    late = sign_in(EMAIL)
    aino.post(f"{base}check/")
    assert late.post(f"{base}check/").headers["Location"] == "/join/status/"
    answer = late.post(f"{base}roles/", {"roles": ["reports"]}, follow=True)
    assert "was sent already" in answer.content.decode()
    assert joining().roles == ["produces", "uses"]
    assert joining().transitions.count() == 1


def test_two_people_registering_one_organisation_make_one(aino: Client) -> None:
    otto = verified(OTHER)
    for client in (aino, otto):
        client.post("/join/business-id/", {"business_id": NEW})
        client.post("/join/sector/", {"sector": "private"})
    names = {"name_fi": "Uusi Oy", "name_sv": "", "name_en": ""}
    aino.post("/join/names/", names)
    answer = otto.post("/join/names/", {**names, "name_fi": "Vieras nimi"}, follow=True)
    assert answer.redirect_chain[-1][0] == "/join/status/"
    assert "was faster" in answer.content.decode()
    assert Organisation.objects.filter(business_id=NEW).count() == 1
    assert joining().organisation.name_fi == "Uusi Oy"
    assert AccessRequest.objects.get().user == user(OTHER)


# --- here already ---------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_organisation_that_is_here_is_joined_and_not_doubled(language: str) -> None:
    client = verified(EMAIL, browser(language))
    answer = client.post("/join/business-id/", {"business_id": "9000000-3"})
    assert answer.headers["Location"] == "/join/known/"
    page = text(client, "/join/known/")
    assert f'<html lang="{language}"' in page
    assert "9000000-3" in page and "Esimerkkil" not in page
    assert not AccessRequest.objects.exists()
    client.post("/join/known/")
    client.post("/join/known/")
    assert AccessRequest.objects.get().organisation.business_id == "9000000-3"
    assert Organisation.objects.filter(business_id="9000000-3").count() == 1
    assert not Membership.objects.filter(user=user(EMAIL)).exists()
    assert "9000000-3" in text(client, "/join/status/")


def test_who_waits_sees_nothing_of_the_organisation(aino: Client) -> None:
    aino.post("/join/business-id/", {"business_id": "9000000-3"})
    aino.post("/join/known/")
    there = Organisation.objects.get(business_id="9000000-3")
    assert aino.get(f"/organisations/{there.id}/").status_code == 404
    for key in ("roles", "check", "contact-technical"):
        assert aino.get(f"/join/{there.id}/{key}/").status_code == 404
        assert aino.post(f"/join/{there.id}/{key}/", {"roles": ["uses"]}).status_code == 404
    assert "Esimerkkil" not in text(aino, "/join/status/")


def test_ones_own_registration_is_gone_on_with(aino: Client) -> None:
    begin(aino)
    answer = aino.post("/join/business-id/", {"business_id": NEW})
    assert answer.headers["Location"] == "/join/status/"
    assert not AccessRequest.objects.exists()


def test_a_strangers_registration_is_not_there(aino: Client) -> None:
    base = begin(aino)
    otto = verified(OTHER)
    for key in ("roles", "check"):
        assert otto.get(f"{base}{key}/").status_code == 404
        assert otto.post(f"{base}{key}/", {"roles": ["uses"]}).status_code == 404


@pytest.mark.parametrize(
    "path", ["/join/status/", "/join/business-id/", "/join/known/", "/join/sector/"]
)
def test_without_signing_in_there_is_no_registration(path: str) -> None:
    assert browser().get(path).headers["Location"].startswith("/accounts/login/?next=")


def test_steps_out_of_order_lead_to_the_first(aino: Client) -> None:
    for path in ("/join/sector/", "/join/names/", "/join/known/"):
        assert aino.get(path).headers["Location"] == "/join/business-id/"
    aino.post("/join/business-id/", {"business_id": NEW})
    assert aino.get("/join/names/").headers["Location"] == "/join/business-id/"


def test_posts_without_end_are_too_many(aino: Client) -> None:
    statuses = {
        aino.post("/join/business-id/", {"business_id": "nonsense"}).status_code for _ in range(61)
    }
    assert statuses == {200, 429}


def test_sending_it_is_told_by_mail(aino: Client) -> None:
    base = begin(aino)
    fill_in(aino, base)
    aino.post(f"{base}check/")
    post_office.deliver()
    assert "Uusi Oy" in mails()[-1] and "aino@example.invalid" in mails()[-1]
