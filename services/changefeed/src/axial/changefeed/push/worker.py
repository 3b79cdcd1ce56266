"""The replica that sends: elected by an advisory lock, with one task for each consumer that has an endpoint."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime

import structlog

from axial.changefeed.consumers.model import Consumer
from axial.changefeed.consumers.store import ConsumerStore
from axial.changefeed.push.metrics import PushMetrics
from axial.changefeed.push.pushing import ENDPOINT_DEAD, ENDPOINT_GONE, Pushing
from axial.changefeed.reading.database import AWAY
from axial.common.errors import Unavailable
from axial.common.leadership import Role, win
from axial.common.postgres import Connection, connect

log = structlog.get_logger(__name__)

# The channel on which the tables tell of decisions about consumers; the payload is the consumer's name.
_CHANNEL = "consumers"
# How often the leader looks whether its connection still stands, and refreshes what is shown of the endpoints.
_LOOK_SECONDS = 2.0
# A connection whose other end vanished without a word has lost the lock with it.
_ANSWER_TIMEOUT_SECONDS = 5.0
_RECOVERY_SECONDS = 0.5


class PushWorker:
    """Sends for all consumers while this replica leads; their tasks do not wait for one another.

    Two replicas may believe to lead for a moment, when a connection is lost; the position of a consumer moves by
    compare-and-set, so that no entry is passed over then, at the worst one is sent twice.
    """

    def __init__(
        self,
        database_url: str,
        store: ConsumerStore,
        pushing: Callable[[str], Pushing],
        metrics: PushMetrics,
    ) -> None:
        self._database_url = database_url
        self._store = store
        self._pushing = pushing
        self._metrics = metrics

    async def run(self) -> None:
        """Send for ever, through every outage of Postgres."""
        told = False
        while True:
            try:
                connection = await connect(self._database_url, "changefeed")
                told = False
                try:
                    await self._lead(connection)
                finally:
                    self._metrics.leader.set(0)
                    self._metrics.keep_only(set())
                    connection.terminate()
            except* (Unavailable, *AWAY) as errors:
                if not told:  # once an outage, not once an attempt
                    log.warning("push_interrupted", error=type(_first(errors)).__name__)
                told = True
            await asyncio.sleep(_RECOVERY_SECONDS)

    async def _lead(self, connection: Connection) -> None:
        await win(connection, Role.PUSH)
        log.info("push_leads")
        self._metrics.leader.set(1)
        stirred = asyncio.Event()
        heard: set[str] = set()

        def hear(_connection: object, _pid: int, _channel: str, name: object) -> None:
            heard.add(str(name))
            stirred.set()

        connection.add_termination_listener(lambda _: stirred.set())
        await connection.add_listener(_CHANNEL, hear)
        async with asyncio.TaskGroup() as group:
            tasks = _Tasks(group, self._pushing, stirred)
            while True:
                # Cleared before the consumers are read: what is decided meanwhile is looked at next.
                stirred.clear()
                names = set(heard)
                heard.clear()
                consumers = await self._store.all()
                tasks.follow(consumers, names)
                self._show(consumers)
                with suppress(TimeoutError):
                    async with asyncio.timeout(_LOOK_SECONDS):
                        await stirred.wait()
                await connection.execute("SELECT 1", timeout=_ANSWER_TIMEOUT_SECONDS)

    def _show(self, consumers: list[Consumer]) -> None:
        now = datetime.now(UTC)
        shown = set()
        for consumer in consumers:
            if consumer.push is not None:
                shown.add(consumer.name)
                # Nobody tries while it is paused; that it is dead, if it is, is told by itself.
                since = None if consumer.paused else consumer.push.failing_since
                failing = (now - since).total_seconds() if since else 0.0
                dead = consumer.paused and consumer.paused_reason in (ENDPOINT_DEAD, ENDPOINT_GONE)
                self._metrics.show(consumer.name, max(failing, 0.0), dead=dead)
        self._metrics.keep_only(shown)


class _Tasks:
    """The tasks that run, by consumer: never two for one, also while one that was cancelled still ends."""

    def __init__(
        self, group: asyncio.TaskGroup, pushing: Callable[[str], Pushing], ended: asyncio.Event
    ) -> None:
        self._group = group
        self._pushing = pushing
        self._ended = ended
        self._running: dict[str, tuple[Pushing, asyncio.Task[None]]] = {}

    def follow(self, consumers: list[Consumer], names: set[str]) -> None:
        """Run what should run, and nothing else; let the named ones look at their rows."""
        wanted = {c.name for c in consumers if c.push is not None and not c.paused}
        for name in wanted - self._running.keys():
            pushing = self._pushing(name)
            task = self._group.create_task(pushing.run())
            self._running[name] = (pushing, task)
            task.add_done_callback(lambda _, name=name: self._forget(name))  # type: ignore[misc]
        for name in self._running.keys() - wanted:
            self._running[name][1].cancel()
        for name in names & self._running.keys():
            self._running[name][0].look_again()

    def _forget(self, name: str) -> None:
        del self._running[name]
        self._ended.set()


def _first(error: BaseException) -> BaseException:
    """Find an error in the groups that tasks put it in."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
