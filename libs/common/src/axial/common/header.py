"""The header of a DICOM file: what identifies it, up to its pixel data."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from mmap import ACCESS_READ, mmap
from typing import BinaryIO, TypeAlias

from axial.common.attributes import BULK_VRS, MAIN_DICOM_TAGS, keyword, vr_of
from axial.common.charsets import LATIN1, Charset, charset_of
from axial.common.deflate import deflate, inflate
from axial.common.elements import HEAD_BYTES, Buffer, Layout, Overrun, sniff
from axial.common.errors import NotDicom
from axial.common.file_meta import FileMeta, read_file_meta
from axial.common.refusals import Refusal, refusal
from axial.common.scan import MAX_KEPT_BYTES, MAX_KEPT_ELEMENT_BYTES, Scan, Wanted, scan
from axial.common.transfer_syntaxes import DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN
from axial.common.values import NUMBER_FORMATS, numbers, text

Body: TypeAlias = bytes | bytearray | memoryview | BinaryIO
"""A file in memory, or an open one: on disk (it has a `fileno`; it is mapped, not read) or a BytesIO."""

_MEDIA_STORAGE_DIRECTORY = "1.2.840.10008.1.3.10"

_DEFLATED = DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN.encode()
# No honest file meta information is longer.
_META_BYTES = 4 * 1024

_SPECIFIC_CHARACTER_SET = 0x00080005
_SOP_CLASS_UID = 0x00080016
_SOP_INSTANCE_UID = 0x00080018
_PATIENT_ID = 0x00100020
_STUDY_INSTANCE_UID = 0x0020000D
_SERIES_INSTANCE_UID = 0x0020000E

_KEYWORDS = {
    tag: keyword(tag) for tags in MAIN_DICOM_TAGS.values() for tag in tags if vr_of(tag) != "SQ"
}
_WANTED = Wanted(frozenset(_KEYWORDS) | {_SPECIFIC_CHARACTER_SET, _SOP_CLASS_UID})

# Orthanc's ORTHANC_MAXIMUM_TAG_LENGTH, in bytes of UTF-8: longer values are not main tags.
MAX_MAIN_TAG_BYTES = 256
# A character takes at most four bytes of UTF-8: shorter values need no count.
_SURELY_SHORT = MAX_MAIN_TAG_BYTES // 4
# Texts may be padded with spaces, but not without end.
_MAX_DECODED_BYTES = 64 * 1024
# A dozen of character sets; the standard knows three dozen, and nobody uses more than three at once.
_MAX_CHARSET_BYTES = 256

# VRs that do not tell how to read a value that is wanted: the dictionary does.
_UNTOLD = BULK_VRS | {""}

# The pixel data of a deflated file begins somewhere, mostly early: inflate little first.
_INFLATED_BYTES = (1024 * 1024, MAX_KEPT_ELEMENT_BYTES, MAX_KEPT_BYTES)


@dataclass(frozen=True, slots=True)
class Header:
    """What the archive needs to know of an instance without its pixels."""

    #: Empty when the file has none.
    patient_id: str
    study_instance_uid: str
    series_instance_uid: str
    sop_instance_uid: str
    #: Empty when the file has none.
    sop_class_uid: str
    #: As the file tells it; when it does not, the uncompressed one that reads it.
    transfer_syntax_uid: str
    #: Keyword to value as Orthanc shows it, of the main tags of all levels that are in the file.
    main_dicom_tags: dict[str, str]
    #: Of the pixel data element's tag, in bytes; None without pixel data, or when it is deflated.
    pixel_data_offset: int | None
    #: None without pixel data.
    pixel_data_vr: str | None
    #: The file before its pixel data, or before the first element too long to keep; a DICOM file
    #: itself. That of a deflated file is deflated again.
    raw: bytes


def read_header(body: Body, default_charset: Charset = LATIN1) -> Header:
    """Read the header of one file; NotDicom, with a stable code, when it cannot be archived.

    Texts of a file that names no character set are in the default one. Structures that Orthanc refuses are
    refused; a file cut short in its pixel data is accepted.
    """
    if isinstance(body, bytes | bytearray | memoryview):
        return _read(body, default_charset)
    with _mapped(body) as buffer:
        return _read(buffer, default_charset)


def may_be_deflated(body: bytes | bytearray) -> bool:
    """Whether some kilobytes may turn out to be millions of elements: without looking closer, in no time."""
    return body.find(_DEFLATED, 0, _META_BYTES) >= 0


@contextmanager
def _mapped(file: BinaryIO) -> Iterator[Buffer]:
    if isinstance(file, BytesIO):
        with file.getbuffer() as view:
            yield view
        return
    file.flush()
    if os.fstat(file.fileno()).st_size == 0:
        yield b""
        return
    with mmap(file.fileno(), 0, access=ACCESS_READ) as mapped:
        yield mapped


def _read(buffer: Buffer, default_charset: Charset) -> Header:
    try:
        meta = read_file_meta(buffer)
    except Overrun:
        raise refusal("truncated") from None
    if meta.dataset_offset > MAX_KEPT_ELEMENT_BYTES:
        raise refusal("meta_too_long")
    if meta.media_storage_sop_class_uid == _MEDIA_STORAGE_DIRECTORY:
        raise refusal("dicomdir")
    if meta.is_bare and not _may_begin_an_instance(buffer, meta):
        raise refusal("not_dicom")
    try:
        data, layout, found = _scan(buffer, meta)
    except NotDicom as error:
        if meta.is_bare:
            raise refusal("not_dicom") from error
        raise
    if found.overran:
        raise refusal("not_dicom" if meta.is_bare else "truncated")

    texts = _texts(data, layout, found, default_charset)
    sop_class_uid = texts.get(_SOP_CLASS_UID, "")
    if meta.is_bare and not sop_class_uid:
        raise refusal("missing_sop_class_uid")
    raw = bytes(data[: found.kept_stop])
    if meta.is_deflated:
        raw = bytes(buffer[: meta.dataset_offset]) + deflate(raw)
    return Header(
        patient_id=_identifier(texts.get(_PATIENT_ID, "")),
        study_instance_uid=_required(texts, _STUDY_INSTANCE_UID, "missing_study_instance_uid"),
        series_instance_uid=_required(texts, _SERIES_INSTANCE_UID, "missing_series_instance_uid"),
        sop_instance_uid=_required(texts, _SOP_INSTANCE_UID, "missing_sop_instance_uid"),
        sop_class_uid=sop_class_uid,
        transfer_syntax_uid=meta.transfer_syntax_uid,
        main_dicom_tags={
            _KEYWORDS[tag]: value
            for tag, value in texts.items()
            if tag in _KEYWORDS and _fits(value)
        },
        pixel_data_offset=None if meta.is_deflated else found.pixel_data_offset,
        pixel_data_vr=found.pixel_data_vr,
        raw=raw,
    )


def _may_begin_an_instance(buffer: Buffer, meta: FileMeta) -> bool:
    """Whether the first tag may precede the SOP Instance UID, as it must: elements are in order."""
    if len(buffer) < HEAD_BYTES:
        return False
    key, _, _ = meta.layout.head(buffer, 0)
    return 0 < meta.layout.tag(key) <= _SOP_INSTANCE_UID


def _scan(buffer: Buffer, meta: FileMeta) -> tuple[Buffer, Layout, Scan]:
    if not meta.is_deflated:
        return buffer, meta.layout, scan(buffer, meta.dataset_offset, meta.layout, _WANTED)
    for limit_bytes in _INFLATED_BYTES:
        data, is_all = inflate(buffer, meta.dataset_offset, limit_bytes)
        layout = sniff(data, 0, meta.layout)
        found = scan(data, 0, layout, _WANTED)
        if is_all or not found.overran:
            return data, layout, found
    # What comes after the last limit is unknown; it is not kept, like any element too long.
    return data, layout, found._replace(overran=False)


def _texts(data: Buffer, layout: Layout, found: Scan, default_charset: Charset) -> dict[int, str]:
    """The wanted values as Orthanc shows them, by tag, in the file's order."""
    _, start, stop = found.places.pop(_SPECIFIC_CHARACTER_SET, ("", 0, 0))
    named = bytes(data[start : min(stop, start + _MAX_CHARSET_BYTES)])
    charset = charset_of(named, default_charset)
    texts: dict[int, str] = {}
    for tag, (told_vr, start, stop) in found.places.items():
        if stop - start > _MAX_DECODED_BYTES:
            continue
        value = data[start:stop]
        vr = vr_of(tag) if told_vr in _UNTOLD else told_vr
        if vr == "UI":
            texts[tag] = text(value, charset).strip(" ")
        elif vr in NUMBER_FORMATS:
            texts[tag] = "\\".join(map(str, numbers(value, vr, layout.byte_order)))
        else:
            texts[tag] = text(value, charset)
    return texts


def _required(texts: dict[int, str], tag: int, code: Refusal) -> str:
    if not (uid := texts.get(tag)):
        raise refusal(code)
    return _identifier(uid)


def _identifier(value: str) -> str:
    if not _fits(value):
        raise refusal("identifier_too_long")
    return value


def _fits(value: str) -> bool:
    return len(value) <= _SURELY_SHORT or len(value.encode()) <= MAX_MAIN_TAG_BYTES
