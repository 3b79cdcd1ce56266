"""The router, as far as the index asks it."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import httpx2
from pydantic import SecretStr

from axial.common.clients.credentials import service_headers
from axial.common.clients.replicas import first_of
from axial.common.errors import Unavailable

# Writing a job down takes a few milliseconds.
_SUBMIT_SECONDS = 10.0
# Figures are left out rather than waited for.
_COUNT_SECONDS = 1.0


class RouterClient:
    """Asks the router over HTTP; raises Unavailable while it is away."""

    def __init__(self, client: httpx2.AsyncClient, urls: str, token: SecretStr) -> None:
        self._client = client
        self._url = f"{first_of(urls)}/internal/jobs"
        self._headers = service_headers(token)

    async def keep_archive(self, wish: Mapping[str, Any]) -> Any:
        """Have an archive made by a job; return what tells its caller where it will be."""
        return await self._ask("POST", "/archive", _SUBMIT_SECONDS, wish)

    async def count_jobs(self) -> Mapping[str, int]:
        """Count jobs: `pending`, `running`, `success`, `failed`."""
        counts: Mapping[str, int] = await self._ask("GET", "/counts", _COUNT_SECONDS)
        return counts

    async def _ask(
        self, method: str, path: str, seconds: float, body: Mapping[str, Any] | None = None
    ) -> Any:
        try:
            answer = await self._client.request(
                method, f"{self._url}{path}", json=body, headers=self._headers, timeout=seconds
            )
            if answer.status_code != HTTPStatus.OK:
                raise Unavailable
            return answer.json()
        except (httpx2.HTTPError, ValueError) as error:
            raise Unavailable from error
