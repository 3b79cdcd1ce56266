"""The connection to NATS, which outlives every restart of the server."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import nats
import nats.errors
import stamina
import structlog
from nats.aio.client import Client

from axial.common.errors import Unavailable

log = structlog.get_logger(__name__)

# A restarted server is found again within this time; a cluster's next server at once.
_RECONNECT_WAIT_SECONDS = 0.2
_CONNECT_TIMEOUT_SECONDS = 2.0
_FOR_EVER = -1
_AWAY = (nats.errors.Error, OSError, TimeoutError)
# A service that starts together with its engines gives them this long.
_START_TIMEOUT_SECONDS = 30.0


@asynccontextmanager
async def open_nats(url: str, name: str) -> AsyncIterator[Client]:
    """Connect, and drain when done; raise Unavailable when no server answers at start."""

    closing = False

    async def on_disconnected() -> None:
        if not closing:
            log.warning("nats_disconnected")

    async def on_reconnected() -> None:
        log.info("nats_reconnected")

    async def on_error(error: Exception) -> None:
        log.warning("nats_error", error=type(error).__name__)

    try:
        async for attempt in stamina.retry_context(
            on=_AWAY, attempts=None, timeout=_START_TIMEOUT_SECONDS, wait_max=1.0
        ):
            with attempt:
                client = await nats.connect(
                    url,
                    name=name,
                    connect_timeout=_CONNECT_TIMEOUT_SECONDS,
                    reconnect_time_wait=_RECONNECT_WAIT_SECONDS,
                    max_reconnect_attempts=_FOR_EVER,
                    ping_interval=2,
                    max_outstanding_pings=2,
                    disconnected_cb=on_disconnected,
                    reconnected_cb=on_reconnected,
                    error_cb=on_error,
                )
    except _AWAY as error:
        raise Unavailable("NATS does not answer.") from error
    try:
        yield client
    finally:
        closing = True
        await client.close()
