"""What gunicorn says, as the lines of the other processes (`archive.logs`)."""

from typing import Any

from gunicorn.glogging import Logger

from archive import logs


class Lines(Logger):
    """Gunicorn's loggers without handlers of their own: what they say goes on to the root."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        for log in (self.error_log, self.access_log):
            log.handlers.clear()
            log.propagate = True
        logs.set_up()
