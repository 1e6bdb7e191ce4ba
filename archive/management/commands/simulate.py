"""Send synthetic studies to the running system as its customers would, over the real sockets."""

import json
import signal
import threading
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from archive.config import settings
from archive.simulation import failures, first_screen, orders, world
from archive.simulation.failures import Sent
from archive.simulation.listener import PortTaken, Received, listening
from archive.simulation.scenes import DOCUMENT_ORDERS, FIRST, Outcome, Plan, Run, play
from archive.simulation.studies import EXAMINATIONS, KINDS
from archive.simulation.world import ENVIRONMENTS, PRODUCTION, World, WorldUnknown
from archive.simulation.wrongs import WRONGS

Say = Callable[[Outcome | Received | Sent], None]


class Command(BaseCommand):
    help = "Send synthetic studies as a customer would: good ones, or wrong in a chosen way."
    requires_system_checks = ()  # a customer has no database of ours

    def add_arguments(self, parser: ArgumentParser) -> None:
        add = parser.add_argument
        add("--customer", default="Esimerkkilän", help="name or AE title (default: %(default)s)")
        add(
            "--kind",
            type=_kinds,
            default=[],
            action="extend",
            help=f"of {','.join(KINDS)}; default ct",
        )
        add("--count", type=int, default=1, metavar="N", help="studies of each kind")
        add("--documents", choices=DOCUMENT_ORDERS, default=FIRST, help="when request and entry go")
        add("--commit", action="store_true", default=True, help="ask for commitment (default)")
        add("--no-commit", action="store_false", dest="commit")
        add("--wrong", type=_wrongs, default=[], action="extend", help=f"of {','.join(WRONGS)}")
        add("--environment", choices=ENVIRONMENTS, default=PRODUCTION)
        add("--listen", action="store_true", help="be the customers' listeners until Ctrl-C")
        add("--first-screen", action="store_true", help="what ./run sends once")
        add("--failures", type=int, default=0, metavar="N", help="so many, of a few causes, mixed")
        add("--seed", type=int, default=1, help="the same pictures for the same seed")
        add("--json", action="store_true", help="a JSON object a line")
        add("--run-file", type=Path, help="another run.json than DATA_DIR's")

    def handle(self, *args: object, **options: Any) -> None:
        say = self._say_json if options["json"] else self._say_line
        try:
            found = world.read(options["run_file"] or settings().data_dir / "run.json")
            outcomes = _act(found, options, say)
        except (WorldUnknown, PortTaken) as problem:
            raise CommandError(str(problem)) from None
        failed = sum(not outcome.as_meant for outcome in outcomes)
        if failed:
            raise CommandError(f"{failed} of {len(outcomes)} did not go as they were meant to")

    def _say_line(self, told: Outcome | Received | Sent) -> None:
        self.stdout.write(told.line)
        self.stdout.flush()

    def _say_json(self, told: Outcome | Received | Sent) -> None:
        self.stdout.write(json.dumps(told.facts(), ensure_ascii=False))
        self.stdout.flush()


def _act(found: World, options: dict[str, Any], say: Say) -> Sequence[Outcome] | Sequence[Sent]:
    if options["failures"]:
        mixed = failures.mixed(found, options["failures"], options["seed"])
        return failures.send(Run(found, options["seed"]), mixed, say)
    if options["first_screen"]:
        _order(found)
        return first_screen.show(Run(found, options["seed"]), say)
    if not options["listen"]:
        return _send(found, options, say)
    stopped = threading.Event()
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stopped.set())
    with listening(found.customers, say):
        outcomes = _send(found, options, say) if options["kind"] or options["wrong"] else []
        stopped.wait()
    return outcomes


def _order(found: World) -> None:
    """Purchased services, through the stand-in for the Patient Data Repository if there is one."""
    config = settings()
    if config.demo and config.pdr_url:
        taken = orders.send(found, config.pdr_url, config.pdr_secret)
        if taken < len(orders.ORDERS):
            raise CommandError(f"{taken} of {len(orders.ORDERS)} authorisations were taken")


def _send(found: World, options: dict[str, Any], say: Say) -> list[Outcome]:
    run, outcomes = Run(found, options["seed"]), []
    for plan in _plans(found, options):
        outcomes.append(play(run, plan))
        say(outcomes[-1])
    return outcomes


def _plans(found: World, options: dict[str, Any]) -> Iterator[Plan]:
    customer = found.customer(options["customer"])
    for wrong in options["wrong"] or [""]:
        for kind in options["kind"] or ["ct"]:
            if wrong and WRONGS[wrong].needs_code and not EXAMINATIONS[kind][0].code:
                raise CommandError(
                    f"{wrong} needs a kind that has a study code; {kind} has none yet"
                )
            for _ in range(options["count"]):
                yield Plan(
                    customer,
                    kind,
                    environment=options["environment"],
                    documents=options["documents"],
                    commit=options["commit"],
                    wrong=wrong,
                )


def _kinds(text: str) -> list[str]:
    return _listed(text, KINDS)


def _wrongs(text: str) -> list[str]:
    return _listed(text, tuple(WRONGS))


def _listed(text: str, known: tuple[str, ...]) -> list[str]:
    """A list by commas. Raises ArgumentTypeError."""
    wanted = [word.strip() for word in text.split(",") if word.strip()]
    unknown = [word for word in wanted if word not in known]
    if unknown:
        raise ArgumentTypeError(f"unknown {', '.join(unknown)}; there are {', '.join(known)}")
    return wanted
