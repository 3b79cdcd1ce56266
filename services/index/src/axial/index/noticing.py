"""Look again and again whether something is to be put into the log, once for all replicas.

Whoever notices gives the event an id made of what it is about: however many notice, the log keeps one.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import structlog

from axial.common.errors import AxialError
from axial.common.events import Envelope
from axial.common.postgres import AWAY

log = structlog.get_logger(__name__)

# Orthanc looks once a second too.
_INTERVAL_SECONDS = 1.0


async def watch(notice: Callable[[], Awaitable[object]], interrupted: str) -> None:
    """Look for ever; an outage only delays the news, and is logged under the name for it."""
    while True:
        try:
            await notice()
        except (AxialError, *AWAY) as error:
            log.warning(interrupted, error=type(error).__name__)
        await asyncio.sleep(_INTERVAL_SECONDS)


def envelope_about(name: str) -> Envelope:
    """Make the envelope of the event about what has this name."""
    return Envelope(
        id=hashlib.sha256(name.encode()).hexdigest()[:32],
        source="axial/index",
        time=datetime.now(UTC),
    )
