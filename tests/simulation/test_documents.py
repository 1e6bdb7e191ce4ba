"""ITI-42 messages say what the sample messages say, and answers are understood."""

import importlib.util
import re
from base64 import b64encode
from pathlib import Path
from types import ModuleType

import pytest
from lxml import etree

from archive.simulation import documents, repository
from archive.simulation.world import Credentials
from archive.values import now
from tests.simulation.conftest import RegistryDouble

SAMPLE = Path(__file__).resolve().parents[3] / "shared/samples/iti42.py"
CREDENTIALS = Credentials("pdr", "salasana ä")
REFUSED = (
    b'<r:RegistryResponse xmlns:r="urn:oasis:names:tc:ebxml-regrep:xsd:rs:3.0" status="'
    b'urn:oasis:names:tc:ebxml-regrep:ResponseStatusType:Failure"><r:RegistryErrorList>'
    b'<r:RegistryError errorCode="XDSNonIdenticalHash" codeContext="x"/>'
    b"</r:RegistryErrorList></r:RegistryResponse>"
)
FAULT = (
    b'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body><s:Fault><s:Code>'
    b"<s:Value>s:Sender</s:Value></s:Code></s:Fault></s:Body></s:Envelope>"
)


def care_document(kind: str = "study-entry", replaces: str = "") -> documents.CareDocument:
    return documents.CareDocument(
        kind=kind,
        patient_id="010181-900C",
        accession="A1",
        study_uid="1.2.246.10.90000011.3.1",
        controller="1.2.246.10.90000011.19.0",
        institution="Esimerkkilän hyvinvointialue",
        examination=documents.examination_code("AA1AD", "Pään TT"),
        at=now(),
        replaces=replaces,
    )


@pytest.fixture(scope="module")
def sample() -> ModuleType:
    if not SAMPLE.is_file():
        pytest.skip("the sample messages are not on this machine")
    spec = importlib.util.spec_from_file_location("iti42", SAMPLE)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def canonical(message: bytes) -> str:
    """Without what is new in every message: uuids, 2.25 identifiers, times, hashes, sizes."""
    root = etree.fromstring(message, etree.XMLParser(remove_blank_text=True))
    text = etree.tostring(root, method="c14n", exclusive=True).decode()
    text = re.sub(r"urn:uuid:[0-9a-f-]{36}", "ID", fixed(text))
    text = re.sub(r"2\.25\.\d+", "UID", text)
    return re.sub(r">(\d{14}|[0-9a-f]{40}|\d{2,3})<", ">VALUE<", text)


def fixed(text: str) -> str:
    """The standard's own uuids stay, as words that the next step does not touch."""
    for name, value in vars(documents).items():
        if name.startswith("_") and isinstance(value, str) and value.startswith("urn:uuid:"):
            text = text.replace(value, name)
    return text


@pytest.mark.parametrize("kind", documents.KINDS)
@pytest.mark.parametrize("replaces", ["", "urn:uuid:5b6c0a4e-8c3b-4e6e-9d53-6c1f0a4a9b11"])
def test_a_message_equals_the_sample(sample: ModuleType, kind: str, replaces: str) -> None:
    theirs = sample.message(
        kind,
        "010181-900C",
        "A1",
        "1.2.246.10.90000011.3.1",
        "1.2.246.10.90000011.19.0",
        replaces=replaces or None,
    )
    ours = documents.message(care_document(kind, replaces))
    assert canonical(ours) == canonical(theirs.encode())


def test_a_message_is_posted_with_credentials(registry: RegistryDouble) -> None:
    body = documents.message(care_document())
    repository.post(registry.address, CREDENTIALS, body)
    path, headers, posted = registry.posted[0]
    assert (path, posted) == ("/xds/registry", body)
    assert headers["Authorization"] == "Basic " + b64encode("pdr:salasana ä".encode()).decode()
    assert 'action="urn:ihe:iti:2007:RegisterDocumentSet-b"' in headers["Content-Type"]


@pytest.mark.parametrize(
    ("status", "answer", "expected"),
    [
        (200, REFUSED, "XDSNonIdenticalHash"),
        (500, FAULT, "fault s:Sender"),
        (401, b"", "HTTP 401"),
        (200, b"<html/>", "unreadable answer"),
        (200, b"", "unreadable answer"),
    ],
)
def test_any_other_answer_is_a_refusal(
    registry: RegistryDouble, status: int, answer: bytes, expected: str
) -> None:
    registry.status, registry.answer = status, answer
    with pytest.raises(repository.DocumentRefused) as refusal:
        repository.post(registry.address, CREDENTIALS, documents.message(care_document()))
    assert refusal.value.error_code == expected


def test_a_document_is_never_printed_with_its_patient() -> None:
    assert "900C" not in repr(care_document())
