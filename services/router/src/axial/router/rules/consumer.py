"""Carry rules out: one replica at a time asks them about each change, and writes down what they want.

Deliveries and the position are written in one transaction, which also holds the rules as they are: each change makes
its deliveries once, and a rule that was acknowledged before it came is asked. What was not carried out yet when rules
change is carried out by the new ones.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager

import asyncpg
import structlog

from axial.common.errors import Unavailable
from axial.common.leadership import Role, win
from axial.common.postgres import Connection, away_is_unavailable, connect
from axial.router.bell import Bell
from axial.router.rules import store
from axial.router.rules.asking import Asking
from axial.router.rules.book import RuleBook
from axial.router.rules.carrying_out import carry_out, intent_of
from axial.router.rules.collecting import Portion
from axial.router.rules.deciding import NOWHERE, Surroundings
from axial.router.rules.feed import FeedPage
from axial.router.rules.metrics import RuleMetrics

log = structlog.get_logger(__name__)

# After an outage of an engine or a service.
_RECOVERY_SECONDS = 0.5
# How long a quiet leader waits for a change; then the position moves on to where it has looked.
_WAIT_SECONDS = 20.0
# The changes of some commits under load.
_PAGE_CHANGES = 500


class _Overtaken(Exception):
    """The rules or the position are not as they were read."""


class Consumer:
    """Asks rules about what the feed tells, for ever."""

    def __init__(self, database_url: str, bell: Bell, asking: Asking, metrics: RuleMetrics) -> None:
        self._url = database_url
        self._bell = bell
        self._asking = asking
        self._metrics = metrics
        self._is_interrupted = False

    async def run(self) -> None:
        """Carry rules out whenever it is this replica's turn, through every outage."""
        while True:
            try:
                async with self._leading() as connection:
                    await self._serve(connection)
            except Unavailable as error:
                self._metrics.interruptions.inc()
                if not self._is_interrupted:
                    log.warning("rules_interrupted", reason=error.message)
                self._is_interrupted = True
            await asyncio.sleep(_RECOVERY_SECONDS)

    @asynccontextmanager
    async def _leading(self) -> AsyncIterator[Connection]:
        async with away_is_unavailable():
            connection = await connect(self._url, "router")
        try:
            async with away_is_unavailable():
                await win(connection, Role.RULES)
            log.info("rules_lead")
            self._metrics.leader.set(1)
            yield connection
        finally:
            self._metrics.leader.set(0)
            self._metrics.lag.set(0)
            # Not closed in order: an answer that does not come must not keep us from giving the lock back.
            connection.terminate()

    async def _serve(self, connection: Connection) -> None:
        while True:
            heard = self._bell.heard("rules")
            async with away_is_unavailable():
                position = await store.position(connection)
            if position is None:
                # A rule does not send what was there before all rules: a replay does, on purpose.
                end = await self._asking.feed.end()
                async with away_is_unavailable():
                    await store.begin(connection, end)
                continue
            book = await self._asking.rules.book(connection)
            try:
                await self._follow(connection, book, position, heard)
            except _Overtaken:
                continue

    async def _follow(
        self, connection: Connection, book: RuleBook, position: int, heard: int
    ) -> None:
        """Go on from a position for as long as the rules stay as they are."""
        while True:
            page = await self._next(position, book.changes, heard)
            if page is None:
                return
            self._is_interrupted = False
            self._metrics.lag.set(max(page.end - position, 0))
            if page.last > position:
                await self._carry_out(connection, book, position, page)
                position = page.last
            self._metrics.position.set(position)
            self._metrics.lag.set(max(page.end - position, 0))

    async def _next(self, position: int, kinds: frozenset[str], heard: int) -> FeedPage | None:
        """Wait for what comes behind a position; None as soon as the rules have changed."""
        page = asyncio.ensure_future(
            self._asking.feed.after(position, kinds, _PAGE_CHANGES, _WAIT_SECONDS)
        )
        rung = asyncio.ensure_future(self._bell.after("rules", heard, 2 * _WAIT_SECONDS))
        try:
            await asyncio.wait({page, rung}, return_when=asyncio.FIRST_COMPLETED)
            return None if self._bell.heard("rules") > heard else await page
        finally:
            for task in (page, rung):
                task.cancel()
            await asyncio.gather(page, rung, return_exceptions=True)

    async def _carry_out(
        self, connection: Connection, book: RuleBook, position: int, page: FeedPage
    ) -> None:
        rules = book.enabled
        # Who is where is found out while the instances are looked up.
        everywhere = asyncio.ensure_future(self._asking.surroundings(rules))
        try:
            if not page.changes:
                nothing = Portion([], [], 0)
                await self._commit(connection, book, (position, page.last), nothing, everywhere)
            async for portion in self._asking.collector.portions(page.changes, rules, rules):
                reached = portion.changes[-1].sequence
                # Behind the page's last change is nothing that anybody wants, up to where it has looked.
                reached = page.last if reached == page.changes[-1].sequence else reached
                await self._commit(connection, book, (position, reached), portion, everywhere)
                position = reached
        finally:
            everywhere.cancel()
            await asyncio.gather(everywhere, return_exceptions=True)

    async def _commit(
        self,
        connection: Connection,
        book: RuleBook,
        move: tuple[int, int],
        portion: Portion,
        everywhere: Awaitable[Surroundings],
    ) -> None:
        surroundings = await everywhere if portion.matches else NOWHERE
        intent = intent_of(portion.changes, portion.matches, surroundings)
        try:
            async with away_is_unavailable(), connection.transaction():
                if not await store.move(connection, *move, book.generation):
                    raise _Overtaken
                begun = await carry_out(connection, intent)
        except asyncpg.TransactionRollbackError as error:  # a deadlock with whoever delivers
            raise Unavailable from error
        self._metrics.changes.inc(len(portion.changes))
        self._metrics.instances.inc(portion.instances)
        self._metrics.deliveries.inc(begun)
        self._metrics.came_back.inc(intent.left_out)
        self._metrics.count_matches(portion.matches)
