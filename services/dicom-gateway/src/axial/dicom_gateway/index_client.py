"""The index, as far as the gateway asks it."""

import json
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import httpx2
import structlog
from pydantic import SecretStr

from axial.common.attributes import format_tag
from axial.common.clients.credentials import service_headers
from axial.common.clients.replicas import first_of
from axial.common.errors import BadParameter, Unavailable
from axial.common.identifiers import Level
from axial.dimse.sending.instances import Instance

log = structlog.get_logger(__name__)

# The index itself waits for at most 10 s until it has read the log to its end.
_CAUGHT_UP_SECONDS = 15.0
# Of the silence between two lines of matches: what no table holds is looked for in the headers of all candidates.
_FIND = httpx2.Timeout(15.0, read=300.0)


@dataclass(frozen=True, slots=True)
class Conditions:
    """What attributes must be, and what some item of a sequence must have."""

    keys: Mapping[int, str]
    items: "Mapping[int, Conditions]"

    def __bool__(self) -> bool:
        """Tell whether anything is asked."""
        return bool(self.keys or self.items)


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be found, and which attributes are to be told of it."""

    level: Level
    conditions: Conditions
    tell: Sequence[int]


@dataclass(frozen=True, slots=True)
class Page:
    """Some matches, each with its attributes as `0010,0020`."""

    matches: Sequence[Mapping[str, Any]]
    is_last: bool = False
    #: There would have been more, and no more than these are told.
    is_cut: bool = False


@dataclass(frozen=True, slots=True)
class Selection:
    """Which resources of one level are meant: each attribute, by keyword, has one of its values."""

    level: Level
    keys: Mapping[str, Sequence[str]]


class IndexClient:
    """Asks the index over HTTP, on connections that are kept."""

    def __init__(self, client: httpx2.AsyncClient, urls: str, token: SecretStr) -> None:
        self._client = client
        self._url = first_of(urls)
        self._headers = service_headers(token)

    async def caught_up(self) -> None:
        """Return once the index shows all that is in the log now; or after a while, when it is away.

        Nothing is lost by that: what was stored is durable, and is shown later.
        """
        try:
            answer = await self._client.get(
                f"{self._url}/internal/caught-up",
                headers=self._headers,
                timeout=_CAUGHT_UP_SECONDS,
            )
            answer.raise_for_status()
        except httpx2.HTTPError as error:
            log.warning("index_late", error=type(error).__name__)

    async def matches(self, asked: Asked) -> AsyncGenerator[Page, None]:
        """Find, page by page; with all that was acknowledged to anybody before.

        Raise BadParameter for what cannot be asked, Unavailable when the index is away or goes away meanwhile.
        """
        question = {
            "level": asked.level.path_name,
            "tell": [format_tag(tag) for tag in asked.tell],
            **_told(asked.conditions),
        }
        try:
            async with self._client.stream(
                "POST",
                f"{self._url}/internal/find",
                json=question,
                headers=self._headers,
                timeout=_FIND,
            ) as answer:
                if answer.status_code == HTTPStatus.BAD_REQUEST:
                    await answer.aread()
                    raise BadParameter(_details(answer.text))
                answer.raise_for_status()
                async for line in answer.aiter_lines():
                    page = _page(json.loads(line))
                    yield page
                    if page.is_last:
                        return
        except httpx2.HTTPError as error:
            raise Unavailable from error
        raise Unavailable

    async def selected(self, selection: Selection) -> list[Instance]:
        """Name the instances of some resources in the order of sending; with all that was acknowledged before.

        Raises Unavailable when the index is away.
        """
        try:
            answer = await self._client.post(
                f"{self._url}/internal/selected-instances",
                json={"level": selection.level.type_name, "keys": dict(selection.keys)},
                headers=self._headers,
                timeout=_FIND,
            )
            answer.raise_for_status()
        except httpx2.HTTPError as error:
            raise Unavailable from error
        return [Instance(*row) for row in answer.json()]


def _told(conditions: Conditions) -> dict[str, Any]:
    return {
        "keys": {format_tag(tag): text for tag, text in conditions.keys.items()},
        "items": {format_tag(tag): _told(below) for tag, below in conditions.items.items()},
    }


def _page(told: Mapping[str, Any]) -> Page:
    if "complete" in told:
        return Page((), is_last=True, is_cut=not told["complete"])
    return Page(told["matches"])


def _details(body: str) -> str | None:
    """Take the sentence out of an error; it never carries what was asked for."""
    try:
        details = json.loads(body).get("Details")
    except (ValueError, AttributeError):
        return None
    return details if isinstance(details, str) else None
