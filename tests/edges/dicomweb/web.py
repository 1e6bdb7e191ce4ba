"""A customer's system that talks DICOMweb, over Django's test client."""

import base64
import json
from dataclasses import dataclass
from typing import Any

from django.test import Client

from archive.models import XdsRole
from tests import cast
from tests.cast import ESIMERKKILA
from tests.services import xds_cast

CLIENT = Client()


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


@dataclass(frozen=True)
class System:
    user: str
    password: str

    def get(self, path: str, accept: str = "", **parameters: Any) -> Any:
        headers = {"Authorization": basic(self.user, self.password)}
        if accept:
            headers["Accept"] = accept
        return CLIENT.get(f"/dicomweb/{path}", parameters, headers=headers)

    def head(self, path: str, accept: str = "*/*", **parameters: Any) -> Any:
        headers = {"Authorization": basic(self.user, self.password), "Accept": accept}
        return CLIENT.head(f"/dicomweb/{path}", parameters, headers=headers)

    def post(self, path: str, body: bytes, content_type: str, accept: str = "") -> Any:
        headers = {"Authorization": basic(self.user, self.password), "Accept": accept or "*/*"}
        return CLIENT.post(
            f"/dicomweb/{path}", data=body, content_type=content_type, headers=headers
        )


def system(business_id: str = ESIMERKKILA, environment: str = "production") -> System:
    owner = cast.organisation(business_id)
    peer = xds_cast.peer(owner, environment, XdsRole.CONSUMER)
    return System(peer.user, peer.password)


def whole(response: Any) -> bytes:
    """The body, also of a streamed one."""
    if response.streaming:
        return b"".join(response.streaming_content)
    return bytes(response.content)


def leave(response: Any) -> None:
    """Go away in the middle, as Django's client would when the body is at its end."""
    response._iterator.close()


def model(response: Any) -> Any:
    assert response.status_code in (200, 206), response.content
    assert response["Content-Type"] == "application/dicom+json"
    return json.loads(whole(response))


def problem(response: Any) -> tuple[int, str]:
    assert response.headers["Content-Type"] == "application/problem+json"
    body = json.loads(response.content)
    assert body["status"] == response.status_code and body["correlation_id"]
    return response.status_code, body["type"].removeprefix("urn:idr:problem:")


def parts(response: Any) -> list[tuple[str, bytes]]:
    """Content type and content of each part of multipart/related."""
    return [(fields["Content-Type"], content) for fields, content in with_fields(response)]


def with_fields(response: Any) -> list[tuple[dict[str, str], bytes]]:
    """The header fields and the content of each part."""
    content_type = response["Content-Type"]
    assert content_type.startswith("multipart/related; type=")
    boundary = content_type.partition("boundary=")[2].encode()
    first, *inner, last = whole(response).split(b"--" + boundary)
    assert first == b"" and last == b"--\r\n"
    found = []
    for each in inner:
        head, _, content = each.partition(b"\r\n\r\n")
        assert content.endswith(b"\r\n")
        lines = head.decode().strip().split("\r\n")
        fields = dict(line.split(": ", 1) for line in lines)
        found.append((fields, content[:-2]))
    return found
