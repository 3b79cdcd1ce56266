"""What must be there by the log alone: the simplest model of an archive, told every event that is recorded."""

import hashlib
from collections import Counter
from dataclasses import dataclass, field

import httpx2

from axial.common.event_log import EventLog
from axial.common.events import (
    Event,
    InstanceReceived,
    ResourceDeletionRequested,
    TrashEmptied,
    TrashRestoreRequested,
)
from axial.common.identifiers import ResourceId
from axial.common.nats import open_nats
from axial.common.recorded import LogSequence
from support.evidence import History
from support.feeds import get_json
from support.trash import SimpleArchive

_BATCH = 500
_QUIET_SECONDS = 10.0
_CHANGING = InstanceReceived | ResourceDeletionRequested | TrashEmptied | TrashRestoreRequested


class _Told(SimpleArchive):
    """The model, which knows the time by the number of events, and the log counts them."""

    def __init__(self) -> None:
        super().__init__()
        self._md5: dict[str, str] = {}

    def tell(self, event: Event) -> str:
        """Do what an event asks for, if it concerns what is there."""
        if not isinstance(event, _CHANGING):
            self._clock += 1
            return "noted"
        if isinstance(event, InstanceReceived):
            self._md5[event.blob_key] = event.md5
            if event.overwrite == "if_changed":
                found = self.md5_of(event.resource_ids().instance)
                overwrite = "never" if found in (None, event.md5) else "always"
                event = event.model_copy(update={"overwrite": overwrite})
        return self.apply(event)

    def md5_of(self, instance: ResourceId) -> str | None:
        """Tell the digest of an instance's file; None when it is not there."""
        present = self.present.instances.get(instance)
        return present and self._md5[present[1].blobs[0]]

    def was_told(self, content: bytes) -> bool:
        """Tell whether a file with this content was ever received."""
        return _md5(content) in self._md5.values()


@dataclass(slots=True)
class Logged:
    """The model at the end of the log, and what was asked for on the way there."""

    archive: _Told = field(default_factory=_Told)
    #: The SOP Instance UIDs of whatever was ever received.
    names: dict[ResourceId, str] = field(default_factory=dict)
    #: How often something was decided about a resource, or a deletion: `("deleted", …)`.
    decisions: Counter[tuple[str, ResourceId | int]] = field(default_factory=Counter)

    async def assert_holds(self, client: httpx2.AsyncClient, history: History) -> None:
        """The system has exactly this, byte for byte, and the feeds tell of nothing else."""
        present = self.archive.present.instances
        listed = await get_json(client, "/instances")
        assert sorted(listed) == sorted(present)
        for instance in present:
            answer = await client.get(f"/instances/{instance}/file")
            assert answer.status_code == 200, instance
            assert _md5(answer.content) == self.archive.md5_of(instance), instance
        assert history.alive == {self.names[instance] for instance in present}


def _md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


async def read_logged(nats_url: str) -> Logged:
    """Read the log of a system from its beginning to its end."""
    logged = Logged()
    async with open_nats(nats_url, "oracle") as client:
        log = EventLog(client)
        end, position = await log.end(), 0
        async with log.read(LogSequence(0)) as reader:
            while position < end:
                for recorded in await reader.next_batch(_BATCH, _QUIET_SECONDS):
                    position = recorded.sequence
                    event = recorded.event
                    decision = logged.archive.tell(event)
                    match event:
                        case InstanceReceived():
                            instance = event.resource_ids().instance
                            logged.names[instance] = event.sop_instance_uid
                            logged.decisions[decision, instance] += 1
                        case ResourceDeletionRequested():
                            logged.decisions[decision, event.resource_id] += 1
                        case TrashRestoreRequested():
                            logged.decisions[decision, event.deletion] += 1
    return logged
