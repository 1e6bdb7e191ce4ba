"""Stand in for the Patient Data Repository, in demo mode: take documents and show what is held."""

import signal
import threading
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from archive.config import settings
from archive.simulation import world
from archive.simulation.pdr import Archive, Server, Shelves
from archive.simulation.world import PRODUCTION, TEST, WorldUnknown


class Command(BaseCommand):
    help = __doc__ or ""
    requires_system_checks = ()  # it has no database of ours

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, required=True)
        parser.add_argument("--run-file", type=Path, help="another run.json than DATA_DIR's")

    def handle(self, *args: Any, **options: Any) -> None:
        config = settings()
        if not config.demo:
            raise CommandError("the stand-in is for demo mode only")
        if not config.pdr_secret:
            raise CommandError("PDR_SECRET is not set: start the system with ./run")
        try:
            found = world.read(options["run_file"] or config.data_dir / "run.json")
        except WorldUnknown as problem:
            raise CommandError(str(problem)) from None
        archive = Archive(found.web, {PRODUCTION: found.pdr, TEST: found.test_pdr})
        shelves = Shelves(config.data_dir / "stand-in-pdr")
        address = options["host"], options["port"]
        with Server(address, shelves, config.pdr_secret, archive) as server:
            _serve(server)


def _serve(server: Server) -> None:
    """Until a signal ends it."""
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    stopped.wait()
    server.shutdown()
