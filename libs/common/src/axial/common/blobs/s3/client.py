"""Signed S3 requests over kept connections, repeated when that can help."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import stamina

from axial.common.blobs.s3.address import S3Address
from axial.common.blobs.s3.answers import StorageRefused, code_of, error_of
from axial.common.blobs.s3.signing import Credentials, Signer
from axial.common.errors import StorageUnavailable
from axial.common.http.connection import Connection, Head
from axial.common.http.pool import ConnectionPool

T = TypeVar("T")

# Doubled each time, up to the second.
_RETRY_WAIT_SECONDS = 0.05
_RETRY_WAIT_MAX_SECONDS = 1.0

_SUCCESS = range(200, 300)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a server may take.

    A call with all its attempts ends within `retry_seconds` + 1 s + `attempt_seconds`: before
    ingest, whose own limit is 30 s, gives up on it.
    """

    #: One attempt, with all of a small body; 8 MiB at 1 MiB/s.
    attempt_seconds: float = 8.0
    #: No attempt begins later; SeaweedFS is back from a crash within 5 s.
    retry_seconds: float = 16.0
    #: Between two pieces of a streamed answer.
    silence_seconds: float = 10.0


PATIENCE = Patience()


@dataclass(frozen=True, slots=True)
class Request:
    """A request whose path needs no quoting, and which does no harm when it is sent twice."""

    method: str
    path: str
    #: Not shown: a repeated request is logged.
    body: bytes | memoryview = field(default=b"", repr=False)
    #: Base64, of the body.
    content_md5: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    #: Statuses, beside all 2xx, that are an answer and not an error.
    accept: Collection[int] = ()

    def accepts(self, status: int) -> bool:
        """Whether the status is an answer."""
        return status in _SUCCESS or status in self.accept


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer."""

    head: Head
    content: bytes


class Stream:
    """An answer that is still coming in."""

    def __init__(self, head: Head, connection: Connection, client: "S3Client") -> None:
        self.head = head
        self._connection: Connection | None = connection
        self._client = client

    async def chunk(self) -> bytes:
        """Wait for the next bytes; none at the end."""
        if self._connection is None:
            raise StorageUnavailable("the blob was closed while it was read")
        try:
            async with asyncio.timeout(self._client.patience.silence_seconds):
                return await self._connection.chunk()
        except OSError as error:
            raise self._client.away(error) from error

    async def rest(self) -> bytes:
        """Wait for all that is left, within the caller's time-out; raises `OSError`."""
        assert self._connection is not None
        try:
            return await self._connection.rest()
        finally:
            self.close()

    def close(self) -> None:
        """Give the connection back, or close it if more was to come; may be called twice."""
        if self._connection is not None:
            self._client.pool.release(self._connection)
            self._connection = None


class S3Client:
    """Requests to the server of one bucket."""

    def __init__(
        self,
        address: S3Address,
        credentials: Credentials,
        patience: Patience = PATIENCE,
        now_seconds: Callable[[], float] = time.time,
    ) -> None:
        self.patience = patience
        self.pool = ConnectionPool(address.host, address.port, address.tls())
        self._authority = address.authority
        self._signer = Signer(credentials, address.authority)
        self._now_seconds = now_seconds
        self._retry = stamina.AsyncRetryingCaller(
            attempts=None,
            timeout=patience.retry_seconds,
            wait_initial=_RETRY_WAIT_SECONDS,
            wait_max=_RETRY_WAIT_MAX_SECONDS,
            wait_jitter=_RETRY_WAIT_SECONDS,
        ).on(_is_transient)

    async def call(self, request: Request) -> Answer:
        """Return the whole answer, which must be small."""
        return await self._repeated(self._call, request)

    async def open(self, request: Request) -> Stream:
        """Return the answer when it has begun."""
        return await self._repeated(self._open, request)

    def signed(self, request: Request) -> Mapping[str, str]:
        """Return the headers by which the server will let a request in, whoever sends it."""
        return self._signer.sign(request.method, request.path, at_seconds=self._now_seconds())

    def away(self, error: OSError) -> StorageUnavailable:
        """Say that the server does not answer, and trust none of its idle connections."""
        self.pool.distrust()
        why = "timed out" if isinstance(error, TimeoutError) else error.strerror or str(error)
        return StorageUnavailable(f"the blob storage at {self._authority} does not answer: {why}")

    async def _repeated(self, attempt: Callable[[Request], Awaitable[T]], request: Request) -> T:
        try:
            return await attempt(request)
        except StorageUnavailable as error:
            if not _is_transient(error):
                raise
        # Only now: stamina's own work costs as much as a request. At once, too, as most likely the
        # server has closed a connection that was idle.
        return await self._retry(attempt, request)

    async def _call(self, request: Request) -> Answer:
        try:
            async with asyncio.timeout(self.patience.attempt_seconds):
                stream = await self._begin(request)
                answer = Answer(stream.head, await stream.rest())
        except OSError as error:
            raise self.away(error) from error
        if not request.accepts(stream.head.status):
            raise error_of(stream.head.status, code_of(answer.content))
        return answer

    async def _open(self, request: Request) -> Stream:
        try:
            async with asyncio.timeout(self.patience.attempt_seconds):
                stream = await self._begin(request)
                if request.accepts(stream.head.status):
                    return stream
                content = await stream.rest()
        except OSError as error:
            raise self.away(error) from error
        raise error_of(stream.head.status, code_of(content))

    async def _begin(self, request: Request) -> Stream:
        connection = await self.pool.acquire()
        try:
            head = await connection.request(request.method, self._encoded(request), request.body)
        except BaseException:
            self.pool.release(connection)
            raise
        return Stream(head, connection, self)

    def _encoded(self, request: Request) -> bytes:
        signed = self._signer.sign(
            request.method,
            request.path,
            at_seconds=self._now_seconds(),
            content_md5=request.content_md5,
        )
        lines = [f"{request.method} {request.path} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in signed.items()]
        lines += [f"{name}: {value}" for name, value in request.headers]
        if request.method == "PUT":
            lines.append(f"content-length: {len(request.body)}")
        return "\r\n".join((*lines, "", "")).encode("ascii")


def _is_transient(error: Exception) -> bool:
    return isinstance(error, StorageUnavailable) and not isinstance(error, StorageRefused)
