"""Waiting that a signal ends at once: the supervisor never sleeps blindly."""

import os
import select
import signal
from types import FrameType

from launch.errors import StopRequested

STOPPING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Attention:
    """`pause` returns early when a child ends, and raises StopRequested on a signal."""

    def __init__(self) -> None:
        self.stopping = False
        self._reader, self._writer = os.pipe()
        os.set_blocking(self._reader, False)
        os.set_blocking(self._writer, False)
        # The byte written by the interpreter wakes select(); Python handlers alone would not.
        signal.set_wakeup_fd(self._writer, warn_on_full_buffer=False)
        for number in STOPPING:
            signal.signal(number, self._stop)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self.stopping = True

    def check(self) -> None:
        if self.stopping:
            raise StopRequested

    def pause(self, seconds: float) -> None:
        self.check()
        self.rest(seconds)
        self.check()

    def rest(self, seconds: float) -> None:
        """Wait without minding requests to stop: used while stopping."""
        if select.select([self._reader], [], [], seconds)[0]:
            os.read(self._reader, 512)
