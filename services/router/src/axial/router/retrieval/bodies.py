"""What requests say, read as Orthanc reads it."""

import json
from collections.abc import Mapping
from typing import Any, TypeVar

from starlette.requests import Request

from axial.common.dictionary import Dictionary
from axial.common.errors import BadFormat, BadParameter, UnknownTag
from axial.common.orthanc_tags import TagFormat
from axial.router.bodies import read_body

_LONGEST_AET = 16
#: An integer of Orthanc's, and of Postgres's.
MOST_SECONDS = 2**31 - 1
#: What some clients send that have nothing to say.
NULL = "null"
_FORMATS = {"Short": TagFormat.SHORT, "Simplify": TagFormat.SIMPLIFIED, "Full": TagFormat.FULL}

Kind = TypeVar("Kind", bool, str, dict[str, Any])


async def read_text(request: Request) -> str:
    """Read a body, which is never long."""
    return (await read_body(request)).decode("utf-8", "replace")


def json_in(text: str) -> Any:
    """Read JSON; None when it is none."""
    try:
        value = json.loads(text)
        json.dumps(value, ensure_ascii=False).encode()  # halves of surrogate pairs are no text
    except (ValueError, RecursionError):
        return None
    return value


async def read_object(request: Request, *, may_be_null: bool = False) -> dict[str, Any]:
    """Read a body that must be a JSON object, whatever its Content-Type says; or `null` for an empty one."""
    text = await read_text(request)
    value = json_in(text)
    if may_be_null and text.strip() == NULL:
        return {}
    if not isinstance(value, dict):
        raise BadFormat("Must provide a JSON object")
    return value


def member(body: Mapping[str, Any], name: str, kind: type[Kind], described: str) -> Kind | None:
    """Take a field of a kind out of an object; None when it is not there."""
    if name not in body:
        return None
    value = body[name]
    if not isinstance(value, kind):
        raise BadFormat(f"The field {name} must contain {described}")
    return value


def seconds(body: Mapping[str, Any], name: str = "Timeout") -> int | None:
    """Read how long a modality may take; None when it is not said, 0 for ever."""
    value = body.get(name)
    if name not in body:
        return None
    if not isinstance(value, int) or isinstance(value, bool):
        raise BadFormat(f"Integer value expected in field: {name}")
    if not 0 <= value <= MOST_SECONDS:
        raise BadFormat(f"Unsigned integer value expected in field: {name}")
    return value


def read_aet(body: Mapping[str, Any], name: str) -> str:
    """Read an AE title; empty when it is not there."""
    return aet_of(member(body, name, str, "a string") or "")


def aet_of(text: str) -> str:
    """Take the padding off an AE title; raise BadParameter for what cannot be one (PS3.5 section 6.2)."""
    title = text.strip()
    if len(title) > _LONGEST_AET or not title.isascii() or not title.isprintable():
        raise BadParameter("An AE title has at most 16 characters of ASCII")
    return title


def tag_format(body: Mapping[str, Any], default: TagFormat) -> TagFormat:
    """Read in which format tags are to be told."""
    for name, format_ in _FORMATS.items():
        if member(body, name, bool, "a Boolean"):
            return format_
    return default


def tag_of(name: str, dictionary: Dictionary) -> int:
    """Read the name of an attribute; raise UnknownTag."""
    tag = dictionary.parse(name.strip())
    if tag is None:
        raise UnknownTag
    return tag
