"""Instances go that a modality has committed itself to."""

import random
from collections.abc import Collection, Mapping
from http import HTTPStatus
from typing import Any

import httpx2
from pydantic import SecretStr

from axial.common.clients.credentials import service_headers
from axial.common.errors import Forbidden, Unavailable
from axial.common.identifiers import ResourceId
from axial.dimse.messages.commitments import Reference
from axial.router.commitment.held import MOST_REFERENCES, Holdings

# Ingest tells by then that it is not decided yet.
_ANSWER_SECONDS = 120.0


class Removal:
    """Has ingest delete them, in the name of whoever asks for it."""

    def __init__(
        self, http: httpx2.AsyncClient, ingest_urls: str, token: SecretStr, holdings: Holdings
    ) -> None:
        self._http = http
        self._urls = ingest_urls.split()
        self._own = service_headers(token)
        self._holdings = holdings

    async def remove(
        self, references: Collection[Reference], on_behalf: Mapping[str, str]
    ) -> Mapping[str, Any] | None:
        """Delete the instances that are here; tell ingest's answer when that is not decided yet.

        `on_behalf` are headers that say whose request it is. Raises Forbidden or Unavailable.
        """
        ids = await self._ids(list(references))
        if not ids:
            return None
        answer = await self._ask(ids, {**self._own, **on_behalf})
        if answer.status_code in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
            raise Forbidden
        if not answer.is_success:
            raise Unavailable
        return answer.json() if answer.status_code == HTTPStatus.ACCEPTED else None

    async def _ids(self, references: list[Reference]) -> list[ResourceId]:
        ids: dict[ResourceId, None] = {}
        for start in range(0, len(references), MOST_REFERENCES):
            found = await self._holdings.find(references[start : start + MOST_REFERENCES])
            for reference, held in found.items():
                # Another class under the same UID is another instance, to which nobody has committed himself.
                same = (one.id for one in held if one.sop_class_uid == reference.sop_class_uid)
                ids |= dict.fromkeys(same)
        return list(ids)

    async def _ask(self, ids: list[ResourceId], headers: Mapping[str, str]) -> httpx2.Response:
        """Ask one replica of ingest after the other: to delete again what is gone does no harm."""
        for url in random.sample(self._urls, len(self._urls)):
            try:
                return await self._http.post(
                    f"{url.rstrip('/')}/tools/bulk-delete",
                    json={"Resources": ids},
                    headers=dict(headers),
                    timeout=_ANSWER_SECONDS,
                )
            except httpx2.HTTPError:
                continue
        raise Unavailable
