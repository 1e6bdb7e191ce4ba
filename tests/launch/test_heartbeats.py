"""A start forgets its own data folder's processes, not those of a machine of its name (NF-5)."""

import os

from archive.models import Heartbeat
from archive.services import heartbeats
from launch.postgres import forget_heartbeats
from tests.configuring import Configure


def test_machines_of_one_host_name_keep_each_others_processes(
    fresh_database: str, configure: Configure
) -> None:
    machines = ("archive-11111111", "archive-22222222", "archive")
    for machine in machines:
        configure(MACHINE=machine)
        heartbeats.beat(kind="dicom")
    rows = Heartbeat.objects.filter(kind="dicom", instance__startswith="archive")
    assert rows.count() == len(machines), "though the process is the same"
    forget_heartbeats(os.environ["DATABASE_URL"], "archive-11111111")
    told = sorted(name.rpartition(":")[0] for name in rows.values_list("instance", flat=True))
    assert told == ["archive", "archive-22222222"]
