"""Deleting here what is where a rule wants it, as soon as every destination has said so itself."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus

import httpx2
import structlog
from pydantic import SecretStr

from axial.common.clients.credentials import service_headers
from axial.common.errors import NotFound, Unavailable
from axial.common.identifiers import ResourceId
from axial.common.postgres import Pool, Statements, away_is_unavailable
from axial.dimse.sending.contexts import kind_of
from axial.dimse.sending.instances import Instance
from axial.router.bell import Bell
from axial.router.deliveries.backoff import Backoff
from axial.router.deliveries.delivery import State
from axial.router.destinations.port import DestinationKind, DestinationName, Destinations
from axial.router.index_client import IndexClient

log = structlog.get_logger(__name__)

_AT_ONCE = 50
# Who dies while asking has it asked again after this.
_ASKING_SECONDS = 120.0
_LOOK_SECONDS = 5.0
# What becomes ready meanwhile is asked for together.
_PAUSE_SECONDS = 0.5
_ANSWER_SECONDS = 60.0

_UNCONFIRMED = "A destination has not confirmed that it has the instance."
_ELSEWHERE_NOT = "It was not delivered to all destinations."
_REPLACED = "Another file has taken its place here."
_NOT_OURS = "Another file has taken its place here, or its patient is protected."
# The second: somebody else was faster.
_DELETED = frozenset({HTTPStatus.OK, HTTPStatus.NOT_FOUND})


@dataclass(frozen=True, slots=True)
class Wish:
    """An instance that a rule wants deleted."""

    instance: str
    md5: str
    rule: str
    attempts: int


class Archive:
    """Our own archive, as far as instances are deleted from it."""

    def __init__(
        self, client: httpx2.AsyncClient, ingest_urls: str, token: SecretStr, index: IndexClient
    ) -> None:
        self._client = client
        self._urls = ingest_urls.split()
        self._headers = service_headers(token)
        self._index = index

    async def instance(self, instance_id: str, md5: str) -> Instance | None:
        """Find an instance; None when it is another file now. Raises NotFound or Unavailable."""
        (found,) = (await self._index.expand([ResourceId(instance_id)])).instances
        return found.instance if found.md5 == md5 else None

    async def delete(self, instance_id: str, md5: str) -> bool:
        """Delete an instance, if it is there; False when it is another file now, or protected. Raises Unavailable."""
        for url in self._urls:
            with suppress(httpx2.HTTPError):
                answer = await self._client.delete(
                    f"{url.rstrip('/')}/internal/instances/{instance_id}",
                    headers={**self._headers, "If-Match": f'"{md5}"'},
                    timeout=_ANSWER_SECONDS,
                )
                if answer.status_code in _DELETED:
                    return True
                if answer.status_code == HTTPStatus.CONFLICT:
                    return False
                if answer.status_code == HTTPStatus.ACCEPTED:  # it is not decided yet
                    break
        raise Unavailable


class Deleting:
    """Looks at what may be deleted, asks the destinations, and deletes; what nobody confirms is kept."""

    def __init__(
        self,
        pool: Pool,
        bell: Bell,
        destinations: Destinations,
        archive: Archive,
        backoff: Backoff,
        most_questions: int,
    ) -> None:
        self._pool = pool
        self._bell = bell
        self._destinations = destinations
        self._archive = archive
        self._backoff = backoff
        self._most_questions = most_questions
        self._statements = Statements("axial.router.sql")

    async def run(self) -> None:
        """Do so for ever."""
        while True:
            heard = self._bell.heard("ended")
            with suppress(Unavailable):
                while await self._look():
                    pass
            await asyncio.sleep(_PAUSE_SECONDS)
            await self._bell.after("ended", heard, _LOOK_SECONDS)

    async def _look(self) -> bool:
        """Bring some wishes further; tell whether there may be more."""
        async with away_is_unavailable():
            rows = await self._pool.fetch(
                self._statements["deletion_look"], _AT_ONCE, _ASKING_SECONDS
            )
        wishes = [Wish(*row.values()) for row in rows]
        to_ask: dict[Wish, Instance] = {}
        asked: defaultdict[DestinationName, list[Wish]] = defaultdict(list)
        for wish in wishes:
            names = await self._where(wish)
            if names and (instance := await self._here(wish)) is not None:
                to_ask[wish] = instance
                for name in names:
                    asked[name].append(wish)
        unconfirmed = await asyncio.gather(
            *(self._ask(name, [(w, to_ask[w]) for w in some]) for name, some in asked.items())
        )
        missing = {wish for some in unconfirmed for wish in some}
        for wish in to_ask:
            if wish not in missing:
                await self._delete(wish)
            elif wish.attempts + 1 >= self._most_questions:
                await self._settle(wish, "kept", _UNCONFIRMED)
            else:
                pause = self._backoff.pause(wish.attempts + 1)
                await self._settle(wish, "due", _UNCONFIRMED, pause)
        if wishes:
            log.debug("deletions_looked_at", count=len(wishes))
        return len(wishes) == _AT_ONCE

    async def _delete(self, wish: Wish) -> None:
        """Delete an instance that is where it has to be, unless another rule wants it somewhere meanwhile."""
        async with away_is_unavailable():
            is_needed = await self._pool.fetchval(
                self._statements["deletion_open"], wish.instance, wish.md5
            )
        if is_needed:
            await self._settle(wish, "due")
        elif await self._archive.delete(wish.instance, wish.md5):
            await self._settle(wish, "deleted")
        else:
            await self._settle(wish, "kept", _NOT_OURS)

    async def _where(self, wish: Wish) -> list[DestinationName]:
        """Tell at which destinations an instance has to be now; none when it is not to be deleted yet, or ever."""
        key = (wish.instance, wish.md5)
        async with (
            away_is_unavailable(),
            self._pool.acquire() as connection,
            connection.transaction(),
        ):
            wanted = await connection.fetchval(self._statements["deletion_lock"], *key, wish.rule)
            if wanted is None:
                return []
            if await connection.fetchval(self._statements["deletion_open"], *key):
                values = (*key, wish.rule, "waiting", wish.attempts, 0.0, "")
                await connection.execute(self._statements["deletion_settle"], *values)
                return []
            rows = await connection.fetch(self._statements["deletion_standing"], *key, wanted)
        if {row["state"] for row in rows} == {State.DELIVERED}:
            return [DestinationName(DestinationKind(row["kind"]), row["name"]) for row in rows]
        await self._settle(wish, "kept", _ELSEWHERE_NOT)
        return []

    async def _here(self, wish: Wish) -> Instance | None:
        """Find the instance that is to be deleted, if that is still to be done."""
        try:
            instance = await self._archive.instance(wish.instance, wish.md5)
        except NotFound:
            await self._settle(wish, "deleted")
            return None
        if instance is None:
            await self._settle(wish, "kept", _REPLACED)
        return instance

    async def _ask(
        self, name: DestinationName, wishes: Sequence[tuple[Wish, Instance]]
    ) -> list[Wish]:
        """Ask one destination; return what it has not confirmed. One that cannot be asked is not asked for more."""
        destination = self._destinations.find(name)
        unconfirmed = [wish for wish, _ in wishes]
        if destination is None:
            return unconfirmed
        try:
            kinds = dict.fromkeys(kind_of(instance) for _, instance in wishes)
            async with destination.line(kinds) as line:
                for wish, instance in wishes:
                    answer = await line.keeps(instance, wish.md5)
                    if answer is None:
                        break
                    if answer:
                        unconfirmed.remove(wish)
        except Unavailable:
            raise
        except Exception as error:  # noqa: BLE001 - what nobody confirms is kept, whatever the reason
            log.warning("destination_failed", error=type(error).__name__)
        return unconfirmed

    async def _settle(self, wish: Wish, state: str, reason: str = "", pause: float = 0.0) -> None:
        values = (wish.instance, wish.md5, wish.rule, state, wish.attempts + 1, pause, reason)
        async with away_is_unavailable():
            await self._pool.execute(self._statements["deletion_settle"], *values)
