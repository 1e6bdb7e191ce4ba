"""Ask the running system for a patient's documents as a customer's consumer would (ITI-18, XUA),
and fetch them with the images (ITI-43, RAD-69).
"""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from archive.config import settings
from archive.simulation import consumer, retriever, world
from archive.simulation.consumer import Ask, Entry
from archive.simulation.repository import DocumentRefused
from archive.simulation.world import ENVIRONMENTS, PRODUCTION, Patient, World, WorldUnknown

MORE = ("service_event", "care_relation", "on_behalf_of", "register_type", "register_specifier")


class Command(BaseCommand):
    help = "Find a patient's documents as a customer's system, with a signed assertion."
    requires_system_checks = ()  # a customer has no database of ours

    def add_arguments(self, parser: ArgumentParser) -> None:
        add = parser.add_argument
        add("--customer", default="Esimerkkilän", help="name or AE title (default: %(default)s)")
        add("--patient", type=int, default=1, metavar="N", help="which of run.json's patients")
        add("--environment", choices=ENVIRONMENTS, default=PRODUCTION)
        add("--purpose", default="TREATMENT", help="of use (default: %(default)s)")
        add("--emergency", action="store_const", const="EMERGENCY", dest="purpose")
        add("--role", default="102", help="professional right (default: %(default)s)")
        for name in MORE:
            add(f"--{name.replace('_', '-')}", default="", metavar="TEXT")
        add("--no-assertion", action="store_false", dest="with_assertion")
        add("--fetch", type=Path, metavar="FOLDER", help="fetch documents and images into it")
        add("--json", action="store_true", help="a JSON object a line")
        add("--run-file", type=Path, help="another run.json than DATA_DIR's")

    def handle(self, *args: object, **options: Any) -> None:
        try:
            found = world.read(options["run_file"] or settings().data_dir / "run.json")
            ask = _ask(found, options)
            entries = consumer.find(found, ask)
            if options["fetch"] and entries:
                self.stderr.write(_fetch(found, ask, entries, options["fetch"]))
        except (WorldUnknown, DocumentRefused) as problem:
            raise CommandError(str(problem)) from None
        except OSError as problem:
            raise CommandError(f"nobody answers: {problem}") from None
        for entry in entries:
            told = asdict(entry)
            line = json.dumps(told) if options["json"] else "  ".join(told.values())
            self.stdout.write(line)
        self.stderr.write(f"{len(entries)} documents")


def _fetch(found: World, ask: Ask, entries: list[Entry], folder: Path) -> str:
    """Save everything under names that hold no identity code; how much there was."""
    folder.mkdir(parents=True, exist_ok=True)
    contents = retriever.documents(found, ask, entries)
    kinds = {each.unique_id: each for each in entries}
    images = 0
    for unique_id, content in contents.items():
        manifest = kinds[unique_id].class_code == "manifest"
        suffix = ".dcm" if manifest else ".xml"
        (folder / f"{kinds[unique_id].class_code}-{unique_id}{suffix}").write_bytes(content)
        for uid, image in (retriever.images(found, ask, content) if manifest else {}).items():
            (folder / f"{uid}.dcm").write_bytes(image)
            images += 1
    return f"{len(contents)} documents and {images} images fetched"


def _ask(found: World, options: dict[str, Any]) -> consumer.Ask:
    return consumer.Ask(
        customer=found.customer(options["customer"]),
        patient=_patient(found, options["patient"]),
        environment=options["environment"],
        with_assertion=options["with_assertion"],
        purpose=options["purpose"],
        role=options["role"],
        more={name: options[name] for name in MORE if options[name]},
    )


def _patient(found: World, number: int) -> Patient:
    """By place in the list: a code does not belong on a command line."""
    if not 0 < number <= len(found.patients):
        raise WorldUnknown(f"patients are numbered from 1 to {len(found.patients)}")
    return found.patients[number - 1]
