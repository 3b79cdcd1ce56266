"""The PDF file in an Encapsulated PDF (PS3.3 section A.45.1)."""

from dataclasses import dataclass

import zstandard

from axial.common.blobs import BlobStore, StoredRanges
from axial.common.datasets import read_tree
from axial.common.elements import (
    HEAD_BYTES,
    LONG_HEAD_BYTES,
    UNDEFINED_LENGTH,
    Layout,
    unusual_head,
)
from axial.common.file_meta import read_file_meta
from axial.index.resources import StoredPixels

_ENCAPSULATED_DOCUMENT = 0x00420011
_MIME_TYPE = 0x00420012
_PDF = b"application/pdf"
_PDF_OPENING = b"%PDF-"
# Of values with an odd length (PS3.5 section 6.2, OB); a PDF does not end with it.
_PADDING = b"\0"
# Elements too long for the header that may stand before the document: there should be none.
_MAX_LONG_ELEMENTS = 16


@dataclass(frozen=True, slots=True)
class FilePart:
    """The bytes `[start, stop)` of the file."""

    start: int
    stop: int


async def find_pdf(blobs: BlobStore, stored: StoredPixels) -> bytes | FilePart | None:
    """Find the document: in the header, or behind it in the file when it is long; None when there is none."""
    compressed = stored.header
    if compressed is None:
        assert stored.header_blob_key is not None, "the table's constraint says so"
        compressed = await blobs.read(stored.header_blob_key)
    raw = zstandard.ZstdDecompressor().decompress(compressed)
    tree = read_tree(raw)
    document = tree.root.elements.get(_ENCAPSULATED_DOCUMENT)
    if document is not None:
        mime_type = tree.root.elements.get(_MIME_TYPE)
        if not mime_type or tree.data[mime_type.start : mime_type.stop].strip(b" \0") != _PDF:
            return None
        return tree.data[document.start : document.stop].removesuffix(_PADDING)
    meta = read_file_meta(raw)
    file = StoredRanges(blobs, stored.blob)
    found = None if meta.is_deflated else await _find_long(file, stored, meta.layout, len(raw))
    if found is None or found.start == found.stop:
        return None
    # The type stands behind the document, and is not looked for: a PDF begins like one.
    opening = await file.read(found.start, found.start + len(_PDF_OPENING))
    last = await file.read(found.stop - 1, found.stop)
    return (
        FilePart(found.start, found.stop - (last == _PADDING)) if opening == _PDF_OPENING else None
    )


async def _find_long(
    file: StoredRanges, stored: StoredPixels, layout: Layout, position: int
) -> FilePart | None:
    """Find the document from where the header ends: before the first element that is too long to keep."""
    for _ in range(_MAX_LONG_ELEMENTS):
        head = await file.read(position, position + LONG_HEAD_BYTES)
        if len(head) < LONG_HEAD_BYTES:
            return None
        key, first, second = layout.head(head, 0)
        if first in layout.short_vrs:
            value, length = HEAD_BYTES, second
        else:
            _, value, length = unusual_head(head, 0, first, second, layout)
        start = position + value
        if layout.tag(key) == _ENCAPSULATED_DOCUMENT:
            return FilePart(start, min(start + length, stored.size_bytes))
        if length == UNDEFINED_LENGTH:
            return None
        position = start + length
    return None
