"""Asking the index where the file of an attachment is."""

from http import HTTPStatus

import httpx2
from pydantic import BaseModel, SecretStr, ValidationError

from axial.common.blobs import StoredBlob
from axial.common.clients.credentials import service_headers
from axial.common.clients.replicas import first_of
from axial.common.errors import NotFound, Unavailable
from axial.common.identifiers import Level, ResourceId

# The index first waits until it has read the log to its end; a large backlog is a 503.
_QUESTION_TIMEOUT_SECONDS = 30.0


class FoundFile(BaseModel):
    """The index's answer: a file, and the form in which it is kept."""

    blob_key: str
    size_bytes: int
    md5: str
    is_compressed: bool

    @property
    def blob(self) -> StoredBlob:
        """The bytes, to be read in whatever form they are kept."""
        return StoredBlob(self.blob_key, self.size_bytes, self.is_compressed)


class FileLookup:
    """The index, as far as it knows files. What it says may be outdated at once: the fold decides."""

    def __init__(self, client: httpx2.AsyncClient, urls: str, token: SecretStr) -> None:
        self._client = client
        self._url = f"{first_of(urls)}/internal/files"
        self._headers = service_headers(token)

    async def find(self, level: Level, resource_id: ResourceId, number: int) -> FoundFile:
        """Find the file of an attachment; raise NotFound, or Unavailable when the index cannot tell."""
        try:
            answer = await self._client.get(
                f"{self._url}/{level.path_name}/{resource_id}/{number}",
                headers=self._headers,
                timeout=_QUESTION_TIMEOUT_SECONDS,
            )
            if answer.status_code == HTTPStatus.NOT_FOUND:
                raise NotFound
            answer.raise_for_status()
            return FoundFile.model_validate_json(answer.content)
        except (httpx2.HTTPError, ValidationError) as error:
            raise Unavailable("The index is not available at the moment.") from error
