"""The frame every service stands in: start, answer for its health, stop in order."""

import asyncio
import gc
import ipaddress
import resource
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from types import FrameType
from typing import Any, TypeVar

import structlog
import uvicorn
from fastapi import FastAPI, Request
from prometheus_client import CollectorRegistry
from pydantic import ValidationError
from starlette.responses import JSONResponse, PlainTextResponse, Response

from axial.common.access.credentials import Credentials, FindConsumer
from axial.common.access.failures import Failures
from axial.common.access.roles import Role
from axial.common.auth import Door, RequireCredentials, TellProblem
from axial.common.configuration import BadConfiguration, Configuration
from axial.common.configuration_file import load_configuration
from axial.common.connections import CuttableProtocol
from axial.common.crowds import LimitRequests
from axial.common.errors import AxialError
from axial.common.exact_paths import ExactPaths, Paths
from axial.common.head_requests import AnswerHead
from axial.common.logs import configure_logging
from axial.common.metrics import HttpMetrics, MeasureRequests, metrics_response
from axial.common.paths import ComparePathsBySegments
from axial.common.problems import tell_problems
from axial.common.process_metrics import tell_of_process
from axial.common.settings import ServiceSettings

log = structlog.get_logger(__name__)

Check = Callable[[], Awaitable[None]]
SettingsT = TypeVar("SettingsT", bound=ServiceSettings)

# A readiness probe waits this long for each collaborator: shorter than a load balancer's own patience.
_CHECK_TIMEOUT_SECONDS = 2.0
# Long enough for a task to let go of what it holds.
_CANCEL_AGAIN_SECONDS = 1.0
# A connection that idles this long is closed: longer than the edge keeps its own, so that ours is never the
# side that closes while a request is on its way.
_KEEP_ALIVE_SECONDS = 120
# It opens everything, and services that show it are not made to wait: it must be more than can be guessed.
_SHORTEST_TOKEN = 16


@dataclass(frozen=True, slots=True)
class FeedAccess:
    """Who may read feeds without being a user, and how the feeds' API tells that somebody may not."""

    find_consumer: FindConsumer
    tell: TellProblem


def new_api(
    name: str,
    settings: ServiceSettings,
    configuration: Configuration,
    registry: CollectorRegistry,
    checks: Mapping[str, Check],
    stopping: asyncio.Event | None = None,
    exact: Paths | None = None,
    feeds: FeedAccess | None = None,
) -> FastAPI:
    """Make an application with credentials, metrics, health and Orthanc's errors; routes are added after.

    `stopping` is set as soon as the service is asked to stop, for answers that would take their time.
    Requests of `exact` paths are not looked up among the routes. `feeds` is who reads feeds besides users.
    """
    app = FastAPI(title=f"Axial {name}", openapi_url=None, redirect_slashes=False)
    app.state.registry = registry
    app.state.stopping = stopping or asyncio.Event()
    tell_problems(app)

    async def healthz() -> Response:
        """The loop turns."""
        return PlainTextResponse("ok\n")

    async def readyz() -> Response:
        """Every collaborator answers."""
        states = dict(zip(checks, await asyncio.gather(*map(_state, checks.values())), strict=True))
        ready = all(state == "ok" for state in states.values())
        return JSONResponse(states, status_code=200 if ready else 503)

    app.add_api_route("/healthz", healthz, methods=["GET"], include_in_schema=False)
    app.add_api_route("/readyz", readyz, methods=["GET"], include_in_schema=False)
    app.add_route("/metrics", metrics_response, include_in_schema=False)
    if exact is not None:
        app.add_middleware(ExactPaths, paths=exact)
    app.add_middleware(AnswerHead)
    tell_of_process(registry, name)
    metrics = HttpMetrics(registry, name)
    app.add_middleware(LimitRequests, maximum=settings.maximum_requests, count=metrics.refuse)
    door = _door(settings, configuration, metrics, feeds)
    app.add_middleware(RequireCredentials, door=door, failures=Failures())
    # Before what may be asked is decided: by the path that will be answered.
    app.add_middleware(ComparePathsBySegments)
    app.add_middleware(MeasureRequests, metrics=metrics)
    return app


def _door(
    settings: ServiceSettings,
    configuration: Configuration,
    metrics: HttpMetrics,
    feeds: FeedAccess | None,
) -> Door:
    roles = {name: Role[word.upper()] for name, word in configuration.user_roles.items()}
    find_consumer = feeds.find_consumer if feeds else None
    credentials = Credentials(
        configuration.registered_users, roles, settings.internal_token, find_consumer
    )
    required, count = configuration.authentication_required, metrics.refuse
    return Door(credentials, required, count, *([feeds.tell] if feeds else []))


async def _state(check: Check) -> str:
    try:
        async with asyncio.timeout(_CHECK_TIMEOUT_SECONDS):
            await check()
    except Exception as error:  # noqa: BLE001 - whatever it was, the collaborator is not ready
        return type(error).__name__
    return "ok"


def username(request: Request) -> str:
    """Return the authenticated user's name, or an empty one."""
    return str(request.scope.get("state", {}).get("username", ""))


def run(
    name: str,
    settings_type: type[SettingsT],
    build: Callable[[SettingsT, Configuration], AbstractAsyncContextManager[FastAPI]],
) -> None:
    """Run a service until SIGTERM or SIGINT; exit 1 with one clear line when it cannot start."""
    try:
        settings = settings_type()
        configuration = load_configuration(settings.config_file)
        _refuse_open_doors(settings, configuration)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        sys.exit(f"{name}: setting AXIAL_{str(first['loc'][0]).upper()}: {first['msg']}")
    except BadConfiguration as error:
        sys.exit(f"{name}: {error}")
    _open_as_many_files_as_allowed()
    configure_logging(name, settings.log_format, settings.log_level)
    for option in configuration.unknown:
        log.warning("unknown_option", option=option)
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        try:
            runner.run(_serve(settings, configuration, build))
        except Exception as error:
            cause = _first(error)
            log.error("service_died", exc_info=cause)  # noqa: TRY400 - of its cause, not of the group
            # Only our own messages are known to quote nobody's data set.
            ours = isinstance(cause, AxialError | BadConfiguration)
            told = str(cause) if ours else type(cause).__name__
            sys.exit(f"{name}: {told}")


def _open_as_many_files_as_allowed() -> None:
    """Have room for all connections at once: the usual limit is there for programs that use `select`."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        with suppress(OSError, ValueError):  # macOS has another limit below its hard one
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _first(error: Exception) -> Exception:
    """Find the error that brought a group of tasks down."""
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    return error


@asynccontextmanager
async def background(*work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run endless work beside the server; if one piece dies, everything stops: never half alive."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(coroutine) for coroutine in work]
        try:
            yield
        finally:
            await _cancel(tasks)


async def _cancel(tasks: list[asyncio.Task[None]]) -> None:
    """Cancel until it is done: a library that swallows one cancellation must not keep the process alive."""
    waiting = set(tasks)
    while waiting:
        for task in waiting:
            task.cancel()
        _, waiting = await asyncio.wait(waiting, timeout=_CANCEL_AGAIN_SECONDS)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    import uvloop  # noqa: PLC0415 - absent where uvloop has no wheel; asyncio's loop serves there

    return uvloop.new_event_loop


async def _serve(
    settings: SettingsT,
    configuration: Configuration,
    build: Callable[[SettingsT, Configuration], AbstractAsyncContextManager[FastAPI]],
) -> None:
    """Open the collaborators, serve, then let go in reverse order.

    uvicorn stops accepting first, then waits for the requests in hand; only then does `build` close what
    they needed. A background task that dies takes the process with it, by the task group in `build`.
    """
    async with build(settings, configuration) as app:
        server = _Server(
            uvicorn.Config(
                app,
                http=CuttableProtocol,
                host=settings.listen_host,
                port=settings.listen_port,
                log_config=None,
                access_log=False,
                server_header=False,
                lifespan="off",
                timeout_keep_alive=_KEEP_ALIVE_SECONDS,
                timeout_graceful_shutdown=int(settings.shutdown_seconds),
                h11_max_incomplete_event_size=64 * 1024,
            ),
            app.state.stopping,
        )
        # What stands now stays: the collector need not look through it again and again.
        gc.collect()
        gc.freeze()
        log.info("service_started", host=settings.listen_host, port=settings.listen_port)
        try:
            await server.serve()
        finally:
            log.info("service_stopping")


class _Server(uvicorn.Server):
    """uvicorn's server, which would raise the signal again when done and so cut short what comes after."""

    def __init__(self, config: uvicorn.Config, stopping: asyncio.Event) -> None:
        super().__init__(config)
        self._stopping = stopping

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Let endless answers come to their end before they are waited for."""
        self._stopping.set()
        super().handle_exit(sig, frame)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Let SIGTERM and SIGINT end serving, SIGUSR1 only the answers without an end, and nothing else."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        # Whoever stops a proxy before us has us end first what the proxy would wait for.
        loop.add_signal_handler(signal.SIGUSR1, self._stopping.set)
        yield


def _refuse_open_doors(settings: ServiceSettings, configuration: Configuration) -> None:
    """Refuse to listen beyond loopback without users: nobody's archive is open by accident.

    Nor do services start that would refuse one another.
    """
    token = settings.internal_token.get_secret_value()
    if configuration.authentication_required and len(token) < _SHORTEST_TOKEN:
        raise BadConfiguration(
            f"setting AXIAL_INTERNAL_TOKEN: needed, with at least {_SHORTEST_TOKEN} characters, as soon as"
            " AuthenticationEnabled asks everybody who they are"
        )
    try:
        loopback = ipaddress.ip_address(settings.listen_host).is_loopback
    except ValueError:
        loopback = settings.listen_host == "localhost"
    if not loopback and not (
        configuration.authentication_required and configuration.registered_users
    ):
        raise BadConfiguration(
            "option RegisteredUsers: needed as soon as the listener is not loopback"
        )
