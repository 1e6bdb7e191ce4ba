"""Send HL7 messages about synthetic persons to the running system, as a customer's patient record
system would: a merge, an update, a change of id.
"""

import json
from argparse import ArgumentParser
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from archive.config import settings
from archive.simulation import adt, world
from archive.simulation.world import ENVIRONMENTS, PRODUCTION, Patient, World, WorldUnknown


class Command(BaseCommand):
    help = "Send an HL7 message about a person as a customer would, and show the answer."
    requires_system_checks = ()  # a customer has no database of ours

    def add_arguments(self, parser: ArgumentParser) -> None:
        add = parser.add_argument
        add(
            "kind",
            choices=sorted(adt.STRUCTURES),
            help="a40 merges, a08 and a31 update, a47 changes",
        )
        add("--customer", default="Esimerkkilän", help="name or AE title (default: %(default)s)")
        add("--environment", choices=ENVIRONMENTS, default=PRODUCTION)
        add("--patient", default="", metavar="CODE", help="900-series code (default: the first)")
        add("--prior", default="", metavar="ID", help="temporary id that is retired (a40, a47)")
        add("--name", default="", help="family^given, as in DICOM (default: the patient's)")
        add("--control-id", default="", help="MSH-10; the same again is a repeated message")
        add("--show", action="store_true", help="print the message too")
        add("--json", action="store_true", help="one JSON object on stdout")
        add("--run-file", type=Path, help="another run.json than DATA_DIR's")

    def handle(self, *args: object, **options: Any) -> None:
        try:
            found = world.read(options["run_file"] or settings().data_dir / "run.json")
            content = adt.message(found, _order(found, options))
            answer = adt.send(found, content)
        except (WorldUnknown, OSError, ValueError) as problem:
            raise CommandError(str(problem)) from None
        if options["show"]:
            self.stdout.write(content.decode().replace("\r", "\n"))
        if options["json"]:
            facts = {"answer": answer.acknowledgement, "control_id": answer.control_id}
            self.stdout.write(json.dumps({**facts, "text": answer.text}))
        else:
            self.stdout.write(answer.line)
        if answer.acknowledgement != "AA":
            raise SystemExit(1)


def _order(found: World, options: dict[str, Any]) -> adt.Order:
    """Raises WorldUnknown, and ValueError for a person who is not of the 900 series."""
    code = options["patient"]
    known = [each for each in found.patients if code in ("", each.id)]
    patient = known[0] if known else Patient(code, "Testinen^Tuisku")
    if options["name"]:
        patient = replace(patient, name=options["name"])
    return adt.Order(
        kind=options["kind"],
        customer=found.customer(options["customer"]),
        environment=options["environment"],
        patient=patient,
        prior=options["prior"] or f"{patient.id[:7]}9991",
        control_id=options["control_id"],
    )
