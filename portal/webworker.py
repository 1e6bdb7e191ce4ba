"""gunicorn's worker. What it refuses before there is a request has the form of all other errors."""

from http import HTTPStatus
from typing import Any

from gunicorn.http.errors import LimitRequestHeaders, LimitRequestLine
from gunicorn.util import write_nonblock
from gunicorn.workers.gthread import ThreadWorker

from archive.edges import problem
from archive.errors.web import RequestTooLarge
from archive.values import uuid7


class Worker(ThreadWorker):
    def handle_error(self, req: Any, client: Any, addr: Any, exc: Exception) -> None:
        cfg = self.cfg
        if isinstance(exc, LimitRequestLine):
            status = HTTPStatus.REQUEST_URI_TOO_LONG
            said = f"the request line is longer than {cfg.limit_request_line} bytes"
        elif isinstance(exc, LimitRequestHeaders):
            status = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
            said = (
                f"a header field is longer than {cfg.limit_request_field_size} bytes, or there are"
                f" more than {cfg.limit_request_fields}"
            )
        else:
            super().handle_error(req, client, addr, exc)
            return
        exchange = uuid7()
        self.log.warning("request refused: %s, exchange %s", said, exchange)
        try:
            write_nonblock(
                client, _answer(status, problem.body(RequestTooLarge(said), status, exchange))
            )
        except OSError as gone:
            self.log.debug("the refusal was not taken: %s", gone)


def _answer(status: HTTPStatus, body: bytes) -> bytes:
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}",
        "Connection: close",
        f"Content-Type: {problem.MEDIA_TYPE}",
        f"Content-Length: {len(body)}",
        "\r\n",
    )
    return "\r\n".join(head).encode("ascii") + body
