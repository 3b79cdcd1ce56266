"""The projection's database: a pool, and SQL kept in files, one statement each."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import resources
from typing import TYPE_CHECKING, TypeAlias

import asyncpg

from axial.common.errors import Unavailable

# asyncpg's classes are generic to the type checker only.
if TYPE_CHECKING:
    Connection: TypeAlias = asyncpg.Connection[asyncpg.Record]
    Pool: TypeAlias = asyncpg.Pool[asyncpg.Record]
else:
    Connection = asyncpg.Connection
    Pool = asyncpg.Pool

# Smaller than every wait for the projection: a statement that takes longer is stuck.
_COMMAND_TIMEOUT_SECONDS = 30.0
_CONNECT_TIMEOUT_SECONDS = 5.0

_PROJECTING = {
    "synchronous_commit": "off",
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
}

#: What asyncpg raises when the server is away, restarting, out of room, or cut the connection.
AWAY = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    # A full disk above all: nothing of the statement was kept, and it will do when there is room again.
    asyncpg.InsufficientResourcesError,
    # The server's farewell came while nothing was asked, and the next question before the end of the connection.
    asyncpg.InternalClientError,
)


class Statements:
    """The `.sql` files of one package: `statements["find_studies"]` is the text of `find_studies.sql`."""

    def __init__(self, package: str) -> None:
        self._texts = {
            file.name.removesuffix(".sql"): file.read_text(encoding="utf-8")
            for file in resources.files(package).iterdir()
            if file.name.endswith(".sql")
        }

    def __getitem__(self, name: str) -> str:
        """Return the text of one statement."""
        return self._texts[name]


async def connect(url: str, search_path: str, *, projecting: bool = False) -> Connection:
    """Open one connection whose unqualified names resolve in the given schemas.

    With `projecting`, a commit does not wait for the disk: what it holds can be folded again from the log. Its
    statements are planned once: to plan `project_batch` for each batch took twice as long as to run it. And they
    go by index whatever Postgres believes of the tables' size: a plan that was made while they were empty, and
    read them whole, would be kept until somebody analyzes them.
    """
    settings = {"search_path": search_path}
    if projecting:
        settings |= _PROJECTING
    return await asyncpg.connect(
        url,
        timeout=_CONNECT_TIMEOUT_SECONDS,
        command_timeout=_COMMAND_TIMEOUT_SECONDS,
        server_settings=settings,
    )


@asynccontextmanager
async def open_pool(
    url: str, search_path: str, *, size: int = 8, read_only: bool = False
) -> AsyncIterator[Pool]:
    """Open a pool; with `read_only` the server itself refuses writes on its connections.

    No round trip is spent on setting a session back after each loan: whoever changes one (listens, locks, sets) has a
    connection of its own, by `connect`.
    """
    settings = {"search_path": search_path}
    if read_only:
        settings["default_transaction_read_only"] = "on"
    pool = asyncpg.create_pool(
        url,
        min_size=0,
        max_size=size,
        timeout=_CONNECT_TIMEOUT_SECONDS,
        command_timeout=_COMMAND_TIMEOUT_SECONDS,
        server_settings=settings,
        reset=_leave_as_it_is,
    )
    async with pool:
        yield pool


async def _leave_as_it_is(_: asyncpg.Connection) -> None:
    """Do nothing: a transaction left open has been rolled back by then."""


@asynccontextmanager
async def away_is_unavailable() -> AsyncIterator[None]:
    """Translate "the database is away" into the error the edges know."""
    try:
        yield
    except AWAY as error:
        raise Unavailable from error
