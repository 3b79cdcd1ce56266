"""The routes that change in which form attachments are kept (orthanc-rest.md, C.6)."""

from collections.abc import Awaitable, Callable
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response

from axial.common.annotation_names import content_names
from axial.common.configuration import Configuration
from axial.common.origins import origin_of
from axial.ingest.compression import Compression, Wish
from axial.ingest.requests import Waiting, accepted_json, json_answer, resource_of


class CompressionRoutes:
    """Answers `compress` and `uncompress`, of what users attached and of instances' own files."""

    def __init__(
        self, compression: Compression, configuration: Configuration, waiting: Waiting
    ) -> None:
        self._compression = compression
        self._contents = content_names(
            {name: kind.number for name, kind in configuration.user_content_type.items()}
        )
        self._waiting = waiting

    def paths(self) -> list[tuple[str, str, Callable[[Request], Awaitable[Response]]]]:
        """List method, path and endpoint of each route; a level is in the place of the first word."""
        return [
            ("POST", "/{id}/attachments/{name}/compress", self.compress),
            ("POST", "/{id}/attachments/{name}/uncompress", self.uncompress),
        ]

    async def compress(self, request: Request) -> Response:
        """Keep an attachment compressed from now on."""
        return await self._change(request, is_compressed=True)

    async def uncompress(self, request: Request) -> Response:
        """Keep an attachment as it is from now on."""
        return await self._change(request, is_compressed=False)

    async def _change(self, request: Request, *, is_compressed: bool) -> Response:
        level, resource_id = resource_of(request)
        number = self._contents.number_of(request.path_params["name"])
        wait_seconds, headers = self._waiting.of(request)
        wish = Wish(level, resource_id, number, is_compressed, origin_of(request))
        accepted = await self._compression.change(wish, wait_seconds)
        if accepted:
            return json_answer(accepted_json(accepted), HTTPStatus.ACCEPTED, headers)
        return json_answer({}, HTTPStatus.OK, headers)
