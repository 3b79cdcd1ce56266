"""What comes with a request, whole."""

import json
from typing import Any

from starlette.requests import Request

from axial.common.errors import BadFormat, TooLarge

# A hundred thousand identifiers are five.
_MOST_BYTES = 16 * 1024 * 1024


async def read_body(request: Request, most_bytes: int = _MOST_BYTES) -> bytes:
    """Read a body; raise TooLarge."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > most_bytes:
            raise TooLarge
    return bytes(body)


async def read_json(request: Request, most_bytes: int = _MOST_BYTES, empty: Any = None) -> Any:
    """Read a body that must be JSON, whatever its type says; raise TooLarge or BadFormat.

    `empty` is what no body means, if it means something.
    """
    body = await read_body(request, most_bytes)
    if not body and empty is not None:
        return empty
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise BadFormat("Cannot parse the JSON body") from None
