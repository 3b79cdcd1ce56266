"""The routes that change what all processes heed at run time: PUT of `/tools/log-level` with its like."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from http import HTTPStatus
from typing import TypeAlias, cast, get_args

from starlette.requests import Request
from starlette.responses import Response

from axial.common.errors import Unavailable
from axial.common.event_log import new_envelope
from axial.common.events import SettingChanged, SettingName
from axial.common.origins import origin_of
from axial.common.runtime import Runtime
from axial.common.runtime.bodies import read_value
from axial.ingest.bodies import body_of, check_declared_size
from axial.ingest.receive import SOURCE, Log
from axial.ingest.requests import json_answer, text_answer

Endpoint: TypeAlias = Callable[[Request], Awaitable[Response]]

# Every UID there is, one by one, takes a tenth.
_LARGEST_BYTES = 64 * 1024


class SettingRoutes:
    """Writes changes into the log, from where every process takes them over."""

    def __init__(self, log: Log, runtime: Runtime) -> None:
        self._log = log
        self._runtime = runtime

    def paths(self) -> list[tuple[str, str, Endpoint]]:
        """List method, path and endpoint of each route."""
        return [("PUT", f"/tools/{name}", self.put) for name in get_args(SettingName)]

    async def put(self, request: Request) -> Response:
        """Change a setting; the body is its value, whatever its type says."""
        name = cast("SettingName", request.scope["path"].rpartition("/")[2])
        check_declared_size(request, _LARGEST_BYTES)
        body = b"".join([chunk async for chunk in body_of(request, _LARGEST_BYTES)])
        value = read_value(name, body)
        origin = origin_of(request)
        event = SettingChanged(
            name=name,
            value=value,
            remote_ip=origin.remote_ip,
            http_username=origin.http_username,
        )
        sequence = await self._log.append(event, new_envelope(SOURCE))
        # It is durable: should we be late to hear of it ourselves, it holds nonetheless.
        with suppress(Unavailable):
            await self._runtime.reached(sequence)
        match name:
            case "accepted-transfer-syntaxes":
                return json_answer(value, HTTPStatus.OK, {})
            case "default-encoding":
                return text_answer(str(value))
        return text_answer()
