"""Writes under a key of the caller's are done once, and answered the same each time (NF-7).

The key's row is written in the transaction of the write: a process that dies takes both with it,
and a second call with the key waits for the first. A refusal leaves no row; it may be tried again.
What it has written down of itself stays, as it does without a key: who looked, who was sought.

Of what may be seen only with a record of the look no answer is kept: a repeat is a look of its own.
"""

import json
import re
from collections.abc import Callable
from functools import partial
from typing import Any

from django.db import DatabaseError, transaction
from django.utils.crypto import salted_hmac
from rest_framework import serializers
from rest_framework.exceptions import APIException
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from archive.errors import ArchiveError
from archive.errors.api import IdempotencyKeyReused
from archive.models import ApiToken, IdempotentCall
from archive.values import now

HEADER = "Idempotency-Key"
KEY = re.compile(r"^[\x21-\x7e]{8,100}\Z")

Handler = Callable[..., Response]


def once(handler: Handler, token: ApiToken, look: Handler | None = None) -> Handler:
    """The handler, run once for each key; without a key each time. With `look`, that answers a
    repeat, and nothing of the answer is kept.
    """

    def handle(request: Request, *args: Any, **kwargs: Any) -> Response:
        key = request.headers.get(HEADER, "")
        if not key:
            return handler(request, *args, **kwargs)
        if not KEY.match(key):
            raise serializers.ValidationError({HEADER: "8 to 100 printable characters"})
        digest = _digest(request)
        with transaction.atomic():
            call, is_new = IdempotentCall.objects.get_or_create(
                token=token, key=key, defaults={"digest": digest, "at": now()}
            )
            if not is_new and bytes(call.digest) != digest:
                raise IdempotencyKeyReused(facts={"field": HEADER})
            if not is_new:
                body = look(request, *args, **kwargs).data if look else call.body
                return Response(body, status=call.status, headers={"Idempotent-Replayed": "true"})
            answer = _tried(partial(handler, request, *args, **kwargs), call)
            if isinstance(answer, Response):
                IdempotentCall.objects.filter(id=call.id).update(
                    status=answer.status_code, body=None if look else _plain(answer.data)
                )
        if isinstance(answer, Exception):
            raise answer
        return answer

    return handle


def _tried(act: Callable[[], Response], call: IdempotentCall) -> Response | Exception:
    """The answer, or the refusal, whose key is taken away. Services undo what they began before
    they refuse. Raises what leaves the transaction unusable, or nobody foresaw.
    """
    try:
        return act()
    except (ArchiveError, APIException) as refusal:
        try:
            call.delete()
        except DatabaseError:  # it was the database's refusal
            raise refusal from None
        return refusal


class ToldOnce(serializers.Serializer[Any]):
    """An answer with a secret, which is not kept: a repeat says when it was told."""

    secret = serializers.CharField(required=False, help_text="told the first time alone")
    secret_told_at = serializers.DateTimeField(
        required=False, help_text="in a repeat under the same key, instead of the secret"
    )


def _plain(body: Any) -> Any:
    """As it goes out: times and ids are texts. A secret is told the first time alone."""
    plain = json.loads(JSONRenderer().render(body))
    if isinstance(plain, dict) and plain.pop("secret", None):
        plain["secret_told_at"] = now().isoformat()
    return plain


def _digest(request: Request) -> bytes:
    """Of what is asked for: method, address, and the body however it was written. Keyed, since a
    body may hold a personal identity code, of which there are few enough to try them all.
    """
    body = json.dumps(request.data, sort_keys=True, ensure_ascii=True)
    whole = f"{request.method} {request.get_full_path()}\n{body}"
    return salted_hmac(__name__, whole, algorithm="sha256").digest()
