"""One event a request, JSON over HTTP. No database here."""

from http.client import HTTPException
from urllib.error import HTTPError, URLError
from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener

from archive.errors.api import WebhookUnanswered

TIMEOUT = 10.0  # seconds, for connecting and for each answer


class _Stay(HTTPRedirectHandler):
    """A receiver does not send us on: its address was looked at, another's was not."""

    def redirect_request(self, *args: object, **kwargs: object) -> None:
        return None


def send(url: str, body: bytes, headers: dict[str, str]) -> None:
    """Raises WebhookUnanswered."""
    request = Request(url, data=body, headers=headers, method="POST")
    try:
        with build_opener(ProxyHandler({}), _Stay()).open(request, timeout=TIMEOUT) as answer:
            answer.read(1)
    except HTTPError as failure:
        with failure:
            raise WebhookUnanswered(f"answered with status {failure.code}") from None
    except (URLError, HTTPException, OSError) as failure:
        reason = getattr(failure, "reason", failure)
        raise WebhookUnanswered(type(reason).__name__) from None
