"""Mend SeaweedFS's volumes after a kill, before it opens them.

A volume is an append-only file of needles (.dat) with an index (.idx) appended after it. A kill
between the two leaves the index short, a kill within the first leaves half a needle; either way
`weed` 4.48 opens the volume read-only for ever, and without the needles its index lacks. But an
index that is missing altogether it rebuilds ("rebuilt … .idx from … .dat", seaweedfs
weed/storage/volume_idx_rebuild.go). So: cut off the half needle, and remove the short index.

The half needle was never acknowledged: the filer learns of a chunk after its fsync.
"""

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

# The on-disk format of the wheel's build ("8000GB"): seaweedfs weed/storage/types, needle version 3.
_SUPERBLOCK = struct.Struct(">BB2sHH")  # version, placement, ttl, compaction revision, extra size
_VERSION = 3
_INDEX_ENTRY = struct.Struct(">QIBi")  # needle id, offset low, offset high, size or -1 if deleted
_NEEDLE_HEADER = struct.Struct(">IQi")  # cookie, needle id, size of the body
_NEEDLE_TRAILER_BYTES = 4 + 8  # checksum, time of the append
_ALIGNMENT_BYTES = 8


@dataclass(frozen=True, slots=True)
class _Needle:
    id: int
    offset: int
    end: int


def mend_volumes(folder: Path) -> list[str]:
    """Mend every volume that does not end where its index ends; return the names of those."""
    return [data.stem for data in sorted(folder.glob("*.dat")) if _mend(data)]


def _mend(data: Path) -> bool:
    index = data.with_suffix(".idx")
    if not index.exists():
        return False
    with data.open("r+b") as volume:
        size = volume.seek(0, os.SEEK_END)
        start = _first_needle_offset(volume)
        if start is None:
            return False
        last = _last_indexed(index)
        torn_index = index.stat().st_size % _INDEX_ENTRY.size != 0
        if not torn_index and (last.end if last else start) == size:
            return False
        # Cut only what was understood: the index must point at the needle that it says it does.
        if last is not None and last.end <= size:
            if not _is_at(volume, last):
                return False
            end = max((needle.end for needle in _needles(volume, last.end, size)), default=last.end)
            if end < size:
                volume.truncate(end)
                os.fsync(volume.fileno())
    index.unlink()
    index.with_suffix(".sdx").unlink(missing_ok=True)
    return True


def _first_needle_offset(volume: BinaryIO) -> int | None:
    volume.seek(0)
    block = volume.read(_SUPERBLOCK.size)
    if len(block) < _SUPERBLOCK.size:
        return None
    version, *_, extra_bytes = _SUPERBLOCK.unpack(block)
    return _SUPERBLOCK.size + int(extra_bytes) if version == _VERSION else None


def _last_indexed(index: Path) -> _Needle | None:
    """Return the indexed needle that lies last in the data; compaction orders the index by id."""
    entries = index.read_bytes()
    whole = len(entries) - len(entries) % _INDEX_ENTRY.size
    return max(
        (
            _needle(id_, (low | high << 32) * _ALIGNMENT_BYTES, size)
            for id_, low, high, size in _INDEX_ENTRY.iter_unpack(entries[:whole])
        ),
        key=lambda needle: needle.offset,
        default=None,
    )


def _needles(volume: BinaryIO, offset: int, size: int) -> Iterator[_Needle]:
    """Walk the whole needles from `offset` on."""
    while offset + _NEEDLE_HEADER.size <= size:
        volume.seek(offset)
        _, id_, body_bytes = _NEEDLE_HEADER.unpack(volume.read(_NEEDLE_HEADER.size))
        needle = _needle(id_, offset, body_bytes)
        # Ids start at 1: a zero is space that the file system gave before it had the bytes.
        if id_ == 0 or needle.end > size:
            return
        yield needle
        offset = needle.end


def _is_at(volume: BinaryIO, needle: _Needle) -> bool:
    volume.seek(needle.offset)
    header = volume.read(_NEEDLE_HEADER.size)
    return len(header) == _NEEDLE_HEADER.size and _NEEDLE_HEADER.unpack(header)[1] == needle.id


def _needle(id_: int, offset: int, body_bytes: int) -> _Needle:
    bare = _NEEDLE_HEADER.size + max(body_bytes, 0) + _NEEDLE_TRAILER_BYTES
    # The padding is never empty: a needle that is aligned already gets a whole unit.
    return _Needle(id_, offset, offset + bare + _ALIGNMENT_BYTES - bare % _ALIGNMENT_BYTES)
