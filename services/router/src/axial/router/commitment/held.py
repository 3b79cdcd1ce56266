"""Which instances are here for good."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from axial.common.blobs import BlobMissing, BlobStore, StoredBlob
from axial.common.blobs.checking import Known, find_difference
from axial.common.identifiers import ResourceId
from axial.dimse.messages.commitments import Reason, Reference
from axial.router.index_client import IndexClient

#: As many as the index answers at once.
MOST_REFERENCES = 1000
# Enough to hide the store's latency, few enough to leave its throughput to others.
_READS_AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class Held:
    """An instance that the index has, and its file."""

    id: ResourceId
    sop_class_uid: str
    known: Known


class Holdings:
    """Looks instances up, and reads their files: what is promised to be kept must be there to begin with."""

    def __init__(self, index: IndexClient, blobs: BlobStore) -> None:
        self._index = index
        self._blobs = blobs
        self._slots = asyncio.Semaphore(_READS_AT_ONCE)

    async def find(self, references: Iterable[Reference]) -> Mapping[Reference, Sequence[Held]]:
        """Find the instances that are meant, and by the UID alone if there are only such of another SOP class.

        With all that was acknowledged before; raise Unavailable when the index is away.
        """
        uids = dict.fromkeys(reference.sop_instance_uid for reference in references)
        by_uid: defaultdict[str, list[Held]] = defaultdict(list)
        answer = await self._index.ask(
            "/internal/held-instances", {"sop_instance_uids": list(uids)}
        )
        for id_, sop_class_uid, uid, *file in answer["Instances"]:
            by_uid[uid].append(Held(ResourceId(id_), sop_class_uid, _known(*file)))
        return {reference: by_uid[reference.sop_instance_uid] for reference in references}

    async def reasons(self, references: Sequence[Reference]) -> list[Reason | None]:
        """Say of each instance why it cannot be promised, or None; raise Unavailable."""
        found = await self.find(references)
        try:
            async with asyncio.TaskGroup() as group:
                tasks = {
                    reference: group.create_task(self._reason(reference, held))
                    for reference, held in found.items()
                }
        except ExceptionGroup as errors:
            # What one of them met, the others met or were spared.
            raise errors.exceptions[0] from None
        return [tasks[reference].result() for reference in references]

    async def _reason(self, reference: Reference, held: Sequence[Held]) -> Reason | None:
        """Say why none of the instances with a UID will do."""
        reason = Reason.CLASS_INSTANCE_CONFLICT if held else Reason.NO_SUCH_INSTANCE
        for one in held:
            if one.sop_class_uid != reference.sop_class_uid:
                continue
            worse = await self._damage(one)
            if worse is None:
                return None
            reason = worse
        return reason

    async def _damage(self, held: Held) -> Reason | None:
        async with self._slots:
            try:
                difference = await find_difference(self._blobs, held.known)
            except BlobMissing:
                return Reason.NO_SUCH_INSTANCE
        return Reason.PROCESSING_FAILURE if difference else None


def _known(
    blob_key: str,
    size_bytes: int,
    md5: str,
    compressed_size_bytes: int | None,
    compressed_md5: str | None,
) -> Known:
    is_compressed = compressed_size_bytes is not None
    return Known(
        StoredBlob(blob_key, size_bytes, is_compressed),
        md5,
        size_bytes if compressed_size_bytes is None else compressed_size_bytes,
        compressed_md5 or md5,
    )
