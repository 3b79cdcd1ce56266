"""Telling the log what was sent to others (Orthanc's `LogExportedResources`)."""

import asyncio
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime

from axial.common.event_log import EventLog
from axial.common.events import Envelope, ResourceExported
from axial.router.index_client import Resource

SOURCE = "axial/router"
# The log answers concurrent appends together; more at once would only wait in memory.
_AT_ONCE = 64


class Exports:
    """Appends what was sent, if the configuration wants that; never what was refused."""

    def __init__(self, log: EventLog, *, is_wanted: bool) -> None:
        self._log = log
        self.is_wanted = is_wanted

    async def tell(self, remote: str, sent: Sequence[Resource], cause: str) -> None:
        """Append that somebody has got these resources, once for each cause; raise Unavailable.

        `cause` is what made it happen, such as one run of a job: whoever does not know whether it has told already,
        tells again, and the log keeps one.
        """
        if not self.is_wanted:
            return
        for start in range(0, len(sent), _AT_ONCE):
            some = sent[start : start + _AT_ONCE]
            await asyncio.gather(*(self._tell_one(remote, one, cause) for one in some))

    async def _tell_one(self, remote: str, one: Resource, cause: str) -> None:
        event = ResourceExported(level=one.level, resource_id=one.id, remote_modality=remote)
        name = f"{cause}/{remote}/{one.id}"
        id_ = uuid.uuid5(uuid.NAMESPACE_OID, name).hex
        await self._log.append(event, Envelope(id=id_, source=SOURCE, time=datetime.now(UTC)))
