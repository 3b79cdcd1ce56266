"""Every route of every service, as the services themselves make them; no engine is needed.

What a route would use is not there: only its path, its methods and its docstring are looked at.
"""

import inspect
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, get_type_hints
from unittest.mock import Mock

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute, Route

from axial.changefeed.azure.routes import azure_routes
from axial.changefeed.consumers.reading_routes import reader_routes
from axial.changefeed.consumers.routes import consumer_routes
from axial.changefeed.consumers.token_routes import token_routes
from axial.changefeed.entries.routes import entries_routes
from axial.changefeed.live.routes import live_routes
from axial.changefeed.orthanc.routes import changes_routes
from axial.changefeed.push.routes import push_routes
from axial.common.configuration import Configuration
from axial.index.api import routers
from axial.ingest.api import IngestApi
from axial.router.commitment.routes import commitment_routes
from axial.router.deliveries.dead_letter_routes import dead_letter_routes
from axial.router.deliveries.routes import delivery_routes
from axial.router.jobs.output_routes import output_routes
from axial.router.jobs.routes import job_routes
from axial.router.modalities.echoing import echo_routes
from axial.router.modalities.managing import changing_routes, telling_routes
from axial.router.modalities.storing import storing_routes
from axial.router.modalities.straight import straight_routes
from axial.router.peers.routes import peer_routes
from axial.router.peers.sending_routes import peer_sending_routes
from axial.router.queries.asking import question_routes
from axial.router.queries.find_routes import find_routes
from axial.router.queries.retrieving import retrieve_routes
from axial.router.queries.routes import query_routes
from axial.router.retrieval.routes import retrieval_routes
from axial.router.rules.asking_routes import asking_routes
from axial.router.rules.routes import rule_routes

_CHANGEFEED: tuple[Callable[..., APIRouter], ...] = (
    changes_routes,
    azure_routes,
    entries_routes,
    live_routes,
    push_routes,
    consumer_routes,
    reader_routes,
    token_routes,
)
_ROUTER: tuple[Callable[..., APIRouter], ...] = (
    delivery_routes,
    dead_letter_routes,
    job_routes,
    output_routes,
    telling_routes,
    changing_routes,
    echo_routes,
    storing_routes,
    straight_routes,
    peer_routes,
    peer_sending_routes,
    question_routes,
    query_routes,
    retrieve_routes,
    find_routes,
    retrieval_routes,
    commitment_routes,
    rule_routes,
    asking_routes,
)
# Not through the edge.
_PRIVATE = ("/internal/", "/healthz", "/readyz", "/metrics")
_CONVERTOR = re.compile(r":\w+\}")
_RENAMED = {
    "{resource_id}": "{id}",
    "{job_id}": "{id}",
    "{peer_id}": "{id}",
    "{modality_id}": "{id}",
    "{query_id}": "{id}",
    "{transaction_uid}": "{id}",
}


@dataclass(frozen=True, slots=True, order=True)
class Operation:
    """What may be asked of one of the services."""

    path: str
    method: str
    service: str
    summary: str

    @property
    def name(self) -> str:
        """Write it as Orthanc's documentation does."""
        return f"{self.method} {self.path}"


def all_operations() -> list[Operation]:
    """List what users may ask, by path and method."""
    found = sorted(
        operation
        for service, routes in routes_of_services().items()
        for operation in operations_of(service, routes)
    )
    names = [operation.name for operation in found]
    assert len(names) == len(set(names)), "two services have the same operation"
    return found


def by_path(operations: Iterable[Operation]) -> str:
    """Write the methods of each path, as `axial.common.operations` reads them."""
    paths: dict[str, list[str]] = {}
    for operation in operations:
        paths.setdefault(operation.path, []).append(operation.method)
    return "".join(f"{path} {' '.join(methods)}\n" for path, methods in sorted(paths.items()))


def operations_of(service: str, routes: Iterable[BaseRoute]) -> Iterator[Operation]:
    """List what routes offer to users."""
    for route in routes:
        if not isinstance(route, Route | APIRoute) or route.path.startswith(_PRIVATE):
            continue
        path = _CONVERTOR.sub("}", route.path)
        for ours, orthancs in _RENAMED.items():
            path = path.replace(ours, orthancs)
        told = getattr(route, "description", "") or inspect.getdoc(route.endpoint) or ""
        for method in (route.methods or set()) - {"HEAD"}:
            yield Operation(path, method, service, told.partition("\n\n")[0].replace("\n", " "))


def routes_of_services() -> dict[str, list[BaseRoute]]:
    """Make the routes of each service, with nothing behind them."""
    ingest = FastAPI(openapi_url=None)
    _unconnected(IngestApi).add_to(ingest)
    return {
        "ingest": list(ingest.router.routes),
        "index": [route for router in routers for route in router.routes],
        "router": [route for make in _ROUTER for route in _unconnected(make).routes],
        "changefeed": [route for make in _CHANGEFEED for route in _unconnected(make).routes],
    }


def _unconnected(make: Callable[..., Any]) -> Any:
    """Call with nothing behind: routes and the configuration are real, all else is a dummy."""
    hints = get_type_hints(make.__init__ if inspect.isclass(make) else make)
    values = {}
    for name in inspect.signature(make).parameters:
        kind = hints.get(name)
        if kind is Configuration:
            values[name] = Configuration()
        elif inspect.isclass(kind) and _has_endpoints(kind, make):
            values[name] = _unconnected(kind)
        else:
            values[name] = Mock()
    return make(**values)


def _has_endpoints(kind: type, make: Callable[..., Any]) -> bool:
    """Tell whether a collaborator answers the routes itself: by its name, or because it stands beside them."""
    return kind.__name__.endswith("Routes") or kind.__module__ == make.__module__
