"""Archives that nobody waits for: the index makes them, and a job keeps them until they are fetched."""

from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import aclosing
from http import HTTPStatus
from typing import Any

import httpx2
from pydantic import SecretStr

from axial.common.clients.credentials import service_headers
from axial.common.clients.replicas import first_of
from axial.common.errors import AxialError, BadParameter, NotFound, Unavailable
from axial.router.jobs.kind import Kind, Work
from axial.router.parts import Parts

#: Orthanc's names of the two kinds.
ARCHIVE = "Archive"
MEDIA = "Media"
#: The key of their output, and how it is called.
_KEY = "archive"
_FILENAME = "archive.zip"
_ZIP_TYPE = "application/zip"

# Orthanc's "MB".
_MEGABYTE_BYTES = 1024 * 1024
# While the index reads on, something comes every few milliseconds.
_TIMEOUT = httpx2.Timeout(60.0, connect=5.0)
_REFUSALS: Mapping[int, type[AxialError]] = {
    HTTPStatus.NOT_FOUND: NotFound,
    HTTPStatus.BAD_REQUEST: BadParameter,
    # It was not away: to ask again would not help.
    HTTPStatus.INTERNAL_SERVER_ERROR: AxialError,
}


class KeepArchive:
    """The kind of job that keeps an archive; one that is interrupted begins anew."""

    def __init__(
        self, type_name: str, client: httpx2.AsyncClient, index_urls: str, token: SecretStr
    ) -> None:
        self._type_name = type_name
        self._client = client
        self._url = first_of(index_urls)
        self._headers = service_headers(token)

    @property
    def type_name(self) -> str:
        """Orthanc's name of it."""
        return self._type_name

    async def run(self, work: Work) -> None:
        """Have the archive made as if whoever asked for it waited, and keep it."""
        pieces = _measured(work, self._pieces(work.parameters["path"], work.parameters["body"]))
        async with aclosing(pieces):
            size_bytes = await work.write_output(_KEY, pieces, _ZIP_TYPE, _FILENAME)
        work.content |= dict(sizes("ArchiveSize", size_bytes))

    async def _pieces(self, path: str, body: Any) -> AsyncGenerator[bytes, None]:
        try:
            async with self._client.stream(
                "POST", f"{self._url}{path}", json=body, headers=self._headers, timeout=_TIMEOUT
            ) as answer:
                if answer.status_code != HTTPStatus.OK:
                    raise _REFUSALS.get(answer.status_code, Unavailable)
                async for piece in answer.aiter_raw():
                    yield piece
        except httpx2.HTTPError as error:
            # Also when it is cut short: a short archive is never taken for a whole one.
            raise Unavailable from error


def sizes(name: str, size_bytes: int) -> Iterator[tuple[str, Any]]:
    """Tell a size as Orthanc does: exactly, as text because JSON's numbers may not hold it, and in megabytes."""
    yield name, str(size_bytes)
    yield f"{name}MB", size_bytes // _MEGABYTE_BYTES


def archive_kinds(parts: Parts) -> list[Kind]:
    """Make the kinds of jobs that keep archives."""
    settings = parts.settings
    return [
        KeepArchive(name, parts.http, settings.index_url, settings.internal_token)
        for name in (ARCHIVE, MEDIA)
    ]


async def _measured(work: Work, pieces: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    """Pass the pieces on, and tell how much of what was to be expected they are."""
    expected_bytes = max(int(work.content["UncompressedSize"]), 1)
    size_bytes = 0
    async with aclosing(pieces):
        async for piece in pieces:
            yield piece
            size_bytes += len(piece)
            work.content |= dict(sizes("ArchiveSize", size_bytes))
            await work.step(min(size_bytes / expected_bytes, 0.99))
