"""How a customer's own software reaches the archive for a rollout test (ON-4)."""

from typing import Any

from django.urls import reverse

from archive.config import settings
from archive.models import ConnectionKind
from archive.values import PersonId
from onboarding.models import RolloutRun
from onboarding.queries import rollout as queries
from onboarding.rules import rollout as rules
from portal import reached
from portal.staff import Request


def instructions(request: Request, found: RolloutRun) -> dict[str, Any]:
    """Addresses, titles and test patients for the customer's own software."""
    config = settings()
    connections = queries.own_test_connections(found.organisation)
    return {
        "called": config.ae_test,
        "reached": reached.dicom(request),
        "registry": request.build_absolute_uri(reverse("xds-registry")),
        "hl7_address": reached.at(request, config.hl7_host, config.hl7_port),
        "hl7_receiver": f"{config.hl7_test_application} | {config.hl7_facility}",
        "dicom": [each for each in connections if each.kind == ConnectionKind.DICOM],
        "xds": [each for each in connections if each.kind == ConnectionKind.XDS],
        "hl7": [each for each in connections if each.kind == ConnectionKind.HL7],
        "accession": f"ROLLOUT-{found.number}-1",
        "patients": [_patient(code, place) for place, code in enumerate(found.patients)],
    }


def _patient(code: str, place: int) -> dict[str, str]:
    person = PersonId(code)
    return {
        "code": person,
        "name": rules.NAMES[place % len(rules.NAMES)],
        "birth_date": rules.birth_date(person),
        "sex": "M" if int(person[7:10]) % 2 else "F",
    }
