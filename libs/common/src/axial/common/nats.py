"""The connection to NATS, which outlives every restart of the server."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import nats.errors
import structlog
from nats.aio.client import Client

from axial.common.errors import Unavailable

log = structlog.get_logger(__name__)

# A restarted server is found again within this time; a cluster's next server at once.
_RECONNECT_WAIT_SECONDS = 0.2
# Fractions of a second work and are not declared.
_FRACTIONS: dict[str, Any] = {
    "connect_timeout": 2.0,
    "reconnect_time_wait": _RECONNECT_WAIT_SECONDS,
}
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

    client = Client()
    try:
        await client.connect(
            url,
            name=name,
            max_reconnect_attempts=round(_START_TIMEOUT_SECONDS / _RECONNECT_WAIT_SECONDS),
            pending_size=_NO_PENDING_BYTES,
            ping_interval=2,
            max_outstanding_pings=2,
            disconnected_cb=on_disconnected,
            reconnected_cb=on_reconnected,
            error_cb=on_error,
            **_FRACTIONS,
        )
    except (nats.errors.Error, OSError, TimeoutError) as error:
        raise Unavailable("NATS does not answer.") from error
    except asyncio.CancelledError:
        # Cancelled in the middle, the client would leave its socket to the garbage collector.
        await client.close()
        raise
    client.options["max_reconnect_attempts"] = _FOR_EVER
    try:
        yield client
    finally:
        closing = True
        await client.close()
