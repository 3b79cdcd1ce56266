"""Two answers to one request, field by field."""

import gzip
import io
import json
import re
import zipfile
from collections.abc import Iterator, Mapping

import numpy as np

from support.side_by_side.asking import Answer

Fields = dict[str, object]

# Of a connection, of a moment, or of how JSON is spelled; what is answered is the same.
_NOT_COMPARED = frozenset(
    {"connection", "content-length", "date", "keep-alive", "server", "transfer-encoding", "via"}
)
# What no two servers can have in common, by the name it has: only its form is compared.
_FORMS = {
    "CompletionTime": r"\d{8}T\d{6}\.\d{6}",
    "CreationTime": r"\d{8}T\d{6}\.\d{6}",
    "Date": r"\d{8}T\d{6}",
    "EffectiveRuntime": r"\d+(\.\d+)?",
    "LastUpdate": r"\d{8}T\d{6}",
    "ReceptionDate": r"\d{8}T\d{6}",
    "Timestamp": r"\d{8}T\d{6}\.\d{6}",
    "FileUuid": r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    "Uuid": r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
}
_TEXT_TYPE = "text/"
_ZIP_TYPE = "application/zip"
# JSON is UTF-8, whether that is said or not (RFC 8259, 8.1).
_JSON_TYPE = "application/json"
_UTF8_JSON_TYPE = "application/json; charset=utf-8"
_NUMPY_MAGIC = b"\x93NUMPY"
_GZIP_MAGIC = b"\x1f\x8b"


def fields_of(answer: Answer, *, unordered: bool = False) -> Fields:
    """What is compared: the status, each header, and each value of the body by its place."""
    fields: Fields = {"status": answer.status}
    for name, value in answer.headers.items():
        if name not in _NOT_COMPARED:
            fields[f"header {name}"] = _JSON_TYPE if value == _UTF8_JSON_TYPE else value
    fields.update(_content(answer, unordered=unordered))
    return fields


def _content(answer: Answer, *, unordered: bool) -> Iterator[tuple[str, object]]:
    kind, content = answer.headers.get("content-type", ""), answer.content
    if not content:
        return
    if zipfile.is_zipfile(io.BytesIO(content)) and kind == _ZIP_TYPE:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for number, member in enumerate(archive.infolist()):
                yield f"member {number}", member.filename
    elif kind.startswith("image/"):
        # How it is packed is the packer's matter; tests of images compare the pixels.
        yield "magic", content[:4]
    elif content.startswith(_NUMPY_MAGIC):
        array = np.load(io.BytesIO(content))
        yield "array", (array.dtype.str[1:], array.shape, array.tobytes())
    elif content.startswith(_GZIP_MAGIC):
        yield "unpacked", gzip.decompress(content)
    elif (value := _json(content)) is not None:
        yield from _flat("body", value, unordered=unordered)
    elif kind.startswith(_TEXT_TYPE):
        yield "body", content.decode(errors="backslashreplace")
    else:
        yield "size", len(content)
        yield "bytes", content


def values_of(value: object) -> Fields:
    """The values in a JSON value, by their places."""
    return dict(_flat("body", value, unordered=False))


def _json(content: bytes) -> object:
    """The body as JSON, whatever type it says: Orthanc's errors say that they are text."""
    if content[:1] not in (b"{", b"["):
        return None
    try:
        return json.loads(content)
    except ValueError:
        return None


def _flat(place: str, value: object, *, unordered: bool) -> Iterator[tuple[str, object]]:
    """The values in a JSON value, by their places; an empty object or list is a value."""
    if isinstance(value, Mapping) and value:
        for name, item in value.items():
            yield from _flat(f"{place}.{name}", _without_moment(name, item), unordered=unordered)
    elif isinstance(value, list) and value:
        if unordered:
            yield f"{place}.length", len(value)
        for number, item in enumerate(value):
            key = _identity(item) if unordered else number
            yield from _flat(f"{place}[{key}]", item, unordered=unordered)
    else:
        yield place, value


def _identity(item: object) -> object:
    """What tells an item of a list from the others."""
    return item["ID"] if isinstance(item, Mapping) else item


def _without_moment(name: str, value: object) -> object:
    form = _FORMS.get(name)
    is_plain = isinstance(value, str | int | float)
    return f"<{name}>" if form and is_plain and re.fullmatch(form, str(value)) else value


class _Absent:
    def __repr__(self) -> str:
        return "nothing"


ABSENT = _Absent()


def differences(
    ours: Answer, theirs: Answer, *, unordered: bool = False
) -> dict[str, tuple[object, object]]:
    """The fields that are not the same, with our value and theirs."""
    our_fields = fields_of(ours, unordered=unordered)
    their_fields = fields_of(theirs, unordered=unordered)
    pairs = {
        name: (our_fields.get(name, ABSENT), their_fields.get(name, ABSENT))
        for name in {**their_fields, **our_fields}
    }
    return {name: pair for name, pair in pairs.items() if not _same(*pair)}


def _same(ours: object, theirs: object) -> bool:
    """Whether two values of JSON are the same: 1 is not true."""
    return type(ours) is type(theirs) and ours == theirs
