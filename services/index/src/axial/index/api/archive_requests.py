"""What kind of archive is asked for, read from a query or a body as Orthanc reads them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from pydicom.uid import AllTransferSyntaxes
from starlette.datastructures import QueryParams

from axial.common.errors import BadFormat, BadParameter, NotFound, Rejected
from axial.common.identifiers import ResourceId

_ASYNCHRONOUS = "Asynchronous archives need jobs, which are not offered by Axial yet"
_LOSSY_QUALITIES = range(1, 101)
_DESCRIBED: Mapping[type, str] = {bool: "Boolean", int: "Integer", str: "String"}
_TRANSFER_SYNTAXES = frozenset(map(str, AllTransferSyntaxes))

Kind = TypeVar("Kind")


@dataclass(frozen=True, slots=True)
class ArchiveOptions:
    """How an archive is to be made."""

    #: What it is called by; its resource's identifier or `Archive.zip` when nothing is said.
    filename: str = ""
    #: The only transfer syntax that its files may have.
    transfer_syntax_uid: str | None = None
    is_extended: bool = False
    #: None when the configuration says so.
    utf8: bool | None = None


def read_body(body: bytes) -> Any:
    """Read a body, which is JSON of any shape."""
    try:
        value = json.loads(body)
        json.dumps(value, ensure_ascii=False).encode()  # halves of surrogate pairs are no text
    except (ValueError, RecursionError):
        raise BadFormat("The body must contain JSON") from None
    return value


def read_resources(body: Any) -> list[ResourceId]:
    """Read which resources are to be in an archive: a list, or an object that has one."""
    if isinstance(body, dict):
        if "Resources" not in body:
            raise BadFormat("Missing field Resources in the JSON body")
        body = body["Resources"]
    if not isinstance(body, list) or not all(isinstance(name, str) for name in body):
        raise BadFormat("Expected a list of strings (Orthanc identifiers)")
    return [_identifier(name) for name in body]


def listed_resources(query: QueryParams) -> list[ResourceId]:
    """Read which resources are to be in an archive from a query: separated by commas."""
    if "resources" not in query:
        raise BadFormat('Missing argument "resources"')
    return [_identifier(name) for name in query["resources"].split(",") if name]


def options_in_body(body: Any, *, extended: bool = False) -> ArchiveOptions:
    """Read the options in a body; a list has none."""
    fields: Mapping[str, Any] = body if isinstance(body, dict) else {}
    synchronous = _field(fields, "Synchronous", bool)
    asynchronous = _field(fields, "Asynchronous", bool)
    if synchronous is False or (synchronous is None and asynchronous):
        raise Rejected("asynchronous", _ASYNCHRONOUS)
    _field(fields, "Priority", int)
    quality = _field(fields, "LossyQuality", int)
    if quality is not None:
        _check_quality(str(quality))
    is_extended = _field(fields, "Extended", bool)
    return ArchiveOptions(
        filename=_field(fields, "Filename", str) or "",
        transfer_syntax_uid=_transfer_syntax(_field(fields, "Transcode", str)),
        is_extended=extended if is_extended is None else is_extended,
        utf8=_field(fields, "Utf8", bool),
    )


def options_in_query(query: QueryParams, *, extended: bool = False) -> ArchiveOptions:
    """Read the options in a query; `extended` needs no value."""
    if "lossy-quality" in query:
        _check_quality(query["lossy-quality"])
    return ArchiveOptions(
        filename=query.get("filename", ""),
        transfer_syntax_uid=_transfer_syntax(query.get("transcode")),
        is_extended=extended or "extended" in query,
    )


def _identifier(name: str) -> ResourceId:
    if "\0" in name:
        raise NotFound
    return ResourceId(name)


def _field(fields: Mapping[str, Any], name: str, kind: type[Kind]) -> Kind | None:
    """Take a field; None when it is not there."""
    if name not in fields:
        return None
    value = fields[name]
    if type(value) is not kind:  # a bool is no number
        raise BadFormat(f"{_DESCRIBED[kind]} value expected in field: {name}")
    return value


def _transfer_syntax(name: str | None) -> str | None:
    if name is not None and name not in _TRANSFER_SYNTAXES:
        raise BadParameter("Unknown transfer syntax")
    return name


def _check_quality(text: str) -> None:
    """Refuse a quality that is none; otherwise it changes nothing, for nothing is encoded anew."""
    if not text.isascii() or not text.isdigit() or int(text) not in _LOSSY_QUALITIES:
        raise BadParameter("Lossy quality must be an integer between 1 and 100")
