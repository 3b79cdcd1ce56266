"""The index, as far as the router asks it."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import httpx2
from pydantic import SecretStr

from axial.common.clients.credentials import service_headers
from axial.common.clients.replicas import first_of
from axial.common.errors import NotFound, Unavailable
from axial.common.identifiers import Level, ResourceId
from axial.dimse.sending.instances import Instance

# The index itself waits for at most 10 s until it has read the log to its end; a patient has many instances.
_ANSWER_SECONDS = 60.0
_CAUGHT_UP_SECONDS = 15.0
# As many as the index takes at once.
_MOST_RESOURCES = 100_000


@dataclass(frozen=True, slots=True)
class Outbound:
    """An instance that may be sent."""

    instance: Instance
    #: Of the file, uncompressed.
    size_bytes: int
    md5: str


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource that there is."""

    id: ResourceId
    level: Level


@dataclass(frozen=True, slots=True)
class Expanded:
    """Resources, and the instances below them in the order of sending, each once."""

    resources: Sequence[Resource]
    instances: Sequence[Outbound]


class IndexClient:
    """Asks the index over HTTP, on connections that are kept."""

    def __init__(self, client: httpx2.AsyncClient, urls: str, token: SecretStr) -> None:
        self._client = client
        self._url = first_of(urls)
        self._headers = service_headers(token)

    async def expand(self, ids: Sequence[ResourceId]) -> Expanded:
        """Name the instances of resources of any level, with all that was acknowledged before.

        Raises NotFound when one of the resources is not there, Unavailable when the index is away.
        """
        resources: list[Resource] = []
        instances: dict[str, Outbound] = {}
        # None is nothing to ask for, and is asked for even so: the index has to be there.
        for start in range(0, max(len(ids), 1), _MOST_RESOURCES):
            some = list(ids[start : start + _MOST_RESOURCES])
            answer = await self.ask("/internal/outbound", {"resources": some})
            resources += [
                Resource(ResourceId(row["ID"]), Level.from_type_name(row["Type"]))
                for row in answer["Resources"]
            ]
            for row in answer["Instances"]:
                instances.setdefault(row[0], Outbound(Instance(*row[:4]), row[4], row[5]))
        return Expanded(resources, list(instances.values()))

    async def uids_above(self, instance: Instance) -> tuple[str, str] | None:
        """Tell the UIDs of an instance's study and series; None when it is not here any more. Raises Unavailable."""
        question = {
            "Level": "Instance",
            "Query": {"SOPInstanceUID": instance.sop_instance_uid},
            "Expand": True,
            "RequestedTags": ["StudyInstanceUID", "SeriesInstanceUID"],
        }
        for found in await self.ask("/tools/find", question):
            if found["ID"] == instance.id:
                tags = found["RequestedTags"]
                return tags["StudyInstanceUID"], tags["SeriesInstanceUID"]
        return None

    async def caught_up(self) -> None:
        """Return once the index shows all that is in the log now; or after a while, when it is away.

        Nothing is lost by that: what was stored is durable, and is shown later.
        """
        with suppress(httpx2.HTTPError):
            await self._client.get(
                f"{self._url}/internal/caught-up", headers=self._headers, timeout=_CAUGHT_UP_SECONDS
            )

    async def ask(self, path: str, question: Any) -> Any:
        """POST JSON to a route of the index and read its answer; raise NotFound or Unavailable."""
        try:
            answer = await self._client.post(
                f"{self._url}{path}",
                json=question,
                headers=self._headers,
                timeout=_ANSWER_SECONDS,
            )
            if answer.status_code == HTTPStatus.NOT_FOUND:
                raise NotFound
            answer.raise_for_status()
            return answer.json()
        except (httpx2.HTTPError, ValueError) as error:
            raise Unavailable from error
