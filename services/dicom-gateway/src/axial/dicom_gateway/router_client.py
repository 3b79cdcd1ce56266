"""The router, as far as the gateway hands work over to it."""

from collections.abc import Mapping
from typing import Any

import httpx2
from pydantic import SecretStr

from axial.common.clients.credentials import service_headers
from axial.common.clients.replicas import first_of
from axial.common.errors import Unavailable

# A peer waits for its response meanwhile, and seldom longer than half a minute.
_ANSWER_SECONDS = 20.0


class RouterClient:
    """Hands work over by HTTP, on connections that are kept: what is taken is written down."""

    def __init__(self, client: httpx2.AsyncClient, urls: str, token: SecretStr) -> None:
        self._client = client
        self._url = first_of(urls)
        self._headers = service_headers(token)

    async def take(self, path: str, work: Mapping[str, Any]) -> bool:
        """POST work to a route of the router; tell whether it was taken, raise Unavailable when it is away."""
        try:
            answer = await self._client.post(
                f"{self._url}{path}",
                json=work,
                headers=self._headers,
                timeout=_ANSWER_SECONDS,
            )
        except httpx2.HTTPError as error:
            raise Unavailable from error
        if answer.is_server_error:
            raise Unavailable
        return answer.is_success
