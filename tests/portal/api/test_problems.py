"""Every failure of the API is problem+json with the status of its family (SD-1, NF-7)."""

import base64
import json
from typing import Any

import pytest
from django.test import Client
from rest_framework import serializers
from rest_framework.exceptions import AuthenticationFailed, ParseError, Throttled
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory

from archive import errors
from archive.errors import FAMILIES
from archive.models import Connection
from portal.api import problems
from portal.api.authentication import ConnectionAuthentication
from portal.api.operation import Operation, actor_of


def test_every_family_has_its_status() -> None:
    assert problems.STATUS.keys() >= set(FAMILIES)
    for family in FAMILIES:
        answer = problems.answer(family(), {})
        assert answer.status_code == problems.STATUS[family] == answer.data["status"]
        assert answer.content_type == "application/problem+json"
        assert answer.data["type"] == f"urn:idr:problem:{family.reason()}"


def test_what_nobody_foresaw_is_ours_and_says_nothing_of_it() -> None:
    answer = problems.answer(KeyError("010181-900C"), {})
    assert answer.status_code == 500
    assert "010181" not in json.dumps(answer.data)


def test_a_field_at_fault_is_named_with_its_path() -> None:
    class Inner(serializers.Serializer[Any]):
        day = serializers.DateField()

    class Outer(serializers.Serializer[Any]):
        name = serializers.CharField()
        parts = Inner(many=True)

    form = Outer(data={"parts": [{"day": "2026-01-01"}, {"day": "soon"}]})
    with pytest.raises(serializers.ValidationError) as refused:
        form.is_valid(raise_exception=True)
    answer = problems.answer(refused.value, {})
    assert answer.status_code == 422
    assert {each["field"] for each in answer.data["errors"]} == {"name", "parts.1.day"}


@pytest.mark.parametrize(
    ("raised", "status"),
    [(ParseError(), 400), (AuthenticationFailed(), 401), (Throttled(wait=3), 429)],
)
def test_the_frameworks_own_refusals_look_the_same(raised: Any, status: int) -> None:
    answer = problems.answer(raised, {})
    assert (answer.status_code, answer.data["status"]) == (status, status)


class Who(Operation):
    authentication_classes = (ConnectionAuthentication,)

    def get(self, request: Request) -> Response:
        return Response({"environment": actor_of(request).environment})


def call(user: str, secret: str) -> Response:
    token = base64.b64encode(f"{user}:{secret}".encode()).decode()
    request = APIRequestFactory().get("/", headers={"Authorization": f"Basic {token}"})
    answer: Response = Who.as_view()(request)
    return answer


@pytest.mark.usefixtures("db")
def test_a_connection_is_known_by_its_credentials(demo: dict[str, Any]) -> None:
    known = demo["customers"][0]["test_xds"]
    answer = call(known["user"], known["password"])
    assert answer.data == {"environment": "test"}
    assert answer.headers["Correlation-Id"]
    assert call(known["user"], "wrong").status_code == 401
    Connection.objects.filter(xds_user=known["user"]).update(valid_until="2020-01-01")
    refused = call(known["user"], known["password"])
    assert refused.status_code == 401 and refused.headers["WWW-Authenticate"].startswith("Basic")


@pytest.mark.usefixtures("db")
def test_without_credentials_nothing_opens() -> None:
    assert Who.as_view()(APIRequestFactory().get("/")).status_code == 401


@pytest.mark.usefixtures("db")
def test_the_schema_is_published(client: Client) -> None:
    answer = client.get("/api/schema/")
    assert answer.status_code == 200 and b"Imaging Data Repository" in answer.content


def test_a_conflict_keeps_its_code() -> None:
    answer = problems.answer(errors.UniqueIdReused(facts={"field": "id"}), {})
    assert answer.data["code"] == "XDSDuplicateUniqueIdInRegistry"
    assert answer.data["errors"][0]["field"] == "id"


@pytest.mark.usefixtures("db")
@pytest.mark.parametrize("address", ["/api/", "/api/nowhere", "/api/nowhere/%0a"])
def test_an_address_that_is_not_there_is_a_problem(client: Client, address: str) -> None:
    answer = client.get(address)
    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")
