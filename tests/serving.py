"""The portal on a port of its own, in threads of the test."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from queue import SimpleQueue
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler

from django.core.servers.basehttp import WSGIServer
from django.core.wsgi import get_wsgi_application
from django.db import connections


class Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """The test says what went wrong."""


class Server(WSGIServer):
    """A thread that has answered waits for the next request, as a worker of the product's does, and
    keeps its connection to the database: to begin another one, and to have PostgreSQL read there
    what it knows of the tables, costs as much as half a page.
    """

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.threads: list[tuple[threading.Thread, SimpleQueue[Any]]] = []
        self.idle: list[SimpleQueue[Any]] = []
        self.in_hand: set[socket.socket] = set()

    def process_request(self, request: Any, client_address: Any) -> None:
        # The one that waits for the shortest time, so they are no more than requests at once.
        awaited = self.idle.pop() if self.idle else self._another()
        self.in_hand.add(request)
        awaited.put((request, client_address))

    def _another(self) -> "SimpleQueue[Any]":
        awaited: SimpleQueue[Any] = SimpleQueue()
        thread = threading.Thread(target=self._answer, args=[awaited], daemon=True)
        self.threads.append((thread, awaited))
        thread.start()
        return awaited

    def _answer(self, awaited: "SimpleQueue[Any]") -> None:
        while given := awaited.get():
            request, client_address = given
            try:
                self.finish_request(request, client_address)
            except Exception:
                self.handle_error(request, client_address)
            self.in_hand.discard(request)
            self.shutdown_request(request)
            self.idle.append(awaited)
        connections.close_all()

    def server_close(self) -> None:
        """Also where a browser has opened a connection and asks nothing: the database is to go."""
        super().server_close()
        for request in [*self.in_hand]:
            request.shutdown(socket.SHUT_RDWR)
        for thread, awaited in self.threads:
            awaited.put(None)
            thread.join(10)


@contextmanager
def serving(port: int) -> Iterator[str]:
    server = Server(("127.0.0.1", port), Quiet)
    server.set_app(get_wsgi_application())
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{port}"
    server.shutdown()
    thread.join(10)
    server.server_close()
