"""/metrics for Prometheus: numbers of the whole system, read from the database at each scrape, so
that they are the same whichever process answers. No number tells of a patient or a customer.
"""

from collections.abc import Iterator

from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from archive.config import VERSION, settings
from archive.models import ApiScope
from archive.queries import figures, health, room
from archive.queries import queues as queries
from archive.services import api_tokens
from archive.values import now


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """For tokens of the operator with the scope alone; anybody else reads nothing."""
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    token = api_tokens.identify(secret.strip()) if scheme.lower() == "bearer" else None
    if token is None:
        answer = HttpResponse(status=401)
        answer["WWW-Authenticate"] = 'Bearer realm="metrics"'
        return answer
    owner = token.organisation
    if owner is None or not owner.is_operator or ApiScope.METRICS_READ not in token.scopes:
        return HttpResponse(status=403)
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Figures())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


class Figures(Collector):
    """Gauges; what only grows is in the ledger and is not counted here again."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        yield _one("idr_info", "Version of the program", ("version",), [((VERSION,), 1)])
        yield _one("idr_part_up", "Whether a part answers", ("part",), _parts())
        yield from _queues()
        yield _one(
            "idr_studies",
            "Studies that are not done, by state",
            ("environment", "state"),
            figures.open_studies().items(),
        )
        yield _one(
            "idr_cases_open",
            "Open cases of the support desk, by severity",
            ("environment", "severity"),
            figures.open_cases().items(),
        )
        yield from _room()
        yield _one(
            "idr_ledger_unsealed_seconds",
            "How long the oldest event of the log without a seal has waited for it",
            (),
            [((), figures.unsealed_seconds())],
        )
        yield _one(
            "idr_heartbeat_age_seconds",
            "Time since a process last said that it lives",
            ("kind", "instance"),
            [
                ((each.kind, each.instance), (now() - each.at).total_seconds())
                for each in queries.processes()
            ],
        )


def _room() -> Iterator[GaugeMetricFamily]:
    yield _one(
        "idr_free_bytes",
        "Free space of a disk: of an environment's objects, of the database where it is known",
        ("disk",),
        (((disk,), size) for disk, size in room.free().items()),
    )
    yield _one(
        "idr_free_bytes_warning",
        "Below which free space is a case of the support desk",
        (),
        [((), settings().free_bytes_warning)],
    )


def _parts() -> list[tuple[tuple[str, ...], float]]:
    """As /health/ready has them, without its hurry: a scrape may wait for the database."""
    return [((name,), float(is_up)) for name, is_up in health.answering().items()]


def _queues() -> Iterator[GaugeMetricFamily]:
    found, at = queries.queues(), now()
    yield _one(
        "idr_jobs",
        "Jobs by kind and state; dead ones of a week",
        ("kind", "state"),
        [
            ((each.kind.value, state), getattr(each, state))
            for each in found
            for state in ("waiting", "due", "running", "dead")
        ],
    )
    yield _one(
        "idr_job_oldest_due_seconds",
        "How long the oldest due job of a kind has been due",
        ("kind",),
        [
            ((each.kind.value,), (at - each.oldest_due_at).total_seconds())
            for each in found
            if each.oldest_due_at
        ],
    )
    yield _one(
        "idr_queue_held",
        "Whether a person holds the kind",
        ("kind",),
        [((each.kind.value,), 0 if each.hold is None else 1) for each in found],
    )


def _one(name: str, say: str, labels: tuple[str, ...], values: object) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, say, labels=labels)
    for names, value in values:  # type: ignore[attr-defined]
        family.add_metric([str(each) for each in names], float(value))
    return family
