"""A dead system of a customer delays nobody and gets its notice when it is back (AR-5, SD-3)."""

import time
from pathlib import Path
from typing import Any

import pytest

from archive.simulation.modules import Order
from tests.journeys.customer import storescu
from tests.journeys.studies import ct, post_documents, written
from tests.journeys.system import PATIENCE, SOON, System, eventually

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("system")]

HANG = 10.0  # seconds that an answer is waited for
RETRY = (
    "from archive.actors import SYSTEM; from archive.models import Case;"
    " from archive.services import error_desk;"
    " print(error_desk.retry(SYSTEM, Case.objects.get(id='{case}')))"
)


def send(system: System, aet: str, count: int, folder: Path) -> list[Order]:
    """So many small studies, their documents there already."""
    orders = [system.order(aet) for _ in range(count)]
    for order in orders:
        post_documents(system, order)
    datasets = [dataset for order in orders for dataset in ct(order, 1)]
    assert len(storescu(system.peer(aet), written(datasets, folder)).stored) == count
    return orders


def test_a_dead_listener_delays_nobody_and_its_notice_is_delivered_when_it_is_back(
    system: System, tmp_path: Path
) -> None:
    rontgen, esim = system.listeners["RONTGEN_PACS"], system.listeners["ESIM_PACS"]
    with rontgen.hanging():
        stuck = send(system, "RONTGEN_PACS", 3, tmp_path / "stuck")
        for order in stuck:
            system.await_state(order.study_uid, "registered", SOON)
        began = time.monotonic()
        mine = send(system, "ESIM_PACS", 3, tmp_path / "mine")
        quiet = send(system, "MALLI_PACS", 1, tmp_path / "quiet")
        for order in [*mine, *quiet]:
            system.await_state(order.study_uid, "registered", SOON)
        for order in mine:
            esim.await_notice(order.study_uid, SOON)
        assert time.monotonic() - began < HANG * len(stuck), "they waited for the one that hangs"
    with rontgen.dead():
        given_up = "SELECT count(*) FROM archive_availabilitynotice WHERE state = 'failed'"
        eventually(lambda: system.one(given_up) == len(stuck), PATIENCE + HANG)
        told = system.trace(stuck[0].accession)
        assert told["state"] == "registered"
        steps = [entry["step"] for entry in told["timeline"]]
        assert steps.count("notice-undelivered") == 3
        assert steps[-1] == "notice-given-up"
    (case,) = told["cases"]
    assert case["state"] == "open"
    assert case["url"].startswith(f"{system.file['web']}/cases/")

    retried = system.manage("shell", "--verbosity", "0", "-c", RETRY.format(case=id_of(case)))
    assert retried.stdout.strip() == str(len(stuck)), retried.stderr
    for order in stuck:
        rontgen.await_notice(order.study_uid, PATIENCE)
    eventually(lambda: state_of(system, id_of(case)) == "resolved", SOON)
    told = system.trace(stuck[0].accession)
    assert [each["state"] for each in told["cases"]] == ["resolved"]
    assert told["timeline"][-1]["step"] == "notice-delivered"
    assert system.listeners["MALLI_PACS"].notices_of(quiet[0].study_uid) == []


def id_of(case: dict[str, Any]) -> str:
    return str(case["url"]).rstrip("/").rpartition("/")[2]


def state_of(system: System, case: str) -> str:
    return str(system.one("SELECT state FROM archive_case WHERE id = %s", case))
