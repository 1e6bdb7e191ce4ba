"""The published schema: what every operation answers beside its success, and how it is called."""

from functools import cache
from typing import Any, Literal

from django.conf import settings
from django.utils.translation import get_language, override
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter, extend_schema_serializer
from rest_framework import serializers

from portal.api.idempotency import HEADER
from portal.api.problems import ProblemRenderer

WORDS = {
    "400": "The request cannot be read.",
    "401": "Credentials are nobody's, or ended.",
    "403": "The role, or the token, may not do this.",
    "404": "Not there, or not shown to the caller.",
    "405": "There is no such method here.",
    "406": "What is answered, JSON or a file, is not accepted by the caller.",
    "409": "The state of the thing, or an earlier call, does not allow it.",
    "413": "The message is too long.",
    "415": "Only JSON is read.",
    "422": "`errors` names each field at fault.",
    "429": "Too many calls; Retry-After says when.",
    "503": "Try later; Retry-After says when.",
}
OF_WRITES = frozenset({"409", "413", "415"})


class FieldProblem(serializers.Serializer[Any]):
    field = serializers.CharField(help_text="where in the message")
    detail = serializers.CharField()


@extend_schema_serializer(component_name="Problem")
class ProblemShape(serializers.Serializer[Any]):
    """RFC 9457. `case` is the number to quote to technical support."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField(required=False)
    code = serializers.CharField(required=False)
    errors = FieldProblem(many=True, required=False)
    correlation_id = serializers.UUIDField(required=False)
    case = serializers.CharField(required=False)


class Published(SchemaGenerator):  # type: ignore[misc]
    """Made once in a process for each language: it takes seconds, and anybody may ask for it."""

    def get_schema(self, request: object = None, public: bool = True) -> dict[str, Any]:
        asked = get_language()  # ?lang= may be anything
        return _made(asked if asked in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE)


@cache
def _made(language: str) -> dict[str, Any]:
    with override(language):
        made: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
    return made


class Schema(AutoSchema):  # type: ignore[misc]
    """Every operation answers problems alike, so none has to say so itself."""

    def _get_response_bodies(
        self, direction: Literal["request", "response"] = "response"
    ) -> dict[str, Any]:
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        own = {status: body for status, body in bodies.items() if body.get("content")}
        problems = {
            status: self._problem(words)
            for status, words in WORDS.items()
            if status not in own and (self.method != "GET" or status not in OF_WRITES)
        }
        return {**bodies, **problems}

    def _problem(self, words: str) -> dict[str, Any]:
        shape = self.resolve_serializer(ProblemShape, "response").ref
        return {"description": words, "content": {ProblemRenderer.media_type: {"schema": shape}}}

    def get_override_parameters(self) -> list[Any]:
        """Writes that keep their key take one."""
        found = list(super().get_override_parameters())
        if self.method != "GET" and getattr(self.view, "keeps_answers", False):
            found.append(
                OpenApiParameter(
                    HEADER,
                    {
                        "type": "string",
                        "minLength": 8,
                        "maxLength": 100,
                        "pattern": "^[!-~]{8,100}$",
                    },
                    OpenApiParameter.HEADER,
                    description="The same key again is answered as before, and nothing more is "
                    "done; for two days.",
                )
            )
        return found
