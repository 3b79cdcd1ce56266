"""Instances in memory, in the place of what the router asks the index for."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx2

from axial.common.errors import NotFound, Unavailable
from axial.common.header import Header, read_header
from axial.common.identifiers import resource_ids
from axial.dimse.sending.instances import Instance

_PIECE_BYTES = 64 * 1024


@dataclass
class Outbox:
    """Some files of one study; implements `Files`."""

    files: dict[str, bytes] = field(default_factory=dict)
    headers: dict[str, Header] = field(default_factory=dict)
    instances: list[Instance] = field(default_factory=list)
    study: str = ""
    is_away: bool = False
    #: Whoever reads these files waits.
    gates: dict[str, asyncio.Event] = field(default_factory=dict)

    def put(self, file: bytes) -> Instance:
        """Keep a file."""
        header = read_header(file)
        ids = resource_ids(
            header.patient_id,
            header.study_instance_uid,
            header.series_instance_uid,
            header.sop_instance_uid,
        )
        self.study = ids.study
        instance = Instance(
            ids.instance,
            header.sop_class_uid,
            header.sop_instance_uid,
            header.transfer_syntax_uid,
        )
        self.files[instance.id] = file
        self.headers[instance.id] = header
        self.instances.append(instance)
        return instance

    @asynccontextmanager
    async def open(self, instance_id: str) -> AsyncIterator[AsyncIterator[bytes]]:
        """Read a file; raise NotFound or Unavailable."""
        if self.is_away:
            raise Unavailable
        if gate := self.gates.get(instance_id):
            await gate.wait()
        if instance_id not in self.files:
            raise NotFound
        yield self._pieces(self.files[instance_id])

    async def _pieces(self, file: bytes) -> AsyncIterator[bytes]:
        for start in range(0, len(file), _PIECE_BYTES):
            yield file[start : start + _PIECE_BYTES]

    def expand(self, request: httpx2.Request) -> httpx2.Response:
        """Answer `/internal/outbound`."""
        wanted = json.loads(request.content)["resources"]
        resources, instances = [], []
        for id_ in wanted:
            if id_ == self.study:
                resources.append({"ID": id_, "Type": "Study"})
                instances += self.instances
            elif id_ in self.headers:
                resources.append({"ID": id_, "Type": "Instance"})
                instances += [one for one in self.instances if one.id == id_]
            else:
                return httpx2.Response(404)
        rows = [
            (one.id, one.sop_class_uid, one.sop_instance_uid, one.transfer_syntax_uid, 1, "")
            for one in dict.fromkeys(instances)
        ]
        return httpx2.Response(200, json={"Resources": resources, "Instances": rows})

    def find(self, request: httpx2.Request) -> httpx2.Response:
        """Answer `/tools/find` by a SOP Instance UID."""
        uid = json.loads(request.content)["Query"]["SOPInstanceUID"]
        found = [
            {
                "ID": id_,
                "RequestedTags": {
                    "StudyInstanceUID": header.study_instance_uid,
                    "SeriesInstanceUID": header.series_instance_uid,
                },
            }
            for id_, header in self.headers.items()
            if header.sop_instance_uid == uid
        ]
        return httpx2.Response(200, json=found)
