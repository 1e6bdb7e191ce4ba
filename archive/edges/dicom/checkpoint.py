"""A pause that holds: pynetdicom 3.0 may lose the answer to a request when the machine is busy.

Its reactor marks itself paused, waits at a checkpoint, and unmarks itself. A caller that closes the
checkpoint between the last two steps believes it paused; the reactor then takes the answer for an
unexpected request and drops it, and the caller waits in vain until its timeout.
"""

import threading

from pynetdicom.association import Association


class Checkpoint(threading.Event):
    """Whoever passes unmarks itself before anybody can close it again."""

    def __init__(self, assoc: Association) -> None:
        super().__init__()
        self.assoc = assoc
        self.guard = threading.Lock()
        self.parked = threading.Event()

    def clear(self) -> None:
        with self.guard:
            super().clear()

    def wait(self, timeout: float | None = None) -> bool:
        """What the reactor calls in each round."""
        self.parked.set()
        while True:
            super().wait(0.05)
            with self.guard:
                # An N-EVENT-REPORT is served in another thread, which unmarks when it is done.
                self.assoc._is_paused = not self.is_set()
                if self.is_set():
                    self.parked.clear()
                    return True

    def hold(self, patience: float) -> bool:
        """Close it, and wait until the reactor stands before it with nothing half done."""
        self.clear()
        return self.parked.wait(patience)


def steady(assoc: Association, patience: float) -> Checkpoint:
    """Put such a checkpoint into an established association, before its first request."""
    former = assoc._reactor_checkpoint
    checkpoint = Checkpoint(assoc)
    assoc._reactor_checkpoint = checkpoint
    former.set()
    checkpoint.hold(patience)
    checkpoint.set()
    return checkpoint
