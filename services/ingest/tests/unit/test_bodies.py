"""A request's body: inflated whatever its cut, limited, and not waited for without end."""

import asyncio
import gzip
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import ClientDisconnect, Request
from starlette.types import Message

from axial.common.errors import Rejected, TooLarge
from axial.ingest.bodies import TooSlow, body_of, gunzip

pytestmark = pytest.mark.unit


async def _pieces(whole: bytes, size: int) -> AsyncIterator[bytes]:
    for at in range(0, len(whole), size):
        yield whole[at : at + size]


async def _inflated(whole: bytes, size: int, limit_bytes: int = 1_000_000) -> bytes:
    return b"".join([piece async for piece in gunzip(_pieces(whole, size), limit_bytes)])


@given(
    members=st.lists(st.binary(max_size=300), min_size=1, max_size=3),
    size=st.integers(min_value=1, max_value=400),
)
async def test_any_cut_inflates_to_the_same(members: list[bytes], size: int) -> None:
    """One or several gzip members, cut anywhere, inflate to what was compressed."""
    whole = b"".join(map(gzip.compress, members))
    assert await _inflated(whole, size) == b"".join(members)


@given(cut=st.integers(min_value=1, max_value=100))
async def test_truncated_body_is_refused(cut: int) -> None:
    """A gzip body that lacks its end, wherever it was cut, is not taken for a whole one."""
    whole = gzip.compress(bytes(range(256)))
    kept = whole[: max(1, len(whole) - cut)]
    with pytest.raises(Rejected) as caught:
        await _inflated(kept, 50)
    assert caught.value.code == "bad_gzip"


async def test_damaged_body_is_refused() -> None:
    """A wrong checksum is the sender's fault."""
    whole = bytearray(gzip.compress(b"some bytes"))
    whole[-6] ^= 0xFF
    with pytest.raises(Rejected):
        await _inflated(bytes(whole), 1000)


async def test_bomb_stops_at_the_limit() -> None:
    """A megabyte that inflates to a gigabyte yields no more than the limit, in small pieces."""
    bomb = b"".join([gzip.compress(bytes(64 * 1024 * 1024))] * 16)
    yielded = [0]

    async def take() -> None:
        async for piece in gunzip(_pieces(bomb, 256 * 1024), 3_000_000):
            assert len(piece) <= 256 * 1024
            yielded[0] += len(piece)

    with pytest.raises(TooLarge):
        await take()
    assert yielded[0] <= 3_000_000


def _request(*messages: Message) -> Request:
    """A request that brings these messages, and then says nothing more."""
    coming = list(messages)

    async def receive() -> Message:
        if not coming:
            await asyncio.Event().wait()
        return coming.pop(0)

    return Request({"type": "http", "headers": []}, receive)


async def _read(request: Request) -> list[bytes]:
    return [piece async for piece in body_of(request, 100, silence_seconds=0.01)]


async def test_silent_sender_is_given_up() -> None:
    """A body that stops arriving is the sender's fault after a while."""
    with pytest.raises(TooSlow):
        await _read(_request({"type": "http.request", "body": b"begin", "more_body": True}))


async def test_sender_who_leaves_is_noticed() -> None:
    """A connection that ends before the body does is no complete body."""
    begin = {"type": "http.request", "body": b"begin", "more_body": True}
    with pytest.raises(ClientDisconnect):
        await _read(_request(begin, {"type": "http.disconnect"}))


async def test_empty_pieces_are_passed_over() -> None:
    """A body may come in pieces, some of them empty."""
    pieces = [b"", b"a", b"", b"b"]
    messages = [{"type": "http.request", "body": piece, "more_body": True} for piece in pieces]
    end = {"type": "http.request", "body": b"", "more_body": False}
    assert await _read(_request(*messages, end)) == [b"a", b"b"]
