"""The registry over HTTP: who may speak, what is answered, and what lands on the desk."""

import base64
import hashlib
import re
from itertools import permutations
from typing import Any

import pytest
from django.db import OperationalError
from django.http import HttpResponse
from django.test import Client
from lxml import etree

from archive.edges.xds import server, soap
from archive.models import Case, CaseEvent, Connection, CustomerState, Document, Organisation
from archive.services import documents, study_papers
from tests.edges.xds import messages
from tests.edges.xds.messages import QUERY, REGISTER, envelope, find, query, submit
from tests.edges.xds.test_codec import sample
from tests.services import xds_cast
from tests.services.xds_cast import Cast, Peer

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.edges.xds.urls")]

CLIENT = Client()
NAMES = {
    "s": soap.ENV,
    "a": soap.WSA,
    "rs": "urn:oasis:names:tc:ebxml-regrep:xsd:rs:3.0",
    "rim": messages.RIM,
}


@pytest.fixture
def cast() -> Cast:
    return xds_cast.assemble()


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def post(
    peer: Peer | None,
    content: bytes,
    content_type: str = "application/soap+xml; charset=UTF-8",
    **headers: str,
) -> HttpResponse:
    if peer is not None:
        headers.setdefault("Authorization", basic(peer.user, peer.password))
    response: Any = CLIENT.post(
        "/xds/registry", data=content, content_type=content_type, headers=headers
    )
    return response


def status_of(response: HttpResponse) -> tuple[str, str]:
    """Success or Failure, and the errorCode."""
    assert response.status_code == 200
    assert response["Content-Type"] == "application/soap+xml; charset=UTF-8"
    root = etree.fromstring(response.content)
    answer = root.find("s:Body/*", NAMES)
    assert answer is not None
    error = answer.find("rs:RegistryErrorList/rs:RegistryError", NAMES)
    return answer.get("status").rsplit(":", 1)[1], "" if error is None else error.get("errorCode")


def fault_of(response: HttpResponse) -> str:
    root = etree.fromstring(response.content)
    value = root.find("s:Body/s:Fault/s:Code/s:Subcode/s:Value", NAMES)
    if value is None:
        value = root.find("s:Body/s:Fault/s:Code/s:Value", NAMES)
    assert value is not None
    return str(value.text)


# --- the right way --------------------------------------------------------------------------------


def test_a_document_is_registered_and_found(cast: Cast) -> None:
    paper = xds_cast.paper(cast)
    response = post(
        cast.repository,
        envelope(submit(paper)),
        f'application/soap+xml; charset=UTF-8; action="{REGISTER}"',
    )
    assert status_of(response) == ("Success", "")
    root = etree.fromstring(response.content)
    assert root.findtext("s:Header/a:Action", namespaces=NAMES) == f"{REGISTER}Response"

    asking = envelope(query(messages.FIND_DOCUMENTS, find()), action=QUERY)
    response = post(cast.oulu.consumer, asking)
    assert status_of(response) == ("Success", "")
    found = etree.fromstring(response.content).iter(f"{{{messages.RIM}}}ExtrinsicObject")
    assert [entry.get("id") for entry in found] == [paper.entry]

    asking = envelope(query(messages.FIND_DOCUMENTS, find(), "ObjectRef"), action=QUERY)
    response = post(cast.oulu.consumer, asking)
    found = etree.fromstring(response.content).iter(f"{{{messages.RIM}}}ObjectRef")
    assert [entry.get("id") for entry in found] == [paper.entry]
    assert not Case.objects.exists()


def test_the_same_bytes_again_are_success(cast: Cast) -> None:
    content = envelope(submit(xds_cast.paper(cast)))
    for _ in range(2):
        assert status_of(post(cast.repository, content)) == ("Success", "")
    assert Document.objects.count() == 1


def test_the_environment_follows_from_the_credentials(cast: Cast) -> None:
    tester = xds_cast.peer(cast.oulu.organisation, "test", xds_cast.XdsRole.PDR)
    assert status_of(post(tester, envelope(submit(xds_cast.paper(cast))))) == ("Success", "")
    assert Document.objects.get().environment == "test"
    asking = envelope(query(messages.FIND_DOCUMENTS, find()), action=QUERY)
    response = post(cast.oulu.consumer, asking)
    assert status_of(response) == ("Success", "")
    assert b"ExtrinsicObject" not in response.content


@pytest.mark.parametrize("order", list(permutations(("request", "study-entry", "report"))))
def test_the_sample_messages_register_in_any_order(cast: Cast, order: tuple[str, ...]) -> None:
    oid = cast.oulu.register.controller_oid
    study = xds_cast.study(cast, "1.2.3", accession="A1")
    for kind in order:
        text = sample().message(kind, "010181-900C", "A1", "1.2.3", oid)
        action = f'application/soap+xml; charset=UTF-8; action="{REGISTER}"'
        assert status_of(post(cast.repository, text.encode(), action)) == ("Success", "")
    tied = study_papers.tied(study)
    assert sorted(row.kind for row in tied) == ["report", "request", "study-entry"]


# --- who may speak --------------------------------------------------------------------------------


def test_only_post_is_answered(cast: Cast) -> None:
    response = CLIENT.get("/xds/registry")
    assert (response.status_code, response["Allow"]) == (405, "POST")


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Basic",
        "Basic !!!",
        "Basic " + base64.b64encode(b"\xff\xfe:x").decode(),
        "Bearer abc",
        basic("nobody", "x"),
        basic("", ""),
        basic("a\0b", "x"),
    ],
)
def test_credentials_of_nobody_are_401_without_detail(cast: Cast, header: str) -> None:
    response = post(None, envelope(submit(xds_cast.paper(cast))), Authorization=header)
    assert (response.status_code, response.content) == (401, b"")
    assert response["WWW-Authenticate"].startswith("Basic ")
    assert not Document.objects.exists()
    case = Case.objects.get()
    assert (case.reason, case.code) == ("peer-unknown", "HTTP 401")


def test_a_wrong_secret_is_answered_as_an_unknown_name(cast: Cast) -> None:
    wrong = Peer(cast.repository.actor, cast.repository.user, "wrong")
    unknown = Peer(cast.repository.actor, "nobody", "wrong")
    answers = [post(peer, b"") for peer in (wrong, unknown)]
    assert answers[0].status_code == answers[1].status_code == 401
    assert answers[0].headers == answers[1].headers
    facts = list(CaseEvent.objects.order_by("at").values_list("facts", flat=True))
    assert facts == [{"user": cast.repository.user}, {}]


def test_a_connection_without_a_secret_lets_nobody_in(cast: Cast) -> None:
    Connection.objects.filter(xds_user=cast.repository.user).update(xds_secret_sha256=None)
    assert post(Peer(cast.repository.actor, cast.repository.user, ""), b"").status_code == 401


def test_an_ended_customer_and_an_expired_connection_are_401(cast: Cast) -> None:
    Connection.objects.filter(xds_user=cast.turku.consumer.user).update(valid_until="2021-01-01")
    assert post(cast.turku.consumer, b"").status_code == 401
    Organisation.objects.filter(id=cast.oulu.organisation.id).update(state=CustomerState.ENDED)
    assert post(cast.oulu.consumer, b"").status_code == 401
    assert {case.reason for case in Case.objects.all()} == {"peer-ended"}


def test_the_secret_is_kept_as_a_digest_only(cast: Cast) -> None:
    row = Connection.objects.get(xds_user=cast.repository.user)
    digest = hashlib.sha256(cast.repository.password.encode()).digest()
    assert row.xds_secret_sha256 is not None
    assert bytes(row.xds_secret_sha256) == digest


# --- envelope -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content_type",
    [
        "text/xml",
        "text/xml; charset=UTF-8",
        'multipart/related; type="application/xop+xml"',
        "application/soap+xml; charset=ISO-8859-1",
        "application/json",
        "soap",
    ],
)
def test_another_content_type_is_415(cast: Cast, content_type: str) -> None:
    response = post(cast.repository, envelope(submit(xds_cast.paper(cast))), content_type)
    assert response.status_code == 415


def test_a_compressed_message_is_415(cast: Cast) -> None:
    response = post(cast.repository, b"x", **{"Content-Encoding": "gzip"})
    assert response.status_code == 415
    assert Case.objects.get().code == "HTTP 415"
    post(cast.repository, b"<")
    assert Case.objects.get().code == "soap:Sender"  # the newest answer of this cause


def test_a_message_too_long_is_413(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "MAX_BYTES", 1000)
    assert post(cast.repository, envelope(submit(xds_cast.paper(cast)))).status_code == 413


@pytest.mark.parametrize(
    ("header", "fault", "status"),
    [
        (f"<a:Action>{REGISTER}</a:Action>", "a:MessageAddressingHeaderRequired", 400),
        ("<a:Action>x</a:Action><a:MessageID>m</a:MessageID>", "a:ActionNotSupported", 400),
        (
            f"<a:Action>{REGISTER}</a:Action><a:MessageID>m</a:MessageID>"
            '<n:X xmlns:n="n" s:mustUnderstand="1"/>',
            "s:MustUnderstand",
            500,
        ),
    ],
)
def test_an_envelope_out_of_order_is_a_fault_and_a_case(
    cast: Cast, header: str, fault: str, status: int
) -> None:
    response = post(cast.repository, envelope(submit(xds_cast.paper(cast)), header=header))
    assert (response.status_code, fault_of(response)) == (status, fault)
    case = Case.objects.get()
    assert (case.edge, case.place, case.reason) == ("xds", "envelope", "malformed")
    assert case.code == fault.replace("a:", "wsa:").replace("s:", "soap:")
    assert case.connection_id == cast.repository.actor.id


@pytest.mark.parametrize("content", [b" ", b"<", b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"])
def test_what_is_no_xml_is_a_fault(cast: Cast, content: bytes) -> None:
    response = post(cast.repository, content)
    assert (response.status_code, fault_of(response)) == (400, "s:Sender")


# --- refusals -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("part", "word"),
    [
        (r'<Slot name="submissionTime">.*?</Slot>', "submissionTime is missing"),
        (
            r'<Classification [^>]*aa543740-bdda-424e-8c96-df4873be8500".*?</Classification>',
            "submission set: contentTypeCode is missing",
        ),
    ],
)
def test_what_a_submission_set_must_say_is_demanded(cast: Cast, part: str, word: str) -> None:
    """ITI TF-3 Table 4.3.1-3: consumers would get answers without it."""
    message, taken = re.subn(part, "", submit(xds_cast.paper(cast)))
    assert taken == 1
    response = post(cast.repository, envelope(message))
    assert status_of(response) == ("Failure", "XDSRegistryMetadataError")
    assert word in response.content.decode()
    assert not Document.objects.exists()


def refused(cast: Cast, peer: Peer, *papers: messages.Paper) -> str:
    """The code that the peer gets, and that the desk knows."""
    status, code = status_of(post(peer, envelope(submit(*papers))))
    assert status == "Failure"
    assert Case.objects.order_by("-last_at")[0].code == code
    return code


def test_each_refusal_has_its_code_and_its_case(cast: Cast) -> None:
    first = xds_cast.paper(cast, study="1.2.3")
    assert status_of(post(cast.repository, envelope(submit(first)))) == ("Success", "")
    pdr = cast.repository
    other_hash = first.resubmitted(hash="b" * 40)
    assert refused(cast, pdr, other_hash) == "XDSNonIdenticalHash"
    other_content = first.but(entry=messages.urn(), unique=messages.uid())
    assert refused(cast, pdr, other_content) == "XDSDuplicateUniqueIdInRegistry"
    assert refused(cast, pdr, first.but(size="x")) == "XDSRegistryMetadataError"
    assert refused(cast, pdr, xds_cast.paper(cast, size="")) == "XDSRegistryMetadataError"
    stranger = xds_cast.paper(cast, patient="010181-900D")
    assert refused(cast, pdr, stranger) == "XDSUnknownPatientId"
    someone = xds_cast.paper(cast, patient="010594Y9032", replaces=first.entry)
    assert refused(cast, pdr, someone) == "XDSPatientIdDoesNotMatch"
    assert refused(cast, cast.oulu.consumer, xds_cast.paper(cast)) == "XDSRegistryError"

    assert Document.objects.count() == 1
    assert sorted(Case.objects.values_list("reason", flat=True)) == [
        "hash-differs",
        "malformed",
        "metadata-invalid",
        "patient-differs",
        "patient-id-untrusted",
        "refused",
        "unique-id-reused",
    ]
    events = CaseEvent.objects.all()
    assert all(event.accession_number == "ACC-1" for event in events)
    assert all(event.correlation_id for event in events)
    assert {event.study_instance_uid for event in events} == {"1.2.3", ""}
    assert "010181" not in str([(event.detail, event.facts) for event in events])


@pytest.mark.parametrize(
    ("query_id", "parameters", "code"),
    [
        ("urn:uuid:00000000-0000-4000-8000-000000000000", [], "XDSUnknownStoredQuery"),
        (messages.FIND_DOCUMENTS, find()[:1], "XDSStoredQueryMissingParam"),
        (messages.FIND_DOCUMENTS, find() + find(), "XDSStoredQueryParamNumber"),
        (messages.FIND_DOCUMENTS, find(ClassCode="report"), "XDSStoredQueryParamNumber"),
        (messages.GET_DOCUMENTS, [], "XDSStoredQueryMissingParam"),
    ],
)
def test_a_query_that_cannot_be_answered_has_its_code(
    cast: Cast, query_id: str, parameters: list[tuple[str, str]], code: str
) -> None:
    asking = envelope(query(query_id, parameters), action=QUERY)
    assert status_of(post(cast.oulu.consumer, asking)) == ("Failure", code)
    case = Case.objects.get()
    assert (case.place, case.code) == ("query", code)


def test_only_leaf_class_and_object_ref_are_returned(cast: Cast) -> None:
    asking = envelope(query(messages.FIND_DOCUMENTS, find(), "RepositoryItem"), action=QUERY)
    assert status_of(post(cast.oulu.consumer, asking))[0] == "Failure"


@pytest.mark.parametrize(
    ("raised", "code"),
    [
        (OperationalError("gone"), "XDSRegistryBusy"),
        (RuntimeError("010181-900C"), "XDSRegistryError"),
    ],
)
def test_a_fault_of_ours_is_answered_without_its_words(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, raised: Exception, code: str
) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise raised

    monkeypatch.setattr(documents, "register", fail)
    response = post(cast.repository, envelope(submit(xds_cast.paper(cast))))
    assert status_of(response) == ("Failure", code)
    assert b"010181" not in response.content


# --- the table ------------------------------------------------------------------------------------


def test_what_may_not_be_seen_answers_as_what_is_not_there(cast: Cast) -> None:
    paper = xds_cast.paper(cast)
    xds_cast.register(cast, paper)
    answers = []
    for unique in (paper.unique, messages.uid()):
        parameters = [("$XDSDocumentEntryUniqueId", f"('{unique}')")]
        asking = envelope(query(messages.GET_DOCUMENTS, parameters), action=QUERY)
        response = post(cast.turku.consumer, asking)
        root = etree.fromstring(response.content)
        answers.append(etree.tostring(root.find("s:Body/*", NAMES)))
    assert answers[0] == answers[1]
