"""Spans for OpenTelemetry, when OTEL_EXPORTER_OTLP_ENDPOINT says where they go; else no exporter is
imported and nothing is done.

A span tells what, how long, in which conversation and with whom, by ids. It tells nothing of a
person: no attribute is given that an exception, a message or an address has said.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cache
from typing import TYPE_CHECKING, Literal, Protocol

from archive import conversation
from archive.config import VERSION, settings
from archive.errors import ArchiveError

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Span, Tracer

SERVICE = "imaging-data-repository"
Kind = Literal["internal", "server", "client", "consumer"]
Fact = str | int


class Told(Protocol):
    """What a span is told while it lasts."""

    def tell(self, **facts: Fact) -> None:
        """`batch_size=3` becomes the attribute idr.batch_size."""

    def call(self, name: str) -> None:
        """Give it its name, when that is known later."""


class _Nobody:
    def tell(self, **facts: Fact) -> None:
        return None

    def call(self, name: str) -> None:
        return None


class _Listener:
    def __init__(self, span: "Span") -> None:
        self.span = span

    def tell(self, **facts: Fact) -> None:
        for name, value in facts.items():
            self.span.set_attribute(f"idr.{name}", value)

    def call(self, name: str) -> None:
        self.span.update_name(name)


_off: AbstractContextManager[Told] = nullcontext(_Nobody())


def span(name: str, kind: Kind = "internal", *, parent: str = "") -> AbstractContextManager[Told]:
    """Around one piece of work; `parent` is a traceparent (W3C) from another process."""
    return _span(name, kind, parent) if settings().otlp_endpoint else _off


def tell(**facts: Fact) -> None:
    """Of the span that is open, for who did not open it."""
    if settings().otlp_endpoint:
        from opentelemetry.trace import get_current_span

        _Listener(get_current_span()).tell(**facts)


def traceparent() -> str:
    """Of the span that is open, for work that goes on in another process; empty: none."""
    if not settings().otlp_endpoint:
        return ""
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    carrier: dict[str, str] = {}
    TraceContextTextMapPropagator().inject(carrier)
    return carrier.get("traceparent", "")


def end() -> None:
    """Send what is left, in a process that is about to end."""
    if settings().otlp_endpoint and _provider.cache_info().currsize:
        _provider().shutdown()


@contextmanager
def _span(name: str, kind: Kind, parent: str) -> Iterator[Told]:
    from opentelemetry.trace import SpanKind, StatusCode
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    given = {"traceparent": parent}
    context = TraceContextTextMapPropagator().extract(given) if parent else None
    with _tracer().start_as_current_span(
        name,
        context,
        SpanKind[kind.upper()],
        record_exception=False,  # its text may name a person
        set_status_on_exception=False,
    ) as opened:
        try:
            yield _Listener(opened)
        except Exception as raised:
            word = raised.reason() if isinstance(raised, ArchiveError) else type(raised).__name__
            opened.set_attribute("error.type", word)
            opened.set_status(StatusCode.ERROR)
            raise
        finally:
            _tell_conversation(opened)


def _tell_conversation(opened: "Span") -> None:
    here = conversation.current()
    if here is None:
        return
    about = {"correlation_id": here.id, "connection": here.connection}
    about |= {"organisation": here.organisation}
    opened.set_attributes({f"idr.{key}": str(id) for key, id in about.items() if id is not None})


def _tracer() -> "Tracer":
    return _provider().get_tracer("archive", VERSION)


@cache
def _provider() -> "TracerProvider":
    """Of this process. A forked one gets its own thread for sending (the SDK sees to it)."""
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    facts = {"service.name": SERVICE, "service.version": VERSION}
    facts["idr.process"] = settings().process or "command"
    made = TracerProvider(resource=Resource.create(facts))
    where = f"{settings().otlp_endpoint.rstrip('/')}/v1/traces"
    made.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=where)))
    return made
