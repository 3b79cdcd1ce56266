"""What kind of archive is asked for, read from a query or a body as Orthanc reads them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from starlette.datastructures import QueryParams

from axial.common.errors import BadFormat, NotFound
from axial.common.identifiers import ResourceId
from axial.index.api.transcoding import read_quality, read_transfer_syntax

_OF_JOBS = frozenset({"Synchronous", "Asynchronous", "Priority", "UserData"})
# Orthanc's integers.
_PRIORITIES = range(-(2**31), 2**31)
_DESCRIBED: Mapping[type, str] = {bool: "Boolean", int: "Integer", str: "String"}

Kind = TypeVar("Kind")


@dataclass(frozen=True, slots=True)
class ArchiveOptions:
    """How an archive is to be made."""

    #: What it is called by; its resource's identifier or `Archive.zip` when nothing is said.
    filename: str = ""
    #: What its files are to be written in, if they can; None for what they are kept in.
    transfer_syntax_uid: str | None = None
    #: None when the configuration says so.
    lossy_quality: int | None = None
    is_extended: bool = False
    #: None when the configuration says so.
    utf8: bool | None = None


@dataclass(frozen=True, slots=True)
class JobWish:
    """An archive that is to be made by a job, for nobody waits for it."""

    options: ArchiveOptions
    #: What asks for the same archive of whoever waits.
    body: Mapping[str, Any]
    priority: int
    user_data: Any


def read_body(body: bytes) -> Any:
    """Read a body, which is JSON of any shape."""
    try:
        value = json.loads(body)
        # Halves of surrogate pairs are no text, and what is no number is no JSON.
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
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
    quality = _field(fields, "LossyQuality", int)
    is_extended = _field(fields, "Extended", bool)
    return ArchiveOptions(
        filename=_field(fields, "Filename", str) or "",
        transfer_syntax_uid=read_transfer_syntax(_field(fields, "Transcode", str)),
        lossy_quality=read_quality(None if quality is None else str(quality)),
        is_extended=extended if is_extended is None else is_extended,
        utf8=_field(fields, "Utf8", bool),
    )


def job_wish(body: Any, options: ArchiveOptions) -> JobWish | None:
    """Read whether a body wishes a job to make the archive; a list does not."""
    fields: Mapping[str, Any] = body if isinstance(body, dict) else {}
    synchronous = _field(fields, "Synchronous", bool)
    asynchronous = _field(fields, "Asynchronous", bool)
    priority = _field(fields, "Priority", int) or 0
    if priority not in _PRIORITIES:
        raise BadFormat("Integer value expected in field: Priority")
    if synchronous or (synchronous is None and not asynchronous):
        return None
    rest = {name: value for name, value in fields.items() if name not in _OF_JOBS}
    return JobWish(options, rest, priority, fields.get("UserData"))


def options_in_query(query: QueryParams, *, extended: bool = False) -> ArchiveOptions:
    """Read the options in a query; `extended` needs no value."""
    return ArchiveOptions(
        filename=query.get("filename", ""),
        transfer_syntax_uid=read_transfer_syntax(query.get("transcode")),
        lossy_quality=read_quality(query.get("lossy-quality")),
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
