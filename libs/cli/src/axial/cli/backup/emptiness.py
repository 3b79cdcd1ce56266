"""Whether a backup may be put into a system: it is empty, nobody works on it, or this very restore was begun there."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from nats.aio.client import Client

from axial.changefeed.settings import ChangefeedSettings
from axial.cli.backup import streams
from axial.cli.backup.backing_up import SCHEMAS
from axial.cli.backup.manifest import Manifest
from axial.common.leadership import Role
from axial.common.postgres import Connection, Statements, connect

_PROJECTION = ("feed", "index")


class NotEmpty(Exception):
    """There is something in the way; the message is one line that says what."""


@asynccontextmanager
async def alone(database_url: str) -> AsyncIterator[Connection]:
    """Hold every role that a service could be elected for; raise NotEmpty when a service has one.

    So no service projects, publishes or sends before the restore has ended, were it started by mistake.
    """
    connection = await connect(database_url, "")
    try:
        for role in Role:
            if not await connection.fetchval("SELECT pg_try_advisory_lock($1)", int(role)):
                raise NotEmpty("services work on this database: stop them first")
        yield connection
    finally:
        connection.terminate()


class Target:
    """The system that a backup is put into."""

    def __init__(
        self, settings: ChangefeedSettings, connection: Connection, client: Client
    ) -> None:
        self._settings = settings
        self._connection = connection
        self._client = client
        self._statements = Statements("axial.cli.backup.sql")

    async def begun(self) -> str | None:
        """Tell which restore was begun here and has not ended."""
        if not await self._schemas("restoring"):
            return None
        found: str | None = await self._connection.fetchval(self._statements["load_restore"])
        return found

    async def check_schemas(self) -> None:
        """Raise NotEmpty when the schemas that a backup brings are there."""
        if found := await self._schemas(*SCHEMAS):
            raise NotEmpty(_has_schemas(found))

    async def check(self) -> None:
        """Raise NotEmpty unless there is no event, no entry of the feed and no schema."""
        for stream in (self._settings.log_stream, self._settings.feed_stream):
            if stream and messages(await streams.state_of(self._client, stream)):
                raise NotEmpty(f"stream {stream} is not empty")
        if found := await self._schemas(*SCHEMAS, *_PROJECTION):
            raise NotEmpty(_has_schemas(found))

    async def check_begun(self, manifest: Manifest) -> bool:
        """Tell whether a restore that was begun lacks its end alone; raise NotEmpty when somebody came between."""
        if "feed" in await self._schemas("feed") and await self._connection.fetchval(
            self._statements["load_projected"]
        ):
            # Only with events in the log: then it was restored.
            return True
        state = await streams.state_of(self._client, self._settings.log_stream)
        if not messages(state):
            return False
        assert state is not None
        if state["last_seq"] >= manifest.log.last_sequence:
            return True
        if _time(state["last_ts"]) > _time(manifest.log.state["last_ts"]):
            raise NotEmpty(
                f"stream {self._settings.log_stream} was written to since the restore was begun:"
                " begin anew, on empty engines"
            )
        # A server that died in the middle leaves the first part of a stream.
        return False

    async def begin(self, id_: str) -> None:
        """Remember what is being done, so that it can be done again."""
        async with self._connection.transaction():
            await self._connection.execute(self._statements["begin_restore"])
            await self._connection.execute(self._statements["name_restore"], id_)

    async def end(self) -> None:
        """Remember nothing: it is done."""
        await self._connection.execute(self._statements["end_restore"])

    async def make_room(self, name: str) -> None:
        """Remove a stream that is empty, or that was begun to be restored."""
        if await streams.state_of(self._client, name) is not None:
            await streams.remove(self._client, name)

    async def drop_schemas(self) -> None:
        """Remove what a dump would bring."""
        for schema in await self._schemas(*SCHEMAS):
            await self._connection.execute(f'DROP SCHEMA "{schema}" CASCADE')

    async def _schemas(self, *names: str) -> list[str]:
        rows = await self._connection.fetch(self._statements["find_schemas"], list(names))
        return [row["nspname"] for row in rows]


def messages(state: dict[str, Any] | None) -> int:
    """Count what a stream holds, or has held."""
    return int(state["last_seq"]) if state else 0


def _has_schemas(found: list[str]) -> str:
    return (
        f"the database is not empty: it has schema {', '.join(found)}"
        " (DROP SCHEMA … CASCADE, if that is meant to go)"
    )


def _time(text: str) -> datetime:
    """Read JetStream's time, to the microsecond."""
    whole, _, fraction = text.removesuffix("Z").partition(".")
    return datetime.fromisoformat(f"{whole}.{fraction[:6].ljust(6, '0')}+00:00")
