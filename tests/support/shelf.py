"""Instances in memory, where the gateway looks for what the index has."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from axial.common.errors import NotFound, Unavailable
from axial.common.header import read_header
from axial.dicom_gateway.index_client import Selection
from axial.dimse.sending.instances import Instance

_PIECE_BYTES = 64 * 1024


@dataclass
class Shelf:
    """Some files, in the order in which they are sent: asked by SOP Instance UIDs, or for all."""

    files: dict[str, bytes] = field(default_factory=dict)
    instances: list[Instance] = field(default_factory=list)
    #: Files that are gone since they were found.
    lost: set[str] = field(default_factory=set)
    #: Files that end in the middle, and why cannot be known.
    broken: set[str] = field(default_factory=set)
    is_away: bool = False
    asked: list[Selection] = field(default_factory=list)
    #: Whoever reads these files waits.
    gates: dict[str, asyncio.Event] = field(default_factory=dict)

    def put(self, file: bytes) -> Instance:
        """Keep a file."""
        header = read_header(file)
        uid = header.sop_instance_uid
        instance = Instance(uid, header.sop_class_uid, uid, header.transfer_syntax_uid)
        self.files[uid] = file
        self.instances.append(instance)
        return instance

    async def selected(self, selection: Selection) -> list[Instance]:
        """Find instances."""
        self.asked.append(selection)
        if self.is_away:
            raise Unavailable
        wanted = selection.keys.get("SOPInstanceUID")
        return [one for one in self.instances if wanted is None or one.sop_instance_uid in wanted]

    @asynccontextmanager
    async def open(self, instance_id: str) -> AsyncIterator[AsyncIterator[bytes]]:
        """Read a file."""
        if instance_id in self.lost:
            raise NotFound
        yield self._pieces(instance_id)

    async def _pieces(self, instance_id: str) -> AsyncIterator[bytes]:
        if gate := self.gates.get(instance_id):
            await gate.wait()
        file = self.files[instance_id]
        stop = len(file) // 2 if instance_id in self.broken else len(file)
        for start in range(0, stop, _PIECE_BYTES):
            yield file[start : min(start + _PIECE_BYTES, stop)]
        if instance_id in self.broken:
            raise Unavailable
