"""The door of every operation for persons and their programs: the rows of `portal.pages` say which
roles it opens for, the token's scopes whether it may be used for this.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from archive.actors import Actor
from archive.errors import NotFound
from archive.models import ApiScope, Environment
from portal.api.idempotency import Handler, once
from portal.api.operation import Operation
from portal.api.tokens import Caller, TokenAuthentication, environment_of
from portal.pages import BY_NAME

WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})


@dataclass(frozen=True, slots=True)
class Door:
    """The pages on which people do the same, and the scope that a token must have."""

    pages: tuple[str, ...]
    scope: ApiScope

    @property
    def roles(self) -> frozenset[str]:
        return frozenset[str]().union(*(BY_NAME[name].roles for name in self.pages))


class ScopeMissing(PermissionDenied):
    default_code = "scope-missing"


class EnvironmentShape(serializers.Serializer[Any]):
    """Which material is meant. A system's token has one environment, and no other is answered."""

    environment = serializers.ChoiceField(Environment.choices, required=False)


class Opened(Operation):
    """Each method has a door. As with the pages, the staff read that their role may not; anybody
    else reads what they would read of an address that is not there.
    """

    authentication_classes = (TokenAuthentication,)
    doors: ClassVar[Mapping[str, Door]]
    keeps_answers: ClassVar[bool] = True  # under an idempotency key; not what names a patient

    def look(self) -> Handler | None:
        """What answers a write that was done already under its key, where looks are recorded."""
        return None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        door = self.doors.get(request.method or "")
        if door is None:
            return  # the framework answers that there is no such method
        caller = caller_of(request)
        if not door.roles & caller.person.roles:
            if caller.person.is_staff:
                raise PermissionDenied("your role may not do this")
            raise NotFound()
        if door.scope not in caller.token.scopes:
            raise ScopeMissing(f"the token lacks the scope {door.scope.value}")
        if request.method in WRITES and self.keeps_answers:
            # From here on the handler runs once for each key.
            name = (request.method or "").lower()
            setattr(self, name, once(getattr(self, name), caller.token, self.look()))


def caller_of(request: Request) -> Caller:
    """Who calls; `Opened` has seen to it that there is one."""
    assert isinstance(request.user, Caller)
    return request.user


def actor_in(request: Request) -> Actor:
    return caller_of(request).actor


def person_in(request: Request) -> Actor:
    """Of what a person answers for. Raises PermissionDenied for a system's token."""
    if caller_of(request).token.user is None:
        raise PermissionDenied("a person does this, with a token of the person's own")
    return actor_in(request)


def environment_in(request: Request, form: type[EnvironmentShape] = EnvironmentShape) -> str:
    """Raises ValidationError."""
    return environment_of(caller_of(request), asked(form, request).get("environment", ""))


def require_environment(request: Request, environment: str) -> None:
    """A system finds nothing of another environment than its own. Raises NotFound."""
    own = caller_of(request).token.environment
    if own and own != environment:
        raise NotFound()


def environment_of_body(request: Request, named: str) -> str:
    """Where it is named in the body."""
    return environment_of(caller_of(request), named)


def asked(form: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    """What the address asks for. Raises ValidationError."""
    return valid(form, {name: request.GET.get(name) for name in request.GET})


def given(form: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    """What the body says. Raises ValidationError."""
    return valid(form, request.data)


def valid(form: type[serializers.Serializer[Any]], data: Any) -> dict[str, Any]:
    made = form(data=data)
    made.is_valid(raise_exception=True)
    found: dict[str, Any] = made.validated_data
    return found


def accepted(**body: Any) -> Response:
    """The work is owed; what became of it is asked of the thing itself."""
    return Response(body, status=202)
