"""Files with images, stored as the archive stores them."""

import zstandard

from axial.common.header import Header, read_header
from axial.common.identifiers import ResourceId, resource_ids
from axial.common.testing.blobs import MemoryBlobStore
from axial.common.testing.facts import instance_received
from axial.index.images.reader import Image, open_image
from axial.index.resources import StoredPixels
from support.archive import Archive

_KEY = "2026/11/20/2358/image.dcm"


class CountingStore(MemoryBlobStore):
    """Counts the bytes that are read."""

    def __init__(self) -> None:
        super().__init__()
        self.read_bytes = 0

    async def read(self, key: str, start: int = 0, end: int | None = None) -> bytes:
        """Read, and count."""
        data = await super().read(key, start, end)
        self.read_bytes += len(data)
        return data


async def opened(file: bytes, store: MemoryBlobStore | None = None) -> Image:
    """Open the image of a file that is in a store of its own, or in the one given."""
    store = store or MemoryBlobStore()
    await store.put(_KEY, file)
    return await open_image(store, stored_pixels(file))


def stored_pixels(file: bytes, key: str = _KEY) -> StoredPixels:
    """Tell of a file what the index would."""
    header = read_header(file)
    return StoredPixels(
        blob_key=key,
        size_bytes=len(file),
        is_compressed=False,
        transfer_syntax_uid=header.transfer_syntax_uid,
        pixel_data_offset=header.pixel_data_offset,
        pixel_data_vr=header.pixel_data_vr,
        header=zstandard.compress(header.raw),
        header_blob_key=None,
    )


async def store_file(
    archive: Archive, file: bytes, header_blob_key: str | None = None
) -> ResourceId:
    """Store a file in an archive, as ingest would; return the identifier of its instance."""
    header: Header = read_header(file)
    event = instance_received(content=str(hash(file))).model_copy(
        update={
            "patient_id": header.patient_id,
            "study_instance_uid": header.study_instance_uid,
            "series_instance_uid": header.series_instance_uid,
            "sop_instance_uid": header.sop_instance_uid,
            "sop_class_uid": header.sop_class_uid,
            "transfer_syntax_uid": header.transfer_syntax_uid,
            "main_dicom_tags": header.main_dicom_tags,
            "pixel_data_offset": header.pixel_data_offset,
            "pixel_data_vr": header.pixel_data_vr,
            "header": zstandard.compress(header.raw),
            "size_bytes": len(file),
            "blob_key": f"2026/11/20/2358/{header.sop_instance_uid}.dcm",
        }
    )
    await archive.blobs.put(event.blob_key, file)
    if header_blob_key is not None:
        await archive.blobs.put(header_blob_key, event.header or b"")
        event = event.model_copy(update={"header": None, "header_blob_key": header_blob_key})
    await archive.project(event)
    return resource_ids(
        header.patient_id,
        header.study_instance_uid,
        header.series_instance_uid,
        header.sop_instance_uid,
    ).instance
