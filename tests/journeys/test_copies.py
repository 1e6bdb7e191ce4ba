"""A copy of the running archive, started elsewhere, gives what was stored (NF-4)."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from launch import clusters
from launch.plan import ROOT
from tests.journeys import customer
from tests.journeys.studies import ct, written
from tests.journeys.system import System
from tests.launch.running import Ports, started

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("system")]


@pytest.fixture
def elsewhere() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="idr-copies-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)
    clusters.sweep()


def back_up(system: System, copy: Path) -> None:
    done = subprocess.run(
        [ROOT / "deploy/back-up", copy],
        env={"PATH": os.defpath, "DATA_DIR": str(system.run.data)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(
    shutil.which("rsync") is None, reason="rsync is not installed: ./test as root installs it"
)
def test_a_copy_gives_what_was_stored(
    system: System, elsewhere: Path, pick_port: Callable[[], int]
) -> None:
    assert system.vault.is_symlink(), "the vault is to lie on a disk of its own"
    copy, restored = elsewhere / "copy", elsewhere / "restored"
    first, second = system.order(), system.order()
    sent = {}
    for order in (first, second):  # one before each copy
        datasets = ct(order, 3)
        folder = written(datasets, elsewhere / order.study_uid)
        sent[order.study_uid] = {str(each.SOPInstanceUID) for each in datasets}
        assert customer.storescu(system.peer(), folder).stored == sent[order.study_uid]
        back_up(system, copy)

    # As the manual says; the first screen would play customers at ports that may be anybody's here.
    subprocess.run(["rsync", "-a", f"{copy}/", f"{restored}/"], check=True)
    (restored / "stamps").mkdir()
    (restored / "stamps/first-screen").touch()
    ports = Ports(pick_port)
    with started(restored, ports) as run:
        run.await_ready()
        peer = replace(system.peer(), port=ports.dicom)
        for study, objects in sent.items():
            assert customer.getscu(peer, study, elsewhere / f"{study}-back") == objects
        assert run.file["logins"] == system.file["logins"]
