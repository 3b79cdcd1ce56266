"""Ingest, as those who receive by DICOM hand instances over to it: one door for the bytes, whichever way they came."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import quote, urlsplit

from pydantic import SecretStr

from axial.common.clients.suspects import Suspects
from axial.common.errors import AxialError, Conflict, NotDicom, StorageFull, TooLarge, Unavailable
from axial.common.http.connection import Connection, ConnectionLost, Head
from axial.common.http.pool import ConnectionPool
from axial.common.internal_headers import (
    CALLED_AET,
    INSTANCE_ID,
    REMOTE_AET,
    REMOTE_IP,
    SOP_CLASS_UID,
    SOP_INSTANCE_UID,
)

_PATH = "/internal/instances"
# Above the 25 s for which ingest itself tries to reach the log, and below a modality's patience.
_ANSWER_SECONDS = 40.0
_KEPT = frozenset({HTTPStatus.OK, HTTPStatus.ACCEPTED})


@dataclass(frozen=True, slots=True)
class Arrival:
    """Who sends an instance, and what its C-STORE request calls it."""

    remote_ip: str
    remote_aet: str
    called_aet: str
    sop_class_uid: str
    sop_instance_uid: str


class IngestClient:
    """Hands instances over to the replicas of ingest, on connections that are kept.

    To whichever has least to do, and among equals to the same one: what it has just done, it does quicker again.
    """

    def __init__(self, urls: str, token: SecretStr) -> None:
        self._replicas = [_Replica(url, token) for url in urls.split()]
        self._suspects: Suspects[_Replica] = Suspects()

    async def aclose(self) -> None:
        """Close all connections."""
        for replica in self._replicas:
            await replica.pool.aclose()

    async def store(self, arrival: Arrival, file: bytes) -> str:
        """Hand over a whole file; return what the REST API calls the instance once it is durable.

        Raises NotDicom, Conflict (it is not what the request calls it), TooLarge, StorageFull or Unavailable.
        A connection that breaks means trying again elsewhere: an instance that was kept already is found so.
        """

        async def ask(replica: _Replica, connection: Connection) -> Head:
            head = replica.head(arrival) + b"Content-Length: %d\r\n\r\n" % len(file)
            async with asyncio.timeout(_ANSWER_SECONDS):
                return await connection.request("POST", head, file)

        # A single one may be there again as another process, or be a name for many.
        for _ in range(max(len(self._replicas), 2) - 1):
            with suppress(OSError):
                return await self._exchange(ask)
        try:
            return await self._exchange(ask)
        except OSError as error:
            raise _away() from error

    async def store_pieces(self, arrival: Arrival, pieces: AsyncIterator[bytes]) -> str:
        """Hand over a file while it arrives; as `store`, but once begun it is not tried again.

        What `pieces` raises is raised: the request is broken off then, and ingest keeps nothing.
        """

        async def ask(replica: _Replica, connection: Connection) -> Head:
            head = replica.head(arrival) + b"Transfer-Encoding: chunked\r\n\r\n"
            return await connection.stream("POST", head, pieces)

        try:
            return await self._exchange(ask)
        except OSError as error:
            raise _away() from error

    async def _exchange(self, ask: Callable[["_Replica", Connection], Awaitable[Head]]) -> str:
        replica, connection = await self._reach()
        try:
            return await self._exchange_with(replica, connection, ask)
        except (OSError, Unavailable):
            # It would have least to do for ever.
            self._suspects.note(replica)
            raise
        finally:
            replica.in_hand -= 1

    async def _reach(self) -> tuple["_Replica", Connection]:
        """Connect to the replica that has least to do, or to another one; it has one more in hand then."""

        def turn(replica: _Replica) -> tuple[bool, int]:
            return replica in self._suspects, replica.in_hand

        *others, last = sorted(self._replicas, key=turn)
        for replica in others:
            try:
                return replica, await replica.acquire()
            except OSError:
                self._suspects.note(replica)
        return last, await last.acquire()

    async def _exchange_with(
        self,
        replica: "_Replica",
        connection: Connection,
        ask: Callable[["_Replica", Connection], Awaitable[Head]],
    ) -> str:
        try:
            answer = await ask(replica, connection)
            async with asyncio.timeout(_ANSWER_SECONDS):
                await connection.rest()
        except ConnectionLost:
            # Ingest has gone, or come back as another process.
            replica.pool.distrust()
            raise
        except TimeoutError as error:
            raise _away() from error
        finally:
            replica.pool.release(connection)
        _check(answer.status)
        return answer.headers.get(INSTANCE_ID.lower(), "")


class _Replica:
    """One ingest."""

    def __init__(self, url: str, token: SecretStr) -> None:
        parts = urlsplit(url)
        self.pool = ConnectionPool(parts.hostname or "", parts.port or 80, None)
        secret = token.get_secret_value()
        #: How many requests wait for their answers.
        self.in_hand = 0
        self._start = f"POST {_PATH} HTTP/1.1\r\nHost: {parts.netloc}\r\n" + (
            f"Authorization: Bearer {secret}\r\n" if secret else ""
        )

    async def acquire(self) -> Connection:
        """Take a connection for one more request; raise OSError."""
        # Counted at once: others choose meanwhile.
        self.in_hand += 1
        try:
            return await self.pool.acquire()
        except BaseException:
            self.in_hand -= 1
            raise

    def head(self, arrival: Arrival) -> bytes:
        """Write the request's head but for the length of its body."""
        told = {
            REMOTE_IP: arrival.remote_ip,
            REMOTE_AET: arrival.remote_aet,
            CALLED_AET: arrival.called_aet,
            SOP_CLASS_UID: arrival.sop_class_uid,
            SOP_INSTANCE_UID: arrival.sop_instance_uid,
        }
        # Quoted: a peer's text must not end a header.
        lines = "".join(f"{name}: {quote(value)}\r\n" for name, value in told.items())
        return (self._start + lines).encode("ascii")


def _away() -> Unavailable:
    # A new one each time: what was raised holds on to the instance that was in hand.
    return Unavailable("The archive is not available at the moment.")


def _check(status: int) -> None:
    if status in _KEPT:
        return
    errors: dict[int, AxialError] = {
        HTTPStatus.BAD_REQUEST: NotDicom("not_dicom"),
        HTTPStatus.CONFLICT: Conflict(),
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE: TooLarge(),
        HTTPStatus.INSUFFICIENT_STORAGE: StorageFull(),
    }
    raise errors.get(status) or _away()
