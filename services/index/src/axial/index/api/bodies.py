"""JSON in the body of a question."""

import json
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request

from axial.common.errors import Rejected, TooLarge

# A hundred thousand identifiers.
_LARGEST_BYTES = 8 * 1024 * 1024


async def read_object(request: Request) -> dict[str, Any]:
    """Read a body that must be a JSON object, whatever its Content-Type says."""
    try:
        value = json.loads(await read(request))
        if isinstance(value, dict):
            json.dumps(value, ensure_ascii=False).encode()  # halves of surrogate pairs are no text
            return value
    except (ValueError, RecursionError):
        pass
    raise bad_request("The body must contain a JSON object")


async def read(request: Request) -> bytes:
    """Read a body of a question, which is never long."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > _LARGEST_BYTES:
            raise TooLarge
    return bytes(body)


def member(body: Mapping[str, Any], name: str, kind: type, described: str) -> Any:
    """Take a field of a kind out of an object; None when it is not there."""
    value = body.get(name)
    is_kind = isinstance(value, kind) and (kind is bool or not isinstance(value, bool))
    if name in body and not is_kind:
        raise bad_request(f'Field "{name}" should be {described}')
    return value


def texts(body: Mapping[str, Any], name: str) -> list[str] | None:
    """Take a list of texts out of an object; None when it is not there."""
    values = member(body, name, list, "a list of strings")
    if values is not None and not all(isinstance(value, str) for value in values):
        raise bad_request(f'Field "{name}" should be a list of strings')
    return values  # type: ignore[no-any-return]


def bad_request(message: str) -> Rejected:
    """Say what is wrong with a request."""
    return Rejected("bad_request", message)
