"""MHD: documents are found (ITI-67) and got (ITI-68) as over XDS, with the same gate, assertion and
log.
"""

import base64
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import pytest
from lxml import etree

from archive.edges.fhir import parameters, replies
from archive.errors import FAMILIES
from archive.models import Case, Connection, Document, LedgerEvent
from archive.queries import terms
from archive.services.web_searches import LASTING
from tests.edges.fhir import web
from tests.edges.fhir.web import Consumer, problem, resource
from tests.edges.xds import signing
from tests.services import xds_cast
from tests.services.test_metadata_given import permitted
from tests.services.xds_cast import Cast

pytestmark = pytest.mark.django_db

EVENT = "1.2.246.10.88888039.14001.2026.1"  # the care relation


@pytest.fixture
def cast() -> Cast:
    return xds_cast.assemble()


@pytest.fixture
def oulu(cast: Cast) -> Consumer:
    return Consumer(cast.oulu.consumer)


def given(kind: str = "disclosure.given") -> list[dict[str, Any]]:
    return [row.facts for row in LedgerEvent.objects.filter(kind=kind).order_by("id")]


def test_a_document_is_told_with_all_that_was_registered(cast: Cast, oulu: Consumer) -> None:
    paper = xds_cast.paper(cast, author="K1^Kuvaaja^Testi", study="1.2.3")
    xds_cast.register(cast, paper)
    (found,) = oulu.found()
    assert found["masterIdentifier"]["value"] == f"urn:oid:{paper.unique}"
    assert found["identifier"][0]["value"] == paper.entry
    assert found["status"] == "current"
    assert found["category"] == [
        {
            "coding": [
                {
                    "system": "urn:idr:scheme:KUVA-DOC",
                    "code": "study-entry",
                    "display": "study-entry",
                }
            ]
        }
    ]
    subject = {"system": "urn:oid:1.2.246.21", "value": "010181-900C"}
    told = {key: found["subject"][key] for key in ("type", "identifier")}
    assert told == {"type": "Patient", "identifier": subject}
    person, institution = found["contained"]
    assert person["name"] == [{"family": "Kuvaaja", "given": ["Testi"]}]
    assert institution["name"] == "Oulu"
    assert found["custodian"]["identifier"]["value"] == f"urn:oid:{paper.controller}"
    (content,) = found["content"]
    attachment = content["attachment"]
    assert attachment["creation"] == "2026-11-20T10:15:00Z"
    assert base64.b64decode(attachment["hash"]).hex() == paper.hash
    assert (attachment["size"], attachment["title"]) == (94, paper.title)
    assert attachment["url"] == f"http://testserver/fhir/Binary/{found['id']}"
    related = [each["identifier"] for each in found["context"]["related"]]
    assert {"system": "urn:dicom:uid", "value": "urn:oid:1.2.3"} in related
    assert paper.accession in [each["value"] for each in related]
    assert resource(oulu.get(f"DocumentReference/{found['id']}")) == found
    (entry, again) = given("documents.queried")
    assert (entry["query"], entry["found"]) == ("find_document_references", 1)
    assert again["keys"] == ["_id"]
    assert not given()  # one's own register is no disclosure


def test_each_parameter_narrows(cast: Cast, oulu: Consumer) -> None:
    paper = xds_cast.paper(cast, author="^Kuvaaja^Testi", started="20261120100000")
    xds_cast.register(cast, paper)
    row = Document.objects.get()
    fits: dict[str, list[str]] = {
        "_id": [str(row.id)],
        "author.family": ["kuva", "x,KUVAAJA"],
        "author.given": ["Te"],
        "category": ["study-entry", "urn:idr:scheme:KUVA-DOC|study-entry", "x,study-entry"],
        "creation": [
            "2026-11-20",
            "2026",
            "2026-11-20T12:15",
            "2026-11-20T10:15Z",
            "lt2026-12",
            "ne2025",
        ],
        "date": ["ge2026-11-01"],
        "event": ["AA1AD"],
        "facility": [],
        "format": [],
        "identifier": [f"urn:ietf:rfc:3986|{paper.entry}", f"urn:oid:{paper.unique}"],
        "period": ["2026-11-20", "ge2026-11-20", "gt2026-11-20", "lt2026-11-21", "le2026"],
        "related": ["ACC-1", f"urn:oid:{paper.controller}|ACC-1"],
        "related:identifier": ["ACC-1"],
        "security-label": ["5"],
        "setting": [],
        "status": ["superseded,current"],
        "type": [],
    }
    fails = {
        "_id": ["x", str(xds_cast.patient(cast).id)],
        "author.family": ["aja", "%", "_uv"],
        "author.given": ["Kuvaaja"],
        "category": ["report", "urn:oid:1.2|study-entry", "|study-entry"],
        "creation": ["2025", "lt2026-11-20", "sa2026-11-20", "2026-11-20T10:15", "eb2026-11-19"],
        "date": ["lt2026-11-01"],
        "event": ["AA1BD"],
        "facility": ["x"],
        "format": ["x"],
        "identifier": [f"urn:oid:{paper.unique}.1", f"urn:x|{paper.entry}"],
        "period": ["2025", "lt2026-11-20", "eb2030"],
        "related": ["ACC-2", "urn:oid:1.2|ACC-1"],
        "related:identifier": ["ACC-2"],
        "security-label": ["1"],
        "setting": ["x"],
        "status": ["superseded", "entered-in-error"],
        "type": ["x"],
    }
    for name, values in fits.items():
        for value in values:
            assert len(oulu.found(**{name: value})) == 1, (name, value)
    for name, values in fails.items():
        for value in values:
            assert oulu.found(**{name: value}) == [], (name, value)
    assert len(oulu.found(creation=["ge2026-11-20", "lt2026-11-21"])) == 1
    assert oulu.found(creation=["ge2026-11-20", "lt2026-11-20"]) == []
    assert set(terms.DOCUMENT) == set(parameters.DOCUMENT)


def test_a_replacement_says_what_it_replaces(cast: Cast, oulu: Consumer) -> None:
    old = xds_cast.paper(cast)
    xds_cast.register(cast, old)
    xds_cast.register(cast, xds_cast.paper(cast, replaces=old.entry))
    (current,) = oulu.found()
    (superseded,) = oulu.found(status="superseded")
    (relation,) = current["relatesTo"]
    assert relation["code"] == "replaces"
    assert relation["target"]["reference"] == f"DocumentReference/{superseded['id']}"


def test_pages_follow_each_other_without_a_patient_in_any_address(
    cast: Cast, oulu: Consumer
) -> None:
    papers = [xds_cast.paper(cast) for _ in range(5)]
    for paper in papers:
        xds_cast.register(cast, paper)
    page = resource(oulu.search(_count="2"))
    seen, lengths = [], []
    while True:
        seen += [each["resource"]["identifier"][0]["value"] for each in page["entry"]]
        lengths.append(len(page["entry"]))
        links = {each["relation"]: each["url"] for each in page["link"]}
        assert not any("900C" in url or "1.2.246.21" in url for url in links.values())
        if "next" not in links:
            break
        assert "total" not in page
        parts = urlsplit(links["next"])
        page = resource(oulu.get(f"{parts.path.removeprefix('/fhir/')}?{parts.query}"))
    assert lengths == [2, 2, 1]
    assert seen == [paper.entry for paper in reversed(papers)]
    # Another's link, an altered one and an old one hold nothing.
    link = urlsplit(resource(oulu.search(_count="2"))["link"][1]["url"]).query
    for consumer, query in (
        (Consumer(cast.turku.consumer), link),
        (oulu, link[:-3] + "xyz"),
        (oulu, "_page="),
    ):
        answer = consumer.get(f"DocumentReference?{query}")
        assert problem(answer) == (410, "expired", "page-over")
    assert LASTING.total_seconds() > 0


def test_a_patient_stands_in_no_address(cast: Cast, oulu: Consumer) -> None:
    for path in (
        f"DocumentReference?status=current&patient.identifier={web.MATTI}",
        "DocumentReference?identifier=010181-900C",
        f"ImagingStudy?patient.identifier={web.MATTI}",
    ):
        answer = oulu.get(path)
        assert problem(answer) == (400, "security", "patient-in-address")
        assert b"900C" not in answer.content
    answer = oulu.post(f"DocumentReference/_search?patient.identifier={web.MATTI}", "")
    assert problem(answer)[2] == "patient-in-address"
    answer = oulu.search(identifier="010181-900C")
    assert problem(answer) == (400, "value", "search-unclear")
    assert not Case.objects.filter(events__detail__contains="900C").exists()


def test_bad_searches_are_refused_with_the_parameter(cast: Cast, oulu: Consumer) -> None:
    for asked, word in (
        ({"creation": "yesterday"}, "search-unclear"),
        ({"creation": "2026-13"}, "search-unclear"),
        ({"creation": "ge2026-11-20T25:00"}, "search-unclear"),
        ({"status": "approved"}, "search-unclear"),
        ({"category": "|"}, "search-unclear"),
        ({"_count": "0"}, "search-unclear"),
        ({"_count": "x"}, "search-unclear"),
        ({"patient.identifier": "010181-900C"}, "search-unclear"),
        ({"patient.identifier": "urn:oid:1.2.246.21|nobody"}, "search-unclear"),
        ({"patient.identifier": f"{web.MATTI},{web.MATTI}"}, "search-unclear"),
        ({"colour": "red"}, "parameter-unknown"),
        ({"type:not": "x"}, "parameter-unknown"),
        ({"patient": "Patient/1"}, "search-unclear"),
        ({"status": ""}, "search-incomplete"),
        ({"patient.identifier": ""}, "search-incomplete"),
    ):
        answer = oulu.search(**asked)
        assert (answer.status_code, problem(answer)[2]) == (400, word), asked
        (name,) = asked
        assert resource(answer)["issue"][0]["expression"] == [f"http.{name}"]
    query = web.body("DocumentReference", colour="red")
    answer = oulu.post("DocumentReference/_search", query, Prefer="handling=lenient")
    assert resource(answer)["total"] == 0
    assert Case.objects.get(edge="fhir", reason="parameter-unknown").code == "HTTP 400"


def test_other_forms_and_interactions(cast: Cast, oulu: Consumer) -> None:
    xds_cast.register(cast, xds_cast.paper(cast))
    (found,) = oulu.found()
    answer = oulu.get(f"DocumentReference/{found['id']}", "application/fhir+xml")
    assert answer["Content-Type"] == "application/fhir+xml; charset=utf-8"
    root = etree.fromstring(answer.content)
    names = {"f": "http://hl7.org/fhir"}
    assert root.tag == "{http://hl7.org/fhir}DocumentReference"
    assert root.xpath("string(f:id/@value)", namespaces=names) == found["id"]
    assert root.xpath("count(f:contained/f:Practitioner)", namespaces=names) == 1
    answer = oulu.get(f"DocumentReference/{found['id']}?_format=xml")
    assert answer["Content-Type"].startswith("application/fhir+xml")
    for accept, form in (
        ("application/fhir+json;q=0.5, application/fhir+xml", "xml"),
        ("application/fhir+xml;q=0.1,*/*; q=0.2", "json"),
        ("application/fhir+xml;q=0,application/json;q=x", "json"),
    ):
        answer = oulu.get(f"DocumentReference/{found['id']}", accept)
        assert answer["Content-Type"] == f"application/fhir+{form}; charset=utf-8", accept
    for response, expected in (
        (oulu.get("DocumentReference?_id=x", "text/turtle"), (406, "not-supported")),
        (oulu.get("DocumentReference?_id=x", "application/json;q=0"), (406, "not-supported")),
        (oulu.search(_format="ttl"), (406, "not-supported")),
        (oulu.get("Practitioner/1"), (404, "not-supported")),
        (oulu.post("DocumentReference", "{}"), (405, "not-supported")),
        (oulu.get("DocumentReference/x"), (404, "not-found")),
        (oulu.get("Binary/x"), (404, "not-found")),
        (
            oulu.post("DocumentReference/_search", "{}", "application/json"),
            (415, "not-supported"),
        ),
        (oulu.post("DocumentReference/_search", "a=" + "x" * 70_000), (413, "too-long")),
        (oulu.post("DocumentReference/_search", "a&" * 2_000), (413, "too-long")),
    ):
        assert problem(response)[:2] == expected
    statement = resource(web.CLIENT.get("/fhir/metadata"))
    (rest,) = statement["rest"]
    assert [each["type"] for each in rest["resource"]] == [
        *("Binary", "DocumentReference", "ImagingStudy", "Patient")
    ]


def test_a_form_that_the_body_names_holds_for_the_pages_that_follow(
    cast: Cast, oulu: Consumer
) -> None:
    xds_cast.register(cast, *(xds_cast.paper(cast) for _ in range(2)))
    answer = oulu.search(_format="application/fhir+xml", _count="1")
    names = {"f": "http://hl7.org/fhir"}
    for _ in range(2):
        assert answer["Content-Type"] == "application/fhir+xml; charset=utf-8"
        root = etree.fromstring(answer.content)
        assert root.xpath("count(f:entry)", namespaces=names) == 1
        links = root.xpath("f:link[f:relation/@value='next']/f:url/@value", namespaces=names)
        if links:
            answer = oulu.get(links[0].partition("/fhir/")[2])
    assert not links
    assert resource(oulu.search(_count="1"))["link"][1]["relation"] == "next"


def test_who_is_not_known_gets_nothing(cast: Cast, oulu: Consumer) -> None:
    stranger = Consumer(replace(cast.oulu.consumer, password="wrong"))
    answer = stranger.search()
    assert problem(answer) == (401, "login", "peer-unknown")
    assert answer["WWW-Authenticate"].startswith("Basic")
    assert Case.objects.get().place == "sign-in"
    assert web.CLIENT.get("/fhir/DocumentReference").status_code == 401
    assert Case.objects.count() == 1


def test_the_assertion_is_asked_for_and_judged(cast: Cast) -> None:
    signing.trusted()
    xds_cast.register(cast, xds_cast.paper(cast))
    peer = cast.oulu.consumer
    Connection.objects.filter(id=peer.actor.id).update(xua_required=True)
    owner = cast.oulu.organisation
    assert problem(Consumer(peer).search()) == (401, "login", "assertion-missing")
    good = Consumer(peer, signing.signed(owner))
    assert len(good.found()) == 1
    assert len(good.found()) == 1  # an assertion serves for many requests
    here = Consumer(peer, signing.signed(owner, audience="http://testserver/fhir"))
    assert len(here.found()) == 1
    other = Consumer(peer, signing.signed(owner, patient="010594Y9032"))
    assert problem(other.search()) == (403, "forbidden", "patient-not-asserted")
    (row,) = Document.objects.all()
    assert problem(other.get(f"DocumentReference/{row.id}"))[0] == 404
    assert problem(other.get(f"Binary/{row.id}"))[0] == 404
    elsewhere = Consumer(peer, signing.signed(owner, audience="urn:x"))
    assert problem(elsewhere.search()) == (401, "security", "assertion-elsewhere")
    broken = Consumer(peer).post("DocumentReference/_search", "", **{"X-XUA-Assertion": "%%"})
    assert problem(broken) == (401, "security", "assertion-unreadable")
    (entry, *_) = given("documents.queried")
    assert (entry["found"], entry["interface"]) == (1, "FHIR")
    assert (entry["user"], entry["user_name"]) == ("012345678", "Lääkäri Testi")


def test_another_s_documents_are_given_by_the_gate_and_written_down(cast: Cast) -> None:
    signing.trusted()
    xds_cast.register(cast, xds_cast.paper(cast))
    (row,) = Document.objects.all()
    turku = Consumer(
        cast.turku.consumer, signing.signed(cast.turku.organisation, more={"service_event": EVENT})
    )
    assert turku.found() == []
    assert problem(turku.get(f"Binary/{row.id}"))[0] == 404
    permitted()
    (found,) = turku.found()
    assert found["id"] == str(row.id)
    (entry,) = given()
    assert (entry["interface"], entry["what"]) == ("FHIR", "metadata")
    assert entry["documents"] == [row.unique_id]
    assert entry["message_id"].startswith("urn:uuid:")


def test_each_error_has_its_reply() -> None:
    assert replies.TABLE.keys() >= set(FAMILIES)
