"""Where is my study: its state and everything that happened to it, by accession number or Study
Instance UID.
"""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from archive.config import settings
from archive.errors import NotFound
from archive.queries.trace import Trace, trace


class Command(BaseCommand):
    help = __doc__ or ""
    requires_system_checks = ()  # they would load all pages; `./test` makes them

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("key", help="accession number or Study Instance UID")
        parser.add_argument("--json", action="store_true", help="one JSON object on stdout")

    def handle(self, *args: Any, **options: Any) -> None:
        web = f"http://{settings().web_host}:{settings().web_port}"
        try:
            newest, others = trace(options["key"], web=web)
        except NotFound as error:
            raise CommandError(str(error)) from None
        if options["json"]:
            facts = {**newest.facts(), "others": [other.facts() for other in others]}
            self.stdout.write(json.dumps(facts, ensure_ascii=False))
            return
        for each in (newest, *others):
            self._tell(each)

    def _tell(self, found: Trace) -> None:
        self.stdout.write(
            f"{found.study}  {found.state or 'only refused'}  {found.instances} objects"
        )
        for entry in found.timeline:
            self.stdout.write(
                f"  {entry['at'][:19]}  {entry['interface']:<13} {entry['step']:<24} "
                f"{entry['outcome']:<8} {entry['detail']}"
            )
        for case in found.cases:
            self.stdout.write(f"  case {case['code']} {case['state']} {case['url']}")
