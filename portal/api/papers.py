"""Certificates and reports as PDF, in the language that is asked for; files as they were given."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils.http import content_disposition_header
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from archive import ledger
from archive.errors import NotFound
from archive.models import ApiScope, TakeoverState
from archive.queries import destruction, reviews
from archive.services import review_cases
from archive.services.takeovers import about
from onboarding.models import Evidence
from onboarding.services import evidence
from portal import destruction_pdf, review_pdf, rollout_pdf, takeover_pdf
from portal.api import joining, retention, review, rollouts, takeovers
from portal.api.doors import Door, Opened, actor_in, caller_of, require_environment
from portal.api.logs import reader_in

PDF = {(200, "application/pdf"): OpenApiTypes.BINARY}
FILE = {(200, "application/octet-stream"): OpenApiTypes.BINARY}


class BytesRenderer(BaseRenderer):
    """A file as it is. A failure stays problem+json."""

    media_type = "application/octet-stream"
    format = "bytes"
    charset = None
    render_style = "binary"

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        if isinstance(data, bytes):
            return data
        return json.dumps(data, ensure_ascii=False, default=str).encode()


class PdfRenderer(BytesRenderer):
    media_type = "application/pdf"
    format = "pdf"


class Paper(Opened):
    renderer_classes = (PdfRenderer,)


def named(content: bytes, name: str) -> Response:
    return sent(content, f"{name}.pdf")


def sent(content: bytes, name: str) -> Response:
    """As a download only, whatever it is."""
    header = content_disposition_header(True, name) or "attachment"
    return Response(content, headers={"Content-Disposition": header})


class Certificate(Paper):
    doors = {"GET": Door(("destruction",), ApiScope.RETENTION_READ)}

    @extend_schema(operation_id="destruction_certificate", tags=retention.TAGS, responses=PDF)
    def get(self, request: Request, list_id: UUID) -> Response:
        """Of a list that has come to its end."""
        row = destruction.found(list_id)
        require_environment(request, row.environment)
        return named(destruction_pdf.made(row), f"destruction-{row.number}")


class TakeoverReport(Paper):
    doors = {"GET": Door(("takeover",), ApiScope.TAKEOVERS_READ)}

    @extend_schema(operation_id="takeover_report", tags=takeovers.TAGS, responses=PDF)
    def get(self, request: Request, takeover_id: UUID) -> Response:
        """Of one that is compared. Who takes it along stands in the log."""
        row = takeovers.found(request, takeover_id)
        if row.state != TakeoverState.COMPARED:
            raise NotFound()
        facts: dict[str, Any] = {"what": "pdf", "filters": {}}
        ledger.record(ledger.Kind.TAKEOVER_EXPORTED, about(row), facts, actor=actor_in(request))
        return named(takeover_pdf.made(row), f"takeover-{row.id}")


class ReviewReport(Paper):
    doors = {"GET": Door(("review-case",), ApiScope.LOGS_READ)}

    @extend_schema(operation_id="review_case_report", tags=review.TAGS, responses=PDF)
    def get(self, request: Request, case_id: UUID) -> Response:
        """Of a case of log review. The look is recorded."""
        actor = reader_in(request)
        row = reviews.case(actor, case_id)
        require_environment(request, row.environment)
        review.viewed(actor, review_cases.about(row), what="report", number=str(row))
        return named(review_pdf.made(row, actor.name), str(row))


class RolloutPaper(Paper):
    doors = {"GET": rollouts.READ}

    @extend_schema(operation_id="rollout_paper", tags=rollouts.TAGS, responses=PDF)
    def get(self, request: Request, run_id: UUID) -> Response:
        """Of a rollout test that has ended."""
        row = rollouts.found(request, run_id)
        made = rollout_pdf.made(row, is_staff=caller_of(request).person.is_staff)
        return sent(made, rollout_pdf.name(row))


class EvidenceFile(Opened):
    doors = joining.FILE
    renderer_classes = (BytesRenderer,)

    @extend_schema(operation_id="joining_evidence_file", tags=joining.TAGS, responses=FILE)
    def get(self, request: Request, organisation_id: UUID, precondition: str) -> Response:
        """A file that was given as evidence."""
        road = joining.road_of(request, organisation_id)
        row = Evidence.objects.filter(joining=road, precondition=precondition).first()
        if row is None:
            raise NotFound()
        actor = joining.reading_of(request, road.organisation)
        return sent(evidence.read_file(actor, row), row.file_name)
