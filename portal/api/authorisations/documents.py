"""The form document from the Patient Data Repository. What is refused is a case on the desk."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from archive.actors import Actor
from archive.edges.edge import correlation
from archive.errors import ArchiveError
from archive.errors.authorisations import AuthorisationInvalid
from archive.objects.authorisation_form import LIFE, MAKING, Form
from archive.rules.authorisations import ORDER_FIELDS
from archive.services import authorisation_forms, error_desk
from archive.services.error_desk import Place, What, Who
from portal.api.authorisations import shapes
from portal.api.authorisations.operations import TAGS, PartyOperation
from portal.api.operation import actor_of

RECEIVE = Place("api", "authorisation")


class Documents(PartyOperation):
    @extend_schema(
        summary="Take in a form document",
        tags=TAGS,
        request=shapes.FormShape,
        responses={200: shapes.TakenShape},
    )
    def post(self, request: Request) -> Response:
        """From the Patient Data Repository only. One version by its OID and version; the same again
        changes nothing.
        """
        actor, asked = actor_of(request), shapes.FormShape(data=request.data)
        try:
            asked.is_valid(raise_exception=True)
            row = authorisation_forms.receive(actor, _form(asked.validated_data))
        except ValidationError as wrong:
            _on_desk(actor, _unreadable(wrong), request.data)
            raise
        except ArchiveError as error:
            _on_desk(actor, error, request.data)
            raise
        body = {"document_oid": row.document_oid, "version": row.version, "state": row.state}
        return Response(body)


def _form(given: dict[str, Any]) -> Form:
    register, patient = given["register"], given["patient"]
    plain = ("document_oid", "version", "level", "organiser", *ORDER_FIELDS, *LIFE, *MAKING)
    return Form(
        controller_oid=register["controller_oid"],
        register_type=register["type"],
        register_specifier=register["specifier"],
        producer=given["producer"] or "",
        patient_id=patient["identifier"].value if patient else "",
        patient_issuer=patient["identifier"].issuer if patient else "",
        **{name: given[name] for name in plain},
    )


def _unreadable(wrong: ValidationError) -> AuthorisationInvalid:
    """The names of the fields, never what stood in them."""
    names = sorted(wrong.detail) if isinstance(wrong.detail, dict) else []
    return AuthorisationInvalid(facts={"field": ", ".join(names)})


def _on_desk(actor: Actor, error: ArchiveError, body: Any) -> None:
    told = body if isinstance(body, dict) else {}
    named = {name: str(told.get(name, ""))[:128] for name in ("document_oid", "version")}
    error_desk.report(
        error,
        environment=actor.environment,
        place=RECEIVE,
        who=Who(actor.organisation_id, actor.id),
        what=What(correlation_id=correlation.get()),
        facts=named,
    )
