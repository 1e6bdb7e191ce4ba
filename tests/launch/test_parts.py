"""One system on two machines: receivers on one, portal and workers on the other (NF-5)."""

import json
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from archive.simulation import sender
from archive.simulation.sender import Peer
from launch import health
from tests import environment, stage
from tests.launch.running import Ports, run_to_its_end, started

pytestmark = pytest.mark.journey
SOON = 60.0
RECEIVERS, REST = ("--only", "dicom,hl7"), ("--only", "web,worker,caller,beat")


@pytest.fixture
def shared(django_db_setup: None) -> Iterator[dict[str, str]]:
    """An empty database and a broker, as an operator has them."""
    cluster, name = stage.cluster(environment.folder()), f"idr_parts_{environment.worker()}"
    cluster.create_database(name)
    number = environment.worker_number()
    yield {
        "DATABASE_URL": cluster.url("app", name),
        "DATABASE_OWNER_URL": cluster.url("owner", name),
        "CELERY_BROKER_URL": stage.broker(environment.folder()).url(number),
        "SECRET_KEY": secrets.token_urlsafe(48),
        "DEMO": "0",
    }
    cluster.drop_database(name)


def test_receivers_and_the_rest_are_one_system(
    tmp_path: Path, pick_port: Callable[[], int], shared: dict[str, str]
) -> None:
    here, there = Ports(pick_port), Ports(pick_port)
    without = {**shared, "DATABASE_OWNER_URL": ""}
    flags = ["--data", str(tmp_path / "there"), *there.flags, *RECEIVERS]
    early = run_to_its_end(*flags, **without)
    assert early.returncode == 1 and "that has DATABASE_OWNER_URL first" in early.stdout
    with started(tmp_path / "here", here, *REST, **shared) as rest:
        portal = f"http://127.0.0.1:{here.web}"
        rest.await_that(lambda: "dicom (" in health.missing(portal), SOON)
        with started(tmp_path / "there", there, *RECEIVERS, **without) as receivers:
            receivers.await_ready()
            rest.await_ready()
            assert set(receivers.children) == {"dicom", "hl7"}
            assert set(rest.children) == {"web", "worker", "caller", "beat"}
            stranger = Peer("127.0.0.1", there.dicom, "STRANGER", "KANTA")
            with pytest.raises(sender.Rejected):
                sender.verify(stranger)
            with psycopg.connect(shared["DATABASE_URL"]) as connection:
                row = connection.execute("SELECT facts FROM archive_caseevent").fetchone()
            assert row is not None and "STRANGER" in json.dumps(row)
            with psycopg.connect(shared["DATABASE_URL"]) as connection:
                rows = connection.execute("SELECT kind, instance FROM archive_heartbeat").fetchall()
            told = {(kind, int(name.split(":")[-1])) for kind, name in rows if "er" in kind}
            machines = {name.split(":")[0] for _kind, name in rows}
            assert len(machines) == 2, "of one host name, and neither forgets the other's"
            assert told == {(name, rest.children[name].pid) for name in ("worker", "caller")}
            address = receivers.file["env"].get("PUBLIC_URL", "")
            assert not address, "no portal is there: no mail may lead to one"
            receivers.stop()
        rest.await_that(lambda: "dicom (" in health.missing(portal), SOON)
