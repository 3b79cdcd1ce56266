"""The replicas of a service behind one URL: the first one's stands for all of them."""

import itertools
from collections.abc import Mapping

import httpx2

from axial.common.clients.suspects import Suspects
from axial.common.http.transport import PooledTransport

# Whoever was asked has gone before it answered.
_GONE = (httpx2.ReadError, httpx2.WriteError, httpx2.RemoteProtocolError)


def first_of(urls: str) -> str:
    """Take the URL that stands for all replicas, by which `asked` and `commanded` know them."""
    return urls.split(maxsplit=1)[0].rstrip("/")


def asked(urls: str) -> Mapping[str, httpx2.AsyncBaseTransport]:
    """Mount a service that is only asked, whatever the method: what was not answered is asked again."""
    return _mounted(urls, only_asked=True)


def commanded(urls: str) -> Mapping[str, httpx2.AsyncBaseTransport]:
    """Mount a service that is given work: what may have reached one replica is not sent to another."""
    return _mounted(urls, only_asked=False)


class Replicas(httpx2.AsyncBaseTransport):
    """Sends each request to one replica after the other, until one has it; each is the first in its turn."""

    def __init__(self, urls: str, inner: httpx2.AsyncBaseTransport, *, only_asked: bool) -> None:
        self._urls = [httpx2.URL(url) for url in urls.split()]
        self._inner = inner
        self._only_asked = only_asked
        self._suspects: Suspects[httpx2.URL] = Suspects()
        self._turns = itertools.count()

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Have a request answered; raise the last replica's error."""
        # A single one is asked twice: behind its name there may be many, or itself again as another process.
        replicas = self._in_turn()
        *others, last = replicas if len(replicas) > 1 else replicas * 2
        for replica in others:
            try:
                return await self._send(replica, request)
            except (httpx2.ConnectError, httpx2.ConnectTimeout):
                self._suspects.note(replica)
            except _GONE:
                self._suspects.note(replica)
                if not (self._only_asked or request.method in {"GET", "HEAD"}):
                    raise
        return await self._send(last, request)

    async def aclose(self) -> None:
        """Close all connections."""
        await self._inner.aclose()

    def _in_turn(self) -> list[httpx2.URL]:
        turn = next(self._turns) % len(self._urls)
        rotated = self._urls[turn:] + self._urls[:turn]
        return sorted(rotated, key=self._suspects.__contains__)

    async def _send(self, replica: httpx2.URL, request: httpx2.Request) -> httpx2.Response:
        url = request.url.copy_with(scheme=replica.scheme, host=replica.host, port=replica.port)
        # A body that is not kept whole could not be sent twice; ours all are.
        assert isinstance(request.stream, httpx2.AsyncByteStream)
        return await self._inner.handle_async_request(
            httpx2.Request(
                request.method,
                url,
                headers=request.headers,
                stream=request.stream,
                extensions=request.extensions,
            )
        )


def _mounted(urls: str, *, only_asked: bool) -> Mapping[str, httpx2.AsyncBaseTransport]:
    first = httpx2.URL(first_of(urls))
    pattern = f"{first.scheme}://{first.netloc.decode('ascii')}"
    return {pattern: Replicas(urls, PooledTransport(), only_asked=only_asked)}
