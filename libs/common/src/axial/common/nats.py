"""The connection to NATS, which outlives every restart of the server."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import nats
import nats.errors
import structlog
from nats.aio.client import Client

from axial.common.errors import Unavailable

log = structlog.get_logger(__name__)

# A restarted server is found again within this time; a cluster's next server at once.
_RECONNECT_WAIT_SECONDS = 0.2
_CONNECT_TIMEOUT_SECONDS = 2.0
_FOR_EVER = -1
# What cannot be sent now must fail now: kept for the next connection, an upload that was answered 503 would
# reach the log after all, perhaps when its blob is gone.
_NO_PENDING_BYTES = 0
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
        # Each vain attempt to reconnect ends here, five times a second; what matters was said above.
        log.debug("nats_error", error=type(error).__name__)

    try:
        client = await nats.connect(
            url,
            name=name,
            connect_timeout=_CONNECT_TIMEOUT_SECONDS,
            reconnect_time_wait=_RECONNECT_WAIT_SECONDS,
            max_reconnect_attempts=round(_START_TIMEOUT_SECONDS / _RECONNECT_WAIT_SECONDS),
            pending_size=_NO_PENDING_BYTES,
            ping_interval=2,
            max_outstanding_pings=2,
            disconnected_cb=on_disconnected,
            reconnected_cb=on_reconnected,
            error_cb=on_error,
        )
    except (nats.errors.Error, OSError, TimeoutError) as error:
        raise Unavailable("NATS does not answer.") from error
    client.options["max_reconnect_attempts"] = _FOR_EVER
    try:
        yield client
    finally:
        closing = True
        await client.close()
