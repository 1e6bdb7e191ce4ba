"""HEAD is answered as GET is, without a body, and nothing counts as given (RFC 9110 9.3.2)."""

import pytest

from archive.models import LedgerEvent
from tests.cast import MALLILA
from tests.edges.dicomweb import web
from tests.edges.dicomweb.test_retrieving import DICOM, STUDY, path, stored

pytestmark = pytest.mark.usefixtures("db")


def test_a_search_says_how_long_it_would_be() -> None:
    stored()
    for address in ("studies", f"studies/{STUDY}/series", f"studies/{STUDY}/instances"):
        given, head = web.system().get(address), web.system().head(address)
        assert (head.status_code, head["Content-Type"]) == (200, "application/dicom+json")
        assert int(head["Content-Length"]) == len(given.content) > 0
        assert web.whole(head) == b""
    assert web.system(MALLILA).head("studies").status_code == 204


def test_retrieving_says_what_would_come_and_gives_nothing() -> None:
    (made,) = stored()
    ours = web.system()
    for address, content_type in (
        (f"studies/{STUDY}", DICOM),
        (path(made), DICOM),
        (path(made, "/frames/1"), 'multipart/related; type="application/octet-stream"'),
        (path(made, "/bulkdata/7FE00010"), 'multipart/related; type="application/octet-stream"'),
        (path(made, "/metadata"), "application/dicom+json"),
        (path(made, "/rendered"), "image/jpeg"),
        (path(made, "/thumbnail"), "image/jpeg"),
    ):
        head = ours.head(address)
        assert head.status_code == 200, address
        assert head["Content-Type"].startswith(content_type)
        assert web.whole(head) == b""
    assert not LedgerEvent.objects.filter(kind__in=("retrieval.begun", "study.retrieved")).exists()


def test_what_get_refuses_head_refuses_without_a_word() -> None:
    (made,) = stored()
    ours = web.system()
    for response, status in (
        (ours.head(path(made), "text/html"), 406),
        (ours.head("studies/1.2.3"), 404),
        (web.system(MALLILA).head(path(made)), 404),
        (web.System("nobody", "").head("studies"), 401),
    ):
        assert response.status_code == status and web.whole(response) == b""
        assert int(response["Content-Length"]) > 0


def test_the_methods_that_are_offered_are_named() -> None:
    allowed = web.CLIENT.delete("/dicomweb/studies")
    assert (allowed.status_code, allowed["Allow"]) == (405, "GET, POST, HEAD")
