"""No page is blank: cause, what to do and where to go, in three languages."""

import pytest
from django.db import OperationalError
from django.test import Client, RequestFactory
from django.utils import translation

from archive import errors as archive_errors
from portal.views import errors

LANGUAGES = ("fi", "sv", "en")


@pytest.mark.parametrize("language", LANGUAGES)
def test_500_needs_no_database(language: str) -> None:
    # No database mark: a query would fail the test.
    request = RequestFactory().get("/")
    with translation.override(language):
        answer = errors.broken(request)
    page = answer.content.decode()
    assert answer.status_code == 500
    assert f'<html lang="{language}"' in page
    assert "<h1>" in page and 'href="/"' in page


def test_a_database_that_is_gone_is_said_to_be_gone() -> None:
    try:
        raise OperationalError("connection refused")
    except OperationalError:
        answer = errors.broken(RequestFactory().get("/"))
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (archive_errors.DatasetUnreadable, 400),
        (archive_errors.InstanceUnknown, 404),
        (archive_errors.OtherContent, 409),
        (archive_errors.OtherRegister, 403),
        (archive_errors.DatabaseGone, 503),
    ],
)
@pytest.mark.django_db
def test_an_error_of_the_engine_becomes_its_page(
    error: type[archive_errors.ArchiveError], status: int
) -> None:
    middleware = errors.Answers(lambda request: errors.bad_request(request))
    answer = middleware.process_exception(framed_request(), error())
    assert answer is not None and answer.status_code == status


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.django_db
def test_404_says_what_to_do(language: str) -> None:
    answer = Client(headers={"Accept-Language": language}).get("/no/such/page")
    page = answer.content.decode()
    assert answer.status_code == 404
    assert f'<html lang="{language}"' in page and 'href="/"' in page


@pytest.mark.django_db
def test_a_stale_form_is_explained() -> None:
    client = Client(enforce_csrf_checks=True, headers={"Accept-Language": "en"})
    answer = client.post("/accounts/login/", {"login": "x", "password": "y"})
    page = answer.content.decode()
    assert answer.status_code == 403
    assert "longer than your session" in page and "You may not do this" not in page
    came_from = "http://testserver/studies/patient/?list=x"
    answer = client.post("/studies/patient/", headers={"Referer": came_from})
    assert 'href="/studies/patient/?list=x">Load the page again' in answer.content.decode()
    answer = client.post("/studies/patient/", headers={"Referer": "https://elsewhere.invalid/x"})
    assert "elsewhere" not in answer.content.decode()


@pytest.mark.django_db
def test_too_many_tries_says_how_long() -> None:
    answer = errors.too_many(framed_request(), wait_seconds=120)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "120")


def framed_request() -> object:
    return Client().get("/accounts/login/").wsgi_request
