"""Reading ahead."""

import pytest

from axial.index.content.ahead import Ahead

pytestmark = pytest.mark.unit

FILE = bytes(n * n % 251 for n in range(1_000_000)) * 32


class Source:
    """A file that counts how it is read."""

    def __init__(self) -> None:
        self.reads = 0
        self.read_bytes = 0

    async def read(self, start: int, stop: int) -> bytes:
        """Read a range, and count."""
        data = FILE[start:stop]
        self.reads += 1
        self.read_bytes += len(data)
        return data


async def go_through(step: int) -> Source:
    """Read heads that are some bytes apart, and be sure of what they are."""
    source = Source()
    ahead = Ahead(source)
    for at in range(0, len(FILE), step):
        assert await ahead.read(at, at + 8) == FILE[at : at + 8]
    return source


async def test_small_steps() -> None:
    """One read is enough for many small steps."""
    source = await go_through(100)
    assert source.reads < 2100


async def test_fragments() -> None:
    """Heads that are near each other are read together, after a few."""
    source = await go_through(50_000)
    assert source.reads < 30


async def test_large_elements() -> None:
    """Of what is large only the head is read."""
    source = await go_through(1_000_000)
    assert source.read_bytes < 32 * 16 * 1024


async def test_the_end() -> None:
    """Where there is nothing, nothing is read."""
    ahead = Ahead(Source())
    assert await ahead.read(len(FILE) - 4, len(FILE) + 4) == FILE[-4:]
    assert await ahead.read(len(FILE), len(FILE) + 8) == b""
    assert await ahead.read(10, 20) == FILE[10:20]
