"""The figures every service keeps about its HTTP requests, and the way to read them all.

A service's own metrics stand in its `metrics` module; both are built on a registry that is passed in.
"""

import logging
import time

import structlog
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
)
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = structlog.get_logger(__name__)
# Asked first: structlog takes ten microseconds to find out that nobody wants a line.
_log_level = logging.getLogger(__name__)

# Seconds. From a cached read to the longest wait for the projection.
_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class HttpMetrics:
    """Requests by method, route and status. The route is its template: no identifier is a label."""

    def __init__(self, registry: CollectorRegistry, service: str) -> None:
        self.registry = registry
        prefix = service.replace("-", "_")
        self.requests = Counter(
            f"axial_{prefix}_http_requests_total",
            "HTTP requests answered.",
            ["method", "route", "status"],
            registry=registry,
        )
        self.duration = Histogram(
            f"axial_{prefix}_http_request_duration_seconds",
            "Time from the request's head to the end of its answer.",
            ["method", "route"],
            buckets=_BUCKETS,
            registry=registry,
        )
        self.refused = Counter(
            f"axial_{prefix}_http_refused_total",
            "Requests refused at the door, by reason: no_credentials, wrong_credentials, too_many_failures, role,"
            " too_many_requests.",
            ["reason"],
            registry=registry,
        )
        # Looking a label up by its text costs more than counting; there are few combinations.
        self._known: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    def note(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count an answered request, with the time it took."""
        key = (method, route, status)
        known = self._known.get(key)
        if known is None:
            counter = self.requests.labels(method, route, status)
            known = self._known[key] = (counter, self.duration.labels(method, route))
        counter, histogram = known
        counter.inc()
        histogram.observe(seconds)

    def refuse(self, reason: str) -> None:
        """Count a request that was refused at the door."""
        self.refused.labels(reason).inc()


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"})


class MeasureRequests:
    """ASGI middleware that counts and times every request."""

    def __init__(self, app: ASGIApp, metrics: HttpMetrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and note its status."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        status = 500

        async def note_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, note_status)
        finally:
            route = getattr(scope.get("route"), "path", "unmatched")
            # A method is the caller's text: an unknown one must not become a new time series.
            method = scope["method"] if scope["method"] in _METHODS else "other"
            seconds = time.perf_counter() - started
            self._metrics.note(method, route, status, seconds)
            if _log_level.isEnabledFor(logging.DEBUG):
                log.debug(
                    "request_answered",
                    method=method,
                    route=route,
                    status=status,
                    duration_seconds=seconds,
                )


def metrics_response(request: Request) -> Response:
    """Answer /metrics in the Prometheus text format."""
    registry: CollectorRegistry = request.app.state.registry
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)
