"""The consumer asks validly, signs what it is told to say, and tells what is wrong."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from lxml import etree

from archive.objects.assertion import read_claims
from archive.objects.signature import open_token, verified
from archive.simulation import consumer, envelope, world
from archive.simulation.world import TEST, WorldUnknown
from tests.edges.xds import signing
from tests.edges.xds.schemas import schema


@pytest.fixture
def told(demo: dict[str, Any]) -> dict[str, Any]:
    """run.json as `./run` writes it, of the demo world."""
    return {
        **demo,
        "web": "http://127.0.0.1:1",
        "dicom": {"host": "127.0.0.1", "port": 1, "aet": "KANTA", "test_aet": "KANTATEST"},
        "oids": {"home": "1.2.246.10.2462460.1"},
    }


def test_the_query_is_valid() -> None:
    body = consumer.find_documents("010181-900C")
    found = schema("query.xsd")
    assert found.validate(etree.fromstring(etree.tostring(body))), found.error_log
    message = etree.fromstring(envelope.message(consumer.ACTION, body))
    assert message.find(f".//{{{consumer.QUERY}}}AdhocQueryRequest") is not None


def test_the_assertion_says_what_was_asked_for(told: dict[str, Any]) -> None:
    found = world.parse(told)
    ask = consumer.Ask(
        found.customer("ESIM_PACS"),
        found.patients[1],
        environment=TEST,
        purpose="EMERGENCY",
        more={"service_event": "1.2.3", "register_specifier": "0245929-6"},
    )
    token = etree.tostring(consumer.assertion(found, ask))
    pem = signing.certificate(found.issuers[TEST])
    claims = read_claims(verified(open_token(token), [pem]))
    assert claims.issuer == found.issuers[TEST].entity_id
    assert claims.organisation_oid == told["customers"][0]["organisation_oid"]
    assert (claims.purpose, claims.service_event) == ("emergency", "1.2.3")
    assert claims.register_specifier == "0245929-6"
    assert claims.patient.value == found.patients[1].id


def test_without_an_issuer_or_a_consumer_it_says_so(told: dict[str, Any]) -> None:
    found = world.parse({**told, "xua": {}})
    ask = consumer.Ask(found.customer("ESIM_PACS"), found.patients[0])
    with pytest.raises(WorldUnknown, match="signs"):
        consumer.assertion(found, ask)
    bare = {key: value for key, value in told["customers"][0].items() if "xds" not in key}
    with pytest.raises(WorldUnknown, match="consumer"):
        world.parse({**told, "customers": [bare]}).customers[0].consumer(TEST)


def test_the_command_says_what_is_wrong(told: dict[str, Any], tmp_path: Path) -> None:
    run_file = tmp_path / "run.json"
    with pytest.raises(CommandError, match="missing"):
        call_command("consume", run_file=run_file)
    run_file.write_text(json.dumps(told))
    for options, said in (
        ({"patient": 99}, "numbered from 1"),
        ({"customer": "nobody"}, "no customer"),
        ({}, "nobody answers"),
    ):
        with pytest.raises(CommandError, match=said):
            call_command("consume", run_file=run_file, **options)
