"""What a newcomer's first screen is made of: `manage.py simulate` over the real sockets, and what
`manage.py trace` tells of it.
"""

import json
import urllib.request
from typing import Any

import pytest

from tests.journeys.system import PATIENCE, SOON, System, eventually

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("system")]

CAUSES = {
    "bad-patient-id": "patient-id-untrusted",
    "unknown-code": "study-code-unknown",
    "no-accession": "accession-missing",
    "same-uid-other-bytes": "other-content",
    "broken-off-transfer": "transfer-broken",
    "unknown-ae": "peer-unknown",
}


@pytest.fixture(scope="module")
def played(whole_system: System) -> list[dict[str, Any]]:
    """The outcome of each study; the first customer's listener is the simulator's meanwhile."""
    with whole_system.listeners["ESIM_PACS"].dead():
        done = whole_system.manage("simulate", "--first-screen", "--json")
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_good_studies_are_registered_and_one_without_documents_waits(
    system: System, played: list[dict[str, Any]]
) -> None:
    assert {each["kind"] for each in played} == {"ct", "cr", "us", "mr", "ecg", "pdf"}
    for each in played:
        if not each["wrong"]:
            state = "registered" if each["documents"] else "waiting_for_documents"
            system.await_state(each["study_uid"], state, SOON, each["environment"])


def test_each_error_is_an_open_case_of_its_customer(
    system: System, played: list[dict[str, Any]]
) -> None:
    query = "SELECT count(*) FROM archive_case WHERE state = 'open' AND reason = %s"
    wrong = {each["wrong"] for each in played if each["wrong"]}
    assert wrong == set(CAUSES)
    assert [name for name, cause in CAUSES.items() if not system.one(query, cause)] == []


def test_the_stand_in_for_the_repository_gets_the_authorisations_that_are_owed_to_it(
    system: System, played: list[dict[str, Any]]
) -> None:
    address = system.file["env"]["PDR_URL"].removesuffix("production")
    owed = "SELECT count(*) FROM archive_job WHERE kind = 'authorisation_form' AND state <> 'done'"

    def has_all() -> bool:
        with urllib.request.urlopen(address, timeout=20) as page:
            return b"production: 5 authorisations" in page.read()

    eventually(has_all, PATIENCE)
    eventually(lambda: system.one(owed) == 0, PATIENCE)


def test_a_study_that_was_only_refused_is_known_by_its_refusals(
    system: System, played: list[dict[str, Any]]
) -> None:
    (refused,) = (each for each in played if each["wrong"] == "unknown-code")
    told = system.trace(refused["accession"])
    assert (told["state"], told["instances"], told["committed"]) == (None, 0, False)
    (case,) = told["cases"]
    assert (case["code"], case["state"]) == ("A900", "open")
    assert len(told["timeline"]) == refused["objects"]
    assert {entry["outcome"] for entry in told["timeline"]} == {"failed"}


def test_a_key_that_nobody_knows_is_an_error(system: System) -> None:
    done = system.manage("trace", "NOBODYS", "--json")
    assert (done.returncode, done.stdout) == (1, "")
