"""ZIP archives and media as those who unpack them see them."""

import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pydicom import Dataset
from pydicom.fileset import FileSet


def unpacked(archive: bytes) -> dict[str, bytes]:
    """Unpack a ZIP file, in its order."""
    with zipfile.ZipFile(io.BytesIO(archive)) as found:
        assert found.testzip() is None
        return {name: found.read(name) for name in found.namelist()}


@contextmanager
def file_set(folder: Path) -> Iterator[FileSet]:
    """Open the DICOMDIR of a folder."""
    found = FileSet(folder / "DICOMDIR")
    try:
        yield found
    finally:
        found._stage["t"].cleanup()  # noqa: SLF001 - it leaves its temporary folder to the garbage collector


def write_medium(archive: bytes, folder: Path) -> None:
    """Unpack a ZIP file into a folder."""
    for name, data in unpacked(archive).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)


def tree(root: Dataset, offset: int) -> list[tuple[Dataset, Any]]:
    """Follow the positions of a DICOMDIR's records, from one on: each with what is below it."""
    records = {record.seq_item_tell: record for record in root.DirectoryRecordSequence}
    found: list[tuple[Dataset, Any]] = []
    while offset:
        record = records[offset]
        found.append((record, tree(root, record.OffsetOfReferencedLowerLevelDirectoryEntity)))
        offset = record.OffsetOfTheNextDirectoryRecord
    return found
