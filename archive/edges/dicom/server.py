"""The DICOM listener: what its processes do (`edges.listening` forks them)."""

import shutil
from collections.abc import Sequence

from archive.config import settings
from archive.edges.dicom.door import Door
from archive.edges.dicom.quiet import keep_identifiers_out_of_logs
from archive.edges.limits import Associations, customers
from archive.edges.listening import Entrance, Parent, PortTaken, Trade, listen
from archive.models import Heartbeat
from archive.services import landed, unsettled

__all__ = ["Entrance", "Listener", "PortTaken", "listen"]

SPARE_THREADS = 64  # for connections that have not been counted as associations yet


class Listener(Parent):
    """The parent of the processes that accept associations."""

    def __init__(self, entrances: Sequence[Entrance], processes: int) -> None:
        self.limit = Associations(processes, settings().dicom_max_associations)
        trade = Trade(
            kind="dicom",
            threads=settings().dicom_max_associations + SPARE_THREADS,
            open_door=lambda index, stopping: Door(index, self.limit, customers(), stopping),
            facts=lambda index: {
                "port": settings().dicom_port,
                "associations": self.limit.of(index),
                Heartbeat.LOOKED_AFTER: landed.watch.look(),
            },
            forget=self.limit.clear,
            begin=keep_identifiers_out_of_logs,
            live=unsettled.live,
        )
        super().__init__(entrances, processes, trade)

    def run(self) -> None:
        # Earlier versions kept objects there while they came; patient data, also when killed.
        shutil.rmtree(settings().data_dir / "incoming-dicom", ignore_errors=True)
        super().run()
